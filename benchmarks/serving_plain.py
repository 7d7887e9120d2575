"""The server that `benchmarks.serving` compares with: FastAPI and ONNX Runtime, as their own first pages show them.

Run with: python -m benchmarks.serving_plain MODEL.onnx PORT
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Body(BaseModel):
    """What is asked."""

    rows: list[list[float]]


def application(path: str) -> FastAPI:
    """Return an application that predicts with a model file."""
    session = onnxruntime.InferenceSession(path)
    app = FastAPI()

    def predict(body: Body) -> dict[str, list[list[float]]]:
        (P,) = session.run(None, {"X": np.array(body.rows, np.float32)})
        return {"probabilities": P.tolist()}

    app.post("/predict")(predict)
    return app


if __name__ == "__main__":
    uvicorn.run(application(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False)
