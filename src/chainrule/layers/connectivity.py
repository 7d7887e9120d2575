"""How layers are connected: one after another, or side by side and merged."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, Shaped, namespace
from chainrule.common.errors import InputError
from chainrule.common.settings import Each, Either, Maybe
from chainrule.common.texts import tr
from chainrule.layers.activation import Identity
from chainrule.layers.base import Layer
from chainrule.layers.composite import Composite, kept_by_all, numbers_for
from chainrule.layers.own import LAYER, LAYERS


@dataclass(frozen=True)
class Sequential(Composite):
    r"""Layers one after another; a layer itself.

    .. math:: x_{i+1} = f_i(x_i), \qquad dx_i = dx_{i+1}\, \frac{\partial f_i}{\partial x_i}

    Parameters, gradients and caches are tuples with one entry per layer.

    Parameters
    ----------
    layers
        The layers from input to output.

    References
    ----------
    The chain rule: Leibniz, 1676; as backpropagation through layers: Rumelhart, Hinton and Williams, 1986.
    """

    layers: Sequence[Layer]
    rules: ClassVar = {"layers": LAYERS}

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The layers."""
        return tuple(self.layers)

    @property
    def vocabulary_of_input(self) -> int | None:
        """That of the first layer that does more than rearrange."""
        return next((layer.vocabulary_of_input for layer in self.layers if not layer.rearranges), None)

    def keeps_steps(self) -> bool:
        """Return whether all layers keep the steps; what comes after they became one may do anything."""
        return all(layer.keeps_steps() for layer in self.layers)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the layers' parameters and the last layer's output shape."""
        params, shape = [], input_shape
        for layer in self.layers:
            layer_params, shape = layer.init(rng, shape, dtype)
            params.append(layer_params)
        return tuple(params), shape

    def forward(
        self, params: Params, x: Shaped[Array, "batch *in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *out"], tuple[Any, ...]]:
        """Return the last layer's output and every layer's cache."""
        caches = []
        for i, layer in enumerate(self.layers):
            x, cache = layer.forward(params[i], x, mode.fold(i) if mode.training else mode)
            caches.append(cache)
            if mode.mask is not None and not layer.keeps_steps():
                mode = mode._replace(mask=None)
        return x, tuple(caches)

    def backward(
        self, cache: tuple[Any, ...], dy: Float[Array, "batch *out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *in"] | None, Params]:
        """Return the gradients of the input and of every layer's parameters."""
        first = 0 if input_gradient else self._first_with_parameters()
        grads: list[Params] = [{}] * len(self.layers)
        for i in range(len(self.layers) - 1, first - 1, -1):
            dy, grads[i] = self.layers[i].backward(cache[i], dy, input_gradient=input_gradient or i > first)
        return dy if input_gradient else None, tuple(grads)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the sum over the layers, whose shapes are those of a pass of one example."""
        total, x = 0, np.zeros((1, *input_shape), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # the parameters may be about to blow up
            for layer, p in zip(self.layers, params, strict=True):
                total += layer.multiply_adds(p, x.shape[1:])
                x, _ = layer.forward(p, x)
        return total

    def _first_with_parameters(self) -> int:
        return next((i for i, layer in enumerate(self.layers) if layer.has_parameters), len(self.layers))


class MergeCache(NamedTuple):
    """What the backward pass needs."""

    widths: tuple[Array, ...]  # (0, features) for every array; arrays, because JAX would trace an integer


class _Add(Layer):
    r"""Add arrays of the same shape. A merge: its input, and the gradient of that, is a tuple of arrays.

    .. math:: y = \sum_i x_i, \qquad dx_i = dy
    """

    has_parameters = False
    merges = True

    @property
    def label(self) -> str:
        """The name that `Graph` takes."""
        return "add"

    def init(self, rng: np.random.Generator, input_shape: Any, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the common shape."""
        if len(set(input_shape)) > 1:
            raise InputError(
                "add needs arrays of the same shape, but gets {shapes}.",
                shapes=", ".join(map(str, input_shape)),
            )
        return {}, input_shape[0]

    def forward(self, params: Params, x: tuple[Array, ...], mode: Mode = INFERENCE) -> tuple[Array, MergeCache]:
        """Return the sum."""
        return functools.reduce(operator.add, x), _merge_cache(x)

    def backward(self, cache: MergeCache, dy: Array, *, input_gradient: bool = True) -> tuple[Any, Params]:
        """Return dy for each array."""
        return (dy,) * len(cache.widths), {}


