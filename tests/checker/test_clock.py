"""How the time runs out of what is tried."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from chainrule.checker import clock
from chainrule.checker.learner import Raised, quiet

ALARMS = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms here")


def test_time_runs_out_at_once_when_it_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_latest", [math.inf])
    clock.restart()
    clock.spend(10.0)
    usual = clock.now()
    clock.hurry_after(12.0)
    assert clock.now() < usual + 50
    clock.hurry_after(9.0)
    assert clock.now() > usual + 50


def test_what_came_before_a_check_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.restart()
    clock.spend(5.0)
    assert clock.now() > 5.0
    later = time.perf_counter() + 9 * clock.SLOWEST
    monkeypatch.setattr(time, "perf_counter", lambda: later)  # what waits all the time ends as well
    assert clock.now() > 8.9
    clock.restart()
    assert clock.now() < 1.0


def waits(seconds: float, share: float) -> Iterator[float]:
    """Yield when to look at something that gets a share of a processor, until its time is over."""
    wall = 0.0
    allowance = clock.Allowance(seconds, lambda: wall * share)
    wait = seconds
    while wait:
        yield wait
        wall += wait
        wait = allowance.look()


@pytest.mark.parametrize("share", [1.0, 0.3, 0.03])
def test_what_works_has_its_time_on_a_busy_machine_too(share: float) -> None:
    assert sum(waits(2.0, share)) * share == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("seconds", [0.2, 2.0, 8.0])
def test_what_only_waits_is_not_waited_for(seconds: float) -> None:
    assert sum(waits(seconds, 0.001)) <= max(seconds, clock.WINDOW + seconds)


def test_what_begins_to_wait_later_ends_too() -> None:
    worked = iter([0.0, 0.0, 1.5, 1.5, 1.5, 1.5, 1.5])
    allowance = clock.Allowance(2.0, lambda: next(worked))
    assert [allowance.look() for _ in range(4)] == [0.5, 0.5, 0.0, 0.0]


@ALARMS
def test_a_call_is_stopped_after_its_work_and_one_that_waits_as_well() -> None:
    started = time.thread_time()
    with pytest.raises(Raised, match="did not return"), quiet():
        while True:
            pass
    assert 1.9 < time.thread_time() - started < 2.5
    with pytest.raises(Raised, match="did not return"), quiet():
        time.sleep(600.0)


def test_the_work_of_another_process_is_known() -> None:
    code = "import time\nwhile time.process_time() < 0.4: pass\nprint(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        worked = clock.of_process(process.pid)
        assert process.stdout is not None
        process.stdout.readline()
        assert worked() >= 0.4
        process.kill()
