"""Loggers: a record per epoch, complete when the epoch ends, continued without duplicates, never overwritten."""

from __future__ import annotations

import csv
import json
import math
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.common.errors import FileFormatError, InputError, MissingExtraError
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
    train(make(path), 1, 3, scores=lambda e: {"loss": 0.5} | ({"val_loss": 0.7} if e == 2 else {}))
    losses = [{k: v for k, v in row.items() if "loss" in k} for row in read(path)]
    assert losses == [{"loss": 0.5}, {"loss": 0.5, "val_loss": 0.7}, {"loss": 0.5}]
    assert [p.name for p in tmp_path.iterdir()] == [name]


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
