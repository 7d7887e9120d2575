"""Layers that users write without the base class: given the methods that networks also need, and checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, leaves, map_leaves, namespace
from chainrule.common.errors import InputError
from chainrule.common.formulas import equations_in
from chainrule.common.settings import Each, Refusal, Rule, made, shown
from chainrule.common.texts import tr
from chainrule.layers.base import Layer

_METHODS = ("init", "forward", "backward")


class _Cache(NamedTuple):
    """What backward needs, and what its gradients must look like."""

    own: Any  # what the user's forward returned
    x: Array
    params: Params


@dataclass(frozen=True, eq=False)
class OwnLayer(Layer):
    """A user's object with init, forward and backward, as a `Layer`.

    Its `init` may do without `dtype`, its `forward` without `mode` and its `backward` without `input_gradient`. What
    they return is checked, because a gradient of another shape might be added up without an error.
    """

    layer: Any

    @property
    def label(self) -> str:
        """The name of the user's class."""
        return type(self.layer).__name__

    @property
    def equations(self) -> tuple[str, ...]:
        """Those that the user wrote."""
        return equations_in(type(self.layer).__doc__)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the layer's parameters in the dtype, and the output shape."""
        more = {"dtype": dtype} if takes(self.layer.init, "dtype") else {}
        params, shape = pair_of(self.layer, "init", self.layer.init(rng, input_shape, **more))
        if not isinstance(params, dict | tuple):
            raise InputError(
                "{label}.init must return parameters as a dict of arrays, such as {{'W': W}} or {{}}, but it "
                "returned {returned}.",
                label=self.label,
                returned=shown(params),
            )
        return map_leaves(lambda p: np.asarray(p, dtype), params), tuple(shape)

    def forward(self, params: Params, x: Array, mode: Mode = INFERENCE) -> tuple[Array, _Cache]:
        """Return what the layer's forward returns.

        Raises
        ------
        InputError
            It does not return a pair, changes its input, or cannot be traced by JAX.
        """
        more = {"mode": mode} if takes(self.layer.forward, "mode") else {}
        try:
            result = self.layer.forward(params, _read_only(x), **more)
        except TypeError as error:
            if namespace(x) is not np and "Tracer" in type(error).__name__:
                raise InputError(
                    "{label} computes with NumPy's own functions, which JAX cannot trace: take xp = "
                    'x.__array_namespace__() and write xp.maximum(...), or train with engine="numpy".',
                    label=self.label,
                ) from error
            raise
        except ValueError as error:
            if "read-only" in str(error):
                raise InputError(
                    "{label}.forward changes its input in place, which other code still needs: write the result to a "
                    "new array, as in x = x - 1 instead of x -= 1.",
                    label=self.label,
                ) from error
            raise
        y, cache = pair_of(self.layer, "forward", result)
        return y, _Cache(cache, x, params)

    def backward(self, cache: _Cache, dy: Array, *, input_gradient: bool = True) -> tuple[Array | None, Params]:
        """Return what the layer's backward returns.

        Raises
        ------
        InputError
            It does not return a pair, or there is not a gradient for each parameter, of its shape.
        """
        more = {"input_gradient": input_gradient} if takes(self.layer.backward, "input_gradient") else {}
        dx, grads = pair_of(self.layer, "backward", self.layer.backward(cache.own, dy, **more))
        _check_gradients(self.label, dict(leaves(cache.params)), dict(leaves(grads)))
        if input_gradient:
            _check_gradients(self.label, {tr("its input"): cache.x}, {tr("its input"): dx})
        return (dx if input_gradient else None), grads


def _check_gradients(label: str, arrays: Mapping[str, Array], gradients: Mapping[str, Any]) -> None:
    """Raise an error unless there is a gradient for each array, of its shape."""
    if arrays.keys() != gradients.keys():
        raise InputError(
            "{label}.backward must return a gradient for each of the parameters that init makes, {expected}, but it "
            "returned gradients for {returned}.",
            label=label,
            expected=sorted(arrays),
            returned=sorted(gradients),
        )
    for name, gradient in gradients.items():
        if np.shape(gradient) != arrays[name].shape:
            raise InputError(
                "{label}.backward must return gradients of the shape of what they belong to, but {name} has shape "
                "{shape} and its gradient {gradient_shape}.",
                label=label,
                name=name,
                shape=arrays[name].shape,
                gradient_shape=np.shape(gradient),
            )


def pair_of(layer: Any, method: str, result: Any) -> tuple[Any, Any]:
    """Return the two things that a method of a layer returns.

    Raises
    ------
    InputError
        It returned something else.
    """
    if isinstance(result, tuple) and len(result) == 2:
        return result
    two = {"init": "params, output_shape", "forward": "y, cache", "backward": "dx, grads"}[method]
    if isinstance(result, tuple):
        returned = tr("a tuple of {count}", count=len(result))
    else:
        returned = tr("one {kind}", kind=type(result).__name__)
    raise InputError(
        "{layer}.{method} must return two things, {expected}, but it returned {returned}.",
        layer=type(layer).__name__,
        method=method,
        expected=two,
        returned=returned,
    )


def _read_only(x: Array) -> Array:
    if type(x) is not np.ndarray:
        return x
    view = x.view()
    view.flags.writeable = False
    return view


class LayerRule(Rule):
    """A layer: an object with init, forward and backward, kept as a `Layer`."""

    text = "a layer"

    def normal(self, value: Any) -> Layer:
        """Return a layer as it is, and an object of the user's own that has the three methods as an `OwnLayer`."""
        if isinstance(value, Layer):
            return value
        computes = all(callable(getattr(value, method, None)) for method in _METHODS)
        if computes and not isinstance(value, type):
            return OwnLayer(value)
        makes_layers = getattr(value, "__module__", "").startswith(__package__) and hasattr(value, "__name__")
        raise Refusal(made(value) if computes or makes_layers else "")


LAYER = LayerRule()
LAYERS = Each(LAYER, "a list of layers", least=0)


def takes(method: Callable[..., Any], name: str) -> bool:
    """Return whether a method has a parameter of a name."""
    parameters = inspect.signature(method).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
