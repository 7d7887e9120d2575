"""What `chainrule plan` predicts beside what is measured, on one and two devices and processes of this machine.

Run with: python -m benchmarks.plan

Each device has one thread, and the devices are simulated. "compiled" is what the collective operations of the
compiled step send if they go around a ring; those of several processes are the same. "XLA" is what the compiled step
takes on a device for anything but its examples: its arguments and its temporary memory.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.machine import facts, machine
from chainrule.engines import costs
from chainrule.engines.costs import Pace, Training

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
FLAGS = "--xla_cpu_multi_thread_eigen=false --xla_force_host_platform_device_count="
BATCHES, EPOCHS = 4, 60
NETWORKS: dict[str, tuple[list[Any], tuple[int, ...], int]] = {
    "784-512-256-10": ([cr.Dense(512), cr.ReLU(), cr.Dense(256), cr.ReLU(), cr.Dense(10)], (784,), 128),
    "LSTM 32-64, 20 steps": ([cr.LSTM(64, sequence=False), cr.Dense(10)], (20, 32), 64),
    "LeNet-5": (
        [
            *(cr.Conv2D(6, 5, padding=2), cr.ReLU(), cr.MaxPool(2), cr.Conv2D(16, 5), cr.ReLU(), cr.MaxPool(2)),
            *(cr.Flatten(), cr.Dense(120), cr.ReLU(), cr.Dense(84), cr.ReLU(), cr.Dense(10)),
        ],
        (28, 28, 1),
        16,
    ),
}
_COLLECTIVE = re.compile(r"= (.*?) (all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute)(?:-start)?\(")
_ARRAY = re.compile(r"\b[a-z](\d+)\[([\d,]*)\]")


def network_of(name: str) -> cr.Network:
    """Return one of the networks."""
    layers, shape, _ = NETWORKS[name]
    return cr.Network(layers, "categorical_cross_entropy", input_shape=shape)


def training_of(name: str, sharded: bool) -> Training:
    """Return what the plan is for."""
    network, (_, shape, batch) = network_of(name), NETWORKS[name]
    return Training(network.body, network.params, shape, network.dtype, cr.Adam(), batch, sharded)


def sent_by(program: str, devices: int) -> int:
    r"""Return the bytes that a device sends in a compiled program, if what is in a loop runs once.

    >>> sent_by("%1 = (f32[4]{0}, f32[2,2]{1,0}) all-reduce(%0)\\n%3 = f32[8]{0} all-gather(%2)", 2)
    48
    """
    ring, total = (devices - 1) / devices, 0.0
    for result, kind in _COLLECTIVE.findall(program):
        arrays = _ARRAY.findall(result)
        size = sum(int(bits) // 8 * int(np.prod([int(n) for n in shape.split(",") if n])) for bits, shape in arrays)
        times = {"all-reduce": 2 * ring, "reduce-scatter": devices - 1, "collective-permute": 1.0}
        total += times.get(kind, ring) * size
    return round(total)


def compiled(name: str, sharded: bool) -> tuple[str, int]:
    """Return the step as XLA compiles it for the devices that there are, and the memory that it takes on one."""
    from chainrule.data.batches import Arrays, Data
    from chainrule.engines.devices import Devices, Hardware
    from chainrule.engines.xla import XlaEngine
    from chainrule.engines.xla_steps import single

    network, (_, shape, batch) = network_of(name), NETWORKS[name]
    hardware = Hardware(devices=Devices("all", sharded=sharded))
    engine = XlaEngine(network.body, network.loss, cr.Adam(), network.params, hardware=hardware)
    source = Arrays(Data(np.zeros((batch, *shape), np.float32), np.zeros(batch, int)), batch, 0)
    data, index = engine._placing.examples(source, next(source.blocks(0, 0, engine.block)))
    key = np.zeros(3, np.int32)
    step: Any = single(engine._settings)
    step = step.lower(engine._carry, data, index, np.int32(0), key).compile()
    held = step.memory_analysis()
    examples = sum(a.addressable_shards[0].data.nbytes for a in (data.X, data.Y, index))
    return step.as_text(), held.argument_size_in_bytes + held.temp_size_in_bytes - examples


def planned(name: str) -> dict[str, Any]:
    """Return the seconds of a step on one device, with the rows of two devices and of one."""
    from chainrule.engines import xla_timing

    pace = xla_timing.measured_pace(training_of(name, sharded=False), network_of(name).loss, 2)
    return {"rows": list(pace.seconds), "seconds": list(pace.seconds.values())}


def measured(name: str) -> dict[str, Any]:
    """Train on all devices; return the seconds of a step, and the bytes a second that were measured between them."""
    from chainrule.engines import xla_timing

    class Clock(cr.Callback):
        def __init__(self) -> None:
            self.ends: list[float] = []

        def epoch_end(self, run: Any) -> None:
            self.ends.append(time.perf_counter())

    network, (_, shape, batch), clock = network_of(name), NETWORKS[name], Clock()
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((BATCHES * batch, *shape), np.float32), rng.integers(10, size=BATCHES * batch)
    options: dict[str, Any] = {"engine": "xla", "devices": "all", "callbacks": [clock], "verbose": False}
    network.fit(X, y, epochs=EPOCHS, batch_size=batch, **options)
    gradients = costs.bytes_of_gradients(training_of(name, sharded=False))
    return {"step": min(np.diff(clock.ends)) / BATCHES, "bandwidth": xla_timing.measured_bandwidth(gradients)}


def program(name: str) -> dict[str, Any]:
    """Return what the compiled step sends and holds, with whole and with sharded parameters."""
    import jax

    steps = {sharded: compiled(name, sharded) for sharded in (False, True)}
    return {str(sharded): [sent_by(text, jax.device_count()), held] for sharded, (text, held) in steps.items()}


def work(task: str, name: str, address: str, number: int) -> dict[str, Any]:
    """Do what one process does."""
    if not address:
        return {"plan": planned, "measure": measured, "program": program}[task](name)
    with cr.processes.together(address, 2, number):
        return measured(name)


def ask(task: str, name: str, devices: int = 1, processes: int = 1) -> dict[str, Any]:
    """Return what a process says that has so many devices, or the first of several."""
    address = ""
    if processes > 1:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
    environment = os.environ | ONE_THREAD | {"XLA_FLAGS": FLAGS + str(devices)}
    command = [sys.executable, "-m", "benchmarks.plan", "--task", task, "--name", name, "--address", address]
    runs = [
        subprocess.Popen([*command, "--number", str(i)], stdout=subprocess.PIPE, env=environment)
        for i in range(processes)
    ]
    said: list[dict[str, Any]] = [json.loads(run.communicate()[0]) for run in runs]
    return said[0]


def report(name: str) -> None:
    """Print predicted and measured numbers of a network."""
    training = {sharded: training_of(name, sharded) for sharded in (False, True)}
    told = ask("plan", name)
    pace = Pace(dict(zip(told["rows"], told["seconds"], strict=True)))
    print(f"\n{name}, batch {training[False].batch}")
    for title, count, asked in (
        ("1 process", 1, {}),
        ("2 devices", 2, {"devices": 2}),
        ("2 processes", 2, {"processes": 2}),
    ):
        real = ask("measure", name, **asked)
        speed = real["bandwidth"] or 1.0
        (*_, step) = costs.scaling(training[False], count, pace, speed)
        print(
            f"{title:12} step predicted {1000 * step.seconds:.2f} ms ({1000 * step.computing:.2f} computing, "
            f"{1000 * step.exchange:.2f} exchange), measured {1000 * real['step']:.2f} ms"
        )
    for sharded, (sent, held) in ask("program", name, devices=2).items():
        plan = training[sharded == "True"]
        print(
            f"2 devices, {'sharded' if plan.sharded else 'whole':8} bytes sent predicted {costs.sent(plan, 2):,}, "
            f"compiled {sent:,}; held predicted {sum(costs.memory(plan, 2)._replace(inputs=0)):,}, XLA {held:,}"
        )


def main() -> None:
    """Ask processes of their own, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for hidden in ("task", "name", "address"):
        parser.add_argument(f"--{hidden}", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(work(options.task, options.name, options.address, options.number)))
        return
    print(f"{machine()}, load {facts()['load_before']}")
    for name in NETWORKS:
        report(name)


if __name__ == "__main__":
    main()
