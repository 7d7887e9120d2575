"""What comes back from a process that ran a learner's code is believed field by field, or is a crashed row."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule.checker.findings import Checked, Finding, Line, Report
from chainrule.checker.running import received, sandbox
from chainrule.checker.running.sandbox import check_file, check_files
from chainrule.checker.telling import classroom, formats, pages

HONEST = Report(
    "mine.py",
    (
        Checked("relu", "relu", 4, "not-started", "not-started", {"role": "relu"}),
        Checked("Relu.backward", "relu_backward", 7, "wrong"),
    ),
    (
        Finding(
            "activation_backward.gradient-lost",
            "Relu.backward",
            7,
            {"name": "dZ", "index": "[0]", "got": "\ud800"},
            repro=("dout = 1.0", "print(layer.backward(dout))"),
            code=(Line(7, "    def backward(self, dout):"),),
        ),
        Finding("broke-off", "", facts={"text": "layers: ZeroDivisionError"}, severity="warning"),
    ),
    ("helper",),
    None,
    0.25,
)
FAILED = Report("mine.py", problem=Finding("memory", "", None, {"gigabytes": "2"}))


def changed(path: str, value: Any, report: Report = HONEST) -> bytes:
    """A report as JSON with another value at a place such as "findings.0.severity"."""
    data: Any = json.loads(json.dumps(report.as_dict()))
    place: Any = data
    *names, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for name in names:
        place = place[name]
    place[last] = value
    return json.dumps(data).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in HONEST.as_dict().items() if key != name}).encode()


HTML = "<script>alert(1)</script>"
FORGED: list[bytes] = [
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'"' + b"a" * 5 * 2**20 + b'"',
    json.dumps(HONEST.as_dict()).encode() * 2,
    without("checked"),
    without("file"),
    changed("more", 1),
    changed("file", 3),
    changed("seconds", "1"),
    changed("seconds", -1),
    changed("seconds", float("nan")),
    changed("seconds", True),
    changed("checked", {}),
    changed("checked", [HONEST.as_dict()["checked"][0]] * 6000),
    changed("checked.0", ["relu", "relu", 4, "ok", ""]),
    changed("checked.0.status", "fine"),
    changed("checked.0.status", ["ok"]),
    changed("checked.0.reason", HTML),
    changed("checked.0.role", f"relu{HTML}"),
    changed("checked.0.function", "relu()\x1b[2J"),
    changed("checked.0.line", "4"),
    changed("checked.0.line", True),
    changed("checked.0.line", -4),
    changed("checked.0.line", 10**400),
    changed("checked.0.more", 1),
    changed("unmatched", "helper"),
    changed("unmatched", [HTML]),
    changed("unmatched.0", 3),
    changed("findings.0.severity", f'error" onclick="{HTML}'),
    changed("findings.0.severity", None),
    changed("findings.0.mistake", HTML),
    changed("findings.0.mistake", "relu_backward.there-is-no-such-mistake"),
    changed("findings.0.mistake", "crashed"),
    changed("findings.0.mistake", ""),
    changed("findings.0.function", "x" * 2000),
    changed("findings.0.function", ""),
    changed("findings.0.repro", ["import os\x1b[2J"]),
    changed("findings.0.repro", "print(1)"),
    changed("findings.0.code", [{"number": 7, "text": "dZ = 1\x1b[2J"}]),
    changed("findings.0.code", [{"number": 0, "text": "dZ = 1"}]),
    changed("required", ["relu"]),
    changed("findings.0.facts", [["name", "dZ"]]),
    changed("findings.0.facts", {"name": 3}),
    changed("findings.0.facts", {"key": "a", "lang": "b"}),
    changed("findings.0.facts", {"file": "another.py"}),
    changed("findings.0.facts", {"<b>": "a"}),
    changed("findings.0.facts", {"name": "x" * 5000}),
    changed("findings.0.facts", {f"fact_{'a' * i}": "x" for i in range(30)}),
    changed("problem", "crashed"),
    changed("problem", HONEST.as_dict()["findings"][0]),
    changed("problem.mistake", "activation_backward.gradient-lost", FAILED),
    changed("problem.function", "relu", FAILED),
]
ECHO = "import json, sys; sys.stdout.buffer.write(open(json.loads(sys.stdin.buffer.read())['path'], 'rb').read())"


@pytest.mark.parametrize("report", [HONEST, FAILED], ids=["findings", "problem"])
def test_an_honest_report_comes_back_as_it_was(report: Report) -> None:
    back = received.report(json.dumps(report.as_dict()).encode())
    expected = json.loads(json.dumps(report.as_dict()).replace("\\ud800", "?"))
    assert json.loads(json.dumps(back.as_dict())) == expected


@pytest.mark.parametrize("data", FORGED, ids=lambda data: repr(data[:40]))
def test_a_forged_report_is_refused(data: bytes) -> None:
    with pytest.raises(received.NotAReportError, match=r"^report"):
        received.report(data[: sandbox.LARGEST])


def test_each_forged_report_is_a_row_of_a_complete_class_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "START", ECHO)
    paths = [tmp_path / f"{number:02}.py" for number in range(len(FORGED) + 1)]
    for path, data in zip(paths, [*FORGED, json.dumps(HONEST.as_dict()).encode()], strict=True):
        path.write_bytes(data)
    reports = list(check_files(paths, 4))
    assert [report.file for report in reports] == list(map(str, paths))
    assert [report.problem and report.problem.mistake for report in reports] == ["crashed"] * len(FORGED) + [None]
    for lang in ("en", "ko"):
        rows = list(csv.DictReader(io.StringIO(formats.csv(reports, lang).removeprefix("\ufeff"))))
        assert list(dict.fromkeys(row["file"] for row in rows)) == list(map(str, paths))  # a row per finding
        written = pages.write(tmp_path / lang, reports, lang, 3).read_text("utf-8")
        told = [written, formats.junit(reports, lang, 3), json.dumps(formats.to_json(reports, lang, 3))]
        told += [classroom.table(reports, lang), *(page.read_text("utf-8") for page in (tmp_path / lang).iterdir())]
        assert not any("script" in text or "onclick" in text or "\x1b" in text for text in told)


def test_who_writes_into_the_open_files_forges_no_second_report(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import os\nclass A:\n    for number in range(3, 64):\n        try:\n"
        "            os.write(number, b'{}')\n        except OSError:\n            pass\n    os._exit(0)\n"
    )
    problem = check_file(path).problem
    assert problem is not None
    assert (problem.mistake, problem.facts) == ("crashed", {"text": "message", "pattern": "no-report"})


def test_a_process_that_cannot_be_started_is_a_crashed_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    reports = list(check_files([tmp_path / "a.py", tmp_path / "b.py"], 1))
    assert [report.problem and report.problem.mistake for report in reports] == ["crashed"] * 2
    assert "FileNotFoundError" in str(reports[0].problem)
