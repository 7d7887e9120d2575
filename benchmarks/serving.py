"""Time `chainrule serve` with 32 clients at the same time, beside a plain server of FastAPI and ONNX Runtime.

Both get the same network (784-128-64-10), the same 2,000 requests of one digit each in the same order, and turns. No
answer may be missing or wrong.

Run with: python -m benchmarks.serving [--quick]
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from benchmarks import environment
from benchmarks.machine import machine
from benchmarks.report import time_text

HEAD = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
REQUESTS, CLIENTS, TURNS = 2000, 32, 5


class Turn(NamedTuple):
    """What one server did with all requests."""

    seconds: list[float]  # of each answer
    wall: float
    lost: int  # answers that are missing, or are none of this row
    cpu: float = 0.0  # seconds that the server computed, which other work on the machine hardly changes


def main() -> None:
    """Let the two servers answer in turns."""
    environment.ensure()
    print(machine())
    requests, turns = REQUESTS // (10 if "--quick" in sys.argv else 1), 2 if "--quick" in sys.argv else TURNS
    network = cr.Network.mlp([784, 128, 64, 10], seed=0)
    (_, _), (X, _) = cr.datasets.load_mnist_small()
    X = np.round(X[:requests] if requests <= len(X) else np.resize(X, (requests, 784)), 4)
    P = network.predict(X)
    bodies = [json.dumps({"rows": [row]}).encode() for row in X.tolist()]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        model = Path(folder) / "m.safetensors"
        cr.save(network, model)
        commands = {
            "chainrule serve": ["chainrule", "serve", str(model), "--port"],
            "FastAPI + ONNX Runtime": ["benchmarks.serving_plain", str(model)],
        }
        servers = {name: running.enter_context(server(command)) for name, command in commands.items()}
        done: dict[str, list[Turn]] = {name: [] for name in servers}
        for turn in range(turns + 1):
            for name, (port, process) in servers.items():
                before = cpu_seconds(process)
                result = asyncio.run(ask_all(port, bodies, P))
                result = result._replace(cpu=cpu_seconds(process) - before)
                if turn:  # the first warms up
                    done[name].append(result)
    print(f"{requests:,} requests, {CLIENTS} clients, {turns} turns: the middle of the turns")
    print(f"{'':24} {'p50':>8} {'p99':>8} {'requests/s':>11} {'CPU':>8} {'lost':>5}")
    for name, results in done.items():
        p50, p99 = np.median([np.percentile(turn.seconds, [50, 99]) for turn in results], axis=0)
        rate = np.median([requests / turn.wall for turn in results])
        cpu = np.median([turn.cpu / requests for turn in results])
        lost = sum(turn.lost for turn in results)
        print(f"{name:24} {time_text(p50):>8} {time_text(p99):>8} {rate:11,.0f} {time_text(cpu):>8} {lost:5}")


@contextmanager
def server(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run a module as a server on a free port; give the port, when it answers, and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    process = subprocess.Popen([str(environment.PYTHON), "-m", *command, str(port)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def cpu_seconds(process: int) -> float:
    """Return for how long a process has computed so far, on all cores together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ask_all(port: int, bodies: list[bytes], P: NDArray[Any]) -> Turn:
    """Send all requests over as many connections as there are clients, each as soon as the one before is answered."""
    waiting = iter(range(len(bodies)))
    seconds: list[float] = []
    wrong = 0

    async def client() -> None:
        nonlocal wrong
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        for i in waiting:
            head = HEAD.format(len(bodies[i]))
            started = time.perf_counter()
            writer.write(head.encode() + bodies[i])
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            content = await reader.readexactly(length)
            seconds.append(time.perf_counter() - started)
            wrong += not np.allclose(json.loads(content)["probabilities"], P[i : i + 1], atol=1e-5)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    wall = time.perf_counter() - started
    return Turn(seconds, wall, wrong + len(bodies) - len(seconds))


if __name__ == "__main__":
    main()
