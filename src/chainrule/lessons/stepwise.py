r"""The lesson line by line: the lecture notes' functions with their names, arguments and layout.

Columns are examples: ``X`` is ``(n_x, m)``, a layer is ``W`` of shape ``(n, n_prev)`` and ``b`` of shape ``(n, 1)``,
and ``parameters`` is the dictionary ``{"W1": ..., "b1": ..., ..., "WL": ..., "bL": ...}``. The network is
[linear -> relu] for the layers 1 .. L-1, then linear -> sigmoid, and the cost is binary cross-entropy.

The code follows Andrew Ng's course "Neural Networks and Deep Learning" (deeplearning.ai, week 4) and differs from
the notes written about it in four things: `update_parameters` returns a new dictionary instead of changing its
argument, the exponentials cannot overflow, probabilities of exactly 0 and 1 give a large finite cost instead of
NaN, and arguments that do not fit are rejected by name. The factor 1/m of the cost sits in `linear_backward`, as
in the lesson, so ``dA`` and ``dZ`` are gradients of the *sum* over the examples while ``dW`` and ``db`` are
gradients of the mean.
"""

# ruff: noqa: E741 - l is the lesson's name for the number of a layer

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from chainrule.common.errors import InputError

Array: TypeAlias = NDArray[Any]
LinearCache: TypeAlias = tuple[Array, Array, Array]
Cache: TypeAlias = tuple[LinearCache, Array]


# --- parameters -------------------------------------------------------------------------------------------------


@overload
def initialize_parameters(
    n_x: int, n_h: int, n_y: int, *, scale: float | str | None = None, seed: int | None = None
) -> dict[str, Array]: ...
@overload
def initialize_parameters(
    n_x: Sequence[int], *, scale: float | str | None = None, seed: int | None = None
) -> dict[str, Array]: ...
def initialize_parameters(
    n_x: int | Sequence[int],
    n_h: int | None = None,
    n_y: int | None = None,
    *,
    scale: float | str | None = None,
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
    layer_dims: Sequence[int], *, scale: float | str = "lecun", seed: int | None = None
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
        ``np.random.randn`` layer by layer, which is how the course draws them. None draws fresh numbers.

    Returns
    -------
    dict
        ``W{l} (n_l, n_{l-1})`` and ``b{l} (n_l, 1)`` for l = 1 .. L, float64.

    Examples
    --------
    >>> initialize_parameters_deep([2, 1], scale=0.01, seed=3)["W1"].round(8)
    array([[0.01788628, 0.0043651 ]])
    """
    if len(layer_dims) < 2 or min(layer_dims) < 1:
        raise InputError(
            f"layer_dims lists at least two layer sizes of 1 or more, the input first; it is {list(layer_dims)}."
        )
    if isinstance(scale, str) and scale not in ("lecun", "he"):
        raise InputError(f'scale is a number, "lecun" or "he"; it is {scale!r}.')
    if seed is not None and not 0 <= seed < 2**32:
        raise InputError(f"seed is None or an integer from 0 to 2**32 - 1; it is {seed}.")
    rng = np.random.RandomState(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        n, n_prev = layer_dims[l], layer_dims[l - 1]
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


def sigmoid(Z: Array) -> tuple[Array, Array]:
    r"""Logistic function; the cache is ``Z``.

    .. math:: A = \frac{1}{1 + e^{-Z}}

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))[0]
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(Z))  # never above 1; where Z < 0 the fraction below is the equation times e^Z / e^Z
    A = np.where(Z >= 0, 1, e) / (1 + e)
    return A, Z


def sigmoid_backward(dA: Array, cache: Array) -> Array:
    r""":math:`dZ = dA * s(1 - s)` with :math:`s = \sigma(Z)`; ``cache`` is ``Z``, all of one shape."""
    Z = cache
    _check_dA("sigmoid_backward", dA, Z)
    s, _ = sigmoid(Z)
    dZ: Array = dA * s * (1 - s)
    return dZ


def relu(Z: Array) -> tuple[Array, Array]:
    r"""Rectifier :math:`A = \max(0, Z)`; the cache is ``Z``."""
    A = np.maximum(0, Z)
    return A, Z


def relu_backward(dA: Array, cache: Array) -> Array:
    r""":math:`dZ = dA` where :math:`Z > 0`, else 0 (also at 0, where there is no slope); ``cache`` is ``Z``."""
    Z = cache
    _check_dA("relu_backward", dA, Z)
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def tanh(Z: Array) -> tuple[Array, Array]:
    r"""Hyperbolic tangent :math:`A = \tanh Z`; the cache is ``Z``."""
    A = np.tanh(Z)
    return A, Z


