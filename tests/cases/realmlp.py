"""Cases of the layers for tables."""

from __future__ import annotations

from chainrule.layers.realmlp import NTKDense, ParametricActivation, Scale
from tests.cases.form import LayerCase

LAYER_CASES = [
    LayerCase("scale", Scale(), (4, 5)),
    LayerCase("scale, fast, over time", Scale(rate=6.0), (4, 2, 5)),
    LayerCase("ntk dense", NTKDense(3), (4, 5)),
    LayerCase("ntk dense, slow bias, over time", NTKDense(3, bias_rate=0.1), (4, 2, 5)),
    LayerCase("ntk dense, from zero, one example", NTKDense(2, zero=True), (1, 5)),
    LayerCase("parametric activation that keeps Z", ParametricActivation("mish"), (4, 5)),
    LayerCase("parametric activation that keeps A, slow", ParametricActivation("tanh", rate=0.1), (4, 2, 5)),
]
