"""Trains on several devices or in several processes, which JAX counts when it starts. Prints what came of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.arrays import leaves, machine
from chainrule.data import sources
from chainrule.data.batches import BlockSize
from chainrule.engines import processes

STEPS = 50
"""Of each run."""


def networks() -> dict[str, tuple[cr.Network, Any]]:
    """An MLP with dropout, a conv net with batch normalization, and an LSTM; with inputs for each."""
    rng = np.random.default_rng(0)
    # A bias before batch normalization has no gradient but rounding, which Adam would make steps of.
    conv = [cr.Conv2D(8, 3, bias=False), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2), cr.Flatten(), cr.Dense(8)]
    mlp = [cr.Dense(64), cr.ReLU(), cr.Dropout(0.2), cr.Dense(64), cr.Tanh(), cr.Dense(8)]
    lstm = [cr.LSTM(16, sequence=False), cr.Dense(8)]
    return {
        name: (cr.Network(layers, "categorical_cross_entropy", input_shape=shape), rng.normal(size=(400, *shape)))
        for name, layers, shape in (("mlp", mlp, (16,)), ("conv", conv, (8, 8, 1)), ("lstm", lstm, (12, 4)))
    }


def labels() -> Any:
    """Classes for the inputs of `networks`."""
    return np.random.default_rng(1).integers(0, 8, 400)


class Losses(cr.Callback):
    """Keeps the loss of the epoch so far after every batch."""

    def __init__(self) -> None:
        self.all: list[float] = []

    def batch_end(self, run: Any) -> None:
        self.all.append(run.scores["loss"])


class Memory(cr.Callback):
    """Keeps the bytes that each device holds of the parameters and the optimizer's state, and those of all of it."""

    def run_start(self, run: Any) -> None:
        arrays = [a for tree in (run.engine._carry.params, run.engine._carry.state) for _, a in leaves(tree)]
        shards = [shard for a in arrays for shard in a.addressable_shards]
        devices = {shard.device.id for shard in shards}
        self.held = [sum(s.data.nbytes for s in shards if s.device.id == device) for device in sorted(devices)]
        self.all = sum(a.nbytes for a in arrays)


def trained(name: str, devices: Any, **options: Any) -> tuple[cr.Network, list[float], Memory]:
    """Train one of the networks for so many steps."""
    network, X = networks()[name]
    losses, memory = Losses(), Memory()
    usual: dict[str, Any] = {
        "epochs": 4,
        "batch_size": 32,
        "optimizer": cr.Adam(0.01, clip_norm=1.0),
    }  # 12 or 13 steps in an epoch
    how = usual | {"engine": "xla", "devices": devices, "callbacks": [losses, memory], "verbose": False} | options
    network.fit(X, labels(), **how)
    return network, losses.all[:STEPS], memory


def stored_rows(folder: str, devices: Any) -> dict[str, Any]:
    """Train on a memory-mapped file, in small pools; return the losses, and which rows this process was given."""
    machine.RUN_BYTES, machine.POOL_BYTES = 2**12, 2**16
    X, y = (np.load(Path(folder, name), mmap_mode="r") for name in ("X.npy", "y.npy"))
    network = cr.Network.mlp([6, 16, 3])
    history = network.fit(X, y, epochs=2, batch_size=64, engine="xla", devices=devices, verbose=False)
    source = sources.source(sources.Held(X, y), sources.Cutting(64, 0), lambda data: data)
    if devices is not None:
        source = processes.shared(source)
    blocks = [source.take(block, np.float64) for block in source.blocks(1, 0, BlockSize(2**12, 8))]
    numbers = [round(row * 1024) for block in blocks for row in block.X[:, 0].tolist()]
    return {"loss": history["loss"], "rows": sorted(numbers)}


def saved_often(folder: str, devices: Any) -> list[float]:
    """Train with a checkpoint after every epoch, and return the losses of all epochs, also of those before."""
    often = cr.Checkpoint(folder, seconds=0)
    return list(trained("mlp", devices, epochs=40, checkpoint=often, callbacks=[])[0].history["loss"])


def one_of_several(case: str, coordinator: str, count: int, number: int) -> Any:
    """Return the losses of every network, trained with other processes."""
    with processes.together(coordinator, count, number):
        if case == "often":
            return saved_often(os.environ["RUN"], "all")
        if Path(case).is_dir():
            return stored_rows(case, "all")
        devices = cr.Devices("all", sharded=case == "sharded")
        return {name: trained(name, devices)[1] for name in networks()}


def main(case: str) -> dict[str, Any]:
    """Return what a test looks at."""
    if case == "often":
        return {"loss": saved_often(os.environ["RUN"], None)}
    if Path(case).is_dir():
        return stored_rows(case, None)
    if case == "alone":
        return {name: trained(name, None)[1] for name in networks()}
    if case == "memory":
        layers = [cr.Dense(64), cr.ReLU(), cr.Dense(64), cr.ReLU(), cr.Dense(8)]
        network = cr.Network(layers, "categorical_cross_entropy", input_shape=(16,))
        found = {}
        for sharded in (False, True):
            memory = Memory()
            devices = cr.Devices("all", sharded=sharded)
            X = networks()["mlp"][1]
            network.fit(X, labels(), epochs=1, engine="xla", devices=devices, callbacks=[memory], verbose=False)
            found[str(sharded)] = [memory.held, memory.all]
        return found
    if case == "more":
        accumulating = {"accumulate": 3, "sample_weight": np.linspace(0, 1, 400), "batch_size": 20, "epochs": 1}
        runs = {str(devices): trained("mlp", devices, **accumulating) for devices in (None, 8)}
        return {devices: losses for devices, (_, losses, _) in runs.items()}
    runs = {str(d): trained(case, d) for d in (None, cr.Devices(8, sharded=True), 3)}
    X = networks()[case][1]
    return {devices: [losses, network.evaluate(X, labels())["loss"]] for devices, (network, losses, _) in runs.items()}


if __name__ == "__main__":
    case, *place = sys.argv[1:]
    result = one_of_several(case, place[0], *map(int, place[1:])) if place else main(case)
    print(json.dumps(result))
