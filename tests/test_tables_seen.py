"""Which rows a model learned from: exactly in small tables, and from a sample in large ones."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import DataWarning, FileFormatError
from chainrule.files.models import load_described, write
from chainrule.tables.seen_rows import SeenRows

QUICK: dict[str, Any] = {"layers": (4,), "epochs": 1, "verbose": False}


@pytest.mark.parametrize("rows", [20, 999, 5000, 50_000])
def test_the_share_of_rows_that_were_learned_from(rows: int) -> None:
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(2, rows, 3)).astype(np.float32)
    seen = SeenRows.of(X[: rows // 3], X[rows // 3 :])
    assert len(seen.digests) == min(rows, 1000)
    assert seen.share_of(X) == 1 and seen.share_of(new) == 0
    mixed = np.concatenate([X[: rows // 2], new[rows // 2 :]])
    assert seen.share_of(mixed) == pytest.approx(rows // 2 / rows, abs=0.0 if rows < 1000 else 0.06)
    assert seen.share_of(X[:0]) == 0


def test_rows_that_are_the_same_by_chance_say_nothing() -> None:
    """Of three dice there are 216 throws, and new throws were there before."""
    rng = np.random.default_rng(0)
    X, new = rng.integers(1, 7, (2, 600, 3)).astype(np.float32)
    seen = SeenRows.of(X)
    assert seen.by_chance > 0.7 and np.isin(new @ [1, 10, 100], X @ [1, 10, 100]).mean() > 0.8
    assert seen.share_of(new) == 0


def table(seed: int, rows: int = 120) -> polars.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return polars.DataFrame({"x": x, "color": rng.choice(["red", "blue"], rows), "y": x + rng.normal(size=rows)})


def test_a_file_keeps_what_was_learned_from(tmp_path: Path) -> None:
    model = cr.TableModel.fit(table(0), "y", **QUICK)
    model.save(tmp_path / "model")
    again = cr.TableModel.load(tmp_path / "model")
    assert again.seen == model.seen
    table(0)[::-1].write_csv(tmp_path / "again.csv")
    assert again.learned_share(cr.tables.read(tmp_path / "again.csv")) == 1
    assert again.learned_share(table(0).to_pandas()[["color", "x"]]) == 1
    assert again.learned_share(table(1)) == 0
    again.seen = None
    assert again.learned_share(table(0)) == 0


@pytest.mark.parametrize("seen", [3, {}, {"digests": [1.5], "largest": 3, "by_chance": 0.1}, {"digests": [], "a": 1}])
def test_a_file_whose_digests_make_no_sense_is_refused(tmp_path: Path, seen: Any) -> None:
    cr.TableModel.fit(table(0), "y", **QUICK).save(tmp_path / "model")
    network, description = load_described(tmp_path / "model")
    write(network, tmp_path / "model", {"table": description["table"] | {"seen": seen}})
    with pytest.raises(FileFormatError, match="does not describe a table that this version knows"):
        cr.TableModel.load(tmp_path / "model")


def test_rows_of_windows_are_known_again() -> None:
    frame = {"load": np.random.default_rng(0).normal(size=100)}
    model = cr.TableModel.fit(frame, "load", history=3, **QUICK)
    assert model.learned_share(frame) == 1
    assert model.learned_share({"load": frame["load"] + 1}) == 0


def test_the_commands_say_that_rows_were_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table(0).write_csv("table.csv")
    table(1).write_csv("new.csv")

    def err(*arguments: str) -> str:
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # the command prints them
            assert main(list(arguments)) == 0
        return capsys.readouterr().err

    assert err("train", "table.csv", "--target", "y", "--layers", "4", "--epochs", "1", "--out", "model") == ""
    said = "The model learned from about 80% of the rows of table.csv, so what it makes of them does not tell"
    assert said in err("evaluate", "model", "table.csv")
    assert said in err("predict", "model", "table.csv", "--out", "scored.csv")
    assert err("evaluate", "model", "new.csv") == err("predict", "model", "new.csv") == ""
    monkeypatch.setattr("chainrule.cli.table_options.LARGE", 1000)
    assert said in err("evaluate", "model", "table.csv")
    assert said in err("predict", "model", "table.csv", "--out", "scored.csv")
    capsys.readouterr()
    main(["info", "model", "--json"])
    assert "seen" not in json.loads(capsys.readouterr().out)["table"]


def test_a_few_rows_are_told_by_more_than_chance() -> None:
    """Of rows of which half have a twin in training by chance, one says nothing, and a hundred do."""
    random = np.random.default_rng(0)
    seen = SeenRows.of(random.integers(0, 60, (100, 1)).astype(np.float32))
    assert 0.5 < seen.by_chance < 0.95
    assert not any(seen.share_of(np.array([[value]], np.float32)) for value in range(60))


def test_scores_on_rows_that_were_learned_from_are_told_as_such() -> None:
    model = cr.TableModel.fit(table(0), "y", **QUICK)
    with pytest.warns(DataWarning, match="learned from about 100% of the rows of this table"):
        model.evaluate(table(0))
    assert model.evaluate(table(1)).keys() == {"mae", "rmse", "r2"}  # and nothing is said of new rows
    assert "this network" in model.compare(table(0), table(1))
