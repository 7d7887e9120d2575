# ruff: noqa
# mypy: ignore-errors
"""A network whose parameters are float32: differences of it hold for three digits.

TwoLayerNet.__init__: ok
TwoLayerNet.predict: ok
TwoLayerNet.loss: ok
TwoLayerNet.gradient: ok
"""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size):
        self.params = {}
        self.params["W1"] = (0.05 * np.random.randn(input_size, hidden_size)).astype(np.float32)
        self.params["b1"] = np.zeros(hidden_size, dtype=np.float32)
        self.params["W2"] = (0.05 * np.random.randn(hidden_size, output_size)).astype(np.float32)
        self.params["b2"] = np.zeros(output_size, dtype=np.float32)

    def predict(self, x):
        self.h = np.maximum(0, x @ self.params["W1"] + self.params["b1"])
        s = self.h @ self.params["W2"] + self.params["b2"]
        e = np.exp(s - s.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def loss(self, x, t):
        return -np.sum(t * np.log(self.predict(x) + 1e-7)) / len(x)

    def gradient(self, x, t):
        d2 = (self.predict(x) - t) / len(x)
        d1 = (d2 @ self.params["W2"].T) * (self.h > 0)
        return {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": self.h.T @ d2, "b2": d2.sum(axis=0)}
