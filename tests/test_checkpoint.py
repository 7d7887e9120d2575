"""Checkpoints: the same bits after a run was killed; damage, a full disk and other settings lose nothing."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common import tensors
from chainrule.common.errors import CheckpointWarning, InputError, UnwritableError
from chainrule.training.callbacks import Callback
from chainrule.training.checkpoint import Checkpoint, Checkpoints
from chainrule.training.run import Run
from tests.engines import needs_torch
from tests.long_run import NETWORKS, train

ROOT = Path(__file__).resolve().parents[1]


class KilledError(Exception):
    pass


class Kill(Callback):
    """Ends the run after so many batches, as if the process were gone."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def batch_end(self, run: Run) -> None:
        self.left -= 1
        if self.left < 0:
            raise KilledError


def assert_same(a: cr.Network, b: cr.Network) -> None:
    for (path, left), (_, right) in zip(leaves(a.params), leaves(b.params), strict=True):
        np.testing.assert_array_equal(left, right, err_msg=path)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_run_that_was_killed_again_and_again_ends_with_the_same_bits(name: str, tmp_path: Path) -> None:
    undisturbed, out, folder = tmp_path / "undisturbed", tmp_path / "out", tmp_path / "run"
    command = [sys.executable, "-m", "tests.long_run", name]
    subprocess.run([*command, undisturbed], cwd=ROOT, check=True)
    moments = random.Random(name)
    for _ in range(3):
        before = set(folder.glob("checkpoint-*"))
        process = subprocess.Popen([*command, out, folder], cwd=ROOT)
        while not set(folder.glob("checkpoint-*")) - before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.1))  # that of writing a checkpoint included
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists(), "the run ended before it was killed: make it longer"
    subprocess.run([*command, out, folder], cwd=ROOT, check=True)
    assert_same(cr.load(out), cr.load(undisturbed))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batches", [3, 22, 50])
def test_a_run_goes_on_exactly_where_it_was(name: str, batches: int, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, seconds=0.0)
    undisturbed = train(name, None)
    with pytest.raises(KilledError):
        train(name, checkpoint, callbacks=[Kill(batches)])
    resumed = train(name, checkpoint, callbacks=[Kill(9999)])
    assert_same(resumed, undisturbed)
    assert resumed.history.rows == undisturbed.history.rows
    # There is nothing left to do; that progress is shown now changes nothing.
    again = train(name, checkpoint, callbacks=[Kill(0)], verbose=True)
    assert_same(again, undisturbed)


def test_patience_goes_on_too(tmp_path: Path) -> None:
    def run(kill: int, checkpoint: Checkpoint | None) -> cr.Network:
        stopping = cr.EarlyStopping(patience=3, min_delta=1e9)
        return train("dropout", checkpoint, epochs=20, callbacks=[stopping, Kill(kill)])

    with pytest.raises(KilledError):
        run(60, Checkpoint(tmp_path, seconds=0.0))
    undisturbed, resumed = run(9999, None), run(9999, Checkpoint(tmp_path, seconds=0.0))
    assert resumed.history.rows == undisturbed.history.rows and len(resumed.history) == 4
    assert len(run(0, Checkpoint(tmp_path, seconds=0.0)).history) == 4  # it was stopped, and stays so


def test_a_run_may_move_between_engines(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, seconds=0.0)
    options: dict[str, Any] = {"batch_size": 16, "callbacks": []}
    for engine, epochs in [("numpy", 2), ("xla", 4), ("fast", 6)]:
        moved = train("lstm", checkpoint, engine=engine, epochs=epochs, **options)
        assert len(moved.history) == epochs
    undisturbed = train("lstm", None, **options)
    for (path, left), (_, right) in zip(leaves(moved.params), leaves(undisturbed.params), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4, err_msg=path)
    assert moved.history["loss"] == pytest.approx(undisturbed.history["loss"], rel=1e-4)


@needs_torch
def test_a_run_may_go_from_numpy_to_pytorch_to_xla(tmp_path: Path) -> None:
    """In the midst of an epoch, with gradients that are being accumulated, the optimizer's state and running means."""
    checkpoint = Checkpoint(tmp_path, seconds=0.0)
    options: dict[str, Any] = {"callbacks": [], "epochs": 3}
    for engine, batches in [("numpy", 20), ("torch:cpu", 22), ("xla", 9999)]:
        kill = {"callbacks": [Kill(batches)]}
        with nullcontext() if engine == "xla" else pytest.raises(KilledError):
            moved = train("batch-norm", checkpoint, engine=engine, **options | kill)
    undisturbed = train("batch-norm", None, **options)
    for (path, left), (_, right) in zip(leaves(moved.params), leaves(undisturbed.params), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4, err_msg=path)
    assert moved.history["loss"] == pytest.approx(undisturbed.history["loss"], rel=1e-4)


