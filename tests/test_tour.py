"""The tour runs through, and the list of commands has each of them once, by what it is for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.cli import main, tour
from tests.commands import COMMANDS


def test_every_stop_of_the_tour_shows_something(tmp_path: Path) -> None:
    environment = os.environ | {"CHAINRULE_LANG": "en"}
    command = [sys.executable, "-m", "chainrule", "tour"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    stops = re.split(r"^\d of \d\. ", done.stdout, flags=re.M)[1:]
    assert len(stops) == len(tour._STOPS)
    assert all(stop.partition("\n\n")[2].strip() for stop in stops)
    assert "linear_backward adds dZ up over the units" in stops[1] and "test accuracy" in stops[2]
    assert list(tmp_path.iterdir()) == []


def test_commands_are_listed_once_by_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help", "--lang", "en"]) == 0
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", capsys.readouterr().out, re.M)
    assert sorted(listed) == sorted(COMMANDS)
    assert main(["--help", "--lang", "ko"]) == 0
    assert "직접 작성한 코드 검사하기:\n  check" in capsys.readouterr().out
