"""Several processes that train one network: how they begin, what they compute, and what becomes of them."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError, ProcessError
from chainrule.engines.processes import roll_call, sentinel
from chainrule.engines.processes.roll_call import Place, call_roll
from tests.started import TRAIN, Together, checkpoints, free_port, until

pytest.importorskip("jax", reason="several processes need JAX: pip install 'chainrule[xla]'")

RUNS = (sys.executable, str(Path(__file__).with_name("device_runs.py")))
XOR = (*TRAIN, "xor", "--layers", "8")


# The roll call, among threads.


def answers(*said: tuple[int, int, dict[str, Any]], port: int = 0, host: str = "127.0.0.1") -> list[str]:
    """What each of some processes hears, which say (number, count, facts); nothing if all is well."""
    address = f"{host}:{port or free_port()}"
    heard = [""] * len(said)

    def come(i: int) -> None:
        number, count, facts = said[i]
        try:
            call_roll(Place(address, count, number), facts)
        except ProcessError as error:
            heard[i] = str(error)

    threads = [threading.Thread(target=come, args=(i,)) for i in range(len(said))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_call, "SECONDS", 2.0)
    monkeypatch.setattr(roll_call, "_ANSWER", 1.0)


def test_all_that_are_there_and_alike_begin() -> None:
    assert answers((0, 3, {"code": "a"}), (1, 3, {"code": "a"}), (2, 3, {"code": "a"})) == [""] * 3


IPV6 = pytest.mark.skipif(not Path("/proc/net/if_inet6").is_file(), reason="this machine has no IPv6")


@IPV6
def test_the_roll_is_called_at_an_ipv6_address() -> None:
    assert answers((0, 2, {"code": "a"}), (1, 2, {"code": "a"}), host="[::1]") == ["", ""]


def test_a_machine_without_ipv6_listens_at_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    assert answers((0, 2, {}), (1, 2, {})) == ["", ""]


def test_a_stranger_at_the_port_is_no_process() -> None:
    port = free_port()
    zero, one = (Place(f"127.0.0.1:{port}", 2, number) for number in range(2))
    thread = threading.Thread(target=call_roll, args=(zero, {}))
    thread.start()
    until(lambda: _said(port, b"GET / HTTP/1.1\r\n\r\n"), 2)
    call_roll(one, {})
    thread.join()


def _said(port: int, text: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(text)
            return True
    except OSError:
        return False


def test_a_missing_process_is_named_to_all() -> None:
    zero, two = answers((0, 4, {}), (2, 4, {}))
    assert zero == two and "Of 4 processes, these did not come" in zero and "missing" not in zero
    assert "within 2 s: 1, 3. Start them" in zero


def test_nobody_answers_without_process_0() -> None:
    (one,) = answers((1, 2, {}))
    assert "Process 1 of 2 got no answer from process 0 at 127.0.0.1:" in one and "another program has the port" in one


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        zero, one = answers((0, 2, {}), (1, 2, {}), port=port)
    assert f"Process 0 of 2 cannot listen at port {port}: Address already in use" in zero
    assert "Process 1 of 2 got no answer from process 0" in one


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ((1, 3, {"code": "a"}), "Process 1 was started as one of 3, but process 0 as one of 2"),
        ((1, 2, {"code": "b"}), "Process 1 has another code than process 0: b there, a here"),
    ],
)
def test_what_differs_is_named_to_all(other: Any, message: str) -> None:
    heard = answers((0, 2, {"code": "a"}), other)
    assert heard[0] == heard[1] and message in heard[0]


def test_a_number_that_is_there_twice_is_named_to_all() -> None:
    heard = answers((0, 3, {}), (1, 3, {}), (1, 3, {}))
    assert len(set(heard)) == 1 and "Two processes say that they are process 1 of 3" in heard[0]


# The sentinel.


def test_the_sentinel_speaks_for_a_process_that_jax_ended() -> None:
    fatal = b"F1128 13:25:04.13 1 client.h:80] Terminating process because the JAX distributed service detected fatal "
    lines = b"a warning\n[Gloo] Rank 1 is connected\n" + fatal + b"errors. It says so.\n*** stack ***\n"
    target = io.BytesIO()
    sentinel.relay(io.BytesIO(lines), target, "Process 0 is gone.")
    assert target.getvalue() == b"a warning\nchainrule: Process 0 is gone.\n"


def test_the_sentinel_lets_through_what_is_no_end_of_jax() -> None:
    target = io.BytesIO()
    sentinel.relay(io.BytesIO(b"Traceback\nF1 of a test\n"), target, "Process 0 is gone.")
    assert target.getvalue() == b"Traceback\nF1 of a test\n"


# The command.


def test_options_of_processes_belong_together() -> None:
    def refused(*options: str) -> str:
        run = subprocess.run([*TRAIN, "xor", *options], capture_output=True, text=True)
        assert run.returncode == 2
        return run.stderr

    assert "say --distributed as well" in refused("--processes", "2")
    assert "--distributed trains with --engine xla, but --engine fast came" in refused(
        "--distributed", "--engine", "fast"
    )
    assert "Nothing says which of several processes this is" in refused("--distributed")


def test_two_processes_train_one_network_and_one_speaks(tmp_path: Path) -> None:
    model, folder = tmp_path / "m.safetensors", tmp_path / "run"
    command = (*XOR, "--epochs", "3", "--out", str(model), "--checkpoint", str(folder))
    ends = Together(command, 2).ended()
    assert [end.status for end in ends.values()] == [0, 0], ends
    assert ends[1].out == ends[1].error == ends[0].error == ""
    lines = ends[0].out.splitlines()
    assert [line.split()[:2] for line in lines[2:5]] == [["epoch", f"{i}/3"] for i in (1, 2, 3)]
    alone = subprocess.run([*XOR, "--epochs", "3", "--engine", "xla"], capture_output=True, text=True).stdout
    assert [line.partition("(")[0] for line in lines[:6]] == [line.partition("(")[0] for line in alone.splitlines()]
    network = cr.load(model)
    X, y = cr.datasets.xor(seed=0)
    assert network.evaluate(X, y)["loss"] < 0.7 and checkpoints(folder)


@IPV6
@pytest.mark.slow
def test_processes_train_together_at_an_ipv6_address() -> None:
    ends = Together((*XOR, "--epochs", "1"), 2, host="[::1]").ended()
    assert [end.status for end in ends.values()] == [0, 0], ends
    assert "epoch 1/1" in ends[0].out


@pytest.mark.slow
@pytest.mark.parametrize(("count", "case"), [(2, "whole"), (4, "whole"), (2, "sharded")])
def test_several_processes_give_the_losses_of_one(count: int, case: str) -> None:
    alone = json.loads(subprocess.run([*RUNS, "alone"], capture_output=True, text=True, check=True).stdout)
    ends = Together([*RUNS, case], count, options=False).ended(600)
    assert not any(end.status for end in ends.values()), ends
    for end in ends.values():
        for name, losses in json.loads(end.out).items():
            assert len(losses) == 50
            np.testing.assert_allclose(losses, alone[name], rtol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3])
def test_each_process_reads_its_share_of_stored_rows(tmp_path: Path, count: int) -> None:
    rng, rows = np.random.default_rng(0), 1985  # the last batch has 65 rows
    X = rng.normal(size=(rows, 6))
    X[:, 0] = np.arange(rows) / 1024
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", np.arange(rows) % 3)
    alone = json.loads(subprocess.run([*RUNS, tmp_path], capture_output=True, text=True, check=True).stdout)
    ends = Together([*RUNS, str(tmp_path)], count, options=False).ended()
    assert not any(end.status for end in ends.values()), ends
    heard = [json.loads(end.out) for end in ends.values()]
    for said in heard:
        np.testing.assert_allclose(said["loss"], alone["loss"], rtol=1e-5)
        assert len(said["rows"]) <= -(-66 // count) * 31
    assert sorted(row for said in heard for row in said["rows"]) == list(range(rows)) == alone["rows"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("there", "sentence"),
    [(0, "Of 2 processes, these did not come to"), (1, "Process 1 of 2 got no answer from process 0 at")],
)
def test_a_process_that_is_left_alone_ends_within_a_minute(there: int, sentence: str) -> None:
    end = Together(XOR, 2, [there]).ended(60)[there]
    assert end.status == 2 and end.error.startswith(f"chainrule: {sentence}") and end.error.count("\n") == 1


LONG = (*XOR, "--epochs", "100000")


@pytest.mark.slow
@pytest.mark.parametrize(("lost", "how"), [(0, "SIGKILL"), (1, "SIGKILL"), (2, "SIGSTOP"), (0, "SIGSTOP")])
def test_a_lost_process_ends_the_others_with_a_sentence(tmp_path: Path, lost: int, how: str) -> None:
    run = Together([*LONG, "--checkpoint", str(tmp_path / "run")], 3)
    until(lambda: checkpoints(tmp_path / "run"))
    run.all[lost].send_signal(signal.Signals[how])
    stopped = time.monotonic()
    others = [number for number in range(3) if number != lost]
    for number in others:
        run.all[number].wait(60)
    assert time.monotonic() - stopped < 60
    run.all[lost].kill()
    ends = run.ended()
    for number in others:
        assert ends[number].status in (2, -signal.SIGABRT)
        assert ends[number].error.startswith(f"chainrule: Process {lost} of 3 ended before the others or is out of")
        assert ends[number].error.count("\n") == 1, ends[number].error


@pytest.mark.slow
def test_a_signal_to_one_process_ends_all_and_keeps_what_was_learned(tmp_path: Path) -> None:
    model = tmp_path / "m.safetensors"
    run = Together([*LONG, "--checkpoint", str(tmp_path / "run"), "--out", str(model)], 2)
    until(lambda: checkpoints(tmp_path / "run"))
    time.sleep(2)
    run.all[1].terminate()
    ends = run.ended(60)
    assert [ends[0].status, ends[1].status] == [0, 128 + signal.SIGTERM], ends
    assert "Stopped by SIGTERM in epoch" in ends[0].out and cr.load(model).params is not None


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 8])
def test_checkpoints_of_four_processes_are_read_by_others(tmp_path: Path, count: int) -> None:
    folder = ("--checkpoint", str(tmp_path / "run"))
    assert not any(end.status for end in Together([*XOR, "--epochs", "2", *folder], 4).ended().values())
    command = [*XOR, "--epochs", "4", *folder, "--resume"]
    if count == 1:
        for engine in ("numpy", "xla"):
            run = subprocess.run([*command, "--engine", engine], capture_output=True, text=True)
            assert "Going on from the checkpoint: 2 epochs" in run.stdout or engine == "xla", run.stderr
    else:
        end = Together(command, count).ended()[0]
        assert "Going on from the checkpoint: 2 epochs" in end.out, end


@pytest.mark.slow
def test_other_data_is_named_to_all() -> None:
    address = f"127.0.0.1:{free_port()}"
    script = (
        "import sys, numpy as np, chainrule as cr; i = int(sys.argv[1]); X = np.ones((40, 2)); X[3] += i\n"
        f"with cr.processes.together('{address}', 2, i):\n"
        "    cr.Network.mlp([2, 1]).fit(X, np.arange(40) % 2, engine='xla', devices='all', verbose=False)"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", script, str(i)], stderr=subprocess.PIPE, text=True) for i in range(2)
    ]
    errors = [run.communicate(timeout=60)[1] for run in runs]
    assert all("ProcessError: Process 1 has another data than process 0" in error for error in errors), errors


@pytest.mark.slow
def test_a_process_that_is_killed_20_times_ends_with_the_same_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, folder = np.random.default_rng(0), tmp_path / "run"
    monkeypatch.setenv("RUN", str(tmp_path / "alone"))
    alone = json.loads(subprocess.run([*RUNS, "often"], capture_output=True, text=True, check=True).stdout)["loss"]
    monkeypatch.setenv("RUN", str(folder))
    kills = 0
    while kills < 20:
        before = checkpoints(folder)
        run = Together([*RUNS, "often"], 1 + kills % 2, options=False)
        until(lambda run=run, before=before: checkpoints(folder) != before or run.all[0].poll() is not None)
        time.sleep(0.05 * rng.random())
        run.all[int(rng.integers(run.count))].kill()
        kills += any(end.status == -signal.SIGKILL for end in run.ended(90).values())
    losses = json.loads(Together([*RUNS, "often"], 2, options=False).ended()[0].out)
    assert len(losses) == 40
    np.testing.assert_allclose(losses, alone, rtol=1e-5)


def test_a_place_that_is_none_is_refused() -> None:
    from chainrule.engines.processes.together import together

    for place, message in (
        (("localhost:1", 2, 2), "--process-id counts from 0 to 1 in a run of 2 processes, but it is 2"),
        (
            ("localhost", 2, 0),
            "--coordinator is HOST:PORT of process 0, such as 10.0.0.1:1234 or \\[fd00::1\\]:1234, but it is localhost",
        ),
        (("::1", 2, 0), "--coordinator is HOST:PORT of process 0, .*, but it is ::1"),
    ):
        with pytest.raises(InputError, match=message), together(*place):
            pass