def test_more_epochs_continue_a_finished_run(tmp_path: Path) -> None:
    train("dropout", Checkpoint(tmp_path), epochs=2)
    assert_same(train("dropout", Checkpoint(tmp_path), epochs=5), train("dropout", None, epochs=5))


def test_other_settings_are_refused(tmp_path: Path) -> None:
    train("dropout", Checkpoint(tmp_path), epochs=1)
    with pytest.raises(InputError, match=r"other settings or data\. These differ: .*batch_size: 8 then, 9 now"):
        train("dropout", Checkpoint(tmp_path), batch_size=9)


def newest(folder: Path) -> Path:
    return max(folder.glob("checkpoint-*"))


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "overwritten"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(damage: str, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, seconds=0.0)
    train("dropout", checkpoint, epochs=2)
    assert len(list(tmp_path.glob("checkpoint-*"))) == 3
    content = newest(tmp_path).read_bytes()
    flipped = content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]
    contents = {"cut": content[:-9], "flipped": flipped, "emptied": b"", "overwritten": b"\0" * len(content)}
    newest(tmp_path).write_bytes(contents[damage])
    with pytest.warns(CheckpointWarning, match=r"checkpoint-\d+.safetensors is damaged .*goes on from checkpoint-"):
        resumed = train("dropout", checkpoint, epochs=3)
    assert_same(resumed, train("dropout", None, epochs=3))


def test_if_all_are_damaged_the_run_starts_again(tmp_path: Path) -> None:
    train("dropout", Checkpoint(tmp_path, keep=1), epochs=1)
    newest(tmp_path).write_bytes(b"")
    with pytest.warns(CheckpointWarning, match="goes on from the start"):
        resumed = train("dropout", Checkpoint(tmp_path), epochs=2)
    assert_same(resumed, train("dropout", None, epochs=2))


