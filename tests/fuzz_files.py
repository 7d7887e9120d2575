"""Damages files of every kind and reads them: the result is right, or one sentence of ours.

`python -m tests.fuzz_files` takes some minutes; `python -m tests.fuzz_files models 500 7` damages 500 model files, by
the seed 7.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import pickle
import random
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.cli import main as command
from chainrule.common import tensors
from chainrule.common.errors import ChainruleError, CheckpointWarning
from chainrule.data import sources
from chainrule.data.batches import BlockSize
from chainrule.files import load_book_weights
from chainrule.files.kinds import KEY
from chainrule.training.checkpoint import Checkpoint, Checkpoints

COUNTS = {
    "models": 20_000,
    "crafted": 5_000,
    "checkpoints": 2_600,
    "numbers": 1_500,
    "parquet": 500,
    "hdf5": 500,
    "pickles": 6_000,
}
_BY_COMMAND = 20  # each such file is also given to the command


# Damage.


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return bytes with something changed."""
    data = bytearray(content)
    head = min(len(data), 8 + int.from_bytes(data[:2], "little"))  # where formats keep what they claim
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at = rng.randrange(min(head, len(data)) if rng.random() < 0.5 else len(data)) if data else 0
        match rng.randrange(8):
            case 0 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 1 if data:
                data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
            case 2:
                del data[rng.randrange(len(data) + 1) :]
            case 3:
                del data[at : at + rng.choice([1, 4, 8, 100])]
            case 4:
                data[at:at] = rng.randbytes(rng.choice([1, 4, 8, 100]))
            case 5:
                data[at : at + 8] = struct.pack("<q", rng.choice([-1, 0, 2**31, 2**40, 2**62, rng.getrandbits(63)]))
            case 6:
                other, size = rng.randrange(len(data) + 1), rng.choice([1, 8, 64])
                data[at : at + size] = data[other : other + size]
            case _:
                _other_digit(data, rng)
    return bytes(data)


def _other_digit(data: bytearray, rng: random.Random) -> None:
    """Change a digit of a text in the file, such as a size in its header; the length stays."""
    places = [i for i, byte in enumerate(data[:4096]) if 0x30 <= byte <= 0x39]
    if places:
        data[rng.choice(places)] = 0x30 + rng.randrange(10)


_ODD: list[Any] = [None, True, -1, 0, 1, 7, 2**40, 10**30, 1e400, 0.5, "", "relu", "zeros", [], [3], [[]], {}]
_ODD += [{"type": "Dense", "units": 10**9}, {"type": "LSTM", "units": 10**5}, {"type": "os.system"}, {"type": 5}]


def rewritten(value: Any, rng: random.Random) -> Any:
    """Return JSON with one value in it changed to something odd, dropped, doubled or nested."""
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key, copy = rng.choice(keys), value.copy()
        if rng.random() < 0.1:
            del copy[key]
        else:
            copy[key] = rewritten(value[key], rng)
        return copy
    if rng.random() < 0.2:
        for _ in range(rng.choice([1, 200])):
            value = {"type": "Sequential", "layers": [value]}
        return value
    return rng.choice(_ODD)


# Reading, which returns a word on what came, or raises an error that is counted as one.


class Kind(NamedTuple):
    """Files to damage, and how they are read: `read` gets the path and the original's number."""

    originals: list[bytes]
    read: Callable[[Path, int], str]
    change: Callable[[bytes, random.Random], bytes] = damaged


class WrongNumbersError(Exception):
    """A damaged file gave other numbers than the original, without a word."""


def _networks() -> Iterator[tuple[cr.Network, Any]]:
    rng = np.random.default_rng(0)
    skip = {"a": (cr.Dense(4), "input"), "b": (cr.Tanh(), "a"), "sum": ("add", ["a", "b"])}
    stacks: list[tuple[list[Any], tuple[int, ...]]] = [
        ([cr.Dense(5), cr.LeakyReLU(0.2), cr.Dropout(0.3), cr.Dense(3)], (4,)),
        ([cr.Conv2D(3, 3, padding="same"), cr.BatchNorm(), cr.MaxPool(2), cr.Flatten(), cr.Dense(3)], (4, 4, 2)),
        ([cr.Bidirectional(cr.LSTM(3, sequence=True)), cr.GRU(4), cr.LayerNorm(), cr.Dense(3)], (5, 2)),
        ([cr.Graph(skip), cr.Residual([cr.Dense(4), cr.RMSNorm()]), cr.RandomDense(3, density=0.5, seed=1)], (6,)),
        ([cr.Reshape((2, 6)), cr.Conv1D(2, 2), cr.GlobalAveragePool(), cr.Concatenate([None, cr.Dense(1)])], (12,)),
    ]
    for layers, shape in stacks:
        dtype = rng.choice(["float32", "float64"])
        network = cr.Network(layers, cr.CategoricalCrossEntropy(0.1), input_shape=shape, dtype=dtype)
        yield network, rng.standard_normal((3, *shape)).astype(np.float32)


