r"""Three ways to begin: week 1 of the course "Improving Deep Neural Networks", the assignment "Initialization".

The functions have the names, the order of arguments, the results and the dictionary keys of the assignment (Andrew Ng,
deeplearning.ai). Columns are examples, and ``parameters`` is ``{"W1", "b1", ..., "WL", "bL"}``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.lessons.checks import Array, Number, Numbers, as_count, as_examples
from chainrule.lessons.regularization import backward_propagation, forward_propagation
from chainrule.lessons.stepwise import compute_cost, initialize_parameters_deep, update_parameters


def initialize_parameters_zeros(layers_dims: Sequence[int]) -> dict[str, Array]:
    r"""Return zeros, from which all units of a layer learn the same.

    .. math:: W^{[l]} = 0, \qquad b^{[l]} = 0

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 8.4 (on breaking the symmetry).
    """
    return initialize_parameters_deep(layers_dims, scale=0.0)


def initialize_parameters_random(layers_dims: Sequence[int], *, seed: int | None = 3) -> dict[str, Array]:
    r"""Draw large normal weights, from which learning is slow.

    .. math:: W^{[l]} = 10 \cdot \mathrm{randn}(n_l, n_{l-1}), \qquad b^{[l]} = 0

    The course's function fixes its seed to 3, and so does this one, unless told; None goes on with the global stream.

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010 (why not).
    """
    return initialize_parameters_deep(layers_dims, scale=10.0, seed=seed)


def initialize_parameters_he(layers_dims: Sequence[int], *, seed: int | None = 3) -> dict[str, Array]:
    r"""Draw normal weights that keep the size of the signal from layer to layer of ReLUs.

    .. math:: W^{[l]} = \sqrt{\frac{2}{n_{l-1}}}\; \mathrm{randn}(n_l, n_{l-1}), \qquad b^{[l]} = 0

    Seeds as in `initialize_parameters_random`.

    Examples
    --------
    >>> initialize_parameters_he([2, 1])["W1"].round(8)
    array([[1.78862847, 0.43650985]])

    References
    ----------
    He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.
    """
    return initialize_parameters_deep(layers_dims, scale="he", seed=seed)


_INITIALIZATIONS = {
    "zeros": initialize_parameters_zeros,
    "random": initialize_parameters_random,
    "he": initialize_parameters_he,
}


def model(
    X: Numbers,
    Y: Numbers,
    learning_rate: Number = 0.01,
    num_iterations: int = 15000,
    print_cost: bool = True,
    initialization: str = "he",
) -> dict[str, Array]:
    """Train a network of 10, 5 and 1 units from ``"zeros"``, ``"random"`` or ``"he"`` and return its parameters.

    Gradient descent on all the data, linear -> relu -> linear -> relu -> linear -> sigmoid; ``print_cost`` prints the
    cost of every 1000th iteration.

    Examples
    --------
    >>> parameters = model([[-1.0, 1.0]], [[0, 1]], num_iterations=1, initialization="zeros")
    Cost after iteration 0: 0.6931471805599453
    """
    if not isinstance(initialization, str) or initialization not in _INITIALIZATIONS:
        raise InputError(
            "model: initialization is one of {known}; it is {initialization!r}.",
            known=", ".join(_INITIALIZATIONS),
            initialization=initialization,
        )
    X = as_examples("model", "X", X)
    parameters = _INITIALIZATIONS[initialization]([len(X), 10, 5, 1])
    for i in range(as_count("model", "num_iterations", num_iterations)):
        A3, cache = forward_propagation(X, parameters)
        if print_cost and i % 1000 == 0:
            say("Cost after iteration {i}: {cost}", i=i, cost=np.squeeze(compute_cost(A3, Y)))
        parameters = update_parameters(parameters, backward_propagation(X, Y, cache), learning_rate)
    return parameters