def test_a_full_disk_is_a_warning_and_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train("dropout", Checkpoint(tmp_path), epochs=1)
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.warns(CheckpointWarning, match=r"cannot be written: No space left .* stays the last one"):
        network = train("dropout", Checkpoint(tmp_path), epochs=3)
    monkeypatch.undo()
    assert_same(network, train("dropout", None, epochs=3))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_what_a_killed_writer_left_is_swept_up_and_the_last_few_are_kept(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint-000000009.safetensors.abc").write_bytes(b"half")
    checkpoints = Checkpoints(Checkpoint(tmp_path, keep=2))
    assert checkpoints.load() is None
    for i in range(4):
        checkpoints.save({"a": np.array([i])}, {"number": i})
    checkpoints.close()
    names = [".lock", *(f"checkpoint-00000000{i}.safetensors" for i in (3, 4))]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    loaded = Checkpoints(Checkpoint(tmp_path)).load()
    assert loaded is not None and loaded[0]["a"] == 3 and loaded[1]["number"] == 3


# One run, one folder.


def test_a_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    class Second(Callback):
        def epoch_end(self, run: Run) -> None:
            with pytest.raises(
                InputError, match=r"Another run that is still going on has its checkpoints in .*another f"
            ):
                train("dropout", Checkpoint(tmp_path), epochs=1)

    train("dropout", Checkpoint(tmp_path), epochs=2, callbacks=[Second()])
    assert len(train("dropout", Checkpoint(tmp_path), epochs=3).history) == 3


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_folder_is_free_when_its_process_is_gone(by: signal.Signals, tmp_path: Path) -> None:
    code = f"""
import sys, time
from chainrule.training.checkpoint import Checkpoints
checkpoints = Checkpoints({str(tmp_path)!r})
checkpoints.load()
print("locked", flush=True)
time.sleep(60)
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"locked\n"
    (torn := tmp_path / ".checkpoint-000000001.safetensors.0123abcd.partial").touch()
    with pytest.raises(InputError, match="Another run that is still going on"):
        Checkpoints(tmp_path).load()
    assert torn.exists(), "it may belong to the run that has the folder"
    other.send_signal(by)
    other.wait()
    other.stdout.close()
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.load() is None and not torn.exists()
    checkpoints.close()


@pytest.mark.parametrize("ending", [KilledError, KeyboardInterrupt, InputError])
def test_a_folder_is_free_however_a_run_ended(ending: type[BaseException], tmp_path: Path) -> None:
    class End(Callback):
        def batch_end(self, run: Run) -> None:
            raise ending

    errors = []
    for options in {"callbacks": [End()]}, {"batch_size": 9}:  # the second ends before it begins
        try:
            train("dropout", Checkpoint(tmp_path), epochs=1, **options)
        except (KilledError, InputError) as error:
            errors.append(error)  # and with it every frame, as a notebook does
    assert errors
    assert len(train("dropout", Checkpoint(tmp_path), epochs=2).history) == 2


def test_whatever_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    names = [
        "notes.txt",
        "checkpoint-1.safetensors",
        "checkpoint-000000001.safetensors.bak",
        ".checkpoint",
        "x.partial",
    ]
    for name in names:
        (tmp_path / name).write_text(name)
    (tmp_path / "checkpoint-000000001.bin").mkdir()
    train("dropout", Checkpoint(tmp_path, seconds=0.0, keep=1), epochs=2)
    assert all((tmp_path / name).read_text() == name for name in names)
    ours = {path.name for path in tmp_path.iterdir()} - {*names, "checkpoint-000000001.bin"}
    assert len(ours) == 2 and ".lock" in ours


def rewrite(path: Path, **change: Any) -> None:
    """Give a checkpoint another description; None takes an entry away."""
    with tensors.opened(path) as file:
        info = file.describe("chainrule-checkpoint") | {"digest": file.digest} | change
        arrays = file.arrays()
    text = json.dumps({name: value for name, value in info.items() if value is not None})
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"chainrule-checkpoint": text}))


@pytest.mark.parametrize("version", [1, 3, "new"])
def test_another_version_stops_and_deletes_nothing(version: Any, tmp_path: Path) -> None:
    train("dropout", Checkpoint(tmp_path, seconds=0.0), epochs=2)
    rewrite(newest(tmp_path), format=version)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(
        InputError, match=r"has format .*, but this version of chainrule reads format 2: go on with the v"
    ):
        train("dropout", Checkpoint(tmp_path), epochs=3)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("change", [{"digest": None}, {"digest": 0}, {"batch": 1}, {"best_epoch": 1}, {"more": 0}])
def test_what_is_not_as_it_was_written_is_damaged(change: dict[str, Any], tmp_path: Path) -> None:
    train("dropout", Checkpoint(tmp_path, seconds=0.0), epochs=2)
    rewrite(newest(tmp_path), **change)
    with pytest.warns(CheckpointWarning, match=r"is damaged \(its digest is (wrong|missing).*goes on from checkpoint-"):
        resumed = train("dropout", Checkpoint(tmp_path), epochs=3)
    assert_same(resumed, train("dropout", None, epochs=3))


def test_damaged_ones_are_replaced(tmp_path: Path) -> None:
    train("dropout", Checkpoint(tmp_path, seconds=0.0), epochs=1)
    files = sorted(tmp_path.glob("checkpoint-*"))
    for path in files:
        path.write_bytes(b"")
    with pytest.warns(CheckpointWarning):
        train("dropout", Checkpoint(tmp_path, seconds=0.0), epochs=1)
    kept = sorted(tmp_path.glob("checkpoint-*"))
    assert len(kept) == 3 and kept[-1] > files[0] and all(path.stat().st_size for path in kept)
    train("dropout", Checkpoint(tmp_path), epochs=1)  # without a warning


def test_a_folder_that_vanishes_is_a_warning_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    class Gone(Callback):
        def epoch_start(self, run: Run) -> None:
            if run.epoch == 2:
                shutil.rmtree(folder)
            if run.epoch == 4:
                folder.mkdir()

    with pytest.warns(CheckpointWarning, match=r"there is no folder .*run\. Create it first\. .* Training goes on"):
        network = train("dropout", Checkpoint(folder, seconds=0.0), callbacks=[Gone()], epochs=5)
    assert_same(network, train("dropout", None, callbacks=[], epochs=5))
    assert_same(network, train("dropout", Checkpoint(folder), callbacks=[], epochs=5))


def test_a_folder_that_cannot_be_written_to_is_an_error_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(UnwritableError, match=r"No checkpoint can be written to .*: Permission denied\."):
        train("dropout", Checkpoint(tmp_path), epochs=1)


def test_bad_settings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Checkpoint takes keep as a whole number of at least 1, but keep=0"):
        Checkpoint(tmp_path, keep=0)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match=r"A checkpoint goes into a folder, but .*file is a file. Name another one\."):
        train("dropout", Checkpoint(file))


def test_other_labels_are_other_data(tmp_path: Path) -> None:
    X, y = cr.datasets.xor(seed=0)
    for labels in (y, y):
        cr.Network.mlp([2, 3, 1]).fit(X, labels, epochs=1, checkpoint=tmp_path, verbose=False)
    with pytest.raises(InputError, match="holds a run with other settings or data"):
        cr.Network.mlp([2, 3, 1]).fit(X, 1 - y, epochs=1, checkpoint=tmp_path, verbose=False)


def frozen_decay(factor: float) -> Any:
    return lambda step: factor / step


class Counting(Callback):
    """A callback of a user's, with a setting that the run depends on."""

    def __init__(self, every: int) -> None:
        self.every = every

    def settings(self) -> Any:
        return {"every": self.every}


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("class_weight", {0: 1.0, 1: 2.0}, {0: 1.0, 1: 3.0}),
        ("class_weight", None, {0: 1.0, 1: 1.0}),
        ("validation_data", (np.zeros((2, 2)), [0, 1]), (np.zeros((2, 2)), [1, 0])),
        ("validation_data", None, (np.zeros((2, 2)), [0, 1])),
        ("sample_weight", np.ones(2048), np.r_[np.ones(2047), 2]),
        ("optimizer", cr.Adam(lr=cr.Cosine(0.01, steps=9)), cr.Adam(lr=cr.Cosine(0.01, steps=10))),
        ("metrics", ["accuracy"], ["accuracy", "f1"]),
        ("callbacks", [Counting(1)], [Counting(2)]),
        ("callbacks", [cr.EarlyStopping(monitor="loss")], [cr.EarlyStopping(monitor="loss", patience=9)]),
        ("accumulate", 1, 2),
        ("seed", 0, 1),
        ("y", np.arange(2048) % 2, np.r_[np.arange(2047) % 2, 0]),
    ],
)
def test_what_the_numbers_depend_on_is_compared(
    what: str, before: Any, after: Any, stored: bool, tmp_path: Path
) -> None:
    X = np.random.default_rng(0).standard_normal((2048, 2)).astype(np.float32)
    if stored:
        np.save(tmp_path / "x.npy", X)
        X = np.load(tmp_path / "x.npy", mmap_mode="r")
    arguments = {"y": np.arange(2048) % 2, "epochs": 1, "batch_size": 256, "verbose": False, what: before}
    for _ in range(2):
        cr.Network.mlp([2, 3, 2]).fit(X, checkpoint=tmp_path / "run", **arguments)
    with pytest.raises(InputError, match="holds a run with other settings or data"):
        cr.Network.mlp([2, 3, 2]).fit(X, checkpoint=tmp_path / "run", **(arguments | {what: after}))


