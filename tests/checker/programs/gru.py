# ruff: noqa
# mypy: ignore-errors
"""A GRU in functions, its parameters in a dict: it reads a wave and says the next value."""

import numpy as np

rng = np.random.default_rng(0)
INPUTS, HIDDEN, OUTPUTS = 1, 8, 1


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def make_parameters():
    p = {}
    for gate in "zrh":
        p["W" + gate] = rng.normal(0, 0.4, (HIDDEN, INPUTS))
        p["U" + gate] = rng.normal(0, 0.4, (HIDDEN, HIDDEN))
        p["b" + gate] = np.zeros((HIDDEN, 1))
    p["V"] = rng.normal(0, 0.4, (OUTPUTS, HIDDEN))
    p["c"] = np.zeros((OUTPUTS, 1))
    return p


def run_gru(p, xs):
    h = np.zeros((HIDDEN, xs.shape[2]))
    steps = []
    for x in xs:
        z = sigmoid(p["Wz"] @ x + p["Uz"] @ h + p["bz"])
        r = sigmoid(p["Wr"] @ x + p["Ur"] @ h + p["br"])
        g = np.tanh(p["Wh"] @ x + p["Uh"] @ (r * h) + p["bh"])
        steps.append((x, h, z, r, g))
        h = (1 - z) * h + z * g
    return p["V"] @ h + p["c"], steps, h


def squared_loss(y, t):
    return np.sum((y - t) ** 2) / (2 * t.shape[1])


def gru_gradients(p, y, t, steps, last_h):
    grads = {name: np.zeros_like(value) for name, value in p.items()}
    dy = (y - t) / t.shape[1]
    grads["V"] += dy @ last_h.T
    grads["c"] += dy.sum(axis=1, keepdims=True)
    dh = p["V"].T @ dy
    for x, h, z, r, g in reversed(steps):
        dg = dh * z * (1 - g**2)
        dz = dh * (g - h) * z * (1 - z)
        drh = p["Uh"].T @ dg
        dr = drh * h * r * (1 - r)
        for gate, d, state in (("z", dz, h), ("r", dr, h), ("h", dg, r * h)):
            grads["W" + gate] += d @ x.T
            grads["U" + gate] += d @ state.T
            grads["b" + gate] += d.sum(axis=1, keepdims=True)
        dh = dh * (1 - z) + drh * r + p["Uz"].T @ dz + p["Ur"].T @ dr
    return grads


def make_waves(count, length):
    start = rng.uniform(0, 6, count)
    waves = np.sin(start + 0.5 * np.arange(length + 1)[:, None])
    return waves[:-1, None, :], waves[-1:, :]


def train(steps=40, rate=0.2):
    p = make_parameters()
    xs, t = make_waves(16, 6)
    for step in range(steps):
        y, memory, last_h = run_gru(p, xs)
        loss = squared_loss(y, t)
        grads = gru_gradients(p, y, t, memory, last_h)
        for name in p:
            p[name] -= rate * grads[name]
        if step % 10 == 0:
            print(step, loss)
    return p


if __name__ == "__main__":
    train()
