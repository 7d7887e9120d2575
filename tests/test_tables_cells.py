"""What is said of cells and columns: how a number differs from the others, and why a column is left out."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.tables.number_texts import NumberFormat, difference

QUICK: dict[str, Any] = {"layers": (4,), "epochs": 1, "verbose": False}


@pytest.mark.parametrize(
    "value, format, said",
    [
        ("1,5", NumberFormat(), "Its decimal sign is ',', and that of the others is '.'."),
        ("1.5", NumberFormat(","), "Its decimal sign is '.', and that of the others is ','."),
        ("3 g", NumberFormat(unit="kg"), "Its unit is 'g', and that of the others is 'kg'."),
        ("3 ells", NumberFormat(unit="kg"), "Its unit is 'ells', and that of the others is 'kg'."),
        ("3", NumberFormat(unit="kg"), "It has no unit, and the others have 'kg'."),
        ("3 kg", NumberFormat(), "It has the unit 'kg', and the others have none."),
        ("12.5.1", NumberFormat(), ""),
        ("soon", NumberFormat(), ""),
    ],
)
def test_how_a_number_differs(value: str, format: NumberFormat, said: str) -> None:
    assert difference(value, format) == said
    x = [f"{i}{format.decimal}25 {format.unit}".rstrip() for i in range(30)]
    error = rf"is '{value}'.*{said}"
    if value != "soon":
        with pytest.raises(InputError, match=error):
            cr.tables.columns({"x": [*x, value]})
    model = cr.TableModel.fit({"x": x, "y": [float(i % 7) for i in range(30)]}, "y", **QUICK)
    with pytest.raises(InputError, match=error):
        model.predict({"x": [value]})


def test_why_a_column_is_no_number_to_learn_from() -> None:
    notes = {column.name: column.note for column in cr.tables.columns({
        "user_id": [7 * i for i in range(20)], "position": list(range(20)), "uuid": [f"u{i}" for i in range(20)],
        "name": [f"n{i}" for i in range(20)],
    })}  # fmt: skip
    assert notes == {
        "user_id": "an identifier: each row has its own number",
        "position": "it counts the rows (--numeric position learns from it)",
        "uuid": "an identifier: each row has its own text",
        "name": "texts that hardly repeat, such as names",
    }