def tanh_backward(dA: Array, cache: Array) -> Array:
    r""":math:`dZ = dA * (1 - \tanh^2 Z)`; ``cache`` is ``Z``, all of one shape."""
    Z = cache
    _check_dA("tanh_backward", dA, Z)
    A, _ = tanh(Z)
    dZ: Array = dA * (1 - A * A)
    return dZ


def softmax(Z: Array) -> tuple[Array, Array]:
    r"""Softmax of every column (every example); the cache is ``Z``.

    .. math:: A_{ij} = \frac{e^{Z_{ij} - \max_k Z_{kj}}}{\sum_k e^{Z_{kj} - \max_k Z_{kj}}}

    Examples
    --------
    >>> softmax(np.array([[10000.0, 0.0], [10000.0, 0.0]]))[0]
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    with np.errstate(over="ignore"):  # a difference beyond the largest float is -inf, and e^-inf = 0 is right
        e = np.exp(Z - Z.max(axis=0))
    A = e / e.sum(axis=0)
    return A, Z


def softmax_backward(dA: Array, cache: Array) -> Array:
    r"""Multiply ``dA`` by the full Jacobian of softmax, column by column; ``cache`` is ``Z``.

    .. math:: dZ_{ij} = A_{ij} \Bigl(dA_{ij} - \sum_k dA_{kj} A_{kj}\Bigr)
    """
    Z = cache
    _check_dA("softmax_backward", dA, Z)
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


def linear_forward(A: Array, W: Array, b: Array) -> tuple[Array, LinearCache]:
    r"""Linear part of a layer, :math:`Z = W A + b`.

    Parameters
    ----------
    A
        Activations of the previous layer or input data, ``(n_prev, m)``.
    W, b
        Weights ``(n, n_prev)`` and bias ``(n, 1)``.

    Returns
    -------
    Z, cache
        ``Z (n, m)`` and ``cache = (A, W, b)``.
    """
    _check_layer("linear_forward", {"A": A, "W": W, "b": b})
    Z = np.dot(W, A) + b
    cache = (A, W, b)
    return Z, cache


def linear_activation_forward(A_prev: Array, W: Array, b: Array, activation: str) -> tuple[Array, Cache]:
    r"""One layer, :math:`A = g(W A_{prev} + b)`.

    ``activation`` is ``"sigmoid"``, ``"relu"``, ``"tanh"`` or ``"softmax"``; shapes as in `linear_forward`.
    Returns ``A`` and ``cache = (linear_cache, activation_cache) = ((A_prev, W, b), Z)``.
    """
    g, _ = _named("linear_activation_forward", activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = g(Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, list[Cache]]:
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
    _check_network(X, parameters)
    caches = []
    A = X
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


def compute_cost(AL: Array, Y: Array) -> np.floating[Any]:
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
        Labels 0 or 1, ``(1, m)``.

    Examples
    --------
    >>> float(compute_cost(np.array([[0.5, 0.5]]), np.array([[0, 1]])).round(6))
    0.693147
    """
    AL, Y = _probabilities_and_labels("compute_cost", AL, Y)
    m = Y.shape[1]
    cost: np.floating[Any] = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    return cost


# --- backward ---------------------------------------------------------------------------------------------------


