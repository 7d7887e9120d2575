"""Measure what docs/benchmarks.md says about this release: accuracies, import time, and the gain of batches.

Run with: make bench-first (needs the full data: CHAINRULE_DATA=folder with mnist/, book/ and cats/).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

import chainrule as cr
from benchmarks.machine import machine
from chainrule import book, stepwise
from chainrule.files import load_book_weights

DATA = Path(os.environ["CHAINRULE_DATA"])


def best_seconds(do: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return min(times)


def import_time() -> None:
    """Time `import chainrule` and `import numpy` in fresh processes, in turns."""
    times: dict[str, list[float]] = {"pass": [], "import numpy": [], "import chainrule": []}
    for _ in range(10):
        for statement, seconds in times.items():
            command = [sys.executable, "-c", statement]
            seconds.append(best_seconds(lambda: subprocess.run(command, check=True), 1))  # noqa: B023 (called at once)
    for statement, seconds in times.items():
        print(f"process with {statement!r}: {min(seconds):.3f} s (best of 10), {np.median(seconds):.3f} s (median)")


def mnist() -> None:
    """Train 784-128-64-10 on all of MNIST for 5 epochs with Adam and batches of 128, with three seeds."""
    (x_train, y_train), (x_test, y_test) = cr.datasets.load_mnist()
    for seed in range(3):
        network = cr.Network.mlp([784, 128, 64, 10], seed=seed)
        start = time.perf_counter()
        network.fit(x_train, y_train, epochs=5, batch_size=128, seed=seed, verbose=False)
        seconds = time.perf_counter() - start
        accuracy = network.evaluate(x_test, y_test)["accuracy"]
        print(f"MNIST, 784-128-64-10, Adam, batch 128, 5 epochs, seed {seed}: accuracy {accuracy:.4f}, {seconds:.1f} s")


def lenet() -> None:
    """Train LeNet-5 (the network of examples/lenet.py) on all of MNIST for 3 epochs with Adam on a cosine."""
    (x_train, y_train), (x_test, y_test) = cr.datasets.load_mnist(flatten=False)
    network = cr.Network(
        [
            *(cr.Conv2D(6, kernel=5, padding="same"), cr.ReLU(), cr.MaxPool(2)),
            *(cr.Conv2D(16, kernel=5), cr.ReLU(), cr.MaxPool(2)),
            *(cr.Flatten(), cr.Dense(120), cr.ReLU(), cr.Dense(84), cr.ReLU(), cr.Dense(10)),
        ],
        "categorical_cross_entropy",
        input_shape=(28, 28, 1),
    )
    start = time.perf_counter()
    rule = cr.Adam(cr.Cosine(0.002, steps=3 * 938))
    network.fit(x_train, y_train, epochs=3, batch_size=64, optimizer=rule, verbose=False)
    seconds = time.perf_counter() - start
    accuracy = network.evaluate(x_test, y_test)["accuracy"]
    print(f"MNIST, LeNet-5, Adam falling from 0.002 to 0, batch 64, 3 epochs: accuracy {accuracy:.4f}, {seconds:.0f} s")


def books_weights() -> None:
    """Classify the test digits with the book's weights, one at a time and in batches of 100."""
    weights = load_book_weights(DATA / "book/sample_weight.pkl")
    _, (x, labels) = cr.datasets.load_mnist()

    def singly() -> float:
        right = 0
        for image, label in zip(x, labels, strict=True):
            right += np.argmax(book.predict(weights, image)) == label
        return right / len(x)

    def batched() -> float:
        right = 0
        for i in range(0, len(x), 100):
            right += np.sum(np.argmax(book.predict(weights, x[i : i + 100]), axis=1) == labels[i : i + 100])
        return right / len(x)

    print(f"book's weights: accuracy {singly():.4f} one at a time, {batched():.4f} in batches of 100")
    one, many = best_seconds(singly, 5), best_seconds(batched, 50)
    print(f"10,000 digits one at a time {one:.3f} s, in batches of 100 {many:.4f} s: {one / many:.1f} times faster")


def cats() -> None:
    """Train the course's two networks on its cat pictures."""
    sets = {}
    for part in ("train", "test"):
        with h5py.File(DATA / f"cats/{part}_catvnoncat.h5") as file:
            pictures, labels = np.array(file[f"{part}_set_x"]), np.array(file[f"{part}_set_y"])
        sets[part] = pictures.reshape(len(pictures), -1).T / 255, labels.reshape(1, -1)
    X, Y = sets["train"]
    for train, dims in ((stepwise.two_layer_model, [12288, 7, 1]), (stepwise.L_layer_model, [12288, 20, 7, 5, 1])):
        parameters, costs = train(X, Y, dims, num_iterations=2500, seed=1)
        right = {part: np.mean(stepwise.predict(X, parameters) == Y) for part, (X, Y) in sets.items()}
        print(
            f"cats, {dims}: cost {costs[0]:.6f} at iteration 0, {costs[-1]:.6f} at 2400; "
            f"accuracy {right['train']:.4f} in training, {right['test']:.2f} in test"
        )


if __name__ == "__main__":
    print(machine())
    import_time()
    books_weights()
    mnist()
    lenet()
    cats()
