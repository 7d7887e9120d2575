"""Operators that a file spells as several others, such as GELU by Erf: read as the one that they are.

A pattern is a nested tuple: an operator and the patterns of its inputs. A text stands for any value, and for the same
one wherever it stands; a number stands for that constant. The inputs of Add and Mul may come in either order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.files.onnx_in.folding import constant
from chainrule.files.onnx_in.reading import Model, Operation, shortest

Pattern = Any
_COMMUTE = {"Add", "Mul"}
_CLOSE = 1e-4  # relative, of a constant that a file may keep in float32 or write with few digits


class Spelling(NamedTuple):
    """A pattern, and what it is."""

    pattern: Pattern
    kind: str
    inputs: tuple[str, ...] = ("x",)
    attributes: Mapping[str, Any] = {}


def _either(*choices: Sequence[Pattern]) -> Iterator[tuple[Pattern, ...]]:
    return itertools.product(*choices)


def _products(a: Pattern, b: Pattern, c: Pattern) -> list[Pattern]:
    """Return the ways in which a product of three can be written."""
    return [("Mul", a, ("Mul", b, c)), ("Mul", b, ("Mul", a, c)), ("Mul", c, ("Mul", a, b))]


def _gelu() -> Iterator[Spelling]:
    for scaled in (("Div", "x", math.sqrt(2)), ("Mul", "x", math.sqrt(0.5))):
        for pattern in _products("x", 0.5, ("Add", ("Erf", scaled), 1.0)):
            yield Spelling(pattern, "Gelu")
    cubes: list[Pattern] = [("Pow", "x", 3.0), *_products("x", "x", "x")[:1]]
    scaled_cubes = [("Mul", 0.044715, cube) for cube in cubes] + _products(0.044715, "x", ("Mul", "x", "x"))
    for cube in scaled_cubes:
        inner = ("Tanh", ("Mul", math.sqrt(2 / math.pi), ("Add", "x", cube)))
        for pattern in _products("x", 0.5, ("Add", 1.0, inner)):
            yield Spelling(pattern, "Gelu", attributes={"approximate": "tanh"})


def _normalized(centered: Pattern, *, mean: str) -> Iterator[Pattern]:
    """Yield the ways to divide by the square root of the mean of the squares."""
    for square in (("Mul", centered, centered), ("Pow", centered, 2.0)):
        root = ("Sqrt", ("Add", (mean, square), "epsilon"))
        yield ("Div", centered, root)
        for reciprocal in (("Reciprocal", root), ("Div", 1.0, root)):
            yield ("Mul", centered, reciprocal)


def _norms() -> Iterator[Spelling]:
    for normalized in _normalized(("Sub", "x", ("ReduceMean", "x")), mean="ReduceMean"):
        pattern = ("Add", ("Mul", normalized, "gamma"), "beta")
        yield Spelling(pattern, "LayerNormalization", ("x", "gamma", "beta"))
    for normalized in _normalized("x", mean="ReduceMean"):
        yield Spelling(("Mul", normalized, "gamma"), "RMSNormalization", ("x", "gamma"))
    grouped = ("Reshape", ("InstanceNormalization", ("Reshape", "x", "groups"), "ones", "zeros"), "shape")
    pattern = ("Add", ("Mul", grouped, "gamma"), "beta")
    yield Spelling(pattern, "GroupNormalization", ("x", "gamma", "beta", "groups", "ones", "zeros"))
    centered = ("Sub", "x", ("ReduceMean", "x"))  # our own, for the digits of inputs far from 0
    yield Spelling(("LayerNormalization", centered, "gamma", "beta"), "LayerNormalization", ("x", "gamma", "beta"))
    yield from _groups_of_features()


def _groups_of_features() -> Iterator[Spelling]:
    """Yield our own group normalization: without lengths of sequences, and with a share of each step in a mean."""

    def shared(x: Pattern) -> Pattern:
        return ("ReduceSum", ("Mul", ("ReduceMean", x), "share"))

    for mean, more in ((lambda x: ("ReduceMean", x), ()), (shared, ("share",))):
        X: Pattern = ("Reshape", "x", "grouped")
        for _ in range(2):
            X = ("Sub", X, mean(X))
        normalized = ("Div", X, ("Sqrt", ("Add", mean(("Mul", X, X)), "epsilon")))
        pattern = ("Add", ("Mul", ("Reshape", normalized, "shape"), "gamma"), "beta")
        yield Spelling(pattern, "GroupsOfFeatures", ("x", "gamma", "beta", "grouped", *more))


SPELLINGS = [
    *_gelu(),
    *_norms(),
    Spelling(("Mul", "x", ("Sigmoid", "x")), "Swish"),
    Spelling(("Mul", "x", ("Tanh", ("Softplus", "x"))), "Mish"),
    Spelling(("Div", "x", ("Add", ("Abs", "x"), 1.0)), "Softsign"),
    Spelling(("Log", ("Add", ("Exp", "x"), 1.0)), "Softplus"),
    Spelling(("Where", ("Greater", "x", 20.0), "x", ("Softplus", "x")), "Softplus"),  # the same in float32
    Spelling(("Log", ("Softmax", "x")), "LogSoftmax"),
    Spelling(("Cast", ("Greater", "x", 0.0)), "Step"),
    Spelling(("Add", "x", ("Mul", ("Sub", "activated", "x"), "share")), "Mix", ("activated", "x", "share")),
    # An index that may count from the end; one of ours may not.
    Spelling(("Where", ("Less", "x", 0.0), ("Add", "x", "count"), "x"), "Identity"),
]
SPELLED = {"GroupsOfFeatures", "Mix", "Step"}
"""What files spell as several operators and ONNX has no operator for."""
_BY_KIND: dict[str, list[Spelling]] = {}
for _spelling in SPELLINGS:
    _BY_KIND.setdefault(_spelling.pattern[0], []).append(_spelling)


_FLOATS = (1, 10, 11, 16)  # TensorProto's float, float16, double and bfloat16


def is_copy(operation: Operation) -> bool:
    """Return whether an operator gives the numbers of its input, perhaps with another precision."""
    kind = operation.kind
    return kind in ("CastLike", "Identity") or (kind == "Cast" and operation.attributes.get("to") in _FLOATS)


class _Matcher:
    """Compares operations of a file with patterns."""

    def __init__(self, operations: Sequence[Operation], constants: dict[str, Any]) -> None:
        self.producers = {name: operation for operation in operations for name in operation.outputs if name}
        self.constants = constants

    def _source(self, name: str) -> str:
        """Return the value that a value is a copy of."""
        while (operation := self.producers.get(name)) is not None and is_copy(operation):
            name = operation.inputs[0]
        return name

    def match(self, name: str, pattern: Pattern, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the values of a pattern's texts for each way in which it fits."""
        name = self._source(name)
        if isinstance(pattern, str):
            if values.get(pattern, name) == name:
                yield values | {pattern: name}
        elif isinstance(pattern, float):
            number = self.constants.get(name)
            if number is not None and number.size == 1 and math.isclose(number.item(), pattern, rel_tol=_CLOSE):
                yield values
        elif (operation := self.producers.get(name)) is not None and operation.kind == pattern[0]:
            yield from self.match_operation(operation, pattern, values)

    def match_operation(
        self, operation: Operation, pattern: Pattern, values: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield the values of a pattern's texts for each way in which it fits an operation."""
        kind, *patterns = pattern
        if len(operation.inputs) < len(patterns):
            return
        if kind in ("ReduceMean", "ReduceSum"):
            known_as = "axes" if kind == "ReduceMean" else "summed"
            axes = operation.attributes.get("axes", self.constants.get(operation.input(1)))
            axes = None if axes is None else tuple(int(axis) for axis in np.asarray(axes).reshape(-1))
            if values.get(known_as, axes) != axes:
                return
            values = values | {known_as: axes}
        orders = [patterns, patterns[::-1]] if kind in _COMMUTE else [patterns]
        for order in orders:
            matches = [values]
            for name, inner in zip(operation.inputs, order, strict=False):
                matches = [more for known in matches for more in self.match(name, inner, known)]
            yield from matches

    def read(self, operation: Operation) -> Operation:
        """Return the operator that an operation with those before it spells, or the operation itself."""
        for spelling in _BY_KIND.get(operation.kind, ()):
            for values in self.match_operation(operation, spelling.pattern, {}):
                attributes = self._attributes(spelling, operation, values)
                if attributes is not None:
                    inputs = tuple(values[name] for name in spelling.inputs)
                    return Operation(spelling.kind, operation.name, inputs, operation.outputs, attributes)
        return operation

    def _attributes(self, spelling: Spelling, operation: Operation, values: dict[str, Any]) -> dict[str, Any] | None:
        """Return the attributes of what was spelled, or None if the constants do not fit."""
        attributes = dict(operation.attributes if spelling.kind == operation.kind else spelling.attributes)
        if "grouped" in values:
            return self._of_groups(values)
        if "epsilon" in values:
            epsilon = self.constants.get(values["epsilon"])
            if epsilon is None or epsilon.size != 1 or len(values["axes"] or ()) != 1:
                return None
            attributes |= {"epsilon": shortest(epsilon.item()), "axis": values["axes"][0]}
        if "groups" in values:
            inner, groups = self._grouped(operation), self.constants.get(values["groups"])
            if inner is None or groups is None or groups.size < 3:
                return None
            attributes |= {"epsilon": inner.attributes.get("epsilon", 1e-5), "num_groups": int(groups.reshape(-1)[1])}
        return attributes

    def _of_groups(self, values: dict[str, Any]) -> dict[str, Any] | None:
        """Return the attributes of our own group normalization, if it goes over the axes that it should."""
        epsilon, grouped = (self.constants.get(values[name]) for name in ("epsilon", "grouped"))
        axes = ((3,), (1,)) if "share" in values else ((1, 3), None)
        if epsilon is None or grouped is None or (values["axes"], values.get("summed")) != axes:
            return None
        return {"epsilon": shortest(epsilon.item())}

    def _grouped(self, operation: Operation) -> Operation | None:
        """Return the instance normalization inside of a spelled group normalization."""
        while operation.kind != "InstanceNormalization":
            before = [self.producers[name] for name in operation.inputs if name in self.producers]
            if not before:
                return None
            operation = next(
                (producer for producer in before if producer.kind in ("Mul", "Reshape", "InstanceNormalization")),
                before[0],
            )
        return operation


def as_single_operators(model: Model) -> list[Operation]:
    """Return the operations that the outputs depend on, each of which stands for all that spell it."""
    constants = dict(model.constants)
    for operation in model.operations:
        value = constant(operation)
        if value is not None:
            constants[operation.outputs[0]] = value
        elif is_copy(operation) and operation.inputs[0] in constants:
            constants[operation.outputs[0]] = constants[operation.inputs[0]]
    matcher = _Matcher(model.operations, constants)
    operations = [matcher.read(operation) for operation in model.operations]
    needed, kept = set(model.outputs), []
    for operation in reversed(operations):
        if not needed.isdisjoint(operation.outputs):
            needed.update(operation.inputs)
            kept.append(operation)
    return kept[::-1]
