"""Checks that the lessons share, one sentence per rule, and the random numbers of the course."""

# ruff: noqa: E741 - l is the lesson's name for the number of a layer

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.common.errors import InputError
from chainrule.common.texts import later, tr

Array: TypeAlias = NDArray[Any]
Number: TypeAlias = float | int
Numbers: TypeAlias = ArrayLike | Number | Sequence[Any]  # a check at run time finds no int and no tuple in ArrayLike
Parameters: TypeAlias = Mapping[str, Numbers]


# --- numbers ------------------------------------------------------------------------------------------------------


def as_numbers(function: str, name: str, value: Numbers) -> Array:
    """Return an array of numbers: what is one already, or one made from a list or a plain number."""
    array = _as_array(function, name, value)
    if array.dtype.kind not in "fiub":
        raise InputError(
            "{function}: {name} holds numbers, but it has shape {shape} and type {kind}.",
            function=function,
            name=name,
            shape=array.shape,
            kind=_type(value, array),
        )
    return array


def as_floats(function: str, name: str, value: Numbers) -> Array:
    """Return an array of floats: unsigned integers would wrap around at the first minus."""
    array = as_numbers(function, name, value)
    return array if array.dtype.kind == "f" else array.astype(float)


def as_matrix(function: str, name: str, value: Numbers) -> Array:
    """Return an array of numbers with rows and columns."""
    array = _as_array(function, name, value)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InputError(
            "{function}: {name} is a numeric array with rows and columns, but it has shape {shape} and type {kind}.",
            function=function,
            name=name,
            shape=array.shape,
            kind=_type(value, array),
        )
    return array


def as_examples(function: str, name: str, value: Numbers) -> Array:
    """Return data with one column per example, all of it finite."""
    X = as_matrix(function, name, value)
    if X.size == 0:
        raise InputError(
            "{function}: {name} has shape {shape}, so it holds no example.",
            function=function,
            name=name,
            shape=X.shape,
        )
    if not np.isfinite(X).all():
        raise InputError(
            "{function}: {name} holds NaN or infinite values; clean the data first.", function=function, name=name
        )
    return X


def as_row(function: str, name: str, value: Numbers) -> Array:
    """Return an array of numbers; ``(m,)`` is read as ``(1, m)``, one row with a column per example."""
    array = as_numbers(function, name, value)
    return array.reshape(1, -1) if array.ndim == 1 else array


def as_number(
    function: str,
    name: str,
    value: Any,
    rule: str = later("a finite number"),
    holds: Callable[[float], bool] = np.isfinite,
) -> float:
    """Return a setting as a float, if it ``holds`` what the ``rule`` says in words."""
    try:
        number = np.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not holds(number):
        raise InputError(
            "{function}: {name} is {rule}; it is {value!r}.", function=function, name=name, rule=tr(rule), value=value
        )
    return number


