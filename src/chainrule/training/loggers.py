"""Callbacks that write the scores of every epoch to a file, to TensorBoard or to MLflow.

A record is complete on the disk when its epoch ends. A run that goes on, from a checkpoint or with a second `fit`,
continues its log without duplicates; a new run never overwrites the log of another. A log that cannot be written when a
run begins is an error; later it is a `LogWarning`, and what is missing is written as soon as that works again.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from chainrule.common import atomic
from chainrule.common.errors import (
    ChainruleError,
    FileFormatError,
    InputError,
    LogWarning,
    UnwritableError,
    missing_extra,
    warn,
)
from chainrule.common.settings import Checked, Instance, Maybe, Place, Text
from chainrule.training.callbacks import Callback

Record = dict[str, Any]
_NUMBERS = ("epoch", "step", "seconds", "learning_rate")  # in front of the scores


class _Logger(Checked, Callback, ABC):
    """Opens the log at the first epoch of a run, when it is known whether a checkpoint was restored."""

    _opened = _restored = _warned = False
    _failures: tuple[type[Exception], ...] = (OSError, InputError)  # of writing

    @abstractmethod
    def _open(self, epoch: int, goes_on: bool) -> None: ...

    @abstractmethod
    def _log(self, records: Sequence[Record]) -> None:
        """Write records; after a failure they come again, and more of them."""

    def run_start(self, run: Any) -> None:
        """Remember that the log is not open yet."""
        self._opened = False

    def restore(self, state: dict[str, Any]) -> None:
        """Remember that the run goes on."""
        self._restored = True

    def epoch_start(self, run: Any) -> None:
        """Open the log, if this is the first epoch of the run."""
        if not self._opened:
            try:
                self._open(run.epoch, self._restored or run.epoch > 1)
            except ChainruleError:
                raise
            except self._failures as error:
                raise UnwritableError(
                    "{logger} cannot write its log: {error}", logger=type(self).__name__, error=error
                ) from error
            self._waiting: list[Record] = []
            self._opened, self._restored, self._warned = True, False, False

    def epoch_end(self, run: Any) -> None:
        """Write the record of the epoch."""
        scores = {name: float(value) for name, value in run.scores.items()}
        numbers = (run.epoch, run.step, round(run.seconds, 3), run.learning_rate)
        self._waiting.append(dict(zip(_NUMBERS, numbers, strict=True)) | scores)
        self._catch_up()

    def run_end(self, run: Any) -> None:
        """Try once more to write what could not be written."""
        if self._opened and self._waiting:
            self._catch_up()
        self._opened = False

    def _catch_up(self) -> None:
        with self._warning():
            self._log(self._waiting)
            self._waiting = []

    @contextlib.contextmanager
    def _warning(self) -> Iterator[None]:
        """Turn the first failure of a run into a warning, and let the others pass."""
        try:
            yield
        except self._failures as error:
            if not self._warned:
                warn(
                    "{logger}: {error} Training goes on, and what is missing in the log is written as soon as "
                    "that is possible.",
                    LogWarning,
                    logger=type(self).__name__,
                    error=error,
                )
            self._warned = True


def _taken(path: Path) -> InputError:
    return InputError(
        "{path} already holds the log of another run, and this run starts anew. Name another one, or delete this.",
        path=path,
    )


class _FileLogger(_Logger):
    """One record per line.

    Parameters
    ----------
    path
        The file to write. A new run needs a new or empty one.
    """

    path: Path
    rules: ClassVar = {"path": Place()}

    def __init__(self, path: str | Path) -> None:
        self.settle(path=path)

    @abstractmethod
    def _parse(self, lines: Sequence[str]) -> list[Record]: ...

    @abstractmethod
    def _lines(self, records: Sequence[Record]) -> str: ...

    def _write(self, records: Sequence[Record]) -> None:
        """Replace the file by one of these records."""
        atomic.write(self.path, self._lines(records).encode())

    def _fit(self, records: Sequence[Record]) -> bool:
        """Return whether the lines of these records can follow what the file holds."""
        return True

    def _records(self) -> list[Record]:
        text = self.path.read_text("utf-8") if self.path.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # without a line that a killed run left unfinished
        return self._parse(whole.splitlines())

    def _open(self, epoch: int, goes_on: bool) -> None:
        atomic.make_folder(self.path.parent)
        atomic.check(self.path)
        if not goes_on and self.path.exists() and self.path.stat().st_size:
            raise _taken(self.path)
        try:
            self._logged = [record for record in self._records() if int(record["epoch"]) < epoch]
        except (ValueError, KeyError, TypeError) as error:
            raise FileFormatError(
                "{path} is no log that {logger} wrote, so it cannot be continued. Name another file.",
                path=self.path,
                logger=type(self).__name__,
            ) from error
        self._write(self._logged)
        self._whole = True  # whether the file holds all that is logged

    def _log(self, records: Sequence[Record]) -> None:
        whole, self._whole = self._whole, False
        if whole and self._fit(records):
            atomic.append(self.path, self._lines(records).encode())
        else:
            self._write([*self._logged, *records])
        self._logged += records
        self._whole = True


class CSVLogger(_FileLogger):
    """Writes a table of comma-separated values: a line of names, then a line per epoch.

    Scores that appear in a later epoch (of a second `fit` with validation data, say) get a new column at the end.

    Parameters
    ----------
    path
        The file to write. A new run needs a new or empty one.
    """

    def _parse(self, lines: Sequence[str]) -> list[Record]:
        rows = list(csv.reader(lines))
        if len(rows) == 1:
            raise ValueError("names without records")
        return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]

    def _lines(self, records: Sequence[Record]) -> str:
        text = io.StringIO()
        csv.DictWriter(text, self._columns, lineterminator="\n").writerows(records)
        return text.getvalue()

    def _write(self, records: Sequence[Record]) -> None:
        self._columns = list(dict.fromkeys(name for record in records for name in record))
        header = dict(zip(self._columns, self._columns, strict=True))
        super()._write([header, *records] if records else [])

    def _fit(self, records: Sequence[Record]) -> bool:
        return all(record.keys() <= set(self._columns) for record in records)


class JSONLinesLogger(_FileLogger):
    """Writes a JSON object per epoch, one a line; a score that is not a finite number is null.

    Parameters
    ----------
    path
        The file to write. A new run needs a new or empty one.
    """

    def _parse(self, lines: Sequence[str]) -> list[Record]:
        return [json.loads(line) for line in lines]

    def _lines(self, records: Sequence[Record]) -> str:
        return "".join(json.dumps(_finite(record), allow_nan=False) + "\n" for record in records)


def _finite(record: Record) -> Record:
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in record.items()}


class TensorBoardLogger(_Logger):
    """Writes event files for `tensorboard --logdir`, with the epoch as the step.

    Parameters
    ----------
    folder
        The folder to write to. A new run needs one without event files.

    Raises
    ------
    MissingExtraError
        tensorboardX is not installed.
    """

    folder: Path
    rules: ClassVar = {"folder": Place()}

    def __init__(self, folder: str | Path) -> None:
        self.settle(folder=folder)
        try:
            import tensorboardX  # noqa: F401
        except ImportError as error:
            raise missing_extra("TensorBoardLogger", "tensorboardX", "log") from error

    def _open(self, epoch: int, goes_on: bool) -> None:
        if not goes_on and any(self.folder.glob("events.out.tfevents.*")):
            raise _taken(self.folder)
        atomic.make_folder(self.folder)
        self._begin(epoch)

    def _begin(self, epoch: int) -> None:
        # SummaryWriter writes in a thread, and its flush does not wait for that.
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        self._end_of_name = f".{time.time_ns()}"
        self._writer: Any = EventsWriter(str(self.folder / "events"), self._end_of_name)
        # From a start on, TensorBoard drops what earlier files of the folder hold for this step and later ones.
        self._writer.write_event(Event(step=epoch, session_log=SessionLog(status=SessionLog.START)))

    def _log(self, records: Sequence[Record]) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        if self._writer is None:
            self._begin(records[0]["epoch"])
        try:
            for record in records:
                values = [Summary.Value(tag=_tag(name), simple_value=value) for name, value in record.items()]
                self._writer.write_event(
                    Event(wall_time=time.time(), step=record["epoch"], summary=Summary(value=values))
                )
            self._writer.flush()
            if not any(self.folder.glob(f"*{self._end_of_name}")):  # a removed file can be written to without an error
                raise UnwritableError("The file of events in {folder} is gone.", folder=self.folder)
        except OSError:
            self._close()  # the next records begin a file of their own
            raise

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._writer.close()
        self._writer = None

    def run_end(self, run: Any) -> None:
        """Close the file."""
        opened = self._opened
        super().run_end(run)
        if opened and self._writer is not None:
            self._close()


def _tag(name: str) -> str:
    """Return a name for TensorBoard, in which a group for each score holds both curves."""
    if name in _NUMBERS:
        return name
    return f"{name[4:]}/validation" if name.startswith("val_") else f"{name}/training"


class MLflowLogger(_Logger):
    """Logs a run to MLflow, with the epoch as the step, where `mlflow.set_tracking_uri` or MLFLOW_TRACKING_URI says.

    Parameters
    ----------
    experiment
        The name of the experiment, which is created if there is none.
    run_name
        The name of the run; MLflow makes one up if None.
    params
        Settings to note, such as {"layers": "784-128-10"}.

    Raises
    ------
    MissingExtraError
        mlflow is not installed.
    """

    experiment: str
    run_name: str | None
    params: Mapping[str, object] | None
    rules: ClassVar = {"experiment": Text(), "run_name": Maybe(Text()), "params": Maybe(Instance(Mapping, "a dict"))}
    _run_id: Any = None

    def __init__(
        self, experiment: str = "chainrule", run_name: str | None = None, params: Mapping[str, object] | None = None
    ) -> None:
        self.settle(experiment=experiment, run_name=run_name, params=params)
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            raise missing_extra("MLflowLogger", "mlflow-skinny", "mlflow") from error
        self._client = MlflowClient()
        self._failures = (OSError, MlflowException)

    def _open(self, epoch: int, goes_on: bool) -> None:
        self._last = 0
        if goes_on and self._run_id is not None:
            self._client.update_run(self._run_id, status="RUNNING")
            self._last = max((m.step for m in self._client.get_metric_history(self._run_id, "epoch")), default=0)
            return
        experiment = self._client.get_experiment_by_name(self.experiment)
        number = experiment.experiment_id if experiment else self._client.create_experiment(self.experiment)
        self._run_id = self._client.create_run(number, run_name=self.run_name).info.run_id
        for name, value in (self.params or {}).items():
            self._client.log_param(self._run_id, name, value)

    def _log(self, records: Sequence[Record]) -> None:
        from mlflow.entities import Metric

        for record in records:
            if record["epoch"] > self._last:  # what MLflow has once cannot be taken back; going on gives the same again
                now = int(time.time() * 1000)
                metrics = [Metric(name, value, now, record["epoch"]) for name, value in record.items()]
                self._client.log_batch(self._run_id, metrics)
                self._last = record["epoch"]

    def run_end(self, run: Any) -> None:
        """Mark the run as finished, or as failed if an error ended it."""
        opened = self._opened
        super().run_end(run)
        if opened:
            with self._warning():
                self._client.set_terminated(self._run_id, "FAILED" if sys.exception() else "FINISHED")

    def state(self) -> dict[str, Any]:
        """Return which run of MLflow this is."""
        return {"run_id": self._run_id}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with a run of MLflow."""
        super().restore(state)
        self._run_id = state["run_id"]
