"""Loggers: a record per epoch, complete when the epoch ends, continued without duplicates, never overwritten."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
import re
import shutil
import struct
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.common.errors import FileFormatError, InputError, LogWarning, MissingExtraError, UnwritableError
from chainrule.training.callbacks import Callback
from chainrule.training.loggers import CSVLogger, JSONLinesLogger, MLflowLogger, TensorBoardLogger

Scores = dict[str, float]


@dataclass
class Run:
    """What loggers look at."""

    epoch: int = 1
    seconds: float = 1.23456
    learning_rate: float = 0.001
    scores: Scores = field(default_factory=dict)

    @property
    def step(self) -> int:
        return 10 * self.epoch


def scores_of(epoch: int) -> Scores:
    return {"loss": 1 / epoch, "val_loss": 2 / epoch}


def train(
    logger: Callback,
    first: int,
    last: int,
    *,
    checkpoint: dict[str, Any] | None = None,
    scores: Callable[[int], Scores] = scores_of,
    killed: bool = False,
) -> None:
    """Do what fit does, with a checkpoint that is restored after the start."""
    run = Run(first)
    logger.run_start(run)
    if checkpoint is not None:
        logger.restore(checkpoint)
    for run.epoch in range(first, last + 1):
        logger.epoch_start(run)
        run.scores = scores(run.epoch)
        logger.epoch_end(run)
    if not killed:
        logger.run_end(run)


def read(path: Path) -> list[dict[str, Any]]:
    text = path.read_text()
    if path.suffix == ".csv":
        return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(text.splitlines())]
    return [json.loads(line) for line in text.splitlines()]


def records(first: int, last: int) -> list[dict[str, Any]]:
    same = {"seconds": 1.235, "learning_rate": 0.001}
    return [{"epoch": e, "step": 10 * e, **same, **scores_of(e)} for e in range(first, last + 1)]


FILES = pytest.mark.parametrize(("make", "name"), [(CSVLogger, "a.csv"), (JSONLinesLogger, "a.jsonl")])
Make = type[CSVLogger] | type[JSONLinesLogger]


@FILES
def test_a_killed_run_leaves_every_epoch_and_is_continued_without_duplicates(
    make: Make, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "new" / name
    train(make(path), 1, 3, killed=True)
    assert read(path) == records(1, 3)
    with path.open("a") as file:
        file.write(path.read_text().splitlines()[-1][:9])  # the line it was writing when it was killed
    train(make(path), 3, 5, checkpoint={})
    assert read(path) == records(1, 5)
    train(make(path), 4, 6)  # a second fit of the same network
    assert read(path) == records(1, 6)
    train(make(path), 1, 2, checkpoint={})  # a checkpoint within the first epoch
    assert read(path) == records(1, 2)


@FILES
def test_a_new_run_does_not_overwrite_an_old_log(make: Make, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.touch()
    logger = make(path)
    train(logger, 1, 2)
    with pytest.raises(InputError, match=r"already holds the log of another run.*Name another one, or delete this"):
        train(logger, 1, 2)
    assert read(path) == records(1, 2)


@FILES
def test_a_foreign_file_is_neither_continued_nor_changed(make: Make, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for text in ("dear diary\nhello\n", "[1]\n", "epoch,loss\n1,2,3\n"):
        path.write_text(text)
        with pytest.raises(FileFormatError, match=f"is no log that {make.__name__} wrote"):
            train(make(path), 2, 3)
        assert path.read_text() == text


@FILES
def test_scores_may_come_and_go(make: Make, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    scores = [{"loss": 0.5}, {"loss": 0.5, "val_loss": 0.7}, {"loss": 0.5}, {"loss": 0.5, "l2_loss": 0.1}]
    train(make(path), 1, 4, scores=lambda e: scores[e - 1])
    assert [{k: v for k, v in row.items() if "loss" in k} for row in read(path)] == scores
    assert [p.name for p in tmp_path.iterdir()] == [name]


# What cannot be written.


def after_epochs(make: Callable[[], Any], actions: dict[int, Callable[[], Any]], last: int) -> list[str]:
    """Train, do something after some epochs, and return the texts of the warnings."""
    logger, run = make(), Run()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        logger.run_start(run)
        for run.epoch in range(1, last + 1):
            logger.epoch_start(run)
            run.scores = scores_of(run.epoch)
            logger.epoch_end(run)
            actions.get(run.epoch, lambda: None)()
        logger.run_end(run)
    assert all(warning.category is LogWarning for warning in told)
    return [str(warning.message) for warning in told]


@FILES
def test_a_folder_that_vanishes_is_one_warning_and_nothing_is_lost_when_it_is_back(
    make: Make, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "share" / name

    def go() -> None:
        shutil.rmtree(path.parent)

    (text,) = after_epochs(lambda: make(path), {2: go}, 6)
    assert re.match(rf"{make.__name__}: .*cannot be written.* Training goes on, and what is missing", text)
    assert not path.parent.exists()
    for back in 3, 5, 6:  # 6: the end of the run finds it
        path.parent.mkdir()
        assert len(after_epochs(lambda: make(path), {2: go, back: path.parent.mkdir}, 6)) == 1
        assert read(path) == records(1, 6)
        go()


@FILES
def test_a_file_that_is_removed_comes_back_whole(make: Make, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert len(after_epochs(lambda: make(path), {3: path.unlink}, 5)) == 1
    assert read(path) == records(1, 5)


@FILES
def test_a_full_disk_is_a_warning(make: Make, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    full = False
    write, sync = os.write, os.fsync

    def half(descriptor: int, line: bytes) -> int:
        return write(descriptor, line[: len(line) // 2] if full else line)

    def fail(descriptor: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    def switch() -> None:
        nonlocal full
        full = not full
        assert read(path) == records(1, 2), "a line that is not whole"

    monkeypatch.setattr(os, "write", half)
    monkeypatch.setattr(os, "fsync", fail)
    (text,) = after_epochs(lambda: make(path), {2: switch, 5: switch}, 7)
    assert "No space left on device" in text
    assert read(path) == records(1, 7)


@FILES
def test_a_place_that_cannot_be_written_to_is_an_error_at_the_start(
    make: Make, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"must be a folder, but .*file is a file"):
        train(make(tmp_path / "file" / name), 1, 2)
    with pytest.raises(InputError, match=r"is a folder\. Name the file"):
        train(make(tmp_path), 1, 2)

    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("chainrule.common.atomic._open_locked", refuse)
    with pytest.raises(UnwritableError, match=f"{name} cannot be written: Permission denied"):
        train(make(tmp_path / name), 1, 2)


def test_events_go_on_in_another_file(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    (text,) = after_epochs(lambda: TensorBoardLogger(folder), {2: lambda: shutil.rmtree(folder), 4: folder.mkdir}, 6)
    assert re.match(r"TensorBoardLogger: The file of events in .*runs is gone\. Training goes on", text)
    curve = [step for step, tag, _ in events(folder) if tag == "loss/training"]
    assert curve == [3, 4, 5, 6]  # the first two were in the file that is gone
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="must be a folder"):
        train(TensorBoardLogger(tmp_path / "file"), 1, 1)


def test_a_server_that_does_not_answer_is_one_warning(tracking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException

    logger = MLflowLogger("digits")
    down = False
    client = type(logger._client)
    for name in ("log_batch", "set_terminated"):
        call = getattr(client, name)

        def perhaps(self: Any, *arguments: Any, call: Any = call) -> Any:
            if down:
                raise MlflowException("no answer.")
            return call(self, *arguments)

        monkeypatch.setattr(client, name, perhaps)

    def switch() -> None:
        nonlocal down
        down = not down

    (text,) = after_epochs(lambda: logger, {1: switch, 3: switch}, 4)
    assert text.startswith("MLflowLogger: no answer. Training goes on")
    (run,) = tracking.search_runs([tracking.get_experiment_by_name("digits").experiment_id])
    assert [m.step for m in tracking.get_metric_history(run.info.run_id, "loss")] == [1, 2, 3, 4]
    (text,) = after_epochs(lambda: MLflowLogger("others"), {1: switch}, 2)
    assert text.startswith("MLflowLogger: no answer. Training goes on")
    monkeypatch.setattr(client, "get_experiment_by_name", lambda *_: perhaps(None))
    with pytest.raises(UnwritableError, match=r"MLflowLogger cannot write its log: no answer\."):
        train(logger, 1, 1)


def test_csv_is_a_plain_table(tmp_path: Path) -> None:
    train(CSVLogger(tmp_path / "a.csv"), 1, 2)
    assert (tmp_path / "a.csv").read_bytes() == (
        b"epoch,step,seconds,learning_rate,loss,val_loss\n1,10,1.235,0.001,1.0,2.0\n2,20,1.235,0.001,0.5,1.0\n"
    )


def test_json_has_no_nan(tmp_path: Path) -> None:
    train(JSONLinesLogger(tmp_path / "a.jsonl"), 1, 1, scores=lambda _: {"val_roc_auc": math.nan})
    assert '"val_roc_auc": null' in (tmp_path / "a.jsonl").read_text()


def events(folder: Path) -> list[tuple[int, str, float]]:
    """What TensorBoard shows of a folder: (step, tag, value)."""
    from tensorboardX.proto.event_pb2 import Event

    shown: list[tuple[int, str, float]] = []
    for path in sorted(folder.iterdir()):
        content, start = path.read_bytes(), 0
        while start < len(content):
            (length,) = struct.unpack_from("<Q", content, start)
            event = Event.FromString(content[start + 12 : start + 12 + length])
            start += 16 + length
            if event.session_log.status == 1:  # START: a restart at this step
                shown = [entry for entry in shown if entry[0] < event.step]
            shown += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
    return shown


def test_tensorboard_gets_curves_over_epochs(tmp_path: Path) -> None:
    killed = TensorBoardLogger(tmp_path)
    train(killed, 1, 3, killed=True)
    first = events(tmp_path)
    killed.run_end(Run())  # closes the file
    killed.run_end(Run())  # of a run that ended before it began
    with pytest.raises(InputError, match=r"already holds the log of another run.*Name another one"):
        train(TensorBoardLogger(tmp_path), 1, 1)
    train(TensorBoardLogger(tmp_path), 3, 4, checkpoint={})
    for shown, last in (first, 3), (events(tmp_path), 4):
        assert {tag for _, tag, _ in shown} == {
            "epoch", "step", "seconds", "learning_rate", "loss/training", "loss/validation",
        }  # fmt: skip
        curve = [(step, value) for step, tag, value in shown if tag == "loss/validation"]
        assert curve == [(epoch, float(np.float32(2 / epoch))) for epoch in range(1, last + 1)]


@pytest.fixture
def tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "runs").as_uri())
    mlflow = pytest.importorskip("mlflow")
    return mlflow.MlflowClient()


def test_mlflow_gets_params_and_curves_and_the_same_run_goes_on(tracking: Any) -> None:
    logger = MLflowLogger("digits", "first", {"layers": "784-10"})
    train(logger, 1, 3, killed=True)
    resumed = MLflowLogger("digits")
    train(resumed, 3, 4, checkpoint=json.loads(json.dumps(logger.state())))
    experiment = tracking.get_experiment_by_name("digits").experiment_id
    (run,) = tracking.search_runs([experiment])
    assert (run.info.run_name, run.info.status, run.data.params) == ("first", "FINISHED", {"layers": "784-10"})
    assert run.data.metrics == pytest.approx(records(4, 4)[0])
    curve = [(metric.step, metric.value) for metric in tracking.get_metric_history(run.info.run_id, "val_loss")]
    assert curve == [(epoch, 2 / epoch) for epoch in (1, 2, 3, 4)]

    train(resumed, 1, 1)  # of another network
    assert len(tracking.search_runs([experiment])) == 2


def test_mlflow_marks_a_run_that_an_error_ended(tracking: Any) -> None:
    logger = MLflowLogger("digits")
    train(logger, 1, 1, killed=True)
    try:
        raise ArithmeticError
    except ArithmeticError:
        logger.run_end(Run())
    (run,) = tracking.search_runs([tracking.get_experiment_by_name("digits").experiment_id])
    assert run.info.status == "FAILED"


@pytest.mark.parametrize(
    ("module", "make", "message"),
    [
        ("tensorboardX", lambda: TensorBoardLogger("runs"), r"needs tensorboardX.*chainrule\[log\]"),
        ("mlflow", MLflowLogger, r"needs mlflow-skinny.*chainrule\[mlflow\]"),
    ],
)
def test_missing_extras_are_named_before_training(
    module: str, make: Callable[[], Callback], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=message):
        make()