def as_count(function: str, name: str, value: Any, least: int = 0) -> int:
    """Return a setting as an integer of at least ``least``."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(
            "{function}: {name} is an integer of {least} or more; it is {value!r}.",
            function=function,
            name=name,
            least=least,
            value=value,
        )
    return number


def _as_array(function: str, name: str, value: Numbers) -> Array:
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):  # asarray would bring the hidden numbers back
        hidden = int(np.count_nonzero(np.ma.getmaskarray(value)))
        raise InputError(
            "{function}: {name} is a masked array that hides {hidden} values, which would be computed with. Fill "
            "them in with .filled(0), or leave out their examples.",
            function=function,
            name=name,
            hidden=hidden,
        )
    try:
        return np.asarray(value)
    except (TypeError, ValueError):
        raise InputError(
            "{function}: {name} cannot be read as an array; if it is a list, its rows differ in length.",
            function=function,
            name=name,
        ) from None


def _type(value: Numbers, array: Array) -> str:
    return str(array.dtype) if isinstance(value, np.ndarray) else type(value).__name__


# --- layers -------------------------------------------------------------------------------------------------------


def as_layer(function: str, arrays: Mapping[str, Numbers]) -> tuple[Array, Array, Array]:
    """Return the three arrays ``A, W, b`` of one layer, which are given under the names that the caller knows.

    ``b`` is ``(n, 1)``, or one number, which is then the bias of every unit.
    """
    (A_name, A), (W_name, W), (b_name, b) = arrays.items()
    A, W, b = as_matrix(function, A_name, A), as_matrix(function, W_name, W), as_numbers(function, b_name, b)
    if A.size == 0:
        raise InputError(
            "{function}: {name} has shape {shape}, so it holds no example.",
            function=function,
            name=A_name,
            shape=A.shape,
        )
    if W.shape[1] != A.shape[0]:
        raise InputError(
            "{function}: {W} has shape {W_shape}, read as (n, n_prev), but {A} has shape {A_shape}, so "
            "{rows} rows instead of {expected} (rows are features, columns are examples).",
            function=function,
            W=W_name,
            W_shape=W.shape,
            A=A_name,
            A_shape=A.shape,
            rows=A.shape[0],
            expected=W.shape[1],
        )
    if b.shape not in ((W.shape[0], 1), (1, 1), (1,), ()):
        raise InputError(
            "{function}: {b} has shape {b_shape}, but {W} has {rows} rows, so {b} must be {expected}.",
            function=function,
            b=b_name,
            b_shape=b.shape,
            W=W_name,
            rows=W.shape[0],
            expected=(W.shape[0], 1),
        )
    return A, W, b


def as_parameters(function: str, parameters: Parameters, layers: int | None = None) -> dict[str, Array]:
    """Return the parameters as arrays, with all of ``W1, b1, ..., WL, bL`` there."""
    if not isinstance(parameters, Mapping):
        raise InputError(
            "{function}: parameters is a dictionary with W1, b1, ...; it is of type {kind}.",
            function=function,
            kind=type(parameters).__name__,
        )
    L = layers or max(1, (len(parameters) + 1) // 2)
    for name in (letter + str(l) for l in range(1, L + 1) for letter in "Wb"):
        if name not in parameters:
            raise InputError(
                "{function}: parameters has no {name!r}; it has {names}.",
                function=function,
                name=name,
                names=sorted(map(str, parameters)),
            )
    return {name: as_numbers(function, name, p) for name, p in parameters.items()}


def as_network(X: Numbers, parameters: Parameters) -> tuple[Array, dict[str, Array]]:
    """Return the data and the parameters of a network as arrays, once its layers are known to fit together."""
    arrays = as_parameters("L_model_forward", parameters)
    A, A_name, L = X, "X", len(arrays) // 2
    for l in range(1, L + 1):
        W_name, b_name = "W" + str(l), "b" + str(l)
        A, W, _ = as_layer("L_model_forward", {A_name: A, W_name: arrays[W_name], b_name: arrays[b_name]})
        A, A_name = np.broadcast_to(0.0, (W.shape[0], A.shape[1])), "A" + str(l)  # the shape is all that counts
    if np.shape(A)[0] != 1:
        raise InputError(
            "L_model_forward: the last layer has one sigmoid unit, but W{L} has shape {shape}.", L=L, shape=W.shape
        )
    return as_numbers("L_model_forward", "X", X), arrays


def gradients_of(function: str, what: str, grads: Parameters, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Return ``grads["d" + name]`` (or the velocities of the same keys) for every parameter, under its own name.

    Each has its parameter's shape; for a bias one of the two may be a plain number.
    """
    if not isinstance(grads, Mapping):
        raise InputError(
            "{function}: {what} is a dictionary with dW1, db1, ...; it is a {kind}.",
            function=function,
            what=what,
            kind=type(grads).__name__,
        )
    gradients = {}
    for name, p in parameters.items():
        if "d" + name not in grads:
            raise InputError(
                "{function}: {what} has no 'd{name}'; it has {names}.",
                function=function,
                what=what,
                name=name,
                names=sorted(map(str, grads)),
            )
        gradient = as_numbers(function, "d" + name, grads["d" + name])
        one_number = name.startswith("b") and not (gradient.ndim and p.ndim)
        if gradient.shape != p.shape and not one_number:
            raise InputError(
                "{function}: d{name} has shape {gradient_shape}, but {name} has shape {shape}.",
                function=function,
                name=name,
                gradient_shape=gradient.shape,
                shape=p.shape,
            )
        gradients[name] = gradient
    return gradients


def as_cache(function: str, cache: Sequence[Numbers], names: str, forward: str) -> tuple[Array, ...]:
    """Return the arrays of a cache, as many as there are ``names`` in it."""
    expected = names.split()
    if not isinstance(cache, Sequence):
        raise InputError(
            "{function}: cache is ({expected}), as {forward} returned it, but it is of type {kind}.",
            function=function,
            expected=", ".join(expected),
            forward=forward,
            kind=type(cache).__name__,
        )
    if len(cache) != len(expected):
        raise InputError(
            "{function}: cache is ({expected}), as {forward} returned it, but it has {count} entries.",
            function=function,
            expected=", ".join(expected),
            forward=forward,
            count=len(cache),
        )
    return tuple(as_numbers(function, name, array) for name, array in zip(expected, cache, strict=True))


