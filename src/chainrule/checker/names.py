"""The usual names of functions and classes, which --map can give to a learner's own."""

from __future__ import annotations

import re
from difflib import get_close_matches

NAMES: tuple[str, ...] = (
    # activations and gates
    *("sigmoid", "relu", "tanh", "softmax", "identity_function", "step_function"),
    *("sigmoid_backward", "relu_backward", "tanh_backward"),
    *("sigmoid_derivative", "relu_derivative", "tanh_derivative"),
    *("AND", "OR", "NAND", "XOR"),
    # the course's deep network
    *("initialize_parameters", "initialize_parameters_deep"),
    *("linear_forward", "linear_activation_forward", "L_model_forward", "compute_cost"),
    *("linear_backward", "linear_activation_backward", "L_model_backward", "update_parameters", "predict"),
    # its first weeks
    *("propagate", "optimize", "forward_propagation", "backward_propagation"),
    # the book's functions and classes
    *("init_network", "forward", "cross_entropy_error", "mean_squared_error", "numerical_gradient"),
    *("Relu", "Sigmoid", "Affine", "SoftmaxWithLoss", "Dropout", "BatchNormalization", "TwoLayerNet"),
    *("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"),
    # convolution and recurrent cells
    *("conv_forward", "conv_backward", "pool_forward", "pool_backward"),
    *("rnn_cell_forward", "rnn_forward", "rnn_cell_backward", "rnn_backward"),
    *("lstm_cell_forward", "lstm_forward", "lstm_cell_backward", "lstm_backward"),
    # labels
    *("one_hot", "get_predictions", "get_accuracy"),
    # cs231n's layers
    *("batchnorm_forward", "batchnorm_backward", "layernorm_forward", "layernorm_backward"),
    *("dropout_forward", "dropout_backward"),
    *("softmax_loss", "svm_loss", "svm_loss_naive", "svm_loss_vectorized"),
    *("softmax_loss_naive", "softmax_loss_vectorized"),
    *("rnn_step_forward", "rnn_step_backward", "lstm_step_forward", "lstm_step_backward"),
)


_WORDS = {"deriv": "derivative", "prime": "derivative", "bwd": "backward", "fwd": "forward", "conv2d": "conv", "ce": ""}
_WORDS |= {"get": "compute", "calc": "compute", "calculate": "compute", "backprop": "backward", "pass": "propagation"}
_WORDS |= {"my": "", "prop": "propagation", "params": "parameters", "param": "parameters", "init": "initialize"}


def likely(name: str) -> str | None:
    """Return the usual name that a learner's name resembles, or None if it resembles no other.

    >>> likely("ReLU_deriv"), likely("my_linear_bwd"), likely("backprop_relu"), likely("plot_costs")
    ('relu_derivative', 'linear_backward', 'relu_backward', None)
    """
    spelled = {_spelled(usual): usual for usual in NAMES if _is_class(usual) == _is_class(name)}
    close = get_close_matches(_spelled(name), spelled, n=1, cutoff=0.85)
    if not close:  # the same words in another order
        words = sorted(_spelled(name).split("_"))
        return next((usual for each, usual in spelled.items() if sorted(each.split("_")) == words), None)
    # dsigmoid looks like sigmoid, and is what it is not.
    return spelled[close[0]] if _spelled(name) != f"d{close[0]}" else None


def _is_class(name: str) -> bool:
    return name[0].isupper() and "_" not in name


def _spelled(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name).lower().split("_")
    return "_".join(word for each in words if (word := _WORDS.get(each, each)))
