"""Write the files of this version: `python -m tests.files.write FOLDER`, once for each version that is released."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from chainrule.estimators import NetworkClassifier, NetworkRegressor

FIT: dict[str, Any] = {"epochs": 3, "verbose": False}


def table() -> dict[str, list[object]]:
    """Return a small table with numbers, categories and missing values."""
    rng = np.random.default_rng(0)
    area = rng.normal(80, 20, 60)
    town = rng.choice(["Ulm", "Bonn", "Kiel"], 60)
    price = area * 3 + 20 * (town == "Bonn")
    return {"area": [*area[:-1].tolist(), None], "town": town.tolist(), "price": price.tolist()}


def rows() -> NDArray[np.float32]:
    """Return the inputs of the networks and estimators."""
    return np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)


def run(folder: Path | str) -> cr.Network:
    """Return a network that was trained with a checkpoint in a folder, or goes on from there."""
    network = cr.Network([cr.Dense(6), cr.ReLU(), cr.Dense(3)], "categorical_cross_entropy", input_shape=(4,))
    network.fit(rows(), np.arange(20) % 3, checkpoint=cr.Checkpoint(folder, seconds=0.0, keep=1), seed=3, **FIT)
    return network


def main(folder: Path) -> None:
    """Write one file of each kind, and what they predict."""
    X, y = rows(), np.arange(20) % 3
    network = cr.Network(
        [cr.Reshape((2, 2)), cr.LSTM(3), cr.BatchNorm(), cr.Residual([cr.Dense(3), cr.Tanh()]), cr.Dense(3)],
        cr.CategoricalCrossEntropy(0.1),
        input_shape=(4,),
    )
    network.fit(X, y, **FIT)
    network.input_scale = 0.5
    cr.save(network, folder / "network.safetensors")
    model = cr.TableModel.fit(table(), "price", layers=(4,), epochs=3, verbose=False)
    model.save(folder / "table.safetensors")
    labels = np.array(["하나", "둘", "셋"])[y]
    weights = {"하나": 1.0, "둘": 2.0, "셋": 0.5}
    classifier = NetworkClassifier(hidden_layer_sizes=[5], random_state=0, class_weight=weights, epochs=3)
    classifier.fit(X, labels).save(folder / "classifier.safetensors")
    optimizer = cr.AdamW(cr.Cosine(0.01, steps=9), weight_decay=0.1)
    regressor = NetworkRegressor(layers=[cr.Dense(5), cr.GELU()], optimizer=optimizer, loss=cr.Huber(2.0), epochs=3)
    regressor.fit(X, X[:, 0] * 9 + 5).save(folder / "regressor.safetensors")
    last = run(folder)
    (folder / ".lock").unlink(missing_ok=True)
    np.savez_compressed(
        folder / "expected.npz",
        network=network.predict(X),
        table=model.predict(table()),
        classifier=classifier.predict_proba(X),
        regressor=regressor.predict(X),
        run=last.predict(X),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
