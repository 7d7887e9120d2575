# ruff: noqa
# mypy: ignore-errors
"""A restricted Boltzmann machine with global parameters, trained by one step of contrastive divergence."""

import numpy as np

np.random.seed(5)
VISIBLE, HIDDEN = 12, 5
W = 0.1 * np.random.randn(VISIBLE, HIDDEN)
b_visible = np.zeros(VISIBLE)
b_hidden = np.zeros(HIDDEN)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def hidden_probabilities(v):
    return sigmoid(v @ W + b_hidden)


def visible_probabilities(h):
    return sigmoid(h @ W.T + b_visible)


def draw(p):
    return (np.random.rand(*p.shape) < p).astype(float)


def free_energy(v):
    """The mean energy of visible units, the hidden ones summed out."""
    return np.mean(-v @ b_visible - np.sum(np.log1p(np.exp(v @ W + b_hidden)), axis=1))


def contrastive_divergence(v_data, rate=0.2):
    global W, b_visible, b_hidden
    h_data = hidden_probabilities(v_data)
    v_model = draw(visible_probabilities(draw(h_data)))
    h_model = hidden_probabilities(v_model)
    n = len(v_data)
    W += rate * (v_data.T @ h_data - v_model.T @ h_model) / n
    b_visible += rate * (v_data - v_model).mean(axis=0)
    b_hidden += rate * (h_data - h_model).mean(axis=0)
    return free_energy(v_data) - free_energy(v_model)


bars = np.repeat(np.eye(4), 3, axis=1)
data = np.maximum(bars[np.arange(40) % 4], bars[np.arange(40) // 4 % 4])
for epoch in range(50):
    gap = contrastive_divergence(data)
    if epoch % 10 == 0:
        rebuilt = visible_probabilities(hidden_probabilities(data))
        print(epoch, gap, np.mean((data - rebuilt) ** 2))