@pytest.mark.parametrize(
    "part", [{"optimizer": cr.SGD(lr=lambda step: 0.1 / step)}, {"optimizer": cr.SGD(lr=frozen_decay(0.1))}]
)
def test_functions_that_nobody_can_compare_are_refused(part: dict[str, Any], tmp_path: Path) -> None:
    X, y = cr.datasets.xor(seed=0)
    with pytest.raises(InputError, match=r"must be comparable, .* Write it as a frozen dataclass with __call__"):
        cr.Network.mlp([2, 3, 1]).fit(X, y, epochs=1, checkpoint=tmp_path, verbose=False, **part)
    cr.Network.mlp([2, 3, 1]).fit(X, y, epochs=1, verbose=False, **part)


class OwnScale:
    """A layer of a user's; its factor may be set in several ways."""

    factor = 1.0

    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
        return x * float(self.factor), None

    def backward(self, cache: Any, dy: Any) -> Any:
        return dy * float(self.factor), {}


def by_class(factor: float) -> Any:
    return type("Own", (OwnScale,), {"factor": factor})()


def by_attribute(factor: float) -> Any:
    layer = OwnScale()
    layer.factor = factor
    return layer


def by_slot(factor: float) -> Any:
    class Own(OwnScale):
        __slots__ = ("factor",)

    layer = Own()
    layer.factor = factor
    return layer


def by_jax(factor: float) -> Any:
    return by_attribute(jnp.asarray(factor))  # type: ignore[arg-type]


