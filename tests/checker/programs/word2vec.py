# ruff: noqa
# mypy: ignore-errors
"""Word vectors with negative sampling: a script without functions."""

import numpy as np

rng = np.random.default_rng(3)
text = "the cat sat on the mat the dog sat on the rug the cat saw the dog " * 3
words = text.split()
vocabulary = sorted(set(words))
index = {word: i for i, word in enumerate(vocabulary)}
ids = [index[word] for word in words]

dim, window, negatives, rate = 6, 2, 4, 0.1
W_in = rng.normal(0, 0.3, (len(vocabulary), dim))
W_out = rng.normal(0, 0.3, (len(vocabulary), dim))

for epoch in range(2):
    total = 0.0
    for position, center in enumerate(ids):
        for offset in (-window, -1, 1, window):
            if not 0 <= position + offset < len(ids):
                continue
            context = ids[position + offset]
            noise = (context + 1 + np.arange(negatives)) % len(vocabulary)
            v = W_in[center]
            u = W_out[context]
            U = W_out[noise]
            good = 1 / (1 + np.exp(-u @ v))
            bad = 1 / (1 + np.exp(-U @ v))
            loss = -np.log(good) - np.sum(np.log(1 - bad))
            dv = (good - 1) * u + U.T @ bad
            du = (good - 1) * v
            dU = np.outer(bad, v)
            W_in[center] -= rate * dv
            W_out[context] -= rate * du
            W_out[noise] -= rate * dU
            total += loss
    print(epoch, total)