class _Join(Layer):
    r"""Concatenate arrays along the last axis. A merge: its input, and the gradient of that, is a tuple of arrays.

    .. math:: y = [x_1, x_2, \ldots], \qquad [dx_1, dx_2, \ldots] = dy
    """

    has_parameters = False
    merges = True

    @property
    def label(self) -> str:
        """The name that `Graph` takes."""
        return "concatenate"

    def init(self, rng: np.random.Generator, input_shape: Any, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return no parameters and the shape with the sum of the last axes."""
        if len({shape[:-1] for shape in input_shape}) > 1:
            found = ", ".join(map(str, input_shape))
            raise InputError(
                "concatenate needs shapes that differ only in the last axis, but gets {shapes}.", shapes=found
            )
        return {}, (*input_shape[0][:-1], sum(shape[-1] for shape in input_shape))

    def forward(self, params: Params, x: tuple[Array, ...], mode: Mode = INFERENCE) -> tuple[Array, MergeCache]:
        """Return the arrays side by side."""
        return namespace(x[0]).concat(x, axis=-1), _merge_cache(x)

    def backward(self, cache: MergeCache, dy: Array, *, input_gradient: bool = True) -> tuple[Any, Params]:
        """Return the part of dy that belongs to each array."""
        widths = [width.shape[-1] for width in cache.widths]
        ends = itertools.accumulate(widths)
        return tuple(dy[..., end - width : end] for end, width in zip(ends, widths, strict=True)), {}


def _merge_cache(x: tuple[Array, ...]) -> MergeCache:
    return MergeCache(tuple(namespace(a).zeros((0, a.shape[-1]), dtype=a.dtype) for a in x))


MERGES: dict[str, Layer] = {"add": _Add(), "concatenate": _Join()}
"""The merges by the names that `Graph` takes."""


class BranchesCache(NamedTuple):
    """What the backward pass needs."""

    branches: tuple[Any, ...]  # every branch's cache
    merge: MergeCache


class _Branches(Composite):
    """Layers that all get the input, and whose outputs are merged.

    Parameters and gradients are tuples with one entry per branch.
    """

    merge: ClassVar[Layer]
    """How the outputs become one."""

    @property
    def vocabulary_of_input(self) -> int | None:
        """The smallest of those of the branches."""
        return min((n for layer in self.parts if (n := layer.vocabulary_of_input) is not None), default=None)

    def keeps_steps(self) -> bool:
        """Return whether the branches keep the steps, in which they must agree."""
        return kept_by_all(self.label, [layer.keeps_steps() for layer in self.parts])

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return every branch's parameters and the shape of the merged outputs."""
        params, shapes = zip(*(layer.init(rng, input_shape, dtype) for layer in self.parts), strict=True)
        return params, self.merge.init(rng, shapes, dtype)[1]

    def forward(
        self, params: Params, x: Shaped[Array, "batch *in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *out"], BranchesCache]:
        """Return the merged outputs."""
        each = enumerate(zip(self.parts, params, strict=True))
        outputs, caches = zip(
            *(layer.forward(p, numbers_for(layer, params, x), mode.fold(i)) for i, (layer, p) in each), strict=True
        )
        y, merge_cache = self.merge.forward({}, outputs)
        return y, BranchesCache(caches, merge_cache)

    def backward(
        self, cache: BranchesCache, dy: Float[Array, "batch *out"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *in"] | None, Params]:
        """Return the sum of the branches' gradients of the input, and the gradients of their parameters."""
        dx, grads = None, []
        dys: Any = self.merge.backward(cache.merge, dy)[0]
        for layer, c, d in zip(self.parts, cache.branches, dys, strict=True):
            needed = input_gradient or layer.has_parameters
            part, g = layer.backward(c, d, input_gradient=input_gradient) if needed else (None, {})
            dx = sum_of(dx, part)
            grads.append(g)
        return dx, tuple(grads)

    def update_statistics(self, params: Params, cache: BranchesCache) -> Params:
        """Return the parameters with every branch's new running statistics."""
        return super().update_statistics(params, cache.branches)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the sum over the branches."""
        return sum(layer.multiply_adds(p, input_shape) for layer, p in zip(self.parts, params, strict=True))


def sum_of(a: Array | None, b: Array | None) -> Array | None:
    """Return the sum of two gradients, either of which may be missing."""
    return b if a is None else a if b is None else a + b


_BODY = Either(LAYER, LAYERS)


def _as_branch(part: Any) -> Layer:
    if part is None:
        return Identity()
    return Sequential(part) if isinstance(part, tuple) else part


@dataclass(frozen=True)
class Residual(_Branches):
    r"""Add the input to what layers make of it, so that they only have to learn the difference.

    .. math:: y = f(x) + s(x), \qquad dx = dy\, \frac{\partial f}{\partial x} + dy\, \frac{\partial s}{\partial x}

    Without a shortcut s(x) = x, and dy reaches x unchanged, however deep f is.

    Parameters
    ----------
    body
        The layer f, or a list of layers one after another.
    shortcut
        The layer (or list) s; needed where the body changes the shape. None is the input itself.

    References
    ----------
    He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016, equations 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.layers import Dense, ReLU
    >>> block = Residual([Dense(5), ReLU(), Dense(5, initializer="zeros")])
    >>> params, _ = block.init(np.random.default_rng(0), (5,))
    >>> block.forward(params, np.arange(5.0)[np.newaxis])[0]
    array([[0., 1., 2., 3., 4.]])
    """

    body: Layer | Sequence[Layer]
    shortcut: Layer | Sequence[Layer] | None = None
    merge = _Add()
    rules: ClassVar = {"body": _BODY, "shortcut": Maybe(_BODY)}

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "body", _as_branch(self.body))
        object.__setattr__(self, "shortcut", _as_branch(self.shortcut))

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The branches."""
        return _as_branch(self.body), _as_branch(self.shortcut)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return the parameters of body and shortcut, and the shape of both outputs."""
        params, (body, shortcut) = zip(*(layer.init(rng, input_shape, dtype) for layer in self.parts), strict=True)
        if body != shortcut and self.shortcut == Identity():
            fitting = _fitting_shortcut(input_shape, body)
            raise InputError(
                "Residual adds its body's output {output} to its input {input}: give {shortcut}.",
                output=body,
                input=input_shape,
                shortcut=fitting,
            )
        if body != shortcut:
            raise InputError(
                "Residual adds its body's output {output} to its shortcut's output {shortcut_output}: make the shapes "
                "equal.",
                output=body,
                shortcut_output=shortcut,
            )
        return params, body


def _fitting_shortcut(x: Shape, y: Shape) -> str:
    """Return the usual layer from one shape to another, in words or as code."""
    if x[:-1] == y[:-1]:
        return f"shortcut=Dense({y[-1]}, bias=False)"
    if len(x) == len(y) in (2, 3):
        stride = -(-x[0] // y[0])
        if tuple(-(-n // stride) for n in x[:-1]) == y[:-1]:
            code = f"shortcut=Conv{len(x) - 1}D({y[-1]}, 1, stride={stride}, bias=False)"
            return tr("{code}, which has the body's stride", code=code)
    return tr("a shortcut with the output {shape}", shape=y)


@dataclass(frozen=True)
class Concatenate(_Branches):
    r"""Give several layers the same input, and join their outputs along the last axis (dense skip connections).

    .. math:: y = [f_1(x), f_2(x), \ldots], \qquad dx = \sum_i dy_i\, \frac{\partial f_i}{\partial x}

    dy_i is the part of dy that belongs to the output of f_i.

    Parameters
    ----------
    bodies
        The layers f_i; a list of layers is one after another, and None passes the input itself on.

    References
    ----------
    Huang, Liu, van der Maaten and Weinberger, Densely connected convolutional networks, 2017, equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.layers import Dense
    >>> Concatenate([None, Dense(4)]).init(np.random.default_rng(0), (5,))[1]
    (9,)
    """

    bodies: Sequence[Layer | Sequence[Layer] | None]
    merge = _Join()
    rules: ClassVar = {"bodies": Each(Maybe(_BODY), "a list of bodies, each a layer, a list of layers, or None")}

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "bodies", tuple(_as_branch(body) for body in self.bodies))

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The branches."""
        return tuple(_as_branch(body) for body in self.bodies)
