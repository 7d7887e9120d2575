"""ONNX Runtime: inference of a dense network, from NumPy to NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.contenders.prediction import Prediction
from benchmarks.machine import cores
from benchmarks.workloads import Workload
from chainrule.layers import Dense


def model_of(network: cr.Network) -> bytes:
    """Return dense layers with ReLU, and softmax, as an ONNX model."""
    nodes, weights, name = [], [], "x"
    for i, (layer, p) in enumerate(zip(network.body.layers, network.params, strict=True)):
        out = f"y{i}"
        if isinstance(layer, Dense):
            weights += [numpy_helper.from_array(p[part], f"{part}{i}") for part in ("W", "b")]
            nodes.append(helper.make_node("Gemm", [name, f"W{i}", f"b{i}"], [out]))
        else:
            nodes.append(helper.make_node("Relu", [name], [out]))
        name = out
    nodes.append(helper.make_node("Softmax", [name], ["p"], axis=1))
    assert network.input_shape is not None and network.output_shape is not None
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, *network.input_shape])
    p = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, *network.output_shape])
    graph = helper.make_graph(nodes, "mlp", [x], [p], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    text: bytes = model.SerializeToString()
    return text


def predictor(workload: Workload, threads: int) -> Callable[[Any], Any]:
    """Return `InferenceSession.run`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = model_of(workload.network())
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def make(workload: Workload, variant: str) -> Contender:
    """Return the contender."""
    return Prediction(workload, predictor(workload, 1 if variant == "one-thread" else cores()))
