# ruff: noqa
# mypy: ignore-errors
"""A small U-net in one class: down, up, and the shortcut between them; it finds squares in noisy pictures."""

import numpy as np


def windows(x, size):
    """All neighborhoods of a picture that is padded with zeros: (N, C, H, W, size, size)."""
    pad = size // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))


def conv(x, w, b):
    return np.einsum("nchwij,fcij->nfhw", windows(x, w.shape[2]), w) + b[None, :, None, None]


def conv_back(dout, x, w):
    dw = np.einsum("nfhw,nchwij->fcij", dout, windows(x, w.shape[2]))
    db = dout.sum(axis=(0, 2, 3))
    dx = np.einsum("nfhwij,fcij->nchw", windows(dout, w.shape[2]), w[:, :, ::-1, ::-1])
    return dx, dw, db


class UNet:
    def __init__(self, width=3, seed=0):
        rng = np.random.RandomState(seed)
        self.params = {
            "w_down": rng.randn(width, 1, 3, 3) * 0.4,
            "b_down": np.zeros(width),
            "w_deep": rng.randn(2 * width, width, 3, 3) * 0.2,
            "b_deep": np.zeros(2 * width),
            "w_up": rng.randn(1, 3 * width, 3, 3) * 0.2,
            "b_up": np.zeros(1),
        }

    def forward(self, x):
        p = self.params
        self.x = x
        self.down = np.tanh(conv(x, p["w_down"], p["b_down"]))
        n, c, height, width = self.down.shape
        self.small = self.down.reshape(n, c, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
        self.deep = np.tanh(conv(self.small, p["w_deep"], p["b_deep"]))
        large = self.deep.repeat(2, axis=2).repeat(2, axis=3)
        self.joined = np.concatenate([self.down, large], axis=1)
        return 1 / (1 + np.exp(-conv(self.joined, p["w_up"], p["b_up"])))

    def loss(self, x, y):
        out = self.forward(x)
        return -np.mean(y * np.log(out) + (1 - y) * np.log(1 - out))

    def gradients(self, x, y):
        p, grads = self.params, {}
        out = self.forward(x)
        dout = (out - y) / y.size
        djoined, grads["w_up"], grads["b_up"] = conv_back(dout, self.joined, p["w_up"])
        c = self.down.shape[1]
        ddown, dlarge = djoined[:, :c], djoined[:, c:]
        n, deep, height, width = dlarge.shape
        ddeep = dlarge.reshape(n, deep, height // 2, 2, width // 2, 2).sum(axis=(3, 5))
        ddeep = ddeep * (1 - self.deep**2)
        dsmall, grads["w_deep"], grads["b_deep"] = conv_back(ddeep, self.small, p["w_deep"])
        ddown = ddown + dsmall.repeat(2, axis=2).repeat(2, axis=3) / 4
        ddown = ddown * (1 - self.down**2)
        _, grads["w_down"], grads["b_down"] = conv_back(ddown, self.x, p["w_down"])
        return grads

    def train(self, x, y, epochs=15, rate=1.0):
        for epoch in range(epochs):
            grads = self.gradients(x, y)
            for key in self.params:
                self.params[key] -= rate * grads[key]
            if epoch % 5 == 0:
                print(epoch, self.loss(x, y))


if __name__ == "__main__":
    rng = np.random.RandomState(3)
    y = np.zeros((6, 1, 8, 8))
    for i, (row, column) in enumerate(rng.randint(0, 5, (6, 2))):
        y[i, 0, row : row + 3, column : column + 3] = 1
    x = y + 0.3 * rng.randn(*y.shape)
    UNet().train(x, y)
