"""The trace of a lesson's functions, under the lesson's names: W1, Z1, A1, dW1, ..., each of which is there once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, map_leaves
from chainrule.common.errors import InputError
from chainrule.common.formulas import equations_in
from chainrule.data.batches import Data
from chainrule.layers import Layer, Sequential
from chainrule.trace.run import frozen_record, passed
from chainrule.trace.trace import Trace as Trace
from chainrule.trace.untouched import frozen


def _equations(functions: Sequence[Callable[..., Any]]) -> tuple[str, ...]:
    return tuple(text for function in functions for text in equations_in(function.__doc__))


class Function(Layer):
    """A function of a lesson with its backward, as a layer.

    Parameters
    ----------
    label
        What it is called in tables, such as "linear 1".
    documented
        The function and its backward. The first is called with the input and the parameters and returns the output and
        a cache; the second with the gradient of the output and the cache, and returns the gradients of the input and
        of the parameters. Their docstrings have the equations. Without a backward there is only a forward pass.
    symbols
        What the lesson calls the input and the output.
    parameters
        The parameters by the lesson's names.
    """

    label = ""

    def __init__(
        self,
        label: str,
        documented: Sequence[Callable[..., Any]],
        symbols: tuple[str, str],
        parameters: Mapping[str, Array] | None = None,
    ) -> None:
        self.label, self.documented, self.symbols = label, tuple(documented), symbols  # type: ignore[misc]
        self.parameters = dict(parameters or {})

    @property
    def equations(self) -> tuple[str, ...]:
        """Those of the functions' docstrings."""
        return _equations(self.documented)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the parameters; the shape is known when the function ran."""
        return self.parameters, input_shape

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Any]:
        """Return what the function returns."""
        result: tuple[Array, Any] = self.documented[0](x, *params.values())
        return result

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> tuple[Array, Params]:
        """Return what the function's backward returns."""
        result = self.documented[1](dy, cache)
        dx, *grads = result if isinstance(result, tuple) else (result,)
        return dx, dict(zip(self.parameters, grads, strict=True))


class _Chain(Sequential):
    """Functions one after another, whatever the layout: that examples are rows holds for layers alone."""

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, tuple[Any, ...]]:
        """Return the last function's output and every function's cache."""
        caches = []
        for layer, p in zip(self.layers, params, strict=True):
            x, cache = layer.forward(p, x)
            caches.append(cache)
        return x, tuple(caches)

    def backward(
        self, cache: tuple[Any, ...], dy: Array, *, input_gradient: bool = True
    ) -> tuple[Array, tuple[Params, ...]]:
        """Return the gradients of the input and of the parameters."""
        grads = []
        for layer, c in zip(reversed(self.layers), reversed(cache), strict=True):
            dx, g = layer.backward(c, dy)
            assert dx is not None
            dy = dx
            grads.append(g)
        return dy, tuple(reversed(grads))


class Cost:
    """The cost of a lesson, as a loss.

    Parameters
    ----------
    documented
        The function of the outputs and the targets.
    slope
        Its gradient with respect to the outputs, as the lesson's backward pass begins with it.
    """

    task = "binary"

    def __init__(self, documented: Callable[..., Any], slope: Callable[..., Array]) -> None:
        self.documented, self._slope = (documented,), slope
        self.label = documented.__name__

    @property
    def equations(self) -> tuple[str, ...]:
        """Those of the function's docstring."""
        return _equations(self.documented)

    def __call__(self, AL: Array, Y: Array, weights: None = None) -> tuple[Any, Array]:
        """Return the cost and its gradient."""
        return self.documented[0](AL, Y), self._slope(AL, Y)

    def activation(self, Z: Array) -> Array:
        """Return the outputs, which are probabilities already."""
        return Z


def lesson(
    functions: Sequence[Function],
    X: Array,
    Y: Array | None = None,
    cost: Cost | None = None,
    update: Callable[[dict[str, Array], dict[str, Array]], Mapping[str, Array]] | None = None,
) -> Trace:
    """Return the trace of functions that are run one after another.

    Parameters
    ----------
    functions
        The functions.
    X, Y, cost
        The examples, and the cost; without it there is a forward pass only.
    update
        Returns the new parameters for the parameters and their gradients, named like ``dW1``.

    Raises
    ------
    InputError
        There is no example.
    """
    if not X.size:
        raise InputError(
            "A trace shows the numbers of examples, but the input has shape {shape}: give one or more.",
            shape=X.shape,
        )
    body = _Chain(tuple(functions))
    params = tuple(map_leaves(frozen, function.parameters) for function in functions)
    data = Data(X, X if Y is None else Y).each(frozen)
    root, loss = passed(body, cost, params, data, INFERENCE)
    updated: dict[str, Array] = {}
    if update is not None:
        grads = {f"d{name}": g for entry in root.parts for name, g in entry.grads.items()}
        after = update({name: p for tree in params for name, p in tree.items()}, grads)
        updated = {f"{i}.{name}": frozen(after[name]) for i, tree in enumerate(params) for name in tree}
    records = tuple(frozen_record(entry, updated, "") for entry in root.parts)
    if loss is not None:
        loss = replace(loss, symbols=(functions[-1].symbols[1], "cost"), axis=1)
    return Trace(records, loss, body, params, INFERENCE, data.X)


def course_step(
    pairs: Sequence[tuple[Callable[..., Any], Callable[..., Any]]],
    cost: Cost,
    X: Array,
    Y: Array,
    parameters: Mapping[str, Array],
    update: Callable[..., Mapping[str, Array]],
    learning_rate: float,
) -> Trace:
    """Return the trace of the course's network: [linear -> relu] for the layers 1 .. L-1, then linear -> sigmoid.

    Parameters
    ----------
    pairs
        The linear part, relu and sigmoid, each with its backward.
    cost, X, Y, parameters
        As for `lesson`; the parameters are ``W1, b1, ..., WL, bL``.
    update, learning_rate
        What returns the new parameters, and its last argument.
    """
    linear, relu, sigmoid = pairs
    L = len(parameters) // 2
    functions: list[Function] = []
    for number in range(1, L + 1):
        name, pair = ("sigmoid", sigmoid) if number == L else ("relu", relu)
        A = "AL" if number == L else f"A{number}"
        own = {letter: parameters[letter] for letter in (f"W{number}", f"b{number}")}
        functions.append(Function(f"linear {number}", linear, (f"A{number - 1}", f"Z{number}"), own))
        functions.append(Function(f"{name} {number}", pair, (f"Z{number}", A)))
    return lesson(functions, X, Y, cost, partial(update, learning_rate=learning_rate))
