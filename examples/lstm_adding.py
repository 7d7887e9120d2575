"""Recurrent: an LSTM learns to add two marked numbers of a long sequence.

Each of the steps shows a number from 0 to 1 and a marker; two steps are marked, and their sum is asked at the end.
Always answering 1 has a mean squared error of 0.167. Hochreiter and Schmidhuber, Long short-term memory, 1997,
experiment 4. Run: python examples/lstm_adding.py
"""

import numpy as np

import chainrule as cr

T = 30
rng = np.random.default_rng(0)


def sequences(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and markers, (n, T, 2), and the sums, (n, 1)."""
    numbers, markers = rng.random((n, T)), np.zeros((n, T))
    first, second = rng.integers(0, T // 2, n), rng.integers(T // 2, T, n)
    markers[np.arange(n), first] = markers[np.arange(n), second] = 1
    return np.stack([numbers, markers], axis=-1), (numbers * markers).sum(axis=1, keepdims=True)


(x_train, y_train), (x_test, y_test) = sequences(5000), sequences(1000)
network = cr.Network([cr.LSTM(32), cr.Dense(1)], "mean_squared_error")
network.fit(x_train, y_train, epochs=20, batch_size=50, optimizer=cr.Adam(lr=0.01, clip_norm=1.0))
print(f"adding problem, {T} steps: mean squared error {network.evaluate(x_test, y_test)['loss']:.4f} (always 1: 0.167)")