def models(folder: Path) -> Kind:
    """Damaged model files: the predictions are those of the original."""
    networks = list(_networks())
    path = folder / "model"
    np.save(folder / "inputs.npy", networks[0][1])

    def saved(network: cr.Network) -> bytes:
        cr.save(network, path)
        return path.read_bytes()

    def read(path: Path, number: int) -> str:
        network, X = networks[number]
        loaded = cr.load(path)
        pairs = zip(leaves(loaded.params), leaves(network.params), strict=True)
        same = all(np.array_equal(p, q) for (_, p), (_, q) in pairs)
        if not same or not np.array_equal(loaded.predict(X), network.predict(X)):
            raise WrongNumbersError
        return "right"

    return Kind([saved(network) for network, _ in networks], read)


def crafted(folder: Path) -> Kind:
    """Model files whose description says odd things, under a digest that is right or missing: no raw error."""

    def change(content: bytes, rng: random.Random) -> bytes:
        path = folder / "whole"
        path.write_bytes(content)
        with tensors.opened(path) as file:
            description = rewritten(file.describe(KEY), rng)
            arrays = file.arrays()
        if not isinstance(description, dict):
            description = {"layers": description}
        tensors.write(path, KEY, description, arrays)
        changed = path.read_bytes()
        return changed.replace(b'\\"digest\\"', b'\\"format\\"') if rng.random() < 0.2 else changed

    def read(path: Path, number: int) -> str:
        cr.load(path)
        return "loaded"

    return models(folder)._replace(read=read, change=change)


def checkpoints(folder: Path) -> Kind:
    """Damaged checkpoints: what is loaded is the newest one, or with a warning the one before."""
    run = folder / "run"
    writer = Checkpoints(Checkpoint(run))
    writer.load()
    rng = np.random.default_rng(0)
    states: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for i in range(2):
        arrays = {"params/0.W": rng.standard_normal((3, 4)), "steps": np.array(i), "counts/0": rng.integers(9, size=5)}
        history = [{"loss": rng.random(), "val_loss": float("nan")}]
        states.append((arrays, {"settings": "Dense(4), seed=3", "before": 0, "batch": i, "history": history}))
        writer.save(*states[-1])
    writer.close()
    newest = max(run.glob("checkpoint-*"))
    whole = newest.read_bytes()

    def read(path: Path, number: int) -> str:
        newest.write_bytes(path.read_bytes())
        again = Checkpoints(Checkpoint(run))
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                found = again.load()
        finally:
            again.close()
        assert found is not None
        arrays, info = found
        info.pop("format")
        was, expected = ("one before", states[0]) if told else ("right", states[1])
        assert all(issubclass(warning.category, CheckpointWarning) for warning in told)
        # JSON, because NaN equals itself there.
        same = json.dumps(info) == json.dumps(expected[1]) and arrays.keys() == expected[0].keys()
        if not (same and all(np.array_equal(a, expected[0][name]) for name, a in arrays.items())):
            raise WrongNumbersError
        return was

    return Kind([whole], read)


def numbers(folder: Path) -> Kind:
    """Damaged IDX and .npy files: an array no larger than the file."""
    X = np.arange(48, dtype=np.float32).reshape(3, 16)
    pixels = (X * 5).astype(np.uint8).reshape(3, 4, 4)
    originals = []
    for array in X, X.T.copy().T, X.astype(">f8"), X.astype(np.int16), X > 7, pixels[:, 0, 0]:
        file = io.BytesIO()
        np.save(file, array)
        originals.append(file.getvalue())
    idx = bytes([0, 0, 8, 3]) + struct.pack(">III", *pixels.shape) + pixels.tobytes()
    originals += [idx, gzip.compress(idx, mtime=0), bytes([0, 0, 13, 1, 0, 0, 0, 48]) + X.astype(">f4").tobytes()]

    def read(path: Path, number: int) -> str:
        from chainrule.datasets import read_idx
        from chainrule.datasets.npy import read_npy

        content = path.read_bytes()
        array = read_npy(path) if content.startswith(b"\x93") else read_idx(path)
        assert array.dtype.kind in "iufb" and array.dtype.isnative
        if not content.startswith(b"\x1f\x8b"):
            assert array.nbytes <= len(content)
        elif not np.array_equal(array, pixels):
            raise WrongNumbersError  # gzip has a checksum
        return "an array"

    return Kind(originals, read)


def pickles(folder: Path) -> Kind:
    """Damaged pickles: a dict of arrays no larger than the file."""
    weights = {"W": np.ones((2, 3)), "b": np.arange(3, dtype=np.float32), "F": np.asfortranarray(np.eye(3))}

    def read(path: Path, number: int) -> str:
        loaded = load_book_weights(path)
        assert all(isinstance(a, np.ndarray) and a.dtype.kind in "iuf" for a in loaded.values())
        assert sum(a.nbytes for a in loaded.values()) <= path.stat().st_size
        return "arrays"

    return Kind([pickle.dumps(weights, protocol) for protocol in range(6)], read)


