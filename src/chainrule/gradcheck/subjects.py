"""Layers, losses and networks as functions whose slopes can be taken, and the rules that they must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, leaves, map_leaves
from chainrule.common.errors import InputError, Told
from chainrule.common.texts import tr
from chainrule.equations.losses import Loss
from chainrule.gradcheck.report import Check
from chainrule.gradcheck.slopes import EPSILON, FLOAT32, Function, epsilon
from chainrule.layers.own import pair_of, takes

_NEARBY = 1e-3  # relative change of the arrays that shows how many digits an output has
_LARGE, _SMALL = 2.0**-20, 2.0**-32  # and those that any float32 notices, or hardly ever

Arrays = dict[str, Any]
"""Arrays by their path."""


class Subject(NamedTuple):
    """What is to be compared."""

    arrays: Arrays  # to vary in place
    gradients: Arrays  # what backward returns for them
    known: frozenset[str]  # the paths of all that forward is given
    spread: Arrays  # by how much those change if all that they follow from is rounded to float32
    function: Function


class _Pair(NamedTuple):
    """A forward pass with its backward, both of arrays that are varied in place."""

    name: str  # of forward
    arguments: Arrays  # all that forward is given
    forward: Callable[[], tuple[Any, Any]]  # the outputs, and a cache
    backward: Callable[[Any, Array], Arrays]  # from the cache and the gradient of the outputs


class BrokenRuleError(Told):
    """Forward or backward, whichever is the `culprit`, breaks a rule without which there is nothing to compare."""

    def __init__(self, problem: str, /, *, culprit: str, wrong: bool = True, **values: object) -> None:
        super().__init__(problem, **values)
        self.check = Check(culprit, (), problem=str(self), verdict="WRONG" if wrong else "cannot tell")


def prepare(subject: Any, inputs: list[Any], params: Any, mode: Mode, rng: np.random.Generator) -> Subject:
    """Return the arrays, the gradients and the function of a layer, a loss or a network, and try them out.

    Raises
    ------
    BrokenRuleError
        If forward or backward changes what it is given or is random, or forward is not finite.
    """
    if isinstance(subject, type):
        raise InputError(
            "gradcheck takes an object and not its class: write {name}() with parentheses.", name=subject.__name__
        )
    network = hasattr(subject, "loss") and hasattr(subject, "body")
    if isinstance(subject, Loss):
        inputs = [_as_float(inputs[0]), *inputs[1:]]
        pair = _loss(subject, *inputs)
        varied = {"Z": inputs[0]}
    elif network:
        if subject.params is None:
            raise InputError(
                "gradcheck needs a network with parameters: build it with input_shape=..., or call fit first."
            )
        params = map_leaves(widened, subject.params)
        if subject.body.vocabulary_of_input is None:
            inputs = [map_leaves(_as_float, inputs[0]), *inputs[1:]]
        pair = _network(subject, params, mode, *inputs)
        varied = _varied(inputs[0], subject.body, params)
    elif hasattr(subject, "forward") and hasattr(subject, "backward"):
        x = _only_input(subject, inputs)
        if params is None:
            params, _ = pair_of(subject, "init", subject.init(rng, (x[0] if isinstance(x, tuple) else x).shape[1:]))
        params = map_leaves(_as_float, params)
        x = _input(subject, params, mode, x)
        pair = _layer(subject, params, mode, x)
        varied = _varied(x, subject, params)
    else:
        raise InputError(
            "gradcheck takes a layer (init, forward, backward), a loss or a Network, but got {kind}.",
            kind=type(subject).__name__,
        )
    dy, gradients = _tried(pair, rng)
    if not isinstance(subject, Loss):
        _, cache = pair.forward()
        _check_without_input_gradient(
            subject.body if network else subject,
            cache[0] if network else cache,
            cache[1] if network else dy,
            gradients,
        )
    return Subject(
        varied,
        gradients,
        frozenset(pair.arguments),
        _spread(pair, varied, gradients, dy, rng),
        _function(pair, varied, dy, rng),
    )


def widened(array: Array) -> Array:
    """Return a copy that may be varied: float64, or integers as they are."""
    return np.array(array, np.float64 if np.asarray(array).dtype.kind == "f" else None)


def _as_float(array: Array) -> Array:
    """Return a copy in float64: whole numbers have slopes, too."""
    return np.array(array, np.float64)


def _only_input(layer: Any, inputs: list[Any]) -> Any:
    if len(inputs) != 1:
        raise InputError(
            "gradcheck of a layer takes one input, such as gradcheck({layer}(), x), but {count} came. Several "
            "arrays that belong together go into a tuple.",
            layer=type(layer).__name__,
            count=len(inputs),
        )
    if any(not a.ndim for _, a in leaves(inputs[0])):
        raise InputError("gradcheck takes x with a first axis of examples, such as shape (4, 3), but it is one number.")
    return inputs[0]


def _input(layer: Any, params: Any, mode: Mode, x: Any) -> Any:
    """Return an input in float64, unless it is whole numbers that the layer looks something up by."""
    if all(a.dtype.kind == "f" for _, a in leaves(x)):
        return x
    pair = _layer(layer, params, mode, x)
    y, cache = pair.forward()
    if pair.backward(cache, np.zeros(np.shape(y)))["x"] is None:
        return x
    numbers = map_leaves(_as_float, x)
    try:
        _layer(layer, params, mode, map_leaves(lambda a: a + _NEARBY, numbers)).forward()
    except (IndexError, TypeError, ValueError):  # as from indexing with floats, or looking up what is not whole
        return x
    return numbers


def _varied(x: Any, layer: Any, params: Any) -> Arrays:
    inputs = {path: a for path, a in leaves(x, "x") if a.dtype.kind == "f"}
    kinds = dict(leaves(layer.kinds(params))) if hasattr(layer, "kinds") else {}
    return inputs | {path: p for path, p in leaves(params) if kinds.get(path) != "statistic"}


def _layer(layer: Any, params: Any, mode: Mode, x: Any) -> _Pair:
    more = {"mode": mode} if takes(layer.forward, "mode") else {}

    def forward() -> tuple[Any, Any]:
        return pair_of(layer, "forward", layer.forward(params, x, **more))

    def backward(cache: Any, dy: Array) -> Arrays:
        dx, grads = pair_of(layer, "backward", layer.backward(cache, dy))
        return _copies(dx, "x") | _copies(grads)

    arguments = dict(leaves(x, "x")) | dict(leaves(params))
    return _Pair("forward", arguments, forward, backward)


def _network(network: Any, params: Any, mode: Mode, X: Any, *rest: Any) -> _Pair:
    def forward() -> tuple[Any, Any]:
        Z, cache = network.body.forward(params, X, mode)
        J, dZ = network.loss(Z, *rest)
        return J, (cache, dZ)

    def backward(cache: Any, dJ: Array) -> Arrays:
        dX, grads = network.body.backward(cache[0], cache[1] * dJ)
        return _copies(dX, "x") | _copies(grads)

    arguments = dict(leaves(X, "x")) | dict(leaves(params)) | _targets(rest)
    return _Pair("forward", arguments, forward, backward)


def _loss(loss: Loss, Z: Array, *rest: Any) -> _Pair:
    return _Pair("loss", {"Z": Z} | _targets(rest), lambda: loss(Z, *rest), lambda dZ, dJ: {"Z": np.array(dZ * dJ)})


def _targets(rest: tuple[Array, ...]) -> Arrays:
    return dict(zip((tr("the targets"), tr("the weights")), rest, strict=False))


def _copies(tree: Any, prefix: str = "") -> Arrays:
    """Return gradients by path, as copies: they may be the arrays that are about to be varied."""
    return {path: None if g is None else np.array(g) for path, g in leaves(tree, prefix)}


def _check_without_input_gradient(layer: Any, cache: Any, dy: Array, gradients: Arrays) -> None:
    """Raise an error if the parameters' gradients differ where the input's is not asked for, as of the first layer."""
    if not takes(layer.backward, "input_gradient"):
        return
    _, grads = pair_of(layer, "backward", layer.backward(cache, dy, input_gradient=False))
    for path, g in leaves(grads):
        other = gradients.get(path)
        if g is not None and other is not None and not _close(np.array(g), other):
            raise BrokenRuleError(
                "with input_gradient=False, as networks call their first layer, {path} has another gradient.",
                culprit="backward",
                path=path,
            )


def _tried(pair: _Pair, rng: np.random.Generator) -> tuple[Array, Arrays]:
    """Return a random upstream gradient and what backward makes of it, after forward and backward were tried twice."""
    with _unchanged(pair.name, pair.arguments):
        y, cache = pair.forward()
    first = np.array(y)
    if not _close(first, np.array(pair.forward()[0])):
        raise BrokenRuleError(
            "it is random, or remembers earlier calls: called twice with the same arguments, it gave different "
            "numbers, so differences say nothing. Take random numbers from mode.key, as chainrule.arrays.uniform "
            "does: the same key gives the same numbers.",
            culprit=pair.name,
        )
    if not np.isfinite(first).all():
        raise BrokenRuleError("it returned NaN or infinity: try other inputs.", culprit=pair.name, wrong=False)
    dy = rng.standard_normal(first.shape) if first.ndim else np.ones(())
    with _unchanged("backward", pair.arguments | {"dy": dy} | {f"cache{path}": a for path, a in _arrays(cache)}):
        gradients = pair.backward(cache, dy)
    again = pair.backward(cache, dy)
    if not all(g is None or _close(g, again[path]) for path, g in gradients.items()):
        raise BrokenRuleError(
            "it is random, or remembers earlier calls: called twice with the same cache and the same dy, it gave "
            "different numbers. Keep in the cache what forward drew.",
            culprit="backward",
        )
    return dy, gradients


def _close(a: Array, b: Array) -> bool:
    size = np.max(abs(a), initial=0.0, where=np.isfinite(a))
    return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=1e-6 * size, equal_nan=True)


@contextmanager
def _unchanged(name: str, arrays: Arrays) -> Iterator[None]:
    """Raise if an array is changed inside."""
    before = {path: a.copy() for path, a in arrays.items()}
    yield
    for path, old in before.items():
        if not np.array_equal(old, arrays[path], equal_nan=old.dtype.kind == "f"):
            raise BrokenRuleError(
                "it changes {array} in place, which other code still needs: write the result to a new array, or "
                "change a copy.",
                culprit=name,
                array=tr("the cache") if path.startswith("cache") else path,
            )


def _arrays(cache: Any, path: str = "") -> list[tuple[str, Array]]:
    """Return the NumPy arrays in a cache, which may be nested in any of Python's containers."""
    if isinstance(cache, np.ndarray):
        return [(path, cache)]
    if isinstance(cache, tuple | list | dict):
        children = list(cache.values() if isinstance(cache, dict) else cache)
    else:
        children = list(getattr(cache, "__dict__", {}).values())
    return [array for i, child in enumerate(children) for array in _arrays(child, f"{path}.{i}")]


