"""The preparation of a table in ONNX: raw columns go in, one input each, of shape (batch, 1)."""

from __future__ import annotations

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.export.onnx_operators.graph import Graph, Place, Tensor
from chainrule.tables.encoders import CLIP, Boolean, Categorical, Encoder, Numeric
from chainrule.tables.preparation import Preparation
from chainrule.tables.recognition import BOOLEANS

KINDS = {Numeric: "DOUBLE", Categorical: "STRING", Boolean: "STRING"}
"""The type of each column's input, as ONNX calls it; other columns cannot be exported."""

_OUTPUTS = ("label", "probabilities", "prediction")


def check_columns(preparation: Preparation) -> None:
    """Raise an error that names a column which cannot be an input of a model."""
    for encoder in preparation.encoders:
        if type(encoder) not in KINDS:
            raise InputError(
                "Column {name!r} ({kind}) cannot be exported to ONNX: only columns of numbers, categories and truth "
                "values are prepared there. Train a model without it, or export model.network, whose inputs are "
                "prepared columns.",
                name=encoder.name,
                kind=tr(encoder.kind),
            )
        if not encoder.name:
            raise InputError("A column has no name, but each input of an ONNX model has: name it, and train anew.")
        if encoder.name in _OUTPUTS:
            raise InputError(
                "Column {name!r} is called like an output of an ONNX model: rename it in the table, and train anew.",
                name=encoder.name,
            )


def prepared(graph: Graph, preparation: Preparation) -> Tensor:
    """Add what turns raw columns into the inputs of the network."""
    columns = [_prepared(graph, encoder) for encoder in preparation.encoders]
    return Tensor(graph.node("columns/Concat", "Concat", columns, axis=-1), (preparation.width,))


def _prepared(graph: Graph, encoder: Encoder) -> str:
    place = Place(graph, encoder.name, encoder.kind)
    if isinstance(encoder, Numeric):
        return _numeric(place, encoder)
    assert isinstance(encoder, Categorical)
    return _categorical(place, encoder)


def _numeric(place: Place, encoder: Numeric) -> str:
    """Scale, clip smoothly and fill in a number, in float64 as a table holds it; NaN is a missing one."""
    from onnx import TensorProto

    def number(name: str, value: float) -> str:
        return place.graph.initializer(f"{encoder.name}.{name}", np.float64(value))

    missing = place.node("IsNaN", encoder.name)
    z = place.node("Sub", encoder.name, number("center", encoder.center))
    z = place.node("Div", z, number("scale", encoder.scale))
    squares = place.node("Div", z, number("clip", CLIP))
    squares = place.node("Mul", squares, squares)
    z = place.node("Div", z, place.node("Sqrt", place.node("Add", squares, number("one", 1.0))))
    z = place.node("Cast", place.node("Where", missing, number("zero", 0.0), z), to=TensorProto.FLOAT)
    if not encoder.missing:
        return z
    return place.node("Concat", z, place.node("Cast", missing, to=TensorProto.FLOAT), axis=-1)


def _categorical(place: Place, encoder: Categorical) -> str:
    """Compare a text with all that training knew."""
    from onnx import TensorProto

    words = _words(encoder)
    texts = place.graph.initializer(f"{encoder.name}.texts", np.array(list(words), object))
    known = place.node("Cast", place.node("Equal", encoder.name, texts), to=TensorProto.FLOAT)
    codes = np.array(list(words.values()))[:, None]
    if encoder.width < len(encoder.categories):
        return place.node("MatMul", known, place.parameter("signs", 2 * codes - 1))
    if isinstance(encoder, Boolean):
        known = place.node("MatMul", known, place.parameter("codes", codes == np.arange(encoder.width)))
    if not encoder.other:
        return known
    total = place.node("ReduceSum", known, place.integers("axes", [-1]))
    other = place.node("Sub", place.parameter("one", np.float32(1)), total)
    return place.node("Concat", known, other, axis=-1)


def _words(encoder: Categorical) -> dict[str, int]:
    """Return all texts that stand for a category, with its place."""
    places = {category: place for place, category in enumerate(encoder.categories)}
    if not isinstance(encoder, Boolean):
        return places
    words = {word: truth for pair in BOOLEANS for word, truth in zip(pair, ("false", "true"), strict=True)}
    words |= {"": ""}
    spellings = (str.lower, str.upper, str.capitalize)  # ONNX compares texts as they are
    return {spelled(word): places[truth] for word, truth in words.items() if truth in places for spelled in spellings}
