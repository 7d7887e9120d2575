# ruff: noqa
# mypy: ignore-errors
"""Adam with decoupled weight decay as an optimizer class, for a network in lists of arrays."""

import numpy as np


class AdamW:
    def __init__(self, params, lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = params
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.t = 0

    def step(self, grads):
        beta1, beta2 = self.betas
        self.t += 1
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.m[i] = beta1 * self.m[i] + (1 - beta1) * g
            self.v[i] = beta2 * self.v[i] + (1 - beta2) * g**2
            m_hat = self.m[i] / (1 - beta1**self.t)
            v_hat = self.v[i] / (1 - beta2**self.t)
            p -= self.lr * self.weight_decay * p
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


def init(sizes, rng):
    params = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        params += [rng.standard_normal((n_in, n_out)) / np.sqrt(n_in), np.zeros(n_out)]
    return params


def forward(params, x):
    activations = [x]
    for W, b in zip(params[0:-2:2], params[1:-2:2]):
        activations.append(np.tanh(activations[-1] @ W + b))
    return activations, activations[-1] @ params[-2] + params[-1]


def loss_and_grads(params, x, y):
    activations, out = forward(params, x)
    p = 1 / (1 + np.exp(-out))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    grads = [None] * len(params)
    delta = (p - y) / y.size
    for layer in range(len(activations) - 1, -1, -1):
        grads[2 * layer] = activations[layer].T @ delta
        grads[2 * layer + 1] = delta.sum(axis=0)
        if layer > 0:
            delta = delta @ params[2 * layer].T * (1 - activations[layer] ** 2)
    return loss, grads


rng = np.random.default_rng(4)
x = rng.standard_normal((50, 2))
y = (x[:, :1] * x[:, 1:] > 0).astype(float)
params = init([2, 8, 8, 1], rng)
optimizer = AdamW(params, lr=0.03)
for epoch in range(60):
    loss, grads = loss_and_grads(params, x, y)
    optimizer.step(grads)
    if epoch % 20 == 0:
        print(epoch, loss)
