"""What `chainrule train` does with a table of the user's own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainrule.cli.output import print_json, scores_table
from chainrule.cli.stopping import stopping
from chainrule.cli.table_options import TableOptions
from chainrule.common.errors import InputError
from chainrule.equations.initializers import SUITED
from chainrule.layers import Activation, Dense, Dropout, Layer
from chainrule.tables import TableModel, columns, read, split
from chainrule.tables.columns import check_has, shown
from chainrule.tables.frames import Frame
from chainrule.tables.model import DROPOUT, with_answers

_SHARE = 0.2  # of the rows that test, if nobody says so
_FEW_VALUES = 50  # of a target, each of which has the same share of the rows that train and test


def train_table(path: Path, options: TableOptions, settings: dict[str, Any], out: Path | None, as_json: bool) -> None:
    """Train on a table, test on rows kept apart, compare with the baselines, and save."""
    frame = read(path, **options.used_reading)
    target = _target(path, frame, options)
    kinds = columns(frame, **{sort: _names(getattr(options, sort), frame) for sort in _SORTS})
    frame = with_answers(frame, target)
    rows, rows_test, how = _parts(frame, target, options, kinds[target].distinct, settings["seed"])
    task: Any = options.task
    if not as_json:
        print(f"{path}: {frame.height:,} rows, {frame.width:,} columns")
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        verbose = not as_json or sys.stderr.isatty()
        model = TableModel.fit(rows, target, columns=kinds, task=task, verbose=verbose, **settings)
    stopping.protect()
    model.report["test"] = scores = {"this network": model.evaluate(rows_test), **model.baselines(rows, rows_test)}
    if out is not None:
        model.save(out)
    if as_json:
        print_json(
            {
                "table": str(path),
                "target": target,
                "task": model.target.task,
                "columns": [{"name": c.name, "kind": c.kind, "note": c.note} for c in kinds],
                "rows": rows.height,
                "test_rows": rows_test.height,
                "history": model.network.history.rows,
                "test": scores["this network"],
                "baselines": {name: values for name, values in scores.items() if name != "this network"},
                "out": None if out is None else str(out),
            }
        )
        return
    print(f"\n{rows_test.height:,} test rows {how}")
    print(scores_table(scores))
    if out is not None:
        print(f"saved to {out}")


_SORTS = ("numeric", "categorical", "date", "drop")


def _names(said: Sequence[str], frame: Frame) -> list[str]:
    """Return names of columns, also of those that were said with commas between them."""
    return [name for text in said for name in ([text] if text in frame.columns else text.split(","))]


def _target(path: Path, frame: Frame, options: TableOptions) -> str:
    """Return the column to predict."""
    target = options.target or options.reading.get("y")
    if target is None and set(frame.columns) == {"file", "picture", "class"}:
        return "class"
    if target is None:
        raise InputError(
            f"{path} is a table: say which column to predict, as in --target {frame.columns[-1]}. Its columns are "
            f"{shown(frame.columns)}."
        )
    check_has(frame, target)
    return target


def _parts(frame: Frame, target: str, options: TableOptions, distinct: int, seed: int) -> tuple[Frame, Frame, str]:
    """Return the rows to train on, those to test on, and how these were chosen."""
    if options.test is not None:
        if options.split is not None or options.split_by_time or options.group:
            raise InputError("--test names the rows that test: leave out --split, --split-by-time and --group.")
        test = read(options.test, **options.used_reading)
        check_has(test, target)
        return frame, with_answers(test, target), f"of {options.test}"
    share = _SHARE if options.split is None else options.split
    how = {"time": options.split_by_time, "group": options.group}
    if not any(how.values()) and distinct <= _FEW_VALUES:
        how["stratify"] = target
    text = f"drawn at random ({share:.0%})"
    if options.split_by_time:
        text = f"({share:.0%}), the last ones by {options.split_by_time!r}"
    elif options.group:
        text = f"of other groups of {options.group!r} than those that train"
    train, test = split(frame, share, seed=seed, **how)
    return train, test, text


def hidden_layers(sizes: Sequence[int], hidden: str) -> Sequence[int | Layer]:
    """Return hidden layers of some sizes: as `TableModel.fit` makes them, or with another activation than ReLU."""
    if hidden == "relu":
        return sizes
    parts = [
        [Dense(units, initializer=SUITED.get(hidden, "he")), Activation(hidden), Dropout(DROPOUT)] for units in sizes
    ]
    return [layer for part in parts for layer in part]