def _all_rows(X: Any, y: Any = None) -> str:
    def prepare(data: Any) -> Any:
        return data

    source = sources.source(sources.Held(X, y), sources.Cutting(batch_size=7, seed=0), prepare)
    rows = sum(len(block.data.X) for block in source.blocks(1, 0, BlockSize(2**18, 256)) if block.data is not None)
    assert rows == source.examples  # type: ignore[attr-defined]
    return "rows"


def parquet(folder: Path) -> Kind:
    """Damaged Parquet files: as many rows as the file says."""
    import pyarrow
    from pyarrow import parquet as writing

    columns = {"a": np.arange(40.0), "b": np.arange(40) % 3, "y": np.arange(40) % 2}

    def written(**options: Any) -> bytes:
        file = io.BytesIO()
        writing.write_table(pyarrow.table(columns), file, row_group_size=15, **options)
        return file.getvalue()

    options: list[dict[str, Any]] = [{}, {"compression": "none"}, {"compression": "gzip", "write_page_checksum": True}]
    return Kind([written(**o) for o in options], lambda path, _: _all_rows(sources.Parquet(path, target="y")))


def hdf5(folder: Path) -> Kind:
    """Damaged HDF5 files, those of them that h5py opens."""
    import h5py

    def written(**options: Any) -> bytes:
        file = io.BytesIO()
        with h5py.File(file, "w") as content:
            content.create_dataset("X", data=np.arange(120.0).reshape(40, 3), **options)
            content.create_dataset("y", data=np.arange(40) % 2)
        return file.getvalue()

    def read(path: Path, number: int) -> str:
        try:
            content = h5py.File(path, "r")
            X, y = content["X"], content["y"]
            X.shape, X.dtype, y.shape, y.dtype  # noqa: B018
        except Exception:
            return "not opened by h5py"
        with content:
            return _all_rows(X, y)

    chunks = {"chunks": (10, 3)}
    return Kind([written(), written(**chunks, compression="gzip"), written(**chunks, fletcher32=True)], read)


KINDS: dict[str, Callable[[Path], Kind]] = {
    "models": models,
    "crafted": crafted,
    "checkpoints": checkpoints,
    "numbers": numbers,
    "parquet": parquet,
    "hdf5": hdf5,
    "pickles": pickles,
}


def fuzz(name: str, count: int, folder: Path, seed: int = 0) -> Counter[str]:
    """Damage and read so many files; return how often what came, or raise what is neither right nor ours."""
    return Counter(_apart(name, count, seed) if name == "hdf5" else _results(name, count, folder, seed))


def _results(name: str, count: int, folder: Path, seed: int, first: int = 0) -> Iterator[str]:
    kind = KINDS[name](folder)
    path = folder / "damaged"
    for i in range(first, count):
        rng = random.Random(f"{name} {seed} {i}")
        number = rng.randrange(len(kind.originals))
        path.write_bytes(kind.change(kind.originals[number], rng))
        began = time.perf_counter()
        try:
            result = kind.read(path, number)
        except ChainruleError as error:
            assert len(str(error)) < 3000, f"{name} {i}: {error}"
            result = f"refused ({type(error).__name__})"
        except BaseException as error:
            error.add_note(f"{name}, file {i} of seed {seed}")
            raise
        assert time.perf_counter() - began < 5, f"{name} {i} took long"
        if i % _BY_COMMAND == 0 and name in ("models", "crafted", "numbers"):
            _check_command(folder, path, name, result)
        yield result


def _apart(name: str, count: int, seed: int) -> Iterator[str]:
    """Yield the results of processes of their own, which the HDF5 library itself may end."""
    first = 0
    while first < count:
        command = [sys.executable, "-m", "tests.fuzz_files", name, str(count), str(seed), str(first)]
        run = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
        assert run.returncode <= 0, run.stderr
        results = run.stdout.splitlines()
        yield from results
        first += len(results)
        if run.returncode < 0:
            yield "process ended by the HDF5 library"
            first += 1


def _check_command(folder: Path, path: Path, name: str, result: str) -> None:
    """Give the file to the command, which ends with status 0, or with 2 and one line."""
    arguments = ["predict", str(path), str(folder / "inputs.npy")]
    if name == "numbers":
        cr.save(cr.Network.mlp([16, 4, 2]), folder / "sixteen")
        arguments = ["predict", str(folder / "sixteen"), str(path)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of numbers too large for float32, which are no damage
        status = command(arguments)
    assert status in (0, 2), status
    assert status == 0 or (err.getvalue().startswith("chainrule: ") and err.getvalue().count("\n") == 1), err.getvalue()
    assert status == 2 or not result.startswith("refused"), err.getvalue()


def _main(chosen: str = "all", *numbers: str) -> None:
    warnings.simplefilter("error")
    for name in KINDS if chosen == "all" else [chosen]:
        count, *more = map(int, numbers or [str(COUNTS[name])])
        with tempfile.TemporaryDirectory() as folder:
            if len(more) == 2:  # as `_apart` calls it
                for result in _results(name, count, Path(folder), *more):
                    print(result, flush=True)
            else:
                print(f"{count:,} {name}:", dict(fuzz(name, count, Path(folder), *more)), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
