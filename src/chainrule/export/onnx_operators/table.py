"""The table: what adds the nodes of a layer, by its class."""

from __future__ import annotations

from typing import Any

from chainrule.export.onnx_operators import (
    activations,
    connectivity,
    convolution,
    dense,
    normalization,
    recurrent,
    shape,
)
from chainrule.export.onnx_operators.graph import Operator

OPERATORS: dict[type[Any], Operator] = {
    **activations.OPERATORS,
    **connectivity.OPERATORS,
    **convolution.OPERATORS,
    **dense.OPERATORS,
    **normalization.OPERATORS,
    **recurrent.OPERATORS,
    **shape.OPERATORS,
}
"""Every layer that can be exported; an object of a user's own, or of a class derived from ours, is none of these."""
