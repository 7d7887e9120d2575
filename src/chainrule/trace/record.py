"""What one pass leaves behind: plain, frozen data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.layers import Layer
from chainrule.layers.own import OwnLayer

Arrays = dict[str, Array]
"""Arrays by the names that the equations give them."""


@dataclass(frozen=True, eq=False)
class StepRecord:
    """One step of a recurrent layer: what its cell computed forward, and backward through time.

    At a padded step this counts for nothing: the states before it are carried over.
    """

    time: int
    forward: Arrays
    backward: Arrays


@dataclass(frozen=True, eq=False, repr=False)
class LayerRecord:
    """One layer in one pass.

    Attributes
    ----------
    path
        Where it is: ``layer`` and the path that its parameters have in files, such as ``layer2`` or ``layer0.1``.
    prefix
        What its arrays' names begin with: the path and a point, or nothing in a lesson, whose names tell all apart.
    layer, params, mode
        What was run: the layer, its parameters before the step, and how.
    x, y, cache
        The input, the output, and what forward kept for backward.
    dy, dx, grads
        The gradients with respect to the output, the input and the parameters; None without a loss.
    updated
        The parameters after the step by their names; empty without an optimizer.
    parts
        The records of the layers that it is made of.
    steps
        If it is recurrent, its steps in their order of time.
    """

    path: str
    prefix: str
    layer: Layer
    params: Params
    mode: Mode
    x: Any
    y: Array
    cache: Any
    dy: Array | None
    dx: Any
    grads: Params
    updated: Arrays
    parts: tuple[LayerRecord, ...]
    steps: tuple[StepRecord, ...]

    def __repr__(self) -> str:
        return f"LayerRecord({self.title})"

    @property
    def label(self) -> str:
        """The layer's name."""
        return self.layer.label

    @property
    def title(self) -> str:
        """The path and the layer's name; of a lesson's functions, only that."""
        return f"{self.path}  {self.label}" if self.prefix else self.label

    @cached_property
    def equations(self) -> tuple[str, ...]:
        """The layer's equations in LaTeX, from its docstring."""
        return self.layer.equations

    @cached_property
    def inputs(self) -> Arrays:
        """The input by its name; of a merge, all of them."""
        symbol = self.layer.symbols[0]
        if isinstance(self.x, tuple):
            return {f"{symbol}{i}": x for i, x in enumerate(self.x)}
        return {symbol: self.x}

    @cached_property
    def forward(self) -> Arrays:
        """The input, the parameters, what forward kept besides, and the output; parameters of parts are theirs."""
        arrays = self.inputs | ({} if self.parts else dict(leaves(self.params)))
        own = {} if self.parts or self.steps else named(self._kept)
        known = {id(array) for array in arrays.values()} | {id(self.y)}
        arrays |= {name: a for name, a in own.items() if id(a) not in known and name not in arrays}
        arrays.pop(self.layer.symbols[1], None)  # what forward kept may be the output under its own name
        return arrays | {self.layer.symbols[1]: self.y}

    @property
    def after_step(self) -> Arrays:
        """The parameters after the step by their names in the trace; those of parts are theirs."""
        return {} if self.parts else {renewed(name): array for name, array in self.updated.items()}

    @property
    def _kept(self) -> Any:
        return self.cache.own if isinstance(self.layer, OwnLayer) else self.cache

    @cached_property
    def backward(self) -> Arrays:
        """The gradients, from the output's to the input's."""
        if self.dy is None:
            return {}
        arrays = {differential(self.layer.symbols[1]): self.dy}
        if not self.parts:
            arrays |= {differential(name): g for name, g in leaves(self.grads)}
        dx = self.dx if isinstance(self.dx, tuple) else (self.dx,)
        names = map(differential, self.inputs)
        return arrays | {name: d for name, d in zip(names, dx, strict=False) if d is not None}

    def walk(self) -> Iterator[LayerRecord]:
        """Yield this record, and those of all parts."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, eq=False, repr=False)
class LossRecord:
    """The loss in one pass.

    Attributes
    ----------
    loss
        The loss.
    symbols
        What its input and its value are called.
    Z, Y, weights
        The logits, the targets, and the weights of the examples or their steps; None if all weigh the same.
    P
        The network's outputs, such as probabilities.
    value, slope
        The loss, and its gradient with respect to the logits.
    axis
        Along which axis the examples lie.
    """

    loss: Any
    symbols: tuple[str, str]
    Z: Array
    Y: Array
    weights: Array | None
    P: Array
    value: float
    slope: Array
    axis: int = 0

    def __repr__(self) -> str:
        return f"LossRecord({self.symbols[1]} = {self.value:.6g})"

    @cached_property
    def equations(self) -> tuple[str, ...]:
        """The loss's equations in LaTeX, from its docstring."""
        equations: tuple[str, ...] = self.loss.equations
        return equations


