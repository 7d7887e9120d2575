"""Ctrl-C, and the signals of `docker stop`, of Slurm and of a closed terminal, at every moment of the command."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule.cli import inputs, main
from chainrule.common import quiet_start
from chainrule.training.progress import Lines
from chainrule.training.shown import Shown

if os.name == "nt":
    pytest.skip("sends POSIX signals", allow_module_level=True)

ENDS = {signal.SIGINT: ("Ctrl-C", 0), signal.SIGTERM: ("SIGTERM", 143), signal.SIGHUP: ("SIGHUP", 129)}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def handlers_are_restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDS}
    yield
    assert {number: signal.getsignal(number) for number in ENDS} == before


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        return main([str(a) for a in arguments]), *capsys.readouterr()

    return run


def sending(number: int, function: Callable[..., Any], times: int = 1) -> Callable[..., Any]:
    """Return the function, but signals arrive before it runs."""

    def patched(*arguments: Any, **options: Any) -> Any:
        for _ in range(times):
            os.kill(os.getpid(), number)
        return function(*arguments, **options)

    return patched


def send_in_epoch(monkeypatch: pytest.MonkeyPatch, number: int, epoch: int) -> None:
    """Let a signal arrive when the line of an epoch is printed."""
    original = Lines.epoch_end

    def epoch_end(self: Lines, run: Any) -> None:
        original(self, run)
        if run.epoch == epoch:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Lines, "epoch_end", epoch_end)


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_ends_training_and_the_best_weights_are_saved(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    name, expected = ENDS[number]
    send_in_epoch(monkeypatch, number, 3)
    status, out, err = run("train", "xor", "--layers", 4, "--epochs", 9, "--out", tmp_path / "model")
    assert (status, err) == (expected, "")
    lines = out.splitlines()
    assert lines[-3].startswith(
        f"Stopped by {name} in epoch 3: the network keeps the weights of epoch 3, the best so far"
    )
    assert lines[-1] == f"saved to {tmp_path / 'model'}"
    monkeypatch.undo()
    run("train", "xor", "--layers", 4, "--epochs", 3, "--out", tmp_path / "expected")
    assert (tmp_path / "model").read_bytes() == (tmp_path / "expected").read_bytes()


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("moment", ["score", "save", "scores_line"])
def test_nothing_cuts_off_testing_and_saving(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    function = getattr(chainrule.cli.train, moment)
    monkeypatch.setattr(chainrule.cli.train, moment, sending(number, function, times=2))
    status, out, err = run("train", "xor", "--epochs", 1, "--out", tmp_path / "model")
    assert (status, err) == (ENDS[number][1], "")
    assert "Stopped" not in out and out.endswith(f"saved to {tmp_path / 'model'}\n")
    chainrule.load(tmp_path / "model")


def test_a_second_signal_cuts_off_nothing(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    send_in_epoch(monkeypatch, signal.SIGINT, 2)
    for kind, moment in (chainrule.training.run.Run, "restore_best"), (Shown, "hand_over"):
        monkeypatch.setattr(kind, moment, sending(signal.SIGTERM, getattr(kind, moment)))
    monkeypatch.setattr(chainrule.cli.train, "save", sending(signal.SIGHUP, chainrule.save))
    status, out, err = run("train", "xor", "--layers", 4, "--epochs", 9, "--out", tmp_path / "model")
    assert (status, err) == (0, "")
    assert "Stopped by Ctrl-C in epoch 2" in out and out.endswith(f"saved to {tmp_path / 'model'}\n")


def test_a_signal_in_the_last_epochs_end_is_only_noted(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Shown, "hand_over", sending(signal.SIGTERM, Shown.hand_over))
    status, out, _ = run("train", "xor", "--epochs", 2, "--out", tmp_path / "model")
    assert (status, "Stopped" in out) == (143, False)
    assert (tmp_path / "model").is_file()


def test_a_signal_whose_exception_was_lost_ends_training_after_the_epoch(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Lines.epoch_end

    def epoch_end(self: Lines, run: Any) -> None:
        original(self, run)
        try:
            if run.epoch == 2:
                os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:  # as the interpreter does in destructors
            pass

    monkeypatch.setattr(Lines, "epoch_end", epoch_end)
    status, out, _ = run("train", "xor", "--layers", 4, "--epochs", 9)
    assert status == 143
    assert "Stopped by SIGTERM in epoch 3: the network keeps the weights of epoch 2" in out


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("command", ["train xor --out model", "evaluate model xor", "predict model x.npy"])
def test_before_there_is_anything_to_save_a_signal_ends_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("chainrule.cli.evaluate.loaded", sending(number, inputs.loaded))
    monkeypatch.setattr("chainrule.cli.predict.loaded", sending(number, inputs.loaded))
    monkeypatch.setattr("chainrule.cli.train._rule", sending(number, chainrule.cli.train._rule))
    status, out, err = run(*command.split())
    assert (status, out) == (128 + number, "")
    assert err == ("" if number == signal.SIGINT else f"chainrule: stopped by {number.name}; nothing was saved.\n")
    assert not list(tmp_path.iterdir())


def test_json_stays_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    function = chainrule.training.run.Run.end_epoch
    monkeypatch.setattr(chainrule.training.run.Run, "end_epoch", sending(signal.SIGTERM, function))
    status, out, err = run("train", "xor", "--json")
    assert status == 143
    assert json.loads(out)["history"] == []
    assert err == "Stopped by SIGTERM in epoch 1: the network keeps what it learned so far.\n"


def test_an_ignored_signal_stays_ignored(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    send_in_epoch(monkeypatch, signal.SIGHUP, 1)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        status, out, _ = run("train", "xor", "--epochs", 2)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (status, "epoch 2/2" in out) == (0, True)


def test_the_command_runs_in_any_thread(run: Run) -> None:
    results: list[tuple[int, str, str]] = []
    thread = threading.Thread(target=lambda: results.append(run("datasets", "--json")))
    thread.start()
    thread.join()
    assert results[0][0] == 0


def test_a_checkpointed_run_goes_on_after_a_signal(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arguments = "train", "xor", "--layers", 4, "--epochs", 4, "--checkpoint", tmp_path / "run"
    monkeypatch.setattr("chainrule.training.checkpoint.Checkpoints.due", lambda _: True)
    with monkeypatch.context() as patched:
        send_in_epoch(patched, signal.SIGTERM, 3)
        assert run(*arguments)[0] == 143
    status, out, _ = run(*arguments, "--out", tmp_path / "model")
    assert status == 0 and "Going on from the checkpoint" in out
    run("train", "xor", "--layers", 4, "--epochs", 4, "--out", tmp_path / "expected")
    assert (tmp_path / "model").read_bytes() == (tmp_path / "expected").read_bytes()
    # Now no epoch is left, and what follows is protected all the same.
    monkeypatch.setattr(chainrule.cli.train, "save", sending(signal.SIGTERM, chainrule.save))
    assert run(*arguments, "--out", tmp_path / "again")[0] == 143
    assert (tmp_path / "again").read_bytes() == (tmp_path / "expected").read_bytes()


# The process: its first moments, and its terminal.


@pytest.fixture
def slow_numpy(tmp_path: Path) -> dict[str, str]:
    """An environment in which Ctrl-C is pressed while NumPy is imported."""
    (tmp_path / "numpy.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n")
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}


def test_ctrl_c_during_the_imports_says_nothing(slow_numpy: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "chainrule"
    script.write_text("import sys\nfrom chainrule.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n")
    for command in [str(script)], ["-m", "chainrule"]:
        ended = subprocess.run([sys.executable, *command, "gates"], capture_output=True, text=True, env=slow_numpy)
        assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_ctrl_c_during_the_imports_of_another_program_is_its_own(slow_numpy: dict[str, str]) -> None:
    code = "try: import chainrule\nexcept KeyboardInterrupt: print('mine')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=slow_numpy)
    assert (ended.returncode, ended.stdout) == (0, "mine\n")


@pytest.mark.parametrize(
    ("program", "arguments", "expected"),
    [
        ("/usr/bin/chainrule", ["python", "/usr/bin/chainrule", "gates"], True),
        ("/opt/chainrule.exe", ["python", "/opt/chainrule.exe"], True),
        ("-m", ["python", "-W", "error", "-m", "chainrule", "gates"], True),
        ("-m", ["python", "-m", "mine", "chainrule"], False),
        ("-c", ["python", "-c", "import chainrule"], False),
        ("", ["python"], False),
        ("mine.py", ["python", "mine.py", "-m", "chainrule"], False),
    ],
)
def test_the_command_is_told_from_programs_that_use_the_library(
    monkeypatch: pytest.MonkeyPatch, program: str, arguments: list[str], expected: bool
) -> None:
    monkeypatch.setattr(sys, "argv", [program])
    monkeypatch.setattr(sys, "orig_argv", arguments)
    assert quiet_start.is_the_command() == expected


def test_the_module_is_the_command() -> None:
    ended = subprocess.run([sys.executable, "-m", "chainrule", "nope"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("chainrule: No such command 'nope'")


# Runs a command in a terminal that is closed once the command shows scores; in a process of its own, because one with
# threads, as that of the tests, cannot fork safely.
TERMINAL = """
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen, until = b"", time.monotonic() + 30
while b"accuracy" not in seen and time.monotonic() < until:
    if select.select([terminal], [], [], 1)[0]:
        seen += os.read(terminal, 65536)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_closed_terminal_saves(tmp_path: Path) -> None:
    pytest.importorskip("pty")
    out = tmp_path / "model"
    command = [sys.executable, "-m", "chainrule", "train", "xor", "--epochs", "1000000", "--out", str(out)]
    ended = subprocess.run([sys.executable, "-c", TERMINAL, *command], capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("129\n", "")
    assert chainrule.load(out).input_shape == (2,)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["gates"], ["--help"], ["train", "xor", "--epochs", "1"]])
def test_a_full_disk_is_one_sentence(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "chainrule", *arguments]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (2, "chainrule: No space left on device\n")


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-"])
def test_without_standard_streams(closing: str) -> None:
    command = f"{sys.executable} -m chainrule gates {closing}"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
