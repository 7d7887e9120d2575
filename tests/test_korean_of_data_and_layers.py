"""What networks, layers, data and lessons say in Korean, with the particles that fit the values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import chainrule as cr
from chainrule.common.errors import ChainruleError
from chainrule.common.languages import speaking
from chainrule.datasets.csv_rows import read_csv
from chainrule.lessons import stepwise
from chainrule.metrics import find

X = np.random.default_rng(0).standard_normal((6, 5))
RNG = np.random.default_rng(0)


def network() -> cr.Network:
    return cr.Network([cr.Dense(3)], loss="categorical_cross_entropy", input_shape=(5,))


def fit(x: Any, y: Any, **settings: Any) -> Any:
    return network().fit(x, y, epochs=1, verbose=False, **settings)


SAID: dict[str, tuple[Callable[[], Any], str]] = {
    "labels": (
        lambda: fit(X, [0, 1, 2, 3, 0, 1]),
        "출력이 3개이면 레이블은 0부터 2까지의 정수여야 하는데, y의 값은 0부터 3까지입니다. 클래스 번호를 0부터 "
        "매기거나, 마지막 층에 클래스마다 뉴런을 하나씩 두십시오.",
    ),
    "columns": (lambda: network().predict(X.T), "데이터가 열에 놓여 있으면 X.T를 쓰십시오."),
    "one NaN": (
        lambda: fit(np.where(np.arange(30).reshape(6, 5) == 7, np.nan, X), [0] * 6),
        "30개 중 1개가 NaN이거나 무한대입니다(인덱스 (1, 2)의 nan).",
    ),
    "text in a frame": (
        lambda: fit(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), [0, 1]),
        "X의 'b' 열 0행에는 수가 있어야 하는데, 'x'가 있습니다.",
    ),
    "metric": (
        lambda: find("recall_", network().loss),
        "'recall_'라는 지표는 없습니다. 혹시 'recall'입니까?",
    ),
    "shortcut": (
        lambda: cr.Residual([cr.Dense(3)]).init(RNG, (5,)),
        "Residual은 본체의 출력 (3,)을 입력 (5,)에 더합니다. shortcut=Dense(3, bias=False)를 주십시오.",
    ),
    "lesson": (
        lambda: stepwise.L_model_forward([[1.0, 2]], {"W1": [[0.5]]}),
        "L_model_forward: parameters에 'b1'이 없습니다. 있는 것: ['W1'].",
    ),
}


@pytest.mark.parametrize("does, text", SAID.values(), ids=SAID)
def test_errors_are_told_in_korean(does: Callable[[], Any], text: str) -> None:
    with speaking("ko"), pytest.raises(ChainruleError) as raised:
        does()
    assert text in str(raised.value)


def test_a_csv_file_is_named_with_its_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n3,\n", encoding="utf-8")
    with speaking("ko"), pytest.raises(ChainruleError, match=r"2행에서 열 2 \(b\)의 값이 비어 있습니다"):
        read_csv(path)


def test_what_the_columns_of_a_table_are_is_told_in_korean() -> None:
    polars = pytest.importorskip("polars", reason="tables need polars")
    frame = polars.DataFrame(
        {"id": range(60), "town": ["Ulm", "Bonn"] * 30, "size": [1.5, 2.5, "?", "many"] * 15}, strict=False
    )
    with speaking("ko"):
        columns = str(cr.tables.columns(frame, drop=["id"]))
        with pytest.raises(ChainruleError, match=r"2행\(헤더 포함 3행\)의 'x' 값이 무한대입니다"):
            cr.tables.columns({"x": [1.0, float("inf"), 2.0]})
    assert "제외" in columns and "범주" in columns and "left out" not in columns


def test_tables_are_told_in_the_language_of_who_reads_them() -> None:
    report, summary = cr.gradcheck(cr.Dense(3), X), network().summary()
    assert "All gradients agree" in str(report) and "parameters" in str(summary)
    with speaking("ko"):
        assert "맞음" in str(report) and "모든 기울기가 일치합니다(상대 허용 오차 1e-06)." in str(report)
        assert "파라미터  곱셈-덧셈  순전파  역전파" in str(network().summary())
        assert "<th>출력 모양</th>" in network()._repr_html_()
    assert report.checks[0].verdict == "ok"


@pytest.mark.usefixtures("no_type_checks")
def test_a_lesson_prints_its_cost_in_korean(capsys: pytest.CaptureFixture[str]) -> None:
    with speaking("ko"):
        stepwise.L_layer_model([[1.0, 2.0]], [[0, 1]], [1, 2, 1], 0.1, 1, print_cost=True)
    assert capsys.readouterr().out.startswith("0회 반복 후 비용: 0.")
