"""Equal rows in both parts of a table: copies are told, coincidence is not."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import chainrule as cr

N = 400
RNG = np.random.default_rng(0)
HALF: dict[str, Any] = {
    "x": RNG.normal(size=N // 2),
    "z": RNG.integers(0, 100, (N // 2, 3)),
    "c": RNG.choice(list("uv"), N // 2),
}


def of_columns(x: Any) -> dict[str, Any]:
    return {f"c{i}": column for i, column in enumerate(np.transpose(x))}


def said(table: Any) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cr.tables.split(table, 0.2)
    return any("are the same as rows that train" in str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    "table",
    [
        of_columns(RNG.integers(0, 2, (N, 2))),  # two yes/no columns repeat themselves
        of_columns(RNG.random((N, 10)) < 0.02),  # many, of which most are no
        of_columns(RNG.integers(0, 6, (N, 3))),  # three dice
        of_columns(np.outer(RNG.integers(0, 5, N), [1, 2, 3, 4, 5])),  # each column says all others
    ],
)
def test_coincidence_is_not_told(table: dict[str, Any], tmp_path: Path) -> None:
    assert not said(table)
    polars.DataFrame(table).write_csv(tmp_path / "table.csv")
    assert not said(cr.tables.scan(tmp_path / "table.csv"))


@pytest.mark.parametrize(
    "half",
    [
        {"x": HALF["x"], "y": HALF["x"] * 2},
        {"x": HALF["x"], "c": HALF["c"]},
        of_columns(HALF["z"]),
    ],
)
def test_copies_are_told(half: dict[str, Any], tmp_path: Path) -> None:
    table = {name: np.tile(values, 2) for name, values in half.items()}
    assert said(table)
    polars.DataFrame(table).write_csv(tmp_path / "table.csv")
    assert said(cr.tables.scan(tmp_path / "table.csv"))
    few = {name: np.concatenate([values, values[:8]]) for name, values in half.items()}
    assert said(few)