def as_linear_cache(function: str, cache: Sequence[Any]) -> tuple[Array, Array, Array]:
    """Return the cache ``(A_prev, W, b)`` of a linear part as arrays."""
    if not isinstance(cache, Sequence) or len(cache) != 3:
        raise InputError("{function}: the cache is (A_prev, W, b), as linear_forward returned it.", function=function)
    return as_layer(function, dict(zip(("A_prev", "W", "b"), cache, strict=True)))


def as_layer_cache(function: str, cache: Sequence[Any]) -> Sequence[Any]:
    """Return the cache ``((A_prev, W, b), Z)`` of a layer, which has these two."""
    if not isinstance(cache, Sequence) or len(cache) != 2:
        raise InputError(
            "{function}: a cache is ((A_prev, W, b), Z), as linear_activation_forward returned it.", function=function
        )
    return cache


def as_dA_and_Z(function: str, dA: Numbers, cache: Numbers) -> tuple[Array, Array]:  # noqa: N802 - the lesson's names
    """Return a gradient and the cache of an activation; one number is the gradient of all."""
    dA, Z = as_numbers(function, "dA", dA), as_floats(function, tr("the cache Z"), cache)
    if dA.shape != Z.shape and dA.ndim:
        raise InputError(
            "{function}: dA has shape {shape}, but the cache Z has shape {expected}.",
            function=function,
            shape=dA.shape,
            expected=Z.shape,
        )
    return dA, Z


# --- probabilities and labels -------------------------------------------------------------------------------------


def as_labels(function: str, Y: Numbers, A_name: str, A: Array) -> Array:
    """Return labels of the shape and the type of what they are compared with: 0 and 1, or soft ones."""
    labels = as_row(function, "Y", Y)
    if labels.shape != A.shape:
        raise InputError(
            "{function}: Y has one label for each entry of {name}, which has shape {expected}, but Y has shape "
            "{shape}.",
            function=function,
            name=A_name,
            expected=A.shape,
            shape=labels.shape,
        )
    if not np.isfinite(labels).all():
        raise InputError("{function}: Y holds NaN or infinite labels.", function=function)
    others = labels[(labels != 0) & (labels != 1)]
    if others.size and np.all(labels == np.round(labels)):  # whole numbers are classes, not soft labels
        raise InputError(
            "{function}: Y holds labels 0 and 1 only, but it holds {other}.", function=function, other=others[0]
        )
    return labels.astype(A.dtype)


def as_one_row(function: str, AL: Numbers, Y: Numbers) -> tuple[Array, Array]:
    """Return two rows ``(1, m)``, which ``(m,)`` is read as; columns would be one example with m outputs."""
    rows = as_row(function, "AL", AL), as_row(function, "Y", Y)
    if rows[0].ndim != 2 or rows[0].shape[0] != 1 or rows[0].size == 0 or rows[1].shape != rows[0].shape:
        raise InputError(
            "{function}: AL and Y both have shape (1, m), one column per example, but AL is {AL} and Y is {Y}.",
            function=function,
            AL=np.shape(AL),
            Y=np.shape(Y),
        )
    return rows


def as_probabilities(function: str, A_name: str, A: Numbers) -> Array:
    """Return probabilities strictly between 0 and 1, one column per example; ``(m,)`` is read as ``(1, m)``."""
    A = as_floats(function, A_name, as_row(function, A_name, A))
    if A.ndim != 2 or A.size == 0:
        raise InputError(
            "{function}: {name} has one column per example, but its shape is {shape}.",
            function=function,
            name=A_name,
            shape=A.shape,
        )
    if not np.all((A >= 0) & (A <= 1)):
        raise InputError(
            "{function}: {name} holds probabilities from 0 to 1, but it holds {value}; a NaN here during training "
            "means that the learning rate is too large.",
            function=function,
            name=A_name,
            value=A[~((A >= 0) & (A <= 1))][0],
        )
    return away_from_0_and_1(A)


def away_from_0_and_1(A: Array) -> Array:
    """Return ``A`` with 0 and 1, whose logarithms and quotients are infinite, moved to their nearest neighbors."""
    tiny = np.finfo(A.dtype).tiny
    A = np.where(A == 1, np.nextafter(1, 0, dtype=A.dtype), A)
    return np.where(np.abs(A) < tiny, tiny, A)


# --- random numbers -----------------------------------------------------------------------------------------------


def random_numbers(seed: int | None) -> Any:
    """Return NumPy's legacy stream, from which the course draws.

    With a seed it gives what follows ``np.random.seed(seed)``, and leaves the global stream alone; without one it is
    the global stream as it stands.
    """
    if seed is None:
        return np.random
    try:
        return np.random.RandomState(operator.index(seed))
    except (TypeError, ValueError):
        raise InputError("seed is None or an integer from 0 to 2**32 - 1; it is {seed}.", seed=seed) from None