@contextmanager
def _shaken(arrays: Arrays, size: float, rng: np.random.Generator) -> Iterator[None]:
    """Change all arrays a little, each number up or down."""
    before = {path: a.copy() for path, a in arrays.items()}
    for a in arrays.values():
        a *= 1 + size * rng.choice([-1.0, 1.0], a.shape)
    try:
        yield
    finally:
        for path, a in arrays.items():
            a[...] = before[path]


def _spread(pair: _Pair, varied: Arrays, gradients: Arrays, dy: Array, rng: np.random.Generator) -> Arrays:
    spread = {path: np.zeros(np.shape(g)) for path, g in gradients.items() if g is not None}
    for _ in range(3):
        with _shaken(varied | {"dy": dy}, FLOAT32, rng):
            shaken = pair.backward(pair.forward()[1], dy)
        spread = {path: np.fmax(s, abs(shaken[path] - gradients[path])) for path, s in spread.items()}
    return spread


def _function(pair: _Pair, varied: Arrays, dy: Array, rng: np.random.Generator) -> Function:
    def outputs() -> Array:
        return np.array(pair.forward()[0], np.float64).ravel()  # a copy: a layer may return its input

    def shaken(size: float) -> Array:
        with _shaken(varied, size, rng):
            return outputs()

    y = outputs()
    rounding = epsilon(shaken(_NEARBY))
    seen = abs(shaken(_LARGE) - y) * (_SMALL / _LARGE) > 8 * EPSILON * abs(y)
    if seen.any() and np.mean((shaken(_SMALL) == y)[seen]) > 0.5:
        rounding = max(rounding, FLOAT32)  # float64 would show such a change: float32 inside hides it
    return Function(outputs, dy.ravel(), rounding, float(np.max(abs(y * dy.ravel()), initial=0.0)))
