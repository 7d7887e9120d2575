"""A network with the table that it was trained on: names of columns, how they are prepared, classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.common import console
from chainrule.common.console import say
from chainrule.common.errors import DataWarning, FileFormatError, InputError, warn
from chainrule.common.settings import whole
from chainrule.common.version import __version__
from chainrule.files import models
from chainrule.layers import Layer
from chainrule.network import Network
from chainrule.tables import networks, preparation
from chainrule.tables.columns import Columns, check_has, shown
from chainrule.tables.columns import columns as recognized
from chainrule.tables.descriptions import described, rebuilt_encoder, rebuilt_target
from chainrule.tables.findings import warn_of_findings
from chainrule.tables.frames import Frame, as_frame, needs_polars, texts, with_numbers
from chainrule.tables.number_texts import PLAIN
from chainrule.tables.preparation import Preparation
from chainrule.tables.scores import baselines, naive, scores
from chainrule.tables.splitting import draw
from chainrule.tables.targets import Target, Task, target_of
from chainrule.tables.windows import Past
from chainrule.training.callbacks import EarlyStopping

_FEW_ROWS = 50  # too few to lose some for that


class TableModel:
    """A network for tables; made by `TableModel.fit` or `TableModel.load`.

    Attributes
    ----------
    network
        The network, whose inputs are prepared columns.
    preparation
        What becomes of each column.
    target
        What is predicted.
    report
        Scores and versions, kept in the file: plain data.
    past
        Which rows before it a prediction is made from; None if it is made from its own row.

    Examples
    --------
    >>> import chainrule as cr
    >>> area, town = [float(40 + i % 37) for i in range(120)], ["Ulm", "Bonn", "Bonn"] * 40
    >>> price = [a * (3 if t == "Ulm" else 2) for a, t in zip(area, town)]
    >>> model = cr.TableModel.fit({"area": area, "town": town, "price": price}, "price", verbose=False)
    >>> model.predict({"town": ["Ulm"], "area": [50]}).shape
    (1,)
    """

    KEY: ClassVar[str] = "table"
    """Of its part of the description in a model file."""

    def __init__(
        self,
        network: Network,
        preparation: Preparation,
        target: Target,
        report: dict[str, Any],
        past: Past | None = None,
    ) -> None:
        self.network, self.preparation, self.target = network, preparation, target
        self.report, self.past = report, past

    @classmethod
    def fit(
        cls,
        data: Any,
        target: str,
        *,
        columns: Columns | None = None,
        task: Task | None = None,
        layers: Sequence[int | Layer] = (128, 64),
        history: int | None = None,
        horizon: int = 1,
        time: str | None = None,
        seed: int = 0,
        verbose: bool = True,
        **settings: Any,
    ) -> TableModel:
        """Train a network on a table.

        Parameters
        ----------
        data
            A frame of polars or pandas, a table of pyarrow, or a dict of columns; `chainrule.tables.read` gives one.
        target
            The name of the column to predict. Rows in which it is missing are left out.
        columns
            What the columns are, from `chainrule.tables.columns`; told from the table if None.
        task
            "classification" or "regression"; told from the target if None.
        layers
            Units of the hidden layers, which are Dense, ReLU and Dropout; or layers of your own, without the last one,
            which follows from the target.
        history, horizon, time
            To predict a number from the rows before it, its own past included: how many rows are seen, how many rows
            after the last of them it is, and the column that orders the rows, as for `chainrule.tables.windows`.
        seed
            Of the first weights, the order of the rows and of the fifth of them that tells when to stop.
        verbose
            Whether to say what the columns are and how long was trained, and to show progress on a terminal.
        settings
            Of `Network.fit`, in place of what is chosen here: epochs, batch_size, optimizer, callbacks, engine, ...

        Raises
        ------
        InputError
            If there is nothing to learn from or to predict, or a value is not of its column's kind; the text names the
            column and the row.

        Warns
        -----
        DataWarning
            If a column gives the target away, a class is rare, or rows have no target.
        """
        frame = as_frame(data)
        check_has(frame, target)
        seed = whole("TableModel.fit", "seed", seed, least=0)
        if task not in (None, "classification", "regression"):
            raise InputError(f"task is 'classification' or 'regression', but it is {task!r:.40}.")
        columns = recognized(frame) if columns is None else columns
        frame = with_answers(frame, target)
        plain = [c.name for c in columns if c.kind == "numeric" and c.numbers == PLAIN and c.name != target]
        frame = with_numbers(frame, plain)
        goal = target_of(frame[target], columns[target], task)
        past = None if history is None else _past(goal, Past(history, horizon, time))
        prepared = preparation.fit(frame, columns, None if past else target, ago=past is None)
        y = goal.numbers_of(frame[target])
        if past is None:
            warn_of_findings(frame, prepared, goal, y)
        shape = prepared.shape if past is None else (past.history, prepared.width)
        network = networks.network(shape, goal, layers, seed)
        model = cls(network, prepared, goal, {"rows": frame.height, "versions": _versions()}, past)
        if verbose:
            say(model.about(columns))
        X, rows = model._examples(frame)
        model._train(X, y[rows], seed, {"verbose": verbose and console.out().isatty(), **settings})
        if verbose:
            say(model.trained)
        return model

    @property
    def predicts(self) -> str:
        """What it predicts, for people."""
        if self.target.task == "regression":
            what = f"values from {self.target.low:.6g} to {self.target.high:.6g}"
        else:
            what = shown(self.target.classes)
        return f"{self.target.name}: {self.target.task}, {what} ({self.target.why})"

    @property
    def trained(self) -> str:
        """How it was trained, for people."""
        epochs = self.report.get("history", ())
        text = f"trained on {self.report['rows']:,} rows for {len(epochs)} epochs"
        validated = [epoch["val_loss"] for epoch in epochs if "val_loss" in epoch]
        if not validated:
            return text
        best = validated.index(min(validated)) + 1
        return f"{text}; epoch {best} is kept, the best one on a fifth of them that told when to stop"

    def _train(self, X: NDArray[np.float32], y: NDArray[Any], seed: int, settings: dict[str, Any]) -> None:
        Y = self._learned(y)
        chosen = networks.settings(len(X), settings)
        strata = y if self.target.task == "classification" else np.zeros(len(y), int)
        validates = draw(strata, networks.VALIDATED, seed)
        if self.past is not None:  # what comes last is like what will come
            validates = np.arange(len(X)) >= (1 - networks.VALIDATED) * len(X)
        if len(X) >= _FEW_ROWS and validates.any() and not {"validation_data", "validation_split"} & set(settings):
            chosen["validation_data"] = X[validates], Y[validates]
            X, Y = X[~validates], Y[~validates]
            chosen["callbacks"] = [EarlyStopping(max(5, chosen["epochs"] // 4)), *chosen.get("callbacks", ())]
        self.network.fit(X, Y, seed=seed, **chosen)
        self.report["history"] = self.network.history.rows

    def _learned(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return what the network learns in the place of classes and values."""
        if self.target.task == "classification":
            return y
        return ((y - self.target.center) / self.target.scale).astype(np.float32)[:, None]

    def predict(self, data: Any) -> Any:
        """Return the class or the value of each row of a table.

        Parameters
        ----------
        data
            A table with the columns of training in any order; others are not looked at.

        Returns
        -------
        numpy.ndarray
            Of shape (rows,): the classes as whole numbers, truth values or texts, as they were in training; or values.

        Raises
        ------
        InputError
            If a column is missing, or a value is not of its column's kind.
        """
        P = self.predict_proba(data) if self.target.task == "classification" else self._outputs(as_frame(data))
        return self.target.labels(P.argmax(axis=1)).to_numpy() if self.target.task == "classification" else P

    def predict_proba(self, data: Any) -> NDArray[np.float64]:
        """Return the probability of each class, of shape (rows, classes), in the order of ``target.classes``."""
        if self.target.task == "regression":
            raise InputError(f"{self.target.name!r} is a number, which has no classes: use predict.")
        return self._outputs(as_frame(data))

    def _outputs(self, frame: Frame) -> NDArray[np.float64]:
        """Return probabilities of shape (rows, classes), or values of shape (rows,) in the units of the table."""
        X, rows = self._examples(frame)
        if not len(X) and self.past is None:
            return np.zeros((0, len(self.target.classes)) if self.target.classes else 0)
        if self.target.task == "classification":
            P = self.network.predict(X).astype(np.float64)
            return np.hstack([1 - P, P]) if P.shape[1] == 1 else P
        values = np.full(frame.height, np.nan)
        if len(X):
            values[rows] = self.network.predict(X)[:, 0].astype(np.float64) * self.target.scale + self.target.center
        return values

    def _examples(self, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the inputs of the network, and the row of the table that each example predicts."""
        X, unknown = self.preparation.prepare(frame)
        for name, n in unknown.items():
            warn(
                f"Column {name!r} has {n:,} value{'s' if n > 1 else ''} that training did not know; "
                "for the network they are none of its categories.",
                DataWarning,
            )
        if self.past is None:
            return X.reshape(-1, *self.preparation.shape), np.arange(len(X))
        seen, rows = self.past.windows(frame, self.target.name)
        return X[seen], rows

    def scored(self, data: Any) -> Frame:
        """Return a table with the predictions beside its columns.

        Returns
        -------
        polars.DataFrame
            All columns as they came, and "prediction"; for classes also "probability of ..." for each.
        """
        polars = needs_polars("A table")
        frame = as_frame(data)
        P = self._outputs(frame)
        if self.target.task == "regression":
            new = [polars.Series("prediction", P).fill_nan(None)]  # where too few rows come before
        else:
            new = [self.target.labels(P.argmax(axis=1)).alias("prediction")]
            new += [polars.Series(f"probability of {c}", P[:, k]) for k, c in enumerate(self.target.classes)]
        if taken := [series.name for series in new if series.name in frame.columns]:
            raise InputError(
                f"The table has columns that are called like the predictions, {shown(taken)}: rename them."
            )
        return frame.with_columns(new)

    def evaluate(self, data: Any) -> dict[str, float]:
        """Return the scores on a table that has the target, in its units, as `chainrule.tables.scores` says."""
        frame = as_frame(data)
        check_has(frame, self.target.name)
        P, rows = self._outputs(frame), np.arange(frame.height)
        if self.past is not None:
            rows = np.flatnonzero(~np.isnan(P) & ~texts(frame[self.target.name]).is_null().to_numpy())
        if not len(rows):
            raise InputError("The table has no row that can be predicted, so there is nothing to score.")
        return scores(self.target, self.target.numbers_of(frame[self.target.name][rows]), P[rows])

    def baselines(self, train: Any, test: Any) -> dict[str, dict[str, float]]:
        """Return the scores of models without a network on a test table.

        These are the most frequent class or the mean, and logistic or ridge regression; for a model that sees the past,
        the last value that is known, and the value one season before.
        """
        if self.past is not None:
            return naive(self.target, self.past, as_frame(test))
        parts: list[Any] = []
        for data in train, test:
            frame = with_answers(as_frame(data), self.target.name, quiet=True)
            y = self.target.numbers_of(frame[self.target.name])
            parts.append((self.preparation.prepare(frame).X, y))
        return baselines(self.target, parts[0], parts[1])

    def about(self, columns: Columns) -> str:
        """Return what was recognized, for people."""
        lines = [str(columns), self.predicts]
        assert self.network.input_shape is not None
        shape = " x ".join(map(str, self.network.input_shape))
        return "\n".join([*lines, f"{len(self.preparation.encoders)} columns become {shape} inputs"])

    def save(self, path: str | Path) -> None:
        """Write the network, and in the same file what `load` needs besides, as plain data; no code, no pickle.

        Raises
        ------
        InputError, UnwritableError
            As for `chainrule.save`.
        """
        table = {
            "columns": [described(encoder) for encoder in self.preparation.encoders],
            "target": described(self.target),
            "report": self.report,
            **({} if self.past is None else {"past": vars(self.past)}),
        }
        models.write(self.network, path, {self.KEY: table})

    @classmethod
    def load(cls, path: str | Path) -> TableModel:
        """Read a model that `save` wrote.

        Raises
        ------
        InputError
            If there is no such file.
        FileFormatError
            If the file is damaged or was changed, or is a network without a table.
        """
        network, description = models.load_described(path)
        if cls.KEY not in description:
            raise FileFormatError(f"{path} holds a network that knows no table: load it with chainrule.load.")
        return cls.of(network, description[cls.KEY], str(path))

    @classmethod
    def of(cls, network: Network, table: Any, name: str) -> TableModel:
        """Return the model of a network and what its file says of the table."""
        try:
            prepared = Preparation([rebuilt_encoder(column) for column in table["columns"]])
            past = Past(**table["past"]) if "past" in table else None
            model = cls(network, prepared, rebuilt_target(table["target"]), dict(table["report"]), past)
            outputs = len(model.target.classes) if model.target.task == "classification" else 1
            shape = prepared.shape if past is None else (past.history, prepared.width)
            wanted = (shape, (1 if outputs == 2 else outputs,))
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"{name} does not describe a table that this version knows: {error!r:.200}"
            ) from error
        if wanted != (network.input_shape, network.output_shape):
            raise FileFormatError(
                f"{name} describes a table of {wanted[0]} inputs and {wanted[1]} outputs, but its network takes "
                f"{network.input_shape} and gives {network.output_shape}."
            )
        return model

    def __repr__(self) -> str:
        return f"TableModel({self.target.name!r}, {self.target.task}, {len(self.preparation.encoders)} columns)"


def with_answers(frame: Frame, target: str, *, quiet: bool = False) -> Frame:
    """Return the rows that have a target; warn of those that have none, unless quiet."""
    missing = texts(frame[target]).is_null()
    if not (n := int(missing.sum())):
        return frame
    if n == frame.height:
        raise InputError(f"Column {target!r} is missing in all rows: there is nothing to learn.")
    if not quiet:
        warn(f"{n:,} of {frame.height:,} rows have no {target!r} and are left out.", DataWarning)
    return frame.filter(~missing)


def _past(target: Target, past: Past) -> Past:
    """Return what is seen before a prediction, or raise an error if a class is predicted."""
    if target.task == "classification":
        raise InputError(
            f"history is for numbers, but {target.name!r} has classes ({target.why}): say that its task is "
            "regression, or leave out history."
        )
    return past


def _versions() -> dict[str, str]:
    return {"chainrule": __version__, "numpy": np.__version__}
