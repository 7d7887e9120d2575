"""What commands print follows the language, and what programs read of it does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import chainrule as cr
from chainrule.cli import main
from chainrule.cli.predict import _caption
from chainrule.cli.usage import told_in
from chainrule.common import console
from chainrule.common.errors import InputError
from chainrule.common.languages import speaking
from chainrule.training.progress import LiveBar

pytest.importorskip("polars", reason="tables need polars")


@pytest.mark.filterwarnings("ignore::chainrule.common.errors.DataWarning")
def test_json_is_the_same_in_all_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.csv"
    table.write_text("age,town,paid\n" + "".join(f"{i % 30},{'ab'[i % 2]},{i % 2}\n" for i in range(200)), "utf-8")

    def printed(lang: str, *arguments: str) -> Any:
        assert main([*arguments, "--json", "--lang", lang]) == 0
        return json.loads(capsys.readouterr().out)

    train = "train", str(table), "--target", "paid", "--epochs", "1"
    assert printed("ko", "datasets") == printed("en", "datasets")
    assert printed("ko", *train)["columns"] == printed("en", *train)["columns"]
    assert printed("ko", *train)["columns"][0]["note"] == "0 to 29"


def test_captions_of_predictions_are_korean() -> None:
    with speaking("ko"):
        assert _caption({"prediction": 3, "probability": 0.834, "label": 3}) == "3  83.4%  맞음"
        assert _caption({"prediction": 3, "probability": 0.834, "label": 5}) == "3  83.4%  틀림(정답 5)"


@pytest.mark.parametrize(
    ("arguments", "lang"),
    [
        (["--lang", "en", "check", "--lang", "ko"], "ko"),
        (["--lang=ko", "check", "--lang", "en"], "en"),
        (["--lang", "KO"], "ko"),
        (["--lang=ko_KR"], "ko"),
        (["check", "--", "--lang", "ko"], "en"),
    ],
)
def test_the_last_option_names_the_language(arguments: list[str], lang: str) -> None:
    assert told_in(arguments, "utf-8") == lang


def test_an_unknown_language_of_the_variable_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAINRULE_LANG", "fr")
    with pytest.warns(UserWarning, match="CHAINRULE_LANG=fr is no language"):
        from chainrule.cli.command import warn_of_unknown_language

        warn_of_unknown_language()
    capsys.readouterr()


def test_reprs_are_korean_and_commands_in_errors_can_be_pasted(tmp_path: Path) -> None:
    trace = cr.Network.mlp([2, 3, 1], seed=0).trace([[1.0, 2.0]], [0])
    with speaking("ko"):
        assert "항 " in repr(trace.why("layer0.W[0, 0]"))
    with pytest.raises(InputError, match=r"--out '없는 파일\(1\)\.safetensors'"):
        cr.load(tmp_path / "없는 파일(1).safetensors")


def test_names_before_numbers_are_no_units() -> None:
    names = cr.tables.columns({"who": [f"사람{i}호" for i in range(60)], "x": list(range(60))})["who"]
    assert "names" in names.note and "units" not in names.note


def test_help_has_no_types_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ["check"], ["plot", "activations"], ["predict"]:
        main([*command, "--help"])
        assert not re.search("<[a-z]", capsys.readouterr().out)


def test_no_console_without_hangul_is_told_korean() -> None:
    with speaking("ko"):
        assert [console.shown_language(name) for name in ("ascii", "cp949", "utf-8")] == ["en", "ko", "ko"]


@pytest.mark.parametrize("width", [30, 40, 60, 80])
def test_a_narrow_terminal_keeps_the_epoch(width: int) -> None:
    bar = LiveBar()
    bar._language, bar._total, bar._left = "ko", 20, "남은 시간"
    bar._begin()
    bar._bar.stop()
    bar._bar.live.console = Console(width=width)
    bar._draw(1.0, "에폭 12/20", "loss 0.2379  accuracy 0.8125")
    drawn = Console(width=width, force_terminal=False)
    with drawn.capture() as captured:
        drawn.print(bar._bar.make_tasks_table(bar._bar.tasks))
    assert captured.get().startswith("에폭 12/20")
