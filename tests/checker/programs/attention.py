# ruff: noqa
# mypy: ignore-errors
"""A transformer's attention in one class, with a causal mask and a backward pass by hand."""

import numpy as np


class CausalAttention:
    def __init__(self, d_model, d_head, seed=0):
        rng = np.random.default_rng(seed)
        scale = 1 / np.sqrt(d_model)
        self.Wq = rng.normal(0, scale, (d_model, d_head))
        self.Wk = rng.normal(0, scale, (d_model, d_head))
        self.Wv = rng.normal(0, scale, (d_model, d_head))
        self.Wo = rng.normal(0, scale, (d_head, d_model))
        self.root = np.sqrt(d_head)

    def forward(self, x):
        """x: (batch, time, d_model)"""
        self.x = x
        self.q, self.k, self.v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        scores = self.q @ self.k.transpose(0, 2, 1) / self.root
        later = np.triu(np.ones(scores.shape[1:], dtype=bool), 1)
        scores = np.where(later, -1e9, scores)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.a = weights / weights.sum(axis=-1, keepdims=True)
        self.context = self.a @ self.v
        return self.context @ self.Wo

    def backward(self, dout):
        self.dWo = np.einsum("bth,btd->hd", self.context, dout)
        dcontext = dout @ self.Wo.T
        da = dcontext @ self.v.transpose(0, 2, 1)
        dv = self.a.transpose(0, 2, 1) @ dcontext
        dscores = self.a * (da - (da * self.a).sum(axis=-1, keepdims=True))
        dq = dscores @ self.k / self.root
        dk = dscores.transpose(0, 2, 1) @ self.q / self.root
        self.dWq = np.einsum("btd,bth->dh", self.x, dq)
        self.dWk = np.einsum("btd,bth->dh", self.x, dk)
        self.dWv = np.einsum("btd,bth->dh", self.x, dv)
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T

    def step(self, lr):
        self.Wq -= lr * self.dWq
        self.Wk -= lr * self.dWk
        self.Wv -= lr * self.dWv
        self.Wo -= lr * self.dWo


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    x = rng.normal(size=(5, 6, 4))
    target = np.cumsum(x, axis=1) / np.arange(1, 7)[:, None]  # the mean of what came before
    attention = CausalAttention(4, 3)
    for step in range(60):
        y = attention.forward(x)
        loss = ((y - target) ** 2).mean()
        attention.backward(2 * (y - target) / y.size)
        attention.step(1.0)
        if step % 20 == 0:
            print(step, loss)
