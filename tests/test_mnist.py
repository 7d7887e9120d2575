"""MNIST end to end, with the full data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule import book
from chainrule.files import load_book_weights


@pytest.fixture
def mnist(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[cr.datasets.Examples, cr.datasets.Examples]:
    monkeypatch.setenv("CHAINRULE_DATA", str(data_folder))
    return cr.datasets.load_mnist()


def accuracies(data_folder: Path, network: str, data: str, fit: str, seeds: int) -> list[float]:
    """Train a network on all of MNIST with several seeds, in a process of its own without the tests' shape checks."""
    code = f"""
import chainrule as cr
(x_train, y_train), (x_test, y_test) = cr.datasets.load_mnist({data})
for seed in range({seeds}):
    network = {network}
    network.fit(x_train, y_train, seed=seed, verbose=False, {fit})
    print(network.evaluate(x_test, y_test)["accuracy"])
"""
    environment = os.environ | {"CHAINRULE_DATA": str(data_folder)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [float(line) for line in run.stdout.split()]


def test_five_epochs_reach_97_5_percent(data_folder: Path) -> None:
    network = "cr.Network.mlp([784, 128, 64, 10], seed=seed)"
    reached = accuracies(data_folder, network, "", "epochs=5, batch_size=128", seeds=3)
    assert np.median(reached) >= 0.975, reached


def test_lenet_reaches_98_5_percent_in_three_epochs(data_folder: Path) -> None:
    network = """cr.Network(
        [
            *(cr.Conv2D(6, kernel=5, padding="same"), cr.ReLU(), cr.MaxPool(2)),
            *(cr.Conv2D(16, kernel=5), cr.ReLU(), cr.MaxPool(2)),
            *(cr.Flatten(), cr.Dense(120), cr.ReLU(), cr.Dense(84), cr.ReLU(), cr.Dense(10)),
        ],
        "categorical_cross_entropy",
        input_shape=(28, 28, 1),
    )"""
    fit = "epochs=3, batch_size=64, optimizer=cr.Adam(cr.Cosine(0.002, steps=3 * 938))"
    (reached,) = accuracies(data_folder, network, "flatten=False", fit, seeds=1)
    assert reached >= 0.985


def test_the_books_weights_classify_9352_digits(
    data_folder: Path, mnist: tuple[cr.datasets.Examples, cr.datasets.Examples]
) -> None:
    weights = load_book_weights(data_folder / "book/sample_weight.pkl")
    _, (x, labels) = mnist
    singly = np.array([np.argmax(book.predict(weights, image)) for image in x])
    batched = [np.argmax(book.predict(weights, x[i : i + 100]), axis=1) for i in range(0, len(x), 100)]
    assert np.sum(singly == labels) == np.sum(np.concatenate(batched) == labels) == 9352


def test_the_books_weights_in_a_network(
    data_folder: Path, mnist: tuple[cr.datasets.Examples, cr.datasets.Examples]
) -> None:
    weights = load_book_weights(data_folder / "book/sample_weight.pkl")
    network = cr.Network.mlp([784, 50, 100, 10], hidden="sigmoid")
    for i in (1, 2, 3):
        network.params[2 * (i - 1)]["W"][:], network.params[2 * (i - 1)]["b"][:] = weights[f"W{i}"], weights[f"b{i}"]
    assert network.evaluate(*mnist[1])["accuracy"] == pytest.approx(0.9352)


def test_the_shipped_digits_are_enough_for_94_percent() -> None:
    train, test = cr.datasets.load_mnist_small()
    network = cr.Network.mlp([784, 128, 64, 10])
    network.fit(*train, epochs=5, verbose=False)
    assert network.evaluate(*test)["accuracy"] >= 0.94
