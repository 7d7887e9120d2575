"""What writes files until it is killed, and what reads them then; one row per kind of file."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from chainrule.arrays import leaves, map_leaves
from chainrule.training.checkpoint import Checkpoints

SIZE = 200  # so that writing takes a while


class Kind(NamedTuple):
    """A kind of file.

    Parameters
    ----------
    writer
        Returns, for a folder, what writes a file that holds a number.
    read
        Returns the numbers that the file in a folder holds.
    files
        How many there may be in the folder, but for those that begin with a dot.
    """

    writer: Callable[[Path], Callable[[int], None]]
    read: Callable[[Path], Any]
    files: int = 1


def _filled(network: cr.Network, number: int) -> None:
    network.params = map_leaves(lambda p: np.full_like(p, number), network.params)


def _network_writer(folder: Path) -> Callable[[int], None]:
    network = cr.Network.mlp([SIZE, SIZE, 2])

    def write(number: int) -> None:
        _filled(network, number)
        cr.save(network, folder / "a.safetensors")

    return write


def _numbers(network: cr.Network) -> Any:
    return np.concatenate([p.ravel() for _, p in leaves(network.params)])


def _table_writer(folder: Path) -> Callable[[int], None]:
    model = cr.TableModel.load(Path(__file__).parent / "files/v0.1/table.safetensors")

    def write(number: int) -> None:
        _filled(model.network, number)
        model.save(folder / "a.safetensors")

    return write


def _checkpoint_writer(folder: Path) -> Callable[[int], None]:
    checkpoints = Checkpoints(cr.Checkpoint(folder, keep=2), {})
    checkpoints.load()
    return lambda number: checkpoints.save({"params": np.full(SIZE * SIZE, number, np.float32)}, {})


def _checkpoint(folder: Path) -> Any:
    checkpoints = Checkpoints(cr.Checkpoint(folder, keep=2), {})
    try:
        state = checkpoints.load()
    finally:
        checkpoints.close()
    return [] if state is None else state[0]["params"]


KINDS = {
    "network": Kind(_network_writer, lambda folder: _numbers(cr.load(folder / "a.safetensors"))),
    "table model": Kind(_table_writer, lambda folder: _numbers(cr.TableModel.load(folder / "a.safetensors").network)),
    "checkpoint": Kind(_checkpoint_writer, _checkpoint, files=3),
}


def write_for_ever(kind: str, folder: Path, number: int, told: Connection) -> None:
    """Write greater and greater numbers, and tell each when its file is whole."""
    write = KINDS[kind].writer(folder)
    while True:
        write(number)
        told.send(number)
        number += 1
