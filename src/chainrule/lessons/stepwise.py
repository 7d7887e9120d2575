r"""The lesson line by line: the lecture notes' functions with their names, arguments and layout.

Columns are examples: ``X`` is ``(n_x, m)``, a layer is ``W`` of shape ``(n, n_prev)`` and ``b`` of shape ``(n, 1)``,
and ``parameters`` is the dictionary ``{"W1": ..., "b1": ..., ..., "WL": ..., "bL": ...}``. The network is
[linear -> relu] for the layers 1 .. L-1, then linear -> sigmoid, and the cost is binary cross-entropy.

The code follows Andrew Ng's course "Neural Networks and Deep Learning" (deeplearning.ai, week 4) and differs from
the notes written about it in four things: `update_parameters` returns a new dictionary instead of changing its
argument, the exponentials cannot overflow, probabilities of exactly 0 and 1 give a large finite cost instead of
NaN, and arguments that do not fit are rejected by name. Whatever the course's own tests pass is accepted: lists and
plain numbers, one number for a bias, labels that are not 0 or 1. The factor 1/m of the cost sits in
`linear_backward`, as in the lesson, so ``dA`` and ``dZ`` are gradients of the *sum* over the examples while ``dW``
and ``db`` are gradients of the mean.

The other weeks of the course are beside this one: `logistic` and `planar` before it, and of "Improving Deep Neural
Networks" `initialization`, `regularization`, `gradient_checking` and `optimization`.
"""

# ruff: noqa: E741 - l is the lesson's name for the number of a layer

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.texts import later, tr
from chainrule.lessons.checks import Array as Array
from chainrule.lessons.checks import (
    Number,
    Numbers,
    Parameters,
    as_count,
    as_dA_and_Z,
    as_examples,
    as_floats,
    as_labels,
    as_layer,
    as_layer_cache,
    as_linear_cache,
    as_network,
    as_number,
    as_numbers,
    as_one_row,
    as_parameters,
    as_probabilities,
    as_row,
    away_from_0_and_1,
    gradients_of,
    random_numbers,
)

if TYPE_CHECKING:
    from chainrule.trace.trace import Trace

LinearCache: TypeAlias = tuple[Array, Array, Array]
Cache: TypeAlias = tuple[LinearCache, Array]
AnyCache: TypeAlias = Sequence[Any]  # a cache from anywhere: the same nesting, of lists and plain numbers too


# --- parameters -------------------------------------------------------------------------------------------------


@overload
def initialize_parameters(
    n_x: int, n_h: int, n_y: int, *, scale: Number | str | None = None, seed: int | None = None
) -> dict[str, Array]: ...
@overload
def initialize_parameters(
    n_x: Sequence[int], *, scale: Number | str | None = None, seed: int | None = None
) -> dict[str, Array]: ...
def initialize_parameters(
    n_x: int | Sequence[int],
    n_h: int | None = None,
    n_y: int | None = None,
    *,
    scale: Number | str | None = None,
    seed: int | None = None,
) -> dict[str, Array]:
    """Draw the parameters of a network with one hidden layer, or of any depth when given a list.

    Parameters
    ----------
    n_x, n_h, n_y
        Units of the input, the hidden and the output layer. A list in place of ``n_x`` (and nothing after it)
        is the other common call of the lesson, the same as `initialize_parameters_deep`.
    scale, seed
        As in `initialize_parameters_deep`; ``scale`` defaults to 0.01 here.

    Returns
    -------
    dict
        ``W1 (n_h, n_x)``, ``b1 (n_h, 1)``, ``W2 (n_y, n_h)``, ``b2 (n_y, 1)``.

    Examples
    --------
    >>> {name: p.shape for name, p in initialize_parameters(3, 2, 1, seed=1).items()}
    {'W1': (2, 3), 'b1': (2, 1), 'W2': (1, 2), 'b2': (1, 1)}
    """
    if isinstance(n_x, Sequence) and n_h is None and n_y is None:
        return initialize_parameters_deep(n_x, scale="lecun" if scale is None else scale, seed=seed)
    if isinstance(n_x, Sequence) or n_h is None or n_y is None:
        raise InputError("initialize_parameters takes n_x, n_h, n_y, or one list of layer sizes.")
    return initialize_parameters_deep([n_x, n_h, n_y], scale=0.01 if scale is None else scale, seed=seed)