def linear_backward(dZ: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    r"""Gradients of the linear part.

    .. math::
        dW = \frac{1}{m}\, dZ\, A_{prev}^T, \qquad db = \frac{1}{m} \sum_i dZ^{(i)}, \qquad dA_{prev} = W^T dZ

    ``dZ`` is ``(n, m)`` and ``cache = (A_prev, W, b)``; returns ``dA_prev, dW, db``, shaped like
    ``A_prev, W, b``.
    """
    A_prev, W, _ = cache
    if dZ.shape != (W.shape[0], A_prev.shape[1]):
        raise InputError(
            f"linear_backward: dZ has shape {dZ.shape}, but the cache has W {W.shape} and A_prev {A_prev.shape}, "
            f"so Z was {(W.shape[0], A_prev.shape[1])}."
        )
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA: Array, cache: Cache, activation: str) -> tuple[Array, Array, Array]:
    r"""Gradients of one layer: :math:`dZ = dA * g'(Z)`, then `linear_backward`.

    ``cache`` and ``activation`` are those of `linear_activation_forward`; returns ``dA_prev, dW, db``.
    """
    linear_cache, activation_cache = cache
    _, g_backward = _named("linear_activation_backward", activation)
    dZ = g_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL: Array, Y: Array, caches: Sequence[Cache]) -> dict[str, Array]:
    r"""Backward pass of `L_model_forward`, from the cost to the data.

    .. math:: dA^{[L]} = -\Bigl(\frac{Y}{A^{[L]}} - \frac{1 - Y}{1 - A^{[L]}}\Bigr)

    Probabilities of exactly 0 or 1 are moved as in `compute_cost` before the division. A sigmoid that has
    rounded to exactly 0 or 1 has slope 0, so such an example passes no gradient back, as in the lesson.

    Parameters
    ----------
    AL, Y
        Probabilities ``(1, m)`` and labels 0 or 1, ``(1, m)`` or anything that reshapes to it.
    caches
        The list that `L_model_forward` returned with ``AL``.

    Returns
    -------
    dict
        ``dW{l}`` and ``db{l}`` for l = 1 .. L, ``dA{l}`` for l = 0 .. L-1.
    """
    L = len(caches)
    if L == 0 or caches[-1][1].shape != AL.shape:
        raise InputError(
            f"L_model_backward: AL has shape {AL.shape}, which is not the output of the {L} caches given; "
            "pass AL and caches of one L_model_forward call."
        )
    if Y.size == AL.size:
        Y = Y.reshape(AL.shape)
    AL, Y = _probabilities_and_labels("L_model_backward", AL, Y)
    grads = {}
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    grads["dA" + str(L - 1)], grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(
        dAL, caches[L - 1], activation="sigmoid"
    )
    for l in reversed(range(L - 1)):
        grads["dA" + str(l)], grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_activation_backward(
            grads["dA" + str(l + 1)], caches[l], activation="relu"
        )
    return grads


def update_parameters(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> dict[str, Array]:
    r"""One step of gradient descent, as a new dictionary.

    .. math::
        W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}, \qquad b^{[l]} := b^{[l]} - \alpha\, db^{[l]}

    ``parameters`` has ``W{l}, b{l}`` and ``grads`` at least ``dW{l}, db{l}``, for l = 1 .. L.
    """
    _check_keys("update_parameters", parameters)
    updated = {}
    for name, p in parameters.items():
        if "d" + name not in grads:
            raise InputError(f"update_parameters: grads has no 'd{name}'; it has {sorted(grads)}.")
        dp = grads["d" + name]
        if dp.shape != p.shape:
            raise InputError(f"update_parameters: d{name} has shape {dp.shape}, but {name} has shape {p.shape}.")
        updated[name] = p - float(learning_rate) * dp
    return updated


# --- the application --------------------------------------------------------------------------------------------


def two_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    seed: int | None = None,
) -> tuple[dict[str, Array], list[float]]:
    """Train linear -> relu -> linear -> sigmoid from weights of `initialize_parameters` (scale 0.01).

    ``layers_dims`` is ``(n_x, n_h, n_y)``; everything else as in `L_layer_model`.
    """
    if len(layers_dims) != 3:
        raise InputError(f"two_layer_model: layers_dims is (n_x, n_h, n_y); it is {list(layers_dims)}.")
    n_x, n_h, n_y = layers_dims
    parameters = initialize_parameters(n_x, n_h, n_y, seed=seed)
    return _gradient_descent("two_layer_model", X, Y, parameters, learning_rate, num_iterations, print_cost)


def L_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    seed: int | None = None,
) -> tuple[dict[str, Array], list[float]]:
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
        As in `initialize_parameters_deep`.

    Returns
    -------
    parameters, costs
        The trained parameters, and the costs of iterations 0, 100, 200, ...

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


def predict(X: Array, parameters: Mapping[str, Array], threshold: float = 0.5) -> NDArray[np.int_]:
    """Class of every column of ``X``: 1 where the network's probability is above ``threshold``, else 0; ``(1, m)``."""
    AL, _ = L_model_forward(X, parameters)
    return (AL > threshold).astype(int)


# --- other names for the same functions ---------------------------------------------------------------------------


def N_layers_forward(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, list[Cache]]:
    """Do what `L_model_forward` does; the prediction and the caches."""
    return L_model_forward(X, parameters)


def N_layers_backward(prediction: Array, Y: Array, caches: Sequence[Cache]) -> dict[str, Array]:
    """Do what `L_model_backward` does, with the keys ``dX{l}`` in place of ``dA{l}``."""
    grads = L_model_backward(prediction, Y, caches)
    return {name.replace("dA", "dX"): gradient for name, gradient in grads.items()}


def cross_entropy_loss(prediction: Array, Y: Array) -> np.floating[Any]:
    """Do what `compute_cost` does."""
    return compute_cost(prediction, Y)


# --- what the functions above share -----------------------------------------------------------------------------


