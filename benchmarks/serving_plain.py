"""The server that `benchmarks.serving` compares with: FastAPI and ONNX Runtime, as their own first pages show them.

Run with: python -m benchmarks.serving_plain MODEL.safetensors PORT
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from onnx import TensorProto, helper, numpy_helper
from pydantic import BaseModel

import chainrule as cr


class Body(BaseModel):
    """What is asked."""

    rows: list[list[float]]


def application(network: cr.Network) -> FastAPI:
    """Return an application that predicts with a network of dense layers."""
    session = onnxruntime.InferenceSession(as_onnx(network))
    app = FastAPI()

    def predict(body: Body) -> dict[str, list[list[float]]]:
        (P,) = session.run(None, {"X": np.array(body.rows, np.float32)})
        return {"probabilities": P.tolist()}

    app.post("/predict")(predict)
    return app


def as_onnx(network: cr.Network) -> bytes:
    """Return a network of dense layers with ReLU, and softmax at its end, as ONNX."""
    dense = [params for params in network.params if params]
    nodes, arrays, name = [], [], "X"
    for i, params in enumerate(dense):
        arrays += [numpy_helper.from_array(np.asarray(params[key]), f"{key}{i}") for key in ("W", "b")]
        nodes.append(helper.make_node("Gemm", [name, f"W{i}", f"b{i}"], [f"Z{i}"]))
        last = i == len(dense) - 1
        name = "P" if last else f"A{i}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"Z{i}"], [name]))
    sizes = ("X", dense[0]["W"].shape[0]), ("P", dense[-1]["W"].shape[1])
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size]) for name, size in sizes]
    graph = helper.make_graph(nodes, "mlp", shapes[:1], shapes[1:], arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    content: bytes = model.SerializeToString()
    return content


if __name__ == "__main__":
    uvicorn.run(application(cr.load(sys.argv[1])), port=int(sys.argv[2]), log_level="warning", access_log=False)
