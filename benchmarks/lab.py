"""Time training in the lab against `fit` on the same data, in turns in one run; and watch the lab's memory.

Run with: python -m benchmarks.lab
For the memory while it plays for so many minutes: python -m benchmarks.lab --memory 60
The page takes a core of its own, so compare where at least two are free.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

from benchmarks.machine import machine
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.frames import PARTS, Frames
from chainrule.lab.session import Session
from chainrule.layers import LSTM, Conv2D, Dense, Flatten, MaxPool, ReLU

WORK = {
    "XOR, 2-4-1": Blueprint.first(),
    "spirals, 2-16-16-3": Blueprint(DataChoice("toy", "spirals"), (Dense(16), ReLU(), Dense(16), ReLU())),
    "digits, 784-50-10": Blueprint(DataChoice("digits", "mnist-small"), (Dense(50), ReLU()), batch_size=32),
    "digits, convolution": Blueprint(
        DataChoice("digits", "mnist-small", form="picture"),
        (Conv2D(8, kernel=3), ReLU(), MaxPool(2), Flatten()),
        batch_size=32,
    ),
    "digits, LSTM": Blueprint(DataChoice("digits", "mnist-small", form="rows"), (LSTM(16),), batch_size=32),
}
SECONDS = 3.0
ROUNDS = 3


def fit_rate(blueprint: Blueprint, sets: DataSets) -> float:
    """Return the steps per second of `fit`."""
    examples = sets.examples(blueprint.data)
    network = blueprint.network(examples)
    epochs, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < SECONDS:
        more = max(1, round(0.3 * SECONDS * epochs / spent)) if epochs else 1
        network.fit(
            examples.X,
            examples.y,
            epochs=more,
            batch_size=blueprint.batch_size,
            optimizer=blueprint.optimizer,
            validation_data=examples.validation,
            seed=blueprint.seed,
            verbose=False,
        )
        epochs += more
    return epochs * -(-len(examples.X) // blueprint.batch_size) / (time.perf_counter() - began)


def lab_rate(blueprint: Blueprint, sets: DataSets, *, page: bool) -> float:
    """Return the steps per second of a session, with a page that asks for all frames or without."""
    session = Session(blueprint, sets)
    over = threading.Event()

    def look() -> None:
        frames, seen, version = Frames(session), dict[str, int](), -1
        while not over.is_set():
            began = time.monotonic()
            version = session.wait(version, 1.0)
            frame = frames.frame(seen, set(PARTS))
            seen = frame["seen"]
            json.dumps(frame)
            time.sleep(max(0.0, began + 0.05 - time.monotonic()))

    looking = threading.Thread(target=look)
    if page:
        looking.start()
    began = time.perf_counter()
    session.play()
    time.sleep(SECONDS)
    session.pause()
    rate = session.state().step / (time.perf_counter() - began)
    over.set()
    session.close()
    if page:
        looking.join()
    return rate


def compare() -> None:
    """Print the rates of `fit` and of the lab, the best of some rounds in turns."""
    print(machine())
    print(f"{'':22}{'fit':>12}{'lab':>12}{'ratio':>8}{'with a page':>14}{'ratio':>8}   (steps per second)")
    sets = DataSets()
    for name, blueprint in WORK.items():
        rates = [
            (fit_rate(blueprint, sets), lab_rate(blueprint, sets, page=False), lab_rate(blueprint, sets, page=True))
            for _ in range(ROUNDS)
        ]
        fit, lab, page = (max(column) for column in zip(*rates, strict=True))
        print(f"{name:22}{fit:12,.0f}{lab:12,.0f}{lab / fit:8.2f}{page:14,.0f}{page / fit:8.2f}")


def watch(minutes: float) -> None:
    """Print the memory of this process, ten times while it plays."""
    session = Session(Blueprint.first(), DataSets())
    session.play()
    for i in range(11):
        if i:
            time.sleep(6 * minutes)
        print(
            f"{i * minutes / 10:6.1f} min  {session.state().epoch:10,} epochs  {resident() / 2**20:8.1f} MiB",
            flush=True,
        )
    session.close()


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * 4096


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=float, metavar="MINUTES")
    minutes = parser.parse_args().memory
    if minutes is None:
        compare()
    else:
        watch(minutes)
