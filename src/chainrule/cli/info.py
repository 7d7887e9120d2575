"""`chainrule info`: what a model file holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import Network
from chainrule.cli.inputs import ModelArgument
from chainrule.cli.output import JsonOption, print_json, scores_table
from chainrule.common.console import say
from chainrule.common.text_table import text_table
from chainrule.common.texts import tr
from chainrule.files.models import load_described
from chainrule.tables import TableModel
from chainrule.tables.dates import CLOCKS
from chainrule.tables.descriptions import described
from chainrule.tables.encoders import Date

_MOST_DAYS = 3e6  # from 1970: dates have years of four digits

EXAMPLE = "Example: chainrule info digits.safetensors"


def run(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Print what a model file holds.

    These are its layers and loss; of a model that was trained on a table also its columns, what it predicts, how it was
    trained, its scores beside the baselines', and the versions that wrote it; and the checksum, which is checked.
    """
    network, description = load_described(model)
    table = TableModel.of(network, description[TableModel.KEY], str(model)) if TableModel.KEY in description else None
    size, digest = model.stat().st_size, description["digest"]
    if as_json:
        print_json(
            {
                "model": str(model),
                "layers": description["layers"],
                "loss": description["loss"],
                "input_shape": description["input_shape"],
                "dtype": description["dtype"],
                "table": None if table is None else _without_digests(description[TableModel.KEY]),
                "bytes": size,
                "sha256": digest,
            }
        )
        return
    if table is not None:
        print(_about(table), end="\n\n")
    print(_network(network))
    say(
        "{model}: {size:,} bytes, checksum {checksum}",
        model=model,
        size=size,
        checksum=digest[:16] if digest else tr("none (a file of before)"),
    )


def _without_digests(description: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in description.items() if name != TableModel.SEEN}


def _network(network: Network) -> str:
    return f"{network.summary()}\n{tr('loss')}: {network.loss!r}"


def _about(table: TableModel) -> str:
    """Return what a model knows of its table."""
    rows = [[e.name, tr(e.kind), f"{e.width:,}", _detail(described(e))] for e in table.preparation.encoders]
    lines = [
        text_table([tr("column"), tr("kind"), tr("inputs"), tr("as in training")], rows, texts=(0, 1, 3)),
        "",
        table.predicts,
        table.trained,
        tr(
            "written by {versions}",
            versions=", ".join(f"{name} {version}" for name, version in table.report.get("versions", {}).items()),
        ),
    ]
    if "test" in table.report:
        lines += ["", scores_table(table.report["test"]), *filter(None, [table.behind()])]
    return "\n".join(lines)


def _moment(fields: dict[str, Any], days: float) -> str:
    """Return days since 1970 as a date, or as a time of day."""
    if not abs(days) < _MOST_DAYS:  # no date in a table, but files may say anything
        return f"{days:.6g}"
    moment = np.datetime64("1970-01-01", "m") + np.timedelta64(round(days * 24 * 60), "m")
    date, clock = str(moment).split("T")
    return clock if fields["formats"] and fields["formats"][0] in CLOCKS else date


def _detail(fields: dict[str, Any]) -> str:
    if fields["kind"] == Date.kind:
        center, one = (_moment(fields, days) for days in (fields["center"], fields["center"] + fields["scale"]))
        return tr("{center} becomes 0, {one} about 1", center=center, one=one)
    if "center" in fields:
        return tr(
            "{center:.6g} becomes 0, {one:.6g} about 1", center=fields["center"], one=fields["center"] + fields["scale"]
        )
    if "categories" in fields:
        shown = [category or tr("(missing)") for category in fields["categories"][:6]]
        shown += ["..."] if len(fields["categories"]) > 6 else []
        return ", ".join([*shown, tr("others")] if fields["other"] else shown)
    return " x ".join(map(str, fields["shape"]))