def differential(name: str) -> str:
    """Return what the gradient of an array is called.

    >>> differential("W"), differential("ahead.Wx")
    ('dW', 'ahead.dWx')
    """
    head, point, last = name.rpartition(".")
    return f"{head}{point}d{last}"


def renewed(name: str) -> str:
    """Return what a parameter is called after the step.

    >>> renewed("W"), renewed("ahead.Wx")
    ('new_W', 'ahead.new_Wx')
    """
    head, point, last = name.rpartition(".")
    return f"{head}{point}new_{last}"


def named(tree: Any, prefix: str = "") -> Arrays:
    """Return the arrays in whatever forward kept: by the fields of named tuples, else by keys and numbers.

    >>> named({"mask": np.array([1.0]), "sizes": (3, np.array([2.0]))})
    {'mask': array([1.]), 'sizes.1': array([2.])}
    """
    if isinstance(tree, np.ndarray):
        return {prefix or "kept": tree}
    items: Any = ()
    if hasattr(tree, "_asdict"):
        items = tree._asdict().items()
    elif isinstance(tree, dict):
        items = tree.items()
    elif isinstance(tree, tuple | list):
        items = enumerate(tree)
    arrays: Arrays = {}
    for name, child in items:
        arrays |= named(child, f"{prefix}.{name}" if prefix else str(name))
    return arrays


@dataclass(frozen=True, eq=False)
class PassRecord:
    """One pass: forward, loss, backward, and the optimizer's step if there was one.

    Attributes
    ----------
    layers
        The records of the layers, one after another.
    loss
        The record of the loss; None if there were no targets.
    body, params, mode
        What was run: the layers as one, their parameters, and how.
    X
        The inputs, as the first layer got them.
    optimizer
        The rule of the step, if there was one.
    """

    layers: tuple[LayerRecord, ...]
    loss: LossRecord | None
    body: Layer
    params: Params
    mode: Mode
    X: Array
    optimizer: Any = None

    @property
    def of_lesson(self) -> bool:
        """Whether it is a lesson's pass, whose names tell all arrays apart without a path."""
        return bool(self.layers) and not self.layers[0].prefix

    @cached_property
    def units(self) -> tuple[LayerRecord, ...]:
        """The layers that compute, in the order in which they ran; composites that pass a part's output on are none."""
        records = [record for layer in self.layers for record in layer.walk()]
        passing = {record.path for record in records if any(part.y is record.y for part in record.parts)}
        inside = {part.path for record in records if record.path not in passing for part in record.parts}
        return tuple(record for record in records if record.path not in passing | inside)

    def producer(self, value: Array) -> LayerRecord | None:
        """Return the layer whose output a value is; None for what came in."""
        return next((unit for unit in self.units if unit.y is value), None)

    def users(self, value: Array) -> list[tuple[LayerRecord, str]]:
        """Return the layers that have a value for their input, and under which name."""
        return [(unit, name) for unit in self.units for name, x in unit.inputs.items() if x is value]
