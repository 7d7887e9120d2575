"""What `chainrule train` does with a table of the user's own."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.output import print_json, scores_table
from chainrule.cli.stopping import stopping
from chainrule.cli.table_options import TableOptions, table_of
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.common.settings import number
from chainrule.common.texts import tr
from chainrule.equations.initializers import SUITED
from chainrule.layers import GRU, LSTM, RNN, Activation, Dense, Dropout, Layer
from chainrule.tables import Scan, TableModel, columns, split
from chainrule.tables.answers import with_answers
from chainrule.tables.columns import Columns, check_has
from chainrule.tables.frames import Frame
from chainrule.tables.networks import DROPOUT
from chainrule.tables.preparation import check_readable, likely
from chainrule.tables.recognition import shown
from chainrule.tables.repeated_rows import warn_of_repeated
from chainrule.tables.rows import rows_of, taken
from chainrule.tables.splitting import moments_of, without_groups
from chainrule.tables.targets import target_of

_WIDEST = 1_000_000_000  # units of a layer: memory ends before, but beyond 2**63 NumPy speaks of dimensions instead
_RECURRENT: dict[str, Any] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
_SHARE = 0.2  # of the rows that test, if nobody says so
_FEW_VALUES = 50  # of a target, each of which has the same share of the rows that train and test


def train_table(path: Path, options: TableOptions, settings: dict[str, Any], out: Path | None, as_json: bool) -> None:
    """Train on a table, test on rows kept apart, compare with the baselines, and save."""
    frame = table_of(path, options)
    target = _target(path, frame, options)
    if isinstance(frame, Scan):
        frame.look(*filter(None, (target, options.split_by_time, options.group)))
    if not frame.height:
        raise InputError("{path} has the columns {columns}, but no rows.", path=path, columns=shown(frame.columns))
    _check_not_target(target, options, frame)
    kinds = without_groups(_kinds(frame, options), options.group)
    if options.history is None:  # else a row without a target is a hole in the past of others
        frame = with_answers(frame, target)
    rows, rows_test, how = _parts(frame, target, options, kinds, settings["seed"])
    task: Any = options.task
    settings |= {"class_weight": options.class_weight}
    if not as_json:
        say("{path}: {rows:,} rows, {columns:,} columns", path=path, rows=frame.height, columns=frame.width)
    _check_test(rows, rows_test, kinds, target, options)
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        verbose = not as_json or sys.stderr.isatty()
        if options.history is not None:
            settings |= {"history": options.history, "horizon": options.horizon or 1, "time": options.time}
        else:  # what tells when to stop is drawn as what tests
            settings |= {"time": options.split_by_time, "group": options.group}
        model = TableModel.fit(rows, target, columns=kinds, task=task, verbose=verbose, **settings)
    stopping.protect()
    scores = _test(model, rows, rows_test, out)
    if as_json:
        with speaking("en"):  # what programs read is the same in all languages
            notes = [column.note for column in kinds]
        print_json(
            {
                "table": str(path),
                "target": target,
                "task": model.target.task,
                "columns": [
                    {"name": c.name, "kind": c.kind, "note": note} for c, note in zip(kinds, notes, strict=True)
                ],
                "rows": rows.height,
                "test_rows": rows_test.height,
                "history": model.network.history.rows,
                "test": scores["this network"],
                "baselines": {name: values for name, values in scores.items() if name != "this network"},
                "out": None if out is None else str(out),
            }
        )
        return
    print(f"\n{how}")
    print(scores_table(scores))
    if out is not None:
        say("saved to {path}", path=out)


def _test(model: TableModel, rows: Frame, rows_test: Frame, out: Path | None) -> dict[str, dict[str, float]]:
    """Return the scores of the model and of the baselines, and save it with them."""
    if out is not None:
        model.save(out)  # before the test, so that no mistake in its rows costs the training
    try:
        scores = model.compare(rows, rows_test)
    except InputError as error:
        kept = "" if out is None else " " + tr("The model is in {path}, without scores.", path=out)
        raise InputError("The rows that test cannot be scored. {error}{kept}", error=error, kept=kept) from None
    if out is not None:
        model.save(out)
    return scores


def _kinds(frame: Frame, options: TableOptions) -> Columns:
    """Return what the columns are, but for what the options say of them."""
    said = {sort: _names(getattr(options, sort), frame) for sort in _SORTS}
    for sort, names in said.items():
        if options.group in names and sort != "drop":
            raise InputError(
                "--group {group} only splits the rows, and nothing is learned from it, so --{sort} {group} means "
                "nothing: leave out one of them, or copy the column under another name.",
                group=options.group,
                sort=sort,
            )
    return columns(frame, **said)


_SORTS = ("numeric", "categorical", "date", "drop")


def _names(said: Sequence[str], frame: Frame) -> list[str]:
    """Return names of columns, also of those that were said with commas between them."""
    return [name for text in said for name in ([text] if text in frame.columns else text.split(","))]


def _target(path: Path, frame: Frame, options: TableOptions) -> str:
    """Return the column to predict."""
    target = options.target or options.reading.get("y")
    if options.target is None and "class" in frame.columns and ("picture" in frame.columns or target is not None):
        return "class"
    if target is None:
        raise InputError(
            "{path} is a table: say which column to predict, as in --target {last}. Its columns are {columns}.",
            path=path,
            last=frame.columns[-1],
            columns=shown(frame.columns),
        )
    check_has(frame, target)
    return target


def _parts(frame: Frame, target: str, options: TableOptions, kinds: Columns, seed: int) -> tuple[Frame, Frame, str]:
    """Return the rows to train on, those to test on, and how these were chosen.

    That those which test can be read is checked here, where their rows count as in the file.
    """
    learned = Columns([column for column in kinds if column.name != target])
    if options.test is not None:
        if options.split is not None or options.split_by_time or options.group:
            raise InputError("--test names the rows that test: leave out --split, --split-by-time and --group.")
        test = table_of(options.test, options)
        check_has(test, target)
        _check_readable(test, learned)
        if options.history is None:
            test = with_answers(test, target)
        return frame, test, tr("{rows:,} test rows of {file}", rows=test.height, file=options.test)
    share = _SHARE if options.split is None else options.split
    if options.history is not None:
        return _last(frame, options, share)
    how = {"time": options.split_by_time, "group": options.group}
    if not any(how.values()) and kinds[target].distinct <= min(_FEW_VALUES, frame.height / 2):
        how["stratify"] = target
    text = tr("drawn at random")
    if options.split_by_time:
        text = tr("the last ones by {column!r}", column=options.split_by_time)
    elif options.group:
        text = tr("of other groups of {column!r} than those that train", column=options.group)
    train, test = split(frame, share, seed=seed, **how)
    if isinstance(test, Scan):  # the rows that stand for all may be others
        _check_readable(test, learned)
    return train, test, tr("{rows:,} test rows ({share:.0%}), {how}", rows=test.height, share=share, how=text)


def _check_readable(test: Any, learned: Columns) -> None:
    """Raise an error, before the training, if a cell of the rows that test cannot be read."""
    try:
        check_readable(test, learned)
    except InputError as error:
        raise InputError("The rows that test: {error}", error=error) from None


def _check_not_target(target: str, options: TableOptions, frame: Frame) -> None:
    """Raise an error if the column to predict was named where it makes no sense."""
    named: dict[str, Sequence[str | None]] = {
        "--drop": _names(options.drop, frame),
        "--split-by-time": [options.split_by_time],
        "--group": [options.group],
        "--time": [options.time],
    }
    for option, names in named.items():
        if target in names:
            raise InputError(
                "{option} names {target!r}, which is to be predicted: name another column.",
                option=option,
                target=target,
            )


def _check_test(rows: Frame, rows_test: Frame, kinds: Columns, target: str, options: TableOptions) -> None:
    """Raise an error, before the training, if the rows that test lack a column or have a class of their own."""
    there = set(rows_test.columns)
    lacking = [c.name for c in kinds if c.kind != "left out" and c.name not in there]
    if lacking:
        raise InputError(
            "{test} lacks {lacking}, which the network learns from: add them, or --drop.{suggestion}",
            test=options.test,
            lacking=shown(lacking),
            suggestion=likely(lacking, rows_test.columns),
        )
    task: Any = options.task
    answered = with_answers(rows, target, quiet=True)
    goal = target_of(answered, kinds[target], task, in_time=options.history is not None)
    try:
        goal.answers_of(with_answers(rows_test, target, quiet=True))
    except InputError as error:
        raise InputError("The rows that test: {error}", error=error) from None
    if options.test is not None:
        warn_of_repeated(rows, rows_test)  # of its own parts, `split` warns


def _last(frame: Frame, options: TableOptions, share: float) -> tuple[Frame, Frame, str]:
    """Return the first rows in time and the last ones, these with as many before them as a prediction needs."""
    assert options.history is not None
    if options.split_by_time or options.group:
        raise InputError("With --history, the last rows in time test: leave out --split-by-time and --group.")
    if options.time is not None:
        check_has(frame, options.time)
        with rows_of(frame):
            moments = moments_of(frame[options.time])
        frame = taken(frame, np.argsort(moments, kind="stable"))
    n = max(1, round(number("train", "--split", share, 0, 1, "neither") * frame.height))
    before = max(frame.height - n - options.history - (options.horizon or 1) + 1, 0)
    text = tr(
        "{rows:,} test rows ({share:.0%}), the last ones, each predicted from {history} rows before it",
        rows=n,
        share=share,
        history=options.history,
    )
    return taken(frame, slice(None, -n)), taken(frame, slice(before, None)), text


def hidden_layers(layers: str, hidden: str) -> Sequence[int | Layer]:
    """Return hidden layers by their sizes: as `TableModel.fit` makes them, or with another activation than ReLU.

    Recurrent ones, such as lstm:32, come before the others; all but the last of them give their whole sequence on.
    """
    texts = layers.split(",") if layers.strip() else []
    matches = [re.fullmatch(r"\s*(rnn|lstm|gru):([1-9]\d{0,8})\s*", text, re.ASCII) for text in texts]
    recurrent = [match for match in matches if match is not None]
    if matches[: len(recurrent)] != recurrent:
        raise InputError("--layers takes recurrent layers before the others, but it is {layers!r}.", layers=layers)
    made: list[int | Layer] = [
        _RECURRENT[match[1]](int(match[2]), sequence=match is not recurrent[-1]) for match in recurrent
    ]
    sizes = hidden_sizes(",".join(texts[len(recurrent) :]))
    if hidden == "relu":
        return [*made, *sizes]
    parts = [[Dense(n, initializer=SUITED.get(hidden, "he")), Activation(hidden), Dropout(DROPOUT)] for n in sizes]
    return [*made, *(layer for part in parts for layer in part)]


def hidden_sizes(layers: str) -> list[int]:
    """Return the units of hidden layers."""
    try:
        sizes = [int(size) for size in layers.split(",")] if layers.strip() else []
    except ValueError:
        sizes = [0]
    if not all(0 < size <= _WIDEST for size in sizes):
        raise InputError(
            "--layers takes the units of each hidden layer, whole numbers from 1 to {most:,} separated by commas "
            "such as 128,64, but it is {layers!r}.",
            most=_WIDEST,
            layers=layers,
        )
    return sizes
