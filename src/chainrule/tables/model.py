"""A network with the table that it was trained on: names of columns, how they are prepared, classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.common import console
from chainrule.common.console import say
from chainrule.common.errors import DataWarning, FileFormatError, InputError, warn
from chainrule.common.settings import whole
from chainrule.common.texts import later, tr
from chainrule.common.version import __version__
from chainrule.files import models
from chainrule.files.kinds import TABLE, model_kind
from chainrule.layers import Layer
from chainrule.network import Network
from chainrule.tables import arguments, networks, preparation
from chainrule.tables.answers import with_answers, with_own_past
from chainrule.tables.columns import Columns, check_has
from chainrule.tables.columns import columns as recognized
from chainrule.tables.descriptions import described, rebuilt_encoder, rebuilt_report, rebuilt_target
from chainrule.tables.examples import examples, shape_of
from chainrule.tables.findings import warn_of_findings, warn_of_learned_rows, warn_of_unknown
from chainrule.tables.frames import Frame, as_frame, like, needs_polars, texts, with_numbers
from chainrule.tables.number_texts import PLAIN
from chainrule.tables.preparation import Preparation
from chainrule.tables.recognition import shown
from chainrule.tables.rows import rows_among, taken, with_places_of
from chainrule.tables.scans import Scan, rows_of_table, rows_to_look_at
from chainrule.tables.scores import baselines, behind, naive, scores
from chainrule.tables.seen_rows import SeenRows, rebuilt_seen_rows
from chainrule.tables.splitting import without_groups
from chainrule.tables.targets import Target, Task, target_of
from chainrule.tables.training import train
from chainrule.tables.windows import Past, described_past, rebuilt_past


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
    seen
        Digests of rows that it learned from, for `learned_share`; None if nobody knows.

    Examples
    --------
    >>> import chainrule as cr
    >>> area, town = [float(40 + i % 37) for i in range(120)], ["Ulm", "Bonn", "Bonn"] * 40
    >>> price = [a * (3 if t == "Ulm" else 2) for a, t in zip(area, town)]
    >>> model = cr.TableModel.fit({"area": area, "town": town, "price": price}, "price", verbose=False)
    >>> model.predict({"town": ["Ulm"], "area": [50]}).shape
    (1,)
    """

    KEY: ClassVar[str] = TABLE
    """Of its part of the description in a model file."""
    SEEN: ClassVar[str] = "seen"
    """In that part: of digests, which say nothing to people."""

    def __init__(
        self,
        network: Network,
        preparation: Preparation,
        target: Target,
        report: dict[str, Any],
        past: Past | None = None,
        seen: SeenRows | None = None,
    ) -> None:
        self.network, self.preparation, self.target = network, preparation, target
        self.report, self.past, self.seen = report, past, seen

    @classmethod
    def fit(
        cls,
        data: Any,
        target: str,
        *,
        columns: Columns | None = None,
        task: Task | None = None,
        preset: Literal["tabular"] | None = None,
        layers: Sequence[int | Layer] | None = None,
        history: int | None = None,
        horizon: int = 1,
        time: str | None = None,
        group: str | None = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        seed: int = 0,
        verbose: bool = True,
        **settings: Any,
    ) -> TableModel:
        """Train a network on a table.

        Parameters
        ----------
        data
            A frame of polars or pandas, a table of pyarrow, or a dict of columns; `chainrule.tables.read` gives one.
            Of a table that is larger than memory, what `chainrule.tables.scan` gives: rows drawn from all of it stand
            for the others in what is measured, and inputs are prepared into temporary files.
        target
            The name of the column to predict. Rows in which it is missing are left out.
        columns
            What the columns are, from `chainrule.tables.columns`; told from the table if None.
        task
            "classification" or "regression"; told from the target if None.
        preset
            "tabular" takes the network, the optimizer and the batches that were tuned on many tables, as that of
            `chainrule.estimators.NetworkClassifier` does (RealMLP-TD-S), and the best of its epochs. It takes longer,
            and is often better. What it decides cannot be said beside it; ``epochs`` can.
        layers
            Units of the hidden layers, which are Dense, ReLU and Dropout, beside a linear part that starts as the
            linear model of the inputs, (128, 64) if None; or layers of your own, without the last one, which follows
            from the target.
        history, horizon
            To predict from the rows before, the target's own past included: how many rows are seen, and how many rows
            after the last of them it is, as for `chainrule.tables.windows`.
        time
            The column that orders the rows. Without a history, the last rows by it tell when to stop, as where the
            rows that test are later than all others. It is learned from like any column, unless ``columns`` leaves it
            out.
        group
            A column, such as that of a patient, of which whole groups tell when to stop, as where those that test are
            of other groups. It only splits: nothing is learned from it, because new rows are of other groups.
        class_weight
            How much the examples of a class weigh in training, as {class: weight}; "balanced" makes all classes weigh
            the same together. Probabilities are then those of such a mixture.
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
        settings = arguments.checked_settings(settings)
        arguments.check_said(task, class_weight, history, horizon, group)
        arguments.check_preset(preset, layers, history, settings)
        past = None if history is None else Past(history, horizon, time)
        table = _table(data, past)
        by = {"time": time, "group": group}
        arguments.check_names_of(table, target, by.values())
        seed = whole("TableModel.fit", "seed", seed, least=0)
        columns = without_groups(recognized(table) if columns is None else columns, group)
        arguments.check_covers(columns, target)
        answered = with_answers(
            table, target, instead=later("and windows with them are left out") if past else later("which are left out")
        )
        if past is None:
            table = answered
        frame = rows_to_look_at(table)
        plain = [c.name for c in columns if c.kind == "numeric" and c.numbers == PLAIN and c.name != target]
        frame = with_places_of(frame, with_numbers(frame, plain))
        goal = target_of(answered, columns[target], task, in_time=past is not None)
        if past is not None:
            past = past.of_training(frame, columns)
            columns = with_own_past(columns, answered, goal)
        arguments.check_weighs(class_weight, goal)
        measured = frame if past is None else taken(frame, texts(frame[target]).is_not_null().to_numpy())
        prepared = preparation.fit(measured, columns, None if past else target, ago=past is None)
        arguments.check_unlike_predictions(prepared.names, goal)
        if past is None:
            numbers = goal.numbers_of(frame[target])
            warn_of_findings(frame, prepared, goal, numbers, weighed=class_weight is not None)
        shape = shape_of(prepared, past)
        if preset is None:
            network = networks.network(shape, goal, networks.LAYERS if layers is None else layers, seed)
        else:
            network = networks.tabular(shape, goal, seed)
        model = cls(network, prepared, goal, {"rows": table.height, "versions": _versions()}, past)
        if verbose:
            model._announce(columns, table, frame, time if past is None else None)
        progress = verbose and console.out().isatty()
        settings = {"verbose": progress, "seed": seed, **settings, "class_weight": class_weight, "preset": preset}
        rows = table if isinstance(table, Scan) else frame
        report, model.seen = train(network, prepared, goal, past, rows, settings, {**by, "columns": columns})
        model.report |= report
        if verbose:
            say(model.trained)
        return model

    def _announce(self, columns: Columns, table: Any, frame: Frame, time: str | None) -> None:
        """Say, before the training, what the columns are and what is learned from."""
        say(self.about(columns))
        if isinstance(table, Scan):
            say(
                "what they are is told from {rows:,} of {total:,} rows, drawn from all of them",
                rows=frame.height,
                total=table.height,
            )
        if time in self.preparation.names:
            say(
                "{time!r} orders the rows and is learned from, too; --drop {time}, or columns(..., drop=[{time!r}]), "
                "leaves it out.",
                time=time,
            )

    @property
    def classes(self) -> NDArray[Any]:
        """The classes as `predict` gives them, in the order of `predict_proba`; a regression has none."""
        if self.target.task == "regression":
            raise AttributeError(tr("{name!r} is a number, which has no classes.", name=self.target.name))
        return self.target.labels(np.eye(len(self.target.classes))).to_numpy()  # type: ignore[no-any-return]

    @property
    def feature_names(self) -> list[str]:
        """The columns that it learned from, which a table to predict needs."""
        return self.preparation.names

    classes_, feature_names_in_ = classes, feature_names  # as scikit-learn calls them

    @property
    def predicts(self) -> str:
        """What it predicts, for people."""
        if self.target.task == "regression":
            task = tr("regression")
            what = tr("values from {low:.6g} to {high:.6g}", low=self.target.low, high=self.target.high)
        else:
            task, what = tr("classification"), shown(self.target.classes)
        return f"{self.target.name}: {task}, {what} ({self.target.why})"

    @property
    def trained(self) -> str:
        """How it was trained, for people."""
        epochs = self.report.get("history", ())
        text = tr("trained on {rows:,} rows for {epochs} epochs", rows=self.report["rows"], epochs=len(epochs))
        if (best := self.report.get("kept_epoch")) is None:
            return text
        if self.report.get("own_validation"):
            return text + "; " + tr("epoch {best} is kept, the best one on the validation data", best=best)
        kept = tr("epoch {best} is kept, the best one on a fifth of them that told when to stop", best=best)
        return f"{text}; {kept}"

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
        P = self._outputs(data)
        return self.target.labels(P).to_numpy() if self.target.task == "classification" else P

    def predict_proba(self, data: Any) -> NDArray[np.float64]:
        """Return the probability of each class, of shape (rows, classes), in the order of ``target.classes``."""
        if self.target.task == "regression":
            raise InputError("{name!r} is a number, which has no classes: use predict.", name=self.target.name)
        return self._outputs(data)

    def _outputs(self, data: Any) -> NDArray[np.float64]:
        """Return probabilities of shape (rows, classes), or values of shape (rows,) in the units of the table.

        They are NaN where too few rows come before.
        """
        table = _table(data, self.past)
        blocks = list(table.map(self._predicted) if isinstance(table, Scan) else [self._predicted(table)])
        warn_of_unknown(unknown for _, unknown in blocks)
        return np.concatenate([P for P, _ in blocks])

    def _predicted(self, frame: Frame) -> tuple[NDArray[np.float64], dict[str, int]]:
        """Return what `_outputs` does, and for each column how many categories training did not know."""
        X, rows, unknown = examples(frame, self.preparation, self.past, self.target.name)
        P = self.network.predict(X) if len(X) else X[:0]
        return self.target.values_of(P, rows, frame.height), unknown

    def scored(self, data: Any) -> Any:
        """Return a table with the predictions beside its columns.

        Returns
        -------
        polars.DataFrame, pandas.DataFrame or pyarrow.Table
            Of the type that the table has (polars for a dict): all columns as they came, and "prediction"; for classes
            also "probability of ..." for each.
        """
        frame, unknown = self._scored(as_frame(data))
        warn_of_unknown([unknown])
        return like(data, frame)

    def scored_blocks(self, data: Scan) -> Iterator[Frame]:
        """Yield what `scored` returns, for a table in a file, a block of rows at a time."""
        all_unknown = []
        for frame, unknown in _table(data, self.past).map(self._scored):
            all_unknown.append(unknown)
            yield frame
        warn_of_unknown(all_unknown)

    def _scored(self, frame: Frame) -> tuple[Frame, dict[str, int]]:
        polars = needs_polars("A table")
        P, unknown = self._predicted(frame)
        if self.target.task == "regression":
            new = [polars.Series("prediction", P)]
        else:
            new = [self.target.labels(P).alias("prediction")]
            new += [polars.Series(f"probability of {c}", P[:, k]) for k, c in enumerate(self.target.classes)]
        if taken := [series.name for series in new if series.name in frame.columns]:
            raise InputError(
                "The table has columns that are called like the predictions, {taken}: rename them.", taken=shown(taken)
            )
        numbers = [series.fill_nan(None) if series.dtype.is_float() else series for series in new]
        return frame.with_columns(numbers), unknown

    def evaluate(self, data: Any) -> dict[str, float]:
        """Return the scores on a table that has the target, in its units, as `chainrule.tables.scores` says.

        Warns
        -----
        DataWarning
            If the model learned from some of the rows.
        """
        result = self._scores(data)
        warn_of_learned_rows(self.learned_share(data), data)
        return result

    def _scores(self, data: Any) -> dict[str, float]:
        table = _table(data, self.past)
        check_has(table, self.target.name)
        P, answers = self._outputs(table), table[self.target.name]
        rows = np.arange(table.height)
        if self.past is not None:
            rows = np.flatnonzero(~np.isnan(P.reshape(len(P), -1)[:, 0]) & ~texts(answers).is_null().to_numpy())
        if not len(rows):
            raise InputError("The table has no row that can be predicted, so there is nothing to score.")
        with rows_of_table(table), rows_among(rows):
            return scores(self.target, self.target.numbers_of(answers[rows]), P[rows])

    def learned_share(self, data: Any) -> float:
        """Return the share of a table's rows that the model learned from, by which scores on it say nothing.

        Rows are the same if they give the network the same inputs. Of more than a thousand different rows, the share is
        told from a sample; of a table in a file, from its first block. It is 0 where chance makes as many the same.
        """
        table = _table(data, self.past)
        frame = next(table.map(lambda rows: rows)) if isinstance(table, Scan) else table
        if self.seen is None:
            return 0.0
        return self.seen.share_of(examples(frame, self.preparation, self.past, self.target.name).X)

    def baselines(self, train: Any, test: Any) -> dict[str, dict[str, float]]:
        """Return the scores of models without a network on a test table.

        These are the most frequent class or the mean, and logistic or ridge regression; for a model that sees the past,
        the last value that is known, and the value one season before.
        """
        if self.past is not None:
            return naive(self.target, self.past, as_frame(test))
        train, test = (with_answers(_table(data), self.target.name, quiet=True) for data in (train, test))
        looked_at = rows_to_look_at(train)
        trains = self.preparation.prepare(looked_at).X, self.target.answers_of(looked_at)
        blocks = test.map(self.preparation.prepare) if isinstance(test, Scan) else [self.preparation.prepare(test)]
        return baselines(self.target, trains, (block.X for block in blocks), self.target.answers_of(test))

    def compare(self, train: Any, test: Any) -> dict[str, dict[str, float]]:
        """Return the scores of "this network" and of the baselines on a test table; the report keeps them.

        Parameters
        ----------
        train, test
            The table that it was trained on, which the baselines learn from, and one to test on.

        Warns
        -----
        DataWarning
            If the network is clearly behind one of the baselines.
        """
        self.report["test"] = compared = {later("this network"): self._scores(test), **self.baselines(train, test)}
        if sentence := self.behind():
            warn(sentence, DataWarning)
        return compared

    def behind(self) -> str:
        """Return a sentence if the network was clearly behind a baseline when they were compared, else ""."""
        shape = self.network.input_shape
        pictures = shape is not None and len(shape) == 3
        return behind(self.report["test"], weighed=bool(self.report.get("weighed")), pictures=pictures)

    def about(self, columns: Columns) -> str:
        """Return what was recognized, for people."""
        lines = [str(columns), self.predicts]
        assert self.network.input_shape is not None
        shape = " x ".join(map(str, self.network.input_shape))
        inputs = tr("1 input") if shape == "1" else tr("{shape} inputs", shape=shape)
        return "\n".join([*lines, f"{_columns(len(self.preparation.encoders))} {inputs}"])

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
            **({} if self.past is None else {"past": described_past(self.past)}),
            **({} if self.seen is None else {self.SEEN: vars(self.seen)}),
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
            If the file is damaged or was changed, or holds no model of a table: the text says what reads it.
        """
        network, description = models.load_described(path)
        if cls.KEY not in description:
            raise FileFormatError(
                "{path} holds no model of a table: it is {kind}.", path=path, kind=tr(model_kind(description))
            )
        return cls.of(network, description[cls.KEY], str(path))

    @classmethod
    def of(cls, network: Network, table: Any, name: str) -> TableModel:
        """Return the model of a network and what its file says of the table."""
        try:
            prepared = Preparation([rebuilt_encoder(column) for column in table["columns"]])
            past = rebuilt_past(table["past"]) if "past" in table else None
            seen = rebuilt_seen_rows(table[cls.SEEN]) if cls.SEEN in table else None
            target, report = rebuilt_target(table["target"]), rebuilt_report(table["report"])
            model = cls(network, prepared, target, report, past, seen)
            outputs = len(model.target.classes) if model.target.task == "classification" else 1
            wanted = (shape_of(prepared, past), (1 if outputs == 2 else outputs,))
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise FileFormatError(
                "{name} does not describe a table that this version knows: {error!r:.200}", name=name, error=error
            ) from error
        if wanted != (network.input_shape, network.output_shape):
            raise FileFormatError(
                "{name} describes a table of {n_in} inputs and {n_out} outputs, but its network takes "
                "{input_shape} and gives {output_shape}.",
                name=name,
                n_in=wanted[0],
                n_out=wanted[1],
                input_shape=network.input_shape,
                output_shape=network.output_shape,
            )
        return model

    def __repr__(self) -> str:
        return tr(
            "TableModel({target!r}, {task}, {count} columns)",
            target=self.target.name,
            task=tr(self.target.task),
            count=len(self.preparation.encoders),
        )


def _table(data: Any, past: Past | None = None) -> Any:
    """Return a frame, or a table in a file."""
    if isinstance(data, Scan) and past is not None:
        raise InputError(
            "The rows before a prediction may lie anywhere in a file: read the whole table, as chainrule.tables.read "
            "does."
        )
    return data if isinstance(data, Scan) else as_frame(data)


def _columns(n: int) -> str:
    return tr("1 column becomes") if n == 1 else tr("{count:,} columns become", count=n)


def _versions() -> dict[str, str]:
    return {"chainrule": __version__, "numpy": np.__version__}
