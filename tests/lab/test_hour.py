"""An hour of play in little: with small bounds, the memory is level after the first third."""

from __future__ import annotations

import pytest

from chainrule.lab import passes, snapshots

for package in "starlette", "uvicorn", "python_multipart":
    pytest.importorskip(package, reason=f"the lab needs {package}, which is not installed")

from benchmarks import lab, lab_hour  # noqa: E402 - it needs the packages above


@pytest.mark.slow  # a minute
def test_memory_is_level_whatever_one_does(monkeypatch: pytest.MonkeyPatch, no_type_checks: None) -> None:
    monkeypatch.setattr(snapshots, "MOST_BYTES", 2_000_000)
    monkeypatch.setattr(passes, "_BYTES", 2_000_000)
    small = {name: blueprint for name, blueprint in lab.WORK.items() if "digits" not in name}
    monkeypatch.setattr(lab_hour, "WORK", small)
    memories = [memory for _, _, memory in lab_hour.an_hour(frames=7680, parts=6)]
    assert max(memories[2:]) < memories[1] + 15
