"""Check learners' files, each in a process of its own that cannot do harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from chainrule.checker import clock
from chainrule.checker.findings import Finding, Report
from chainrule.checker.running import received
from chainrule.checker.running.workspace import BYTES, ENTRIES, is_overfull, workspace

SECONDS = 20.0  # of the processor
MEMORY = 2 * 2**30
LARGEST = 4 * 2**20  # bytes of a report
# The caller's own chainrule and NumPy come before installed ones, but nothing beside them before Python's own modules.
OPTIONS = ("-I", "-X", "utf8", "-c")
PATH = (
    "import site, sys; installed = [sys.path.index(each) for each in site.getsitepackages() if each in sys.path]; "
    "first = min(installed, default=len(sys.path)); sys.path[first:first] = sys.argv[1:]; "
)
CHILD = PATH + "from chainrule.checker.running import child; child.main()"
START_WALLS = CHILD.replace("main", "show_walls")


def start(child: str, judge: str = "chainrule.checker.running.judge") -> str:
    """Return what the process of `judge`, a module with `main`, begins with: first of all it starts two others.

    One executes definitions, and the other the whole program: whatever that does to its own process, the judgment of
    what the file defines does not depend on it. It is not made later, because the judge may not start processes; but
    it imports nothing before it gets a first byte, as most files are judged without it.
    """
    started = "".join(
        f"subprocess.Popen([sys.executable, *{OPTIONS!r}, {code!r}, *sys.argv[1:]], stdin=-1, stdout=-1), "
        for code in (child, "import os; os.read(0, 1) or os._exit(0); " + child)
    )
    return PATH + f"import subprocess; both = [{started}]; import {judge} as judge; judge.main(*both)"


START = start(CHILD)
LOOK = 0.1  # seconds between two looks at the folder
KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH")  # without these, Python or NumPy may not start


class _Running:
    """The processes that are at work, so that all of them can be ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def add(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._processes.add(process)
            if self._stopped:
                _kill(process)

    def remove(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._processes.discard(process)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._processes:
                _kill(process)


def check_file(
    path: str | Path, *, names: Mapping[str, str] | None = None, seconds: float = SECONDS, memory: int = MEMORY
) -> Report:
    """Check one file and return the report, whatever the file does.

    It is executed in a process of its own, in an empty folder and environment, with limits on time, memory, files and
    processes, and without a network; see `walls` for what stands here. Another process asks that one for results and
    judges them.

    Parameters
    ----------
    path
        A .py or .ipynb file.
    names
        What the learner calls the usual functions: {the learner's name: the usual name}.
    seconds
        How long each of its processes may work; `clock.SLOWEST` times as long by the clock on the wall, all in all.
    memory
        How many bytes it may have.
    """
    return _check(Path(path), names or {}, seconds, memory, _Running())


def check_files(
    paths: Iterable[str | Path],
    jobs: int | None = None,
    *,
    names: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[Report]:
    """Yield the reports on several files, in their order; `jobs` are checked at a time, one per core if None."""
    running = _Running()
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        waiting = [pool.submit(_check, Path(path), names or {}, seconds, memory, running) for path in paths]
        try:
            for report in waiting:
                yield report.result()
        finally:  # Ctrl-C, or nobody wants the rest
            for report in waiting:
                report.cancel()
            running.stop()


def asked(path: str | Path, judge: str, question: Mapping[str, Any], *, seconds: float = SECONDS) -> bytes | Finding:
    """Execute a file as `check_file` does, but let another module ask for what its functions come to.

    Parameters
    ----------
    path
        A .py or .ipynb file.
    judge
        The module whose `main` does what `judge.main` does: it gets the two processes, reads the request from the
        standard input and writes an answer to the standard output.
    question
        What else it needs to know, as JSON has it; it stands in the request under "question".
    seconds
        How long each of its processes may work; `clock.SLOWEST` times as long by the clock on the wall, all in all.

    Returns
    -------
    bytes or Finding
        The answer, or why there is none.
    """
    request = _request(Path(path), {}, seconds, MEMORY) | {"question": dict(question)}
    try:
        with workspace() as folder:
            ended = _ended(start(CHILD, judge), folder, json.dumps(request).encode(), seconds, _Running())
    except Exception as error:
        return _crash(f"{type(error).__name__}: {error}"[:500])
    return _problem(ended, seconds) or ended.output or _crash(_how(ended.status))


def walls() -> dict[str, bool]:
    """Return which walls stand on this system around the code that is checked: see `kernel.enclose` for the names.

    Besides those of the kernel, there are "limits" (of memory, time, processes and the size of files) and "hook"
    (Python's audit hook, which stands everywhere).
    """
    with workspace() as folder:
        run = subprocess.run(
            _command(START_WALLS), cwd=folder, env=_environment(folder), stdout=subprocess.PIPE, check=True
        )
    standing: dict[str, bool] = json.loads(run.stdout)
    return standing


def _check(path: Path, names: Mapping[str, str], seconds: float, memory: int, running: _Running) -> Report:
    started = time.perf_counter()
    request = json.dumps(_request(path, names, seconds, memory)).encode()
    try:
        with workspace() as folder:
            ended = _ended(START, folder, request, seconds, running)
            problem = _problem(ended, seconds)
            report = Report(str(path), problem=problem) if problem else _report(str(path), ended)
    except Exception as error:  # no process, no disk: whatever it is, the other files are checked
        report = Report(str(path), problem=_crash(f"{type(error).__name__}: {error}"[:500]))
    return replace(report, seconds=round(time.perf_counter() - started, 3))


def _request(path: Path, names: Mapping[str, str], seconds: float, memory: int) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "file": str(path),
        "names": dict(names),
        "seconds": seconds,
        "memory": memory,
    }


class _Ended(NamedTuple):
    """How the judge's process has ended, what it wrote, and its status."""

    how: Literal["done", "late", "overfull"]
    output: bytes
    status: int


def _ended(code: str, folder: str, request: bytes, seconds: float, running: _Running) -> _Ended:
    process = subprocess.Popen(
        _command(code),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,  # so that everything it may have started ends with it
    )
    running.add(process)
    output: list[bytes] = []
    reader = threading.Thread(target=_exchange, args=(process, request, output), daemon=True)
    how: Literal["done", "late", "overfull"] = "late"
    try:
        reader.start()
        how = _wait(reader, folder, seconds)
    finally:
        _kill(process)
        process.wait()
        reader.join(1.0)
        running.remove(process)
    return _Ended(how, b"".join(output), process.returncode)


def _problem(ended: _Ended, seconds: float) -> Finding | None:
    """Return why a process was ended before it could answer; None if it was not."""
    if ended.how == "overfull":
        return _crash(f"it wrote more than {ENTRIES} files or {BYTES // 2**20} MB", "overfull")
    if ended.how == "late" or ended.status == -getattr(signal, "SIGXCPU", 0):
        return Finding("timeout", "", facts={"seconds": f"{seconds:g}"})
    return None


def _wait(reader: threading.Thread, folder: str, seconds: float) -> Literal["done", "late", "overfull"]:
    """Wait until a process has written its report, its time is over, or it has written too many files."""
    until = time.monotonic() + clock.by_the_wall(seconds)
    while reader.is_alive():
        if is_overfull(folder):
            return "overfull"
        if time.monotonic() > until:
            return "late"
        reader.join(LOOK)
    return "done"


def _command(code: str) -> list[str]:
    roots = [str(Path(__file__).parents[3]), str(Path(np.__file__).parents[1])]
    return [sys.executable, *OPTIONS, code, *roots]


def _exchange(process: subprocess.Popen[bytes], request: bytes, output: list[bytes]) -> None:
    if process.stdin is None or process.stdout is None:
        return
    with suppress(OSError), process.stdout, process.stdin:
        process.stdin.write(request)
        process.stdin.close()
        output.append(process.stdout.read(LARGEST))


def _environment(folder: str) -> dict[str, str]:
    one_thread = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    places = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), folder)
    return {"MPLBACKEND": "Agg"} | one_thread | places | {n: os.environ[n] for n in KEPT if n in os.environ}


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _report(file: str, ended: _Ended) -> Report:
    """Return the report that a process wrote, or one that says what became of it."""
    try:
        return replace(received.report(ended.output), file=file)
    except received.NotAReportError as error:
        if ended.output:
            return Report(file, problem=_crash(str(error), "no-report"))
    return Report(file, problem=_crash(_how(ended.status)))


def _how(status: int) -> str:
    return f"it was ended by {_signal(-status)}" if status < 0 else f"it ended with status {status}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _crash(text: str, pattern: str = "") -> Finding:
    return Finding("crashed", "", facts={"text": text} | ({"pattern": pattern} if pattern else {}))
