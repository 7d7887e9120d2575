"""What `chainrule predict` and `chainrule evaluate` do with a model that was trained on a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chainrule.cli.output import print_json, scores_table
from chainrule.cli.table_options import (
    TEXT,
    TableOptions,
    check_table_file,
    dialect_like,
    table_of,
    write_frame,
    write_text,
)
from chainrule.common.console import say
from chainrule.common.errors import InputError
from chainrule.common.number_text import number_text
from chainrule.common.text_table import text_table
from chainrule.common.texts import later, tr
from chainrule.datasets import DATASETS
from chainrule.tables import Scan, TableModel
from chainrule.tables.encoders import Numeric, Picture
from chainrule.tables.findings import warn_of_learned_rows
from chainrule.tables.frames import Frame
from chainrule.tables.pictures import come_from_files

_SHOWN = 20  # rows that are printed
_PREDICTION, _PROBABILITY = later("prediction"), "probability of "


def predict_table(model: TableModel, file: Path, options: TableOptions, out: Path | None, as_json: bool) -> None:
    """Write a table with the predictions beside its columns; or print the first of them, or all as JSON."""
    if out is not None:
        check_table_file(out)
    table = _table_for(model, file, options)
    if isinstance(table, Scan):
        if out is None or out.suffix.lower() not in TEXT:
            raise InputError(
                "{file} is large: say --out FILE.csv, which is written a block of rows at a time.", file=file
            )
        written = _write_text(model, model.scored_blocks(table), out, file)
        warn_of_learned_rows(model.learned_share(table), table)
        print_json({"rows": written, "out": str(out)}) if as_json else print(_written(written, model, out))
        return
    frame: Frame = table
    scored = model.scored(frame)
    warn_of_learned_rows(model.learned_share(frame), frame)
    if out is not None and out.suffix.lower() in TEXT:
        pictures = [encoder.name for encoder in model.preparation.encoders if encoder.kind == "picture"]
        _write_text(model, [scored.drop(pictures)], out, file)
    elif out is not None:
        write_frame(scored, out)
    rows = [_row(row) for row in scored.select(scored.columns[frame.width :]).iter_rows(named=True)]
    if as_json:
        print_json({"rows": len(rows), "out": str(out)} if out is not None else rows)
    elif out is not None:
        _tell(model, scored, out)
    elif not rows:
        say("{file} has no rows.", file=file)
    else:
        names = list(rows[0])
        cells = [[str(i), *(_cell(name, row[name]) for name in names)] for i, row in enumerate(rows[:_SHOWN], 1)]
        print(text_table([tr("row"), *map(tr, names)], cells))
        if len(rows) > _SHOWN:
            say("and {count:,} more rows; --out FILE writes them all", count=len(rows) - _SHOWN)


def _table_for(model: TableModel, file: Path, options: TableOptions) -> Any:
    """Return a table; its pictures in the size that the model knows, unless another one was said."""
    if model.past is not None:
        options = replace(options, history=model.past.history)
    table = table_of(file, options)
    sizes = [encoder.shape[:2] for encoder in model.preparation.encoders if isinstance(encoder, Picture)]
    if options.used_reading or not sizes or isinstance(table, Scan) or not come_from_files(table):
        return table
    same = table["picture"].dtype.shape[:2] == sizes[0]
    return table if same else table_of(file, replace(options, reading={"size": sizes[0]}))


def _tell(model: TableModel, scored: Frame, out: Path) -> None:
    """Say how many predictions were written, and how many rows have none."""
    without = scored[_PREDICTION].null_count()
    print(_written(scored.height - without, model, out) + _counts(scored, model))
    if model.past is not None and without:
        say(
            "{rows:,} rows have none, because fewer than {history} whole rows come before them",
            rows=without,
            history=model.past.history,
        )


def _written(rows: int, model: TableModel, out: Path) -> str:
    return tr("{rows:,} predictions of {target!r} written to {path}", rows=rows, target=model.target.name, path=out)


def _write_text(model: TableModel, scored: Iterable[Frame], out: Path, file: Path) -> int:
    """Write scored rows as the file that they came from is written, and return how many they are."""
    formats = [encoder.numbers for encoder in model.preparation.encoders if isinstance(encoder, Numeric)]
    comma = any(numbers.decimal == "," for numbers in (model.target.numbers, *formats))
    written = (frame.with_columns(model.target.as_written(frame[_PREDICTION])) for frame in scored)
    return write_text(written, out, dialect_like(out, file), decimal_comma=comma)


def _row(values: dict[str, Any]) -> dict[str, Any]:
    """Return a prediction and, of classes, the probability of that one."""
    probabilities = [p for name, p in values.items() if name.startswith(_PROBABILITY) and p is not None]
    certain = {later("probability"): max(probabilities)} if probabilities else {}
    return {_PREDICTION: values[_PREDICTION], **certain}


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "probability":
        return f"{value:.1%}"
    return number_text(value) if isinstance(value, float) else str(value)


def _counts(scored: Any, model: TableModel) -> str:
    """Return how many rows have each class, if there are few."""
    if not 0 < len(model.target.classes) <= 10:
        return ""
    counts = (
        model.target.as_written(scored[_PREDICTION])
        .drop_nulls()
        .value_counts(name="rows")
        .sort("rows", _PREDICTION, descending=[True, False])
    )
    if not counts.height:
        return ""
    return ": " + ", ".join(
        tr("{label} {count:,} times", label=row[_PREDICTION], count=row["rows"]) for row in counts.iter_rows(named=True)
    )


def evaluate_table(model: TableModel, path: Path, file: str, options: TableOptions, as_json: bool) -> None:
    """Print the scores on a table that has the answers."""
    if file in DATASETS:
        raise InputError(
            "{path} was trained on a table, to predict {target!r}: name a file with one, and not {file}.",
            path=path,
            target=model.target.name,
            file=file,
        )
    frame = _table_for(model, Path(file), options)
    scores = model.evaluate(frame)
    if as_json:
        print_json({"model": str(path), "table": file, "test": scores, "test_rows": frame.height})
    else:
        say("{rows:,} rows of {file}", rows=frame.height, file=file)
        print(scores_table({"this network": scores}))