def initialize_parameters_deep(
    layer_dims: Sequence[int], *, scale: Number | str = "lecun", seed: int | None = None
) -> dict[str, Array]:
    r"""Draw the parameters of an L-layer network: normal weights, zero biases.

    .. math:: W^{[l]} = s_l \cdot \mathrm{randn}(n_l, n_{l-1}), \qquad b^{[l]} = 0

    Parameters
    ----------
    layer_dims
        Units of every layer, the input first: ``[n_0, n_1, ..., n_L]``.
    scale
        The factor :math:`s_l`: a number (0.01 in the lesson), ``"lecun"`` for :math:`1/\sqrt{n_{l-1}}` or ``"he"``
        for :math:`\sqrt{2/n_{l-1}}`.
    seed
        Seed of NumPy's legacy stream: the numbers are those of ``np.random.seed(seed)`` followed by
        ``np.random.randn`` layer by layer, which is how the course draws them. None goes on with the global stream,
        so ``np.random.seed(seed)`` before the call gives the same.

    Returns
    -------
    dict
        ``W{l} (n_l, n_{l-1})`` and ``b{l} (n_l, 1)`` for l = 1 .. L, float64.

    Examples
    --------
    >>> initialize_parameters_deep([2, 1], scale=0.01, seed=3)["W1"].round(8)
    array([[0.01788628, 0.0043651 ]])
    """
    sizes = as_numbers("initialize_parameters_deep", "layer_dims", layer_dims)
    if sizes.ndim != 1 or len(sizes) < 2 or sizes.dtype.kind not in "iu" or min(sizes) < 1:
        raise InputError(
            "layer_dims lists at least two layer sizes of 1 or more, the input first; it is {sizes}.",
            sizes=sizes.tolist(),
        )
    if not (isinstance(scale, str) and scale in ("lecun", "he")):
        scale = as_number("initialize_parameters_deep", "scale", scale, later('a number, "lecun" or "he"'))
    rng = random_numbers(seed)
    parameters = {}
    for l in range(1, len(sizes)):
        n, n_prev = sizes[l], sizes[l - 1]
        W = rng.randn(n, n_prev)
        if scale == "lecun":
            W = W / np.sqrt(n_prev)
        elif scale == "he":
            W = W * np.sqrt(2 / n_prev)
        else:
            W = W * float(scale)
        parameters["W" + str(l)] = W
        parameters["b" + str(l)] = np.zeros((n, 1))
    return parameters


# --- activations ------------------------------------------------------------------------------------------------


def sigmoid(Z: Numbers) -> tuple[Array, Array]:
    r"""Logistic function; the cache is ``Z``.

    .. math:: A = \frac{1}{1 + e^{-Z}}

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))[0]
    array([0. , 0.5, 1. ])
    """
    Z = as_floats("sigmoid", "Z", Z)
    with np.errstate(under="ignore"):
        e = np.exp(-np.abs(Z))  # never above 1; where Z < 0 the fraction below is the equation times e^Z / e^Z
        A = np.asarray(np.where(Z >= 0, 1, e) / (1 + e))
    return A, Z


def sigmoid_backward(dA: Numbers, cache: Numbers) -> Array:
    r""":math:`dZ = dA \odot \sigma(Z)\,(1 - \sigma(Z))`; ``cache`` is ``Z``, all of one shape."""
    dA, Z = as_dA_and_Z("sigmoid_backward", dA, cache)
    s, _ = sigmoid(Z)
    return np.asarray(dA * s * (1 - s))


