"""The preset "tabular" of tables: that of the estimators, on prepared columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import InputError


def table(task: str) -> polars.DataFrame:
    rng = np.random.default_rng(0)
    x, color = rng.normal(size=200), rng.choice(["red", "green", "blue"], 200)
    z = np.sin(3 * x) + (color == "red")
    y: Any = z if task == "regression" else np.where(z > 0.4, "high", "low")
    return polars.DataFrame({"x": x, "color": color, "y": y})


class Rates(cr.Callback):
    def run_start(self, run: Any) -> None:
        self.optimizer = run.engine.optimizer


@pytest.mark.parametrize(
    ("task", "activation", "rate", "loss"),
    [
        ("regression", "mish", 0.07, cr.losses.MeanSquaredError()),
        ("classification", "selu", 0.04, cr.losses.BinaryCrossEntropy(0.1)),
    ],
)
def test_it_is_the_network_of_the_estimators(task: str, activation: str, rate: float, loss: Any) -> None:
    rates = Rates()
    model = cr.TableModel.fit(table(task), "y", preset="tabular", epochs=30, callbacks=[rates], verbose=False)
    layers = model.network.body.layers
    assert [layer.label for layer in layers] == ["Scale", *["NTKDense", activation] * 3, "NTKDense"]
    assert (model.network.loss, model.preparation.width) == (loss, 4)  # three colors are three inputs
    assert rates.optimizer == cr.Adam(cr.CosineLog(rate, 30), beta2=0.95)
    scores = [epoch["val_loss" if task == "regression" else "val_accuracy"] for epoch in model.report["history"]]
    best = min(scores) if task == "regression" else max(scores)
    assert len(scores) == 30  # none ends it early
    assert model.report["kept_epoch"] == 30 - scores[::-1].index(best)  # of equals the last
    assert f"epoch {model.report['kept_epoch']} is kept" in model.trained


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"preset": "tables"}, "preset is 'tabular' or None, but it is 'tables'"),
        ({"layers": (8,)}, 'preset="tabular" decides layers itself'),
        ({"optimizer": "adam"}, 'preset="tabular" decides optimizer itself'),
        ({"batch_size": 8}, 'preset="tabular" decides batch_size itself'),
        ({"history": 3}, "learns from a row, and history=3 from those before"),
    ],
)
@pytest.mark.usefixtures("no_type_checks")
def test_what_it_decides_cannot_be_said_beside_it(said: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=error):
        cr.TableModel.fit(table("regression"), "y", verbose=False, **{"preset": "tabular", **said})


def test_pictures_have_no_columns() -> None:
    pictures = polars.Series("picture", np.zeros((4, 8, 8, 1), np.uint8))
    with pytest.raises(InputError, match="categories and dates, not from pictures"):
        cr.TableModel.fit({"picture": pictures, "y": [1, 2, 1, 2]}, "y", preset="tabular", verbose=False)


def test_the_command_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table("classification").write_csv("table.csv")
    said = ["train", "table.csv", "--target", "y", "--preset", "tabular"]
    assert main([*said, "--epochs", "2", "--out", "model"]) == 0
    assert main(["info", "model"]) == 0 and "NTKDense" in capsys.readouterr().out
    for more, error in {
        ("--layers", "8"): "--preset tabular decides the layers itself: leave out --layers and --hidden",
        ("--hidden", "tanh"): "--preset tabular decides the layers itself",
        ("--lr", "0.1"): 'preset="tabular" decides optimizer itself',
    }.items():
        assert main([*said, *more]) == 2 and error in capsys.readouterr().err
    assert main(["train", "moons", "--preset", "tabular"]) == 2
    assert "--preset is for tables of your own, and moons is none" in capsys.readouterr().err
