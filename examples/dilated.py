"""Dilated: a stack of dilated convolutions remembers what a plain stack of the same size cannot see.

The first of 256 steps shows one of four symbols, and noise follows; the question at the end is which symbol it was.
Eight convolutions of kernel 2 with dilations 1, 2, 4, ..., 128 look 256 steps back from the end, eight plain ones 9.
van den Oord et al., WaveNet: a generative model for raw audio, 2016. Run: python examples/dilated.py
"""

import numpy as np

import chainrule as cr

T, SYMBOLS, CHANNELS = 256, 4, 16
rng = np.random.default_rng(0)


def sequences(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noise of shape (n, T, SYMBOLS) whose first step is a symbol, and the symbols."""
    symbols = rng.integers(SYMBOLS, size=n)
    x = rng.standard_normal((n, T, SYMBOLS), dtype=np.float32)
    x[:, 0] = 3 * np.eye(SYMBOLS, dtype=np.float32)[symbols]
    return x, symbols


def accuracy(dilations: list[int]) -> float:
    """Train a stack of convolutions that ends at the last step, and return its accuracy on new sequences."""
    sees = 1 + sum(dilations)  # the last step depends on so many steps
    layers = [layer for d in dilations for layer in (cr.Conv1D(CHANNELS, kernel=2, dilation=d), cr.ReLU())]
    network = cr.Network([*layers, cr.Flatten(), cr.Dense(SYMBOLS)], "categorical_cross_entropy")
    network.fit(x_train[:, -sees:], y_train, epochs=8, batch_size=32, optimizer=cr.Adam(lr=0.003))
    return network.evaluate(x_test[:, -sees:], y_test)["accuracy"]


(x_train, y_train), (x_test, y_test) = sequences(2000), sequences(1000)
plain, dilated = accuracy([1] * 8), accuracy([2**i for i in range(8)])
print(f"symbol seen 255 steps ago: plain convolutions {plain:.3f}, dilated {dilated:.3f} (guessing: 0.250)")
