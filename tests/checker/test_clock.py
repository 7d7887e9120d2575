"""How the time runs out of what is tried."""

from __future__ import annotations

import math
import time

import pytest

from chainrule.checker import clock


def test_time_runs_out_at_once_when_it_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_begun", time.perf_counter() - 10.0)
    monkeypatch.setattr(clock, "_elsewhere", [0.0])
    monkeypatch.setattr(clock, "_latest", [math.inf])
    usual = clock.now()
    clock.hurry_after(12.0)
    assert clock.now() < usual + 50
    clock.hurry_after(9.0)
    assert clock.now() > usual + 50