def relu(Z: Numbers) -> tuple[Array, Array]:
    r"""Rectifier :math:`A = \max(0, Z)`; the cache is ``Z``."""
    Z = as_numbers("relu", "Z", Z)
    A = np.asarray(np.maximum(0, Z))
    return A, Z


def relu_backward(dA: Numbers, cache: Numbers) -> Array:
    r""":math:`dZ = dA \odot [Z > 0]`, so 0 at 0, too, where there is no slope; ``cache`` is ``Z``."""
    dA, Z = as_dA_and_Z("relu_backward", dA, cache)
    return np.where(Z <= 0, 0, dA)


def tanh(Z: Numbers) -> tuple[Array, Array]:
    r"""Hyperbolic tangent :math:`A = \tanh Z`; the cache is ``Z``."""
    Z = as_floats("tanh", "Z", Z)
    A = np.asarray(np.tanh(Z))
    return A, Z


def tanh_backward(dA: Numbers, cache: Numbers) -> Array:
    r""":math:`dZ = dA * (1 - \tanh^2 Z)`; ``cache`` is ``Z``, all of one shape."""
    dA, Z = as_dA_and_Z("tanh_backward", dA, cache)
    A, _ = tanh(Z)
    return np.asarray(dA * (1 - A * A))


def softmax(Z: Numbers) -> tuple[Array, Array]:
    r"""Softmax of every column (every example); the cache is ``Z``.

    .. math:: A_{ij} = \frac{e^{Z_{ij} - \max_k Z_{kj}}}{\sum_k e^{Z_{kj} - \max_k Z_{kj}}}

    Examples
    --------
    >>> softmax(np.array([[10000.0, 0.0], [10000.0, 0.0]]))[0]
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    Z = as_floats("softmax", "Z", Z)
    if Z.ndim == 0 or Z.size == 0:
        raise InputError("softmax: Z has one row per class, but its shape is {shape}.", shape=Z.shape)
    with np.errstate(over="ignore", under="ignore"):  # a difference beyond the largest float is -inf: e^-inf = 0
        e = np.exp(Z - Z.max(axis=0))
        A = e / e.sum(axis=0)
    return A, Z


def softmax_backward(dA: Numbers, cache: Numbers) -> Array:
    r"""Multiply ``dA`` by the full Jacobian of softmax, column by column; ``cache`` is ``Z``.

    .. math:: dZ_{ij} = A_{ij} \Bigl(dA_{ij} - \sum_k dA_{kj} A_{kj}\Bigr)
    """
    dA, Z = as_dA_and_Z("softmax_backward", dA, cache)
    A, _ = softmax(Z)
    dZ: Array = A * (dA - np.sum(dA * A, axis=0))
    return dZ


_ACTIVATIONS = {
    "sigmoid": (sigmoid, sigmoid_backward),
    "relu": (relu, relu_backward),
    "tanh": (tanh, tanh_backward),
    "softmax": (softmax, softmax_backward),
}


# --- forward ----------------------------------------------------------------------------------------------------


def linear_forward(A: Numbers, W: Numbers, b: Numbers) -> tuple[Array, LinearCache]:
    r"""Linear part of a layer, :math:`Z = W A + b`.

    Parameters
    ----------
    A
        Activations of the previous layer or input data, ``(n_prev, m)``.
    W, b
        Weights ``(n, n_prev)`` and bias ``(n, 1)``, or one number, which is then the bias of every unit.

    Returns
    -------
    Z, cache
        ``Z (n, m)`` and ``cache = (A, W, b)``.
    """
    A, W, b = as_layer("linear_forward", {"A": A, "W": W, "b": b})
    Z = np.dot(W, A) + b
    cache = (A, W, b)
    return Z, cache


def linear_activation_forward(A_prev: Numbers, W: Numbers, b: Numbers, activation: str) -> tuple[Array, Cache]:
    r"""One layer, :math:`A = g(W A_{prev} + b)`.

    ``activation`` is ``"sigmoid"``, ``"relu"``, ``"tanh"`` or ``"softmax"``; shapes as in `linear_forward`.
    Returns ``A`` and ``cache = (linear_cache, activation_cache) = ((A_prev, W, b), Z)``.
    """
    g, _ = _named("linear_activation_forward", activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = g(Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X: Numbers, parameters: Parameters) -> tuple[Array, list[Cache]]:
    """Forward pass: [linear -> relu] for layers 1 .. L-1, then linear -> sigmoid.

    Parameters
    ----------
    X
        Data, ``(n_0, m)``.
    parameters
        ``W1, b1, ..., WL, bL``; the last layer has one unit.

    Returns
    -------
    AL, caches
        Probabilities ``(1, m)`` and the list of the layers' caches, first layer first.
    """
    A, parameters = as_network(X, parameters)
    caches = []
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(
            A_prev, parameters["W" + str(l)], parameters["b" + str(l)], activation="relu"
        )
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], activation="sigmoid")
    caches.append(cache)
    return AL, caches


# --- cost -------------------------------------------------------------------------------------------------------


def compute_cost(AL: Numbers, Y: Numbers) -> np.floating[Any]:
    r"""Binary cross-entropy, the mean over the m examples.

    .. math:: J = -\frac{1}{m} \sum_{i=1}^{m} \bigl(y^{(i)} \log a^{[L](i)} + (1 - y^{(i)}) \log(1 - a^{[L](i)})\bigr)

    Probabilities of exactly 0 or 1, whose logarithms the equation cannot take, are moved to the smallest normal
    number above 0 and the largest number below 1 of their dtype: a large finite cost in place of NaN.
    Every other probability is used as it is.

    Parameters
    ----------
    AL
        Probabilities, ``(1, m)``.
    Y
        Labels 0 or 1, ``(1, m)``, or soft ones. The cost is linear in them, so even the normal numbers that the course
        tests itself with have one.

    Examples
    --------
    >>> float(compute_cost(np.array([[0.5, 0.5]]), np.array([[0, 1]])).round(6))
    0.693147
    """
    AL, Y = as_one_row("compute_cost", AL, Y)
    AL = as_probabilities("compute_cost", "AL", AL)
    Y = as_labels("compute_cost", Y, "AL", AL)
    m = Y.shape[1]
    cost: np.floating[Any] = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    return cost


# --- backward ---------------------------------------------------------------------------------------------------


def linear_backward(dZ: Numbers, cache: AnyCache) -> tuple[Array, Array, Array]:
    r"""Gradients of the linear part.

    .. math::
        dW = \frac{1}{m}\, dZ\, A_{prev}^T, \qquad db = \frac{1}{m} \sum_i dZ^{(i)}, \qquad dA_{prev} = W^T dZ

    ``dZ`` is ``(n, m)`` and ``cache = (A_prev, W, b)``; returns ``dA_prev, dW, db``, shaped like
    ``A_prev, W, b``.
    """
    A_prev, W, b = as_linear_cache("linear_backward", cache)
    dZ = as_numbers("linear_backward", "dZ", dZ)
    if dZ.shape != (W.shape[0], A_prev.shape[1]):
        raise InputError(
            "linear_backward: dZ has shape {shape}, but the cache has W {W} and A_prev {A_prev}, so Z was {expected}.",
            shape=dZ.shape,
            W=W.shape,
            A_prev=A_prev.shape,
            expected=(W.shape[0], A_prev.shape[1]),
        )
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    if b.size == 1:
        db = np.full(b.shape, np.sum(db))  # one number for all units moves the cost as all of them together do
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA: Numbers, cache: AnyCache, activation: str) -> tuple[Array, Array, Array]:
    r"""Gradients of one layer: :math:`dZ = dA * g'(Z)`, then `linear_backward`.

    ``cache`` and ``activation`` are those of `linear_activation_forward`; returns ``dA_prev, dW, db``.
    """
    _, g_backward = _named("linear_activation_backward", activation)
    linear_cache, activation_cache = as_layer_cache("linear_activation_backward", cache)
    dZ = g_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL: Numbers, Y: Numbers, caches: Sequence[AnyCache]) -> dict[str, Array]:
    r"""Backward pass of `L_model_forward`, from the cost to the data.

    .. math:: dA^{[L]} = -\Bigl(\frac{Y}{A^{[L]}} - \frac{1 - Y}{1 - A^{[L]}}\Bigr)

    Probabilities of exactly 0 or 1 are moved as in `compute_cost` before the division. A sigmoid that has
    rounded to exactly 0 or 1 has slope 0, so such an example passes no gradient back, as in the lesson.

    Parameters
    ----------
    AL, Y
        Probabilities ``(1, m)`` and labels 0 or 1, ``(1, m)`` or anything that reshapes to it. The equation holds
        for any other finite numbers, too, and the course tests itself with normal ones.
    caches
        What `L_model_forward` returned with ``AL``.

    Returns
    -------
    dict
        ``dW{l}`` and ``db{l}`` for l = 1 .. L, ``dA{l}`` for l = 0 .. L-1.
    """
    AL = as_floats("L_model_backward", "AL", as_row("L_model_backward", "AL", AL))
    L = len(caches) if isinstance(caches, Sequence) else 0
    if L == 0 or np.shape(as_layer_cache("L_model_backward", caches[-1])[1]) != AL.shape:
        raise InputError(
            "L_model_backward: AL has shape {shape}, which is not the output of the {L} caches given; pass AL and "
            "caches of one L_model_forward call.",
            shape=AL.shape,
            L=L,
        )
    Y = as_numbers("L_model_backward", "Y", Y)
    AL, Y = as_one_row("L_model_backward", AL, Y.reshape(AL.shape) if Y.size == AL.size else Y)
    if not np.isfinite(AL).all():
        raise InputError(
            "L_model_backward: AL holds NaN or infinite values, which during training means that the learning rate is "
            "too large."
        )
    grads, dAL = {}, _slope_of_cost(AL, as_labels("L_model_backward", Y, "AL", AL))
    grads["dA" + str(L - 1)], grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(
        dAL, caches[L - 1], activation="sigmoid"
    )
    for l in reversed(range(L - 1)):
        grads["dA" + str(l)], grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_activation_backward(
            grads["dA" + str(l + 1)], caches[l], activation="relu"
        )
    return grads


def _slope_of_cost(AL: Array, Y: Array) -> Array:
    AL = away_from_0_and_1(AL)
    return np.asarray(-(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)))


def update_parameters(parameters: Parameters, grads: Parameters, learning_rate: Number) -> dict[str, Array]:
    r"""One step of gradient descent, as a new dictionary.

    .. math::
        W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}, \qquad b^{[l]} := b^{[l]} - \alpha\, db^{[l]}

    ``parameters`` has ``W{l}, b{l}`` and ``grads`` at least ``dW{l}, db{l}``, for l = 1 .. L. A gradient has the shape
    of its parameter; that of a bias may be one number for all units.
    """
    parameters = as_parameters("update_parameters", parameters)
    gradients = gradients_of("update_parameters", "grads", grads, parameters)
    learning_rate = as_number("update_parameters", "learning_rate", learning_rate)
    return {name: np.asarray(p - learning_rate * gradients[name]) for name, p in parameters.items()}


def trace(X: Numbers, Y: Numbers, parameters: Parameters, learning_rate: Number = 0.0075) -> Trace:
    r"""Every number of one step, under the lesson's names: ``Z1``, ``A1``, ..., ``AL``, ``cost``, ``dAL``, ``dW1``, ...

    It runs the functions above, and so has their numbers to the bit.

    Parameters
    ----------
    X, Y
        Data ``(n_0, m)``, which the record calls ``A0``, and labels ``(1, m)``.
    parameters
        ``W1, b1, ..., WL, bL``.
    learning_rate
        Of the update that ends the step.

    Returns
    -------
    Trace
        ``trace["dW2"]`` is an array, and ``trace.why("W2[1, 0]")`` says what a number is the sum of. It prints as a
        table and shows as a page in notebooks.

    Examples
    --------
    >>> record = trace([[1.0, 2.0]], [[0, 1]], {"W1": [[0.5]], "b1": [[0.0]]})
    >>> record["dZ1"].round(4)
    array([[ 0.6225, -0.2689]])
    >>> print(record.why("W1[0, 0]"))
    dW1[0, 0] = 0.04229: the sum of these terms
    factor                number                product
    A0[0, 0]/2 = 0.5000 × dZ1[0, 0] = 0.6225  =  0.3112
    A0[0, 1]/2 = 1      × dZ1[0, 1] = -0.2689 = -0.2689
                          sum of all terms    = 0.04229
    """
    from chainrule.trace.lesson import Cost, course_step  # here, as it takes longer to import than all else

    A, arrays = as_network(X, parameters)
    pairs = (linear_forward, linear_backward), (relu, relu_backward), (sigmoid, sigmoid_backward)
    cost, Y = Cost(compute_cost, _slope_of_cost), as_row("trace", "Y", Y)
    return course_step(pairs, cost, A, Y, arrays, update_parameters, learning_rate)


# --- the application --------------------------------------------------------------------------------------------


def two_layer_model(
    X: Numbers,
    Y: Numbers,
    layers_dims: Sequence[int],
    learning_rate: Number = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    seed: int | None = 1,
) -> tuple[dict[str, Array], list[Array]]:
    """Train linear -> relu -> linear -> sigmoid from weights of `initialize_parameters` (scale 0.01).

    ``layers_dims`` is ``(n_x, n_h, n_y)``; everything else as in `L_layer_model`.
    """
    sizes = as_numbers("two_layer_model", "layers_dims", layers_dims).tolist()
    if not isinstance(sizes, list) or len(sizes) != 3:
        raise InputError("two_layer_model: layers_dims is (n_x, n_h, n_y); it is {sizes}.", sizes=sizes)
    n_x, n_h, n_y = sizes
    parameters = initialize_parameters(n_x, n_h, n_y, seed=seed)
    return _gradient_descent("two_layer_model", X, Y, parameters, learning_rate, num_iterations, print_cost)


def L_layer_model(
    X: Numbers,
    Y: Numbers,
    layers_dims: Sequence[int],
    learning_rate: Number = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    seed: int | None = 1,
) -> tuple[dict[str, Array], list[Array]]:
    """Train an L-layer network from weights of `initialize_parameters_deep` with gradient descent on all the data.

    Parameters
    ----------
    X, Y
        Data ``(n_0, m)`` and labels 0 or 1, ``(1, m)``.
    layers_dims
        Units of every layer, the input first: ``[n_0, n_1, ..., 1]``.
    learning_rate, num_iterations
        Step size and number of `update_parameters` steps.
    print_cost
        Print the cost of every 100th iteration.
    seed
        As in `initialize_parameters_deep`. The course's function fixes it to 1, and so does this one, unless told.

    Returns
    -------
    parameters, costs
        The trained parameters, and the costs of iterations 0, 100, 200, ..., each an array without axes, as in the
        course; ``np.squeeze(costs)`` is the curve.

    Examples
    --------
    >>> X, Y = np.array([[-2.0, -1.0, 1.0, 2.0]]), np.array([[0, 0, 1, 1]])
    >>> parameters, costs = L_layer_model(X, Y, [1, 4, 1], 0.5, 101, print_cost=True, seed=0)
    Cost after iteration 0: 0.394219
    Cost after iteration 100: 0.025183
    >>> predict(X, parameters)
    array([[0, 0, 1, 1]])
    """
    parameters = initialize_parameters_deep(layers_dims, seed=seed)
    return _gradient_descent("L_layer_model", X, Y, parameters, learning_rate, num_iterations, print_cost)


@overload
def predict(X: Numbers, y: Parameters, parameters: Number = 0.5) -> NDArray[np.int_]: ...
@overload
def predict(
    X: Numbers, y: Numbers | None = None, parameters: Any = None, threshold: Number = 0.5
) -> NDArray[np.int_]: ...
def predict(X: Numbers, y: Any = None, parameters: Any = None, threshold: Number = 0.5) -> NDArray[np.int_]:
    """Class of every column of ``X``: 1 where the network's probability is above ``threshold``, else 0; ``(1, m)``.

    Both calls of the lesson are understood: ``predict(X, parameters)``, with a threshold after it if you like, and the
    course's ``predict(X, y, parameters)``, which prints the share of the labels ``y`` that it gets right.

    Examples
    --------
    >>> parameters = {"W1": [[1.0]], "b1": 0.0}
    >>> predict([[-2.0, 3.0]], parameters)
    array([[0, 1]])
    >>> predict([[-2.0, 3.0]], [[0, 0]], parameters)
    Accuracy: 0.5
    array([[0, 1]])
    """
    if isinstance(y, Mapping):
        y, parameters, threshold = None, y, threshold if parameters is None else parameters
    AL, _ = L_model_forward(X, parameters)
    classes = (as_number("predict", "threshold", threshold) < AL).astype(int)
    if y is not None:
        labels = as_labels("predict", y, tr("the prediction"), AL)
        say("Accuracy: {share}", share=np.mean(classes == labels))
    return classes


# --- other names for the same functions ---------------------------------------------------------------------------


def N_layers_forward(X: Numbers, parameters: Parameters) -> tuple[Array, list[Cache]]:
    """Do what `L_model_forward` does; the prediction and the caches."""
    return L_model_forward(X, parameters)


def N_layers_backward(prediction: Numbers, Y: Numbers, caches: Sequence[AnyCache]) -> dict[str, Array]:
    """Do what `L_model_backward` does, with the keys ``dX{l}`` in place of ``dA{l}``."""
    grads = L_model_backward(prediction, Y, caches)
    return {name.replace("dA", "dX"): gradient for name, gradient in grads.items()}


def cross_entropy_loss(prediction: Numbers, Y: Numbers) -> np.floating[Any]:
    """Do what `compute_cost` does."""
    return compute_cost(prediction, Y)


# --- what the functions above share -----------------------------------------------------------------------------


def _gradient_descent(
    function: str,
    X: Numbers,
    Y: Numbers,
    parameters: dict[str, Array],
    learning_rate: Number,
    num_iterations: int,
    print_cost: bool,
) -> tuple[dict[str, Array], list[Array]]:
    as_layer(function, {"X": X, "W1": parameters["W1"], "b1": parameters["b1"]})
    X = as_examples(function, "X", X)
    costs = []
    for i in range(as_count(function, "num_iterations", num_iterations)):
        AL, caches = L_model_forward(X, parameters)
        if i % 100 == 0:
            costs.append(np.array(compute_cost(AL, Y)))
            if print_cost:
                say("Cost after iteration {i}: {cost:.6f}", i=i, cost=costs[-1])
        grads = L_model_backward(AL, Y, caches)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters, costs


def _named(function: str, activation: str) -> tuple[Any, Any]:
    if not isinstance(activation, str) or activation not in _ACTIVATIONS:
        raise InputError(
            "{function}: activation is one of {known}; it is {activation!r}.",
            function=function,
            known=", ".join(_ACTIVATIONS),
            activation=activation,
        )
    return _ACTIVATIONS[activation]
