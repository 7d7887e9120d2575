"""The history of a training run: printed, as a data frame, and drawn."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest

from chainrule.common.errors import InputError, MissingExtraError
from chainrule.training.history import History


def history(rows: list[dict[str, float]]) -> History:
    made = History()
    for row in rows:
        made.append(row)
    return made


# The second fit has validation data, and a metric that only validation can have.
ROWS = [
    {"loss": 0.9, "mae": 0.5},
    {"loss": 0.4, "mae": 0.4, "val_loss": 0.8, "val_mae": 0.5, "val_roc_auc": 0.7},
    {"loss": 0.3, "mae": 0.3, "val_loss": 0.6, "val_mae": 0.6, "val_roc_auc": 0.8},
    {"loss": 0.2, "mae": 0.2, "val_loss": 0.7, "val_mae": 0.6, "val_roc_auc": 0.9},
]


def test_rows_are_plain_data() -> None:
    assert json.loads(json.dumps(history(ROWS).rows)) == ROWS


def test_scores_that_come_later_leave_gaps() -> None:
    made = history(ROWS)
    assert (len(made), made["val_loss"]) == (4, [0.8, 0.6, 0.7])
    assert str(made).splitlines()[:3] == [
        "epoch    loss     mae  val_loss  val_mae  val_roc_auc",
        "1      0.9000  0.5000",
        "2      0.4000  0.4000    0.8000   0.5000       0.7000",
    ]


def test_data_frame_has_a_row_per_epoch_and_a_column_per_score() -> None:
    frame = history(ROWS).to_frame()
    assert list(frame.columns) == ["loss", "mae", "val_loss", "val_mae", "val_roc_auc"]
    assert (frame.index.name, list(frame.index)) == ("epoch", [1, 2, 3, 4])
    assert frame.loc[3, "val_loss"] == 0.6
    assert frame["val_loss"].isna().tolist() == [True, False, False, False]
    assert history([]).to_frame().empty


def curves(axes: Any) -> dict[str, tuple[list[float], list[float]]]:
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}


def test_plot_has_a_panel_per_score_with_both_curves_and_the_best_epoch(tmp_path: Path) -> None:
    figure = history(ROWS).plot(tmp_path / "history.png")
    assert matplotlib.image.imread(tmp_path / "history.png").std() > 0.05  # something is drawn
    panels = {axes.get_title(): curves(axes) for axes in figure.axes}
    assert list(panels) == ["loss", "mae", "roc_auc"]
    best = "lowest validation loss: epoch 3"
    assert panels["loss"] == {
        "training": ([1, 2, 3, 4], [0.9, 0.4, 0.3, 0.2]),
        "validation": ([2, 3, 4], [0.8, 0.6, 0.7]),
        best: ([3, 3], [0, 1]),
    }
    assert list(panels["roc_auc"]) == ["validation", best]
    assert [text.get_text() for text in figure.legends[0].texts] == ["training", "validation", best]


def test_plot_without_validation_marks_the_lowest_loss() -> None:
    figure = history([{"loss": 2.0}, {"loss": 1.0}, {"loss": 3.0}]).plot()
    assert "lowest loss: epoch 2" in curves(figure.axes[0])


@pytest.mark.parametrize("epochs", [1, 2, 7, 200])
def test_plot_counts_epochs_in_whole_numbers_and_shows_a_single_one(epochs: int) -> None:
    axes = history([{"loss": 1 / epoch} for epoch in range(1, epochs + 1)]).plot().axes[0]
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert 1 <= len(ticks) <= 12
    assert all(tick == round(tick) and 1 <= tick <= epochs for tick in ticks)
    assert (axes.lines[0].get_marker() == "o") == (epochs <= 30)  # a line of one point cannot be seen


def test_plot_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to draw yet: call fit first"):
        History().plot()
    with pytest.raises(InputError, match=r"history\.txt cannot be drawn: its suffix must be one of .*\.png"):
        history(ROWS).plot(tmp_path / "history.txt")


def test_missing_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "chainrule.common.picture", raising=False)
    with pytest.raises(MissingExtraError, match=r"pandas.*chainrule\[log\]"):
        history(ROWS).to_frame()
    with pytest.raises(MissingExtraError, match=r"matplotlib.*chainrule\[plot\]"):
        history(ROWS).plot()