def _gradient_descent(
    function: str,
    X: Array,
    Y: Array,
    parameters: dict[str, Array],
    learning_rate: float,
    num_iterations: int,
    print_cost: bool,
) -> tuple[dict[str, Array], list[float]]:
    _check_layer(function, {"X": X, "W1": parameters["W1"], "b1": parameters["b1"]})
    if not np.isfinite(X).all():
        raise InputError(f"{function}: X holds NaN or infinite values; clean the data first.")
    costs = []
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, parameters)
        if i % 100 == 0:
            costs.append(float(compute_cost(AL, Y)))
            if print_cost:
                print(f"Cost after iteration {i}: {costs[-1]:.6f}")
        grads = L_model_backward(AL, Y, caches)
        parameters = update_parameters(parameters, grads, learning_rate)
    return parameters, costs


def _named(function: str, activation: str) -> tuple[Any, Any]:
    if activation not in _ACTIVATIONS:
        raise InputError(f"{function}: activation is one of {', '.join(_ACTIVATIONS)}; it is {activation!r}.")
    return _ACTIVATIONS[activation]


def _check_keys(function: str, parameters: Mapping[str, Array]) -> None:
    L = max(1, (len(parameters) + 1) // 2)
    for name in (letter + str(l) for l in range(1, L + 1) for letter in "Wb"):
        if name not in parameters:
            raise InputError(f"{function}: parameters has no {name!r}; it has {sorted(parameters)}.")


def _check_network(X: Array, parameters: Mapping[str, Array]) -> None:
    _check_keys("L_model_forward", parameters)
    A, A_name, L = X, "X", len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        _check_layer("L_model_forward", {A_name: A, "W" + str(l): W, "b" + str(l): b})
        A, A_name = np.broadcast_to(0.0, (W.shape[0], X.shape[1])), "A" + str(l)  # the shape is all that counts
    if A.shape[0] != 1:
        raise InputError(
            f"L_model_forward: the last layer has one sigmoid unit, but W{L} has shape {W.shape}, so {A.shape[0]}."
        )


def _check_dA(function: str, dA: Array, Z: Array) -> None:
    if dA.shape != Z.shape:
        raise InputError(f"{function}: dA has shape {dA.shape}, but the cache Z has shape {Z.shape}.")


def _check_layer(function: str, arrays: Mapping[str, Array]) -> None:
    """Check the three arrays ``A, W, b`` of one layer, given under the names that the caller knows them by."""
    for name, value in arrays.items():
        if not isinstance(value, np.ndarray) or value.ndim != 2 or value.dtype.kind not in "fiub":
            raise InputError(
                f"{function}: {name} is a numeric array with rows and columns, but it has shape {np.shape(value)} "
                f"and type {getattr(value, 'dtype', type(value).__name__)}."
            )
    (A_name, A), (W_name, W), (b_name, b) = arrays.items()
    if A.size == 0:
        raise InputError(f"{function}: {A_name} has shape {A.shape}, so it holds no example.")
    if W.shape[1] != A.shape[0]:
        raise InputError(
            f"{function}: {W_name} has shape {W.shape}, read as (n, n_prev), but {A_name} has shape {A.shape}, "
            f"so {A.shape[0]} rows instead of {W.shape[1]} (rows are features, columns are examples)."
        )
    if b.shape != (W.shape[0], 1):
        raise InputError(
            f"{function}: {b_name} has shape {b.shape}, but {W_name} has {W.shape[0]} rows, so {b_name} must be "
            f"{(W.shape[0], 1)}."
        )


def _probabilities_and_labels(function: str, AL: Array, Y: Array) -> tuple[Array, Array]:
    """Return ``AL`` strictly between 0 and 1 and ``Y`` in its dtype, both checked."""
    if AL.ndim != 2 or AL.shape[0] != 1 or AL.size == 0 or Y.shape != AL.shape:
        raise InputError(
            f"{function}: AL and Y both have shape (1, m), one column per example, but AL is {AL.shape} "
            f"and Y is {Y.shape}."
        )
    if not np.isin(Y, (0, 1)).all():
        raise InputError(f"{function}: Y holds labels 0 and 1 only, but it holds {Y[~np.isin(Y, (0, 1))][0]}.")
    if not np.all((AL >= 0) & (AL <= 1)):
        raise InputError(
            f"{function}: AL holds probabilities from 0 to 1, but it holds {AL[~((AL >= 0) & (AL <= 1))][0]}; "
            "a NaN here during training means that the learning rate is too large."
        )
    AL = 1.0 * AL  # integer 0 and 1 become float64, floats keep their dtype
    AL = np.clip(AL, np.finfo(AL.dtype).tiny, np.nextafter(1, 0, dtype=AL.dtype))
    return AL, Y.astype(AL.dtype)
