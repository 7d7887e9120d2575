"""The usual names of functions and classes, which --map can give to a learner's own."""

from __future__ import annotations

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
)