def by_name(factor: float) -> Any:
    name = "Own1" if factor == 1 else "Own2"
    return type(name, (namedtuple(name, "size"), OwnScale), {})(3)


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize("own", [by_class, by_attribute, by_slot, by_jax, by_name])
def test_layers_of_users_are_compared(own: Any, tmp_path: Path) -> None:
    X, y = cr.datasets.xor(seed=0)

    def fit(factor: float) -> None:
        network = cr.Network([own(factor), cr.Dense(1)], "binary_cross_entropy")
        network.fit(X, y, epochs=1, checkpoint=tmp_path, verbose=False)

    fit(1.0)
    fit(1.0)
    with pytest.raises(InputError, match="These differ: layers"):
        fit(3.0)


@pytest.mark.usefixtures("no_type_checks")
def test_what_refers_to_itself_cannot_be_compared(tmp_path: Path) -> None:
    layer: Any = OwnScale()
    layer.me = [layer]
    X, y = cr.datasets.xor(seed=0)
    with pytest.raises(InputError, match="something in the network refers to itself"):
        cr.Network([layer, cr.Dense(1)], "binary_cross_entropy").fit(X, y, checkpoint=tmp_path, verbose=False)


def test_another_start_is_another_run(tmp_path: Path) -> None:
    X, y = cr.datasets.xor(seed=0)
    cr.Network.mlp([2, 3, 1], seed=0).fit(X, y, epochs=1, checkpoint=tmp_path, verbose=False)
    with pytest.raises(InputError, match="These differ: network's seed: 0 then, 1 now"):
        cr.Network.mlp([2, 3, 1], seed=1).fit(X, y, epochs=1, checkpoint=tmp_path, verbose=False)


def test_what_stands_in_the_padding_is_no_other_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X, y, mask = rng.standard_normal((20, 5, 3)), rng.integers(0, 2, (20, 5)), np.ones((20, 5))
    mask[:, 3:] = 0
    for garbage in (0, 7):
        X[:, 3:], y[:, 3:] = garbage, garbage
        network = cr.Network([cr.LSTM(4, sequence=True), cr.Dense(2)], "categorical_cross_entropy")
        history = network.fit(X, y, mask=mask, epochs=2, checkpoint=tmp_path, verbose=False)
    assert len(history) == 2
    X[0, 0, 0] += 1
    with pytest.raises(InputError, match="These differ: data"):
        network.fit(X, y, mask=mask, epochs=2, checkpoint=tmp_path, verbose=False)


class Halving(Callback):
    """Assigns parameters where a run or an epoch starts."""

    def __init__(self, where: str) -> None:
        self.where = where

    def _halve(self, run: Any) -> None:
        run.network.params = tuple({k: p * 0.5 for k, p in params.items()} for params in run.network.params)

    def run_start(self, run: Any) -> None:
        if self.where == "run":
            self._halve(run)

    def epoch_start(self, run: Any) -> None:
        if self.where == "epoch":
            self._halve(run)


@pytest.mark.parametrize("where", ["run", "epoch"])
@pytest.mark.parametrize("batches", [0, 290, 300, 590])  # a checkpoint follows 256 batches
def test_what_was_assigned_at_a_start_counts_once(where: str, batches: int, tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((600, 2)).astype(np.float32)

    def fit(folder: str, *more: Callback) -> cr.Network:
        network = cr.Network.mlp([2, 8, 1])
        network.fit(
            X, X[:, 0] > 0, epochs=2, batch_size=2, callbacks=[Halving(where), *more], verbose=False,
            checkpoint=Checkpoint(tmp_path / folder, seconds=0.0),
        )  # fmt: skip
        return network

    with pytest.raises(KilledError):
        fit("run", Kill(batches))
    assert_same(fit("run"), fit("undisturbed"))


def test_a_pipe_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    X, y = cr.datasets.xor(seed=0)
    os.mkfifo(tmp_path / "checkpoint-000000001.safetensors")
    history = cr.Network.mlp([2, 3, 1]).fit(X, y, epochs=1, checkpoint=tmp_path, verbose=False)
    assert len(history) == 1


def test_a_seed_may_be_large_on_any_engine() -> None:
    X, y = cr.datasets.xor(seed=0)
    history = cr.Network.mlp([2, 3, 1]).fit(X, y, epochs=1, seed=2**33 + 5, engine="xla", verbose=False)
    assert len(history) == 1
