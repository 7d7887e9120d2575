"""Time training and inference of chainrule and its peers in turns, in one run.

Run with: python -m benchmarks.suite [--quick] [--workloads W1,W3] [--contenders numpy,torch] [--out DIR]

Everyone does the same work. The same made-up examples lie in NumPy's memory (made into tensors once for PyTorch, put on
the device once for JAX). A round is an epoch (W1 to W8): everyone takes its order from the same formula (Keras shuffles
by itself), gathers each batch, computes forward, loss and backward, does a step of Adam and adds up the losses, which
are read at the end. chainrule's time is that of a call of `fit`, with its checks, its accuracy and its history. All
start from the same weights, and first it is checked that they compute the same losses.

Every contender has a process of its own, which is told to run a round when it is its turn. Compilation happens before,
and its time stands in the column "first round" with that of the round. "fit call" is what a call of `fit` costs besides
its steps. The ratios of the targets are of minima over rounds; those of the medians stand beside them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import environment, report
from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.machine import facts
from benchmarks.processes import Process, processes
from benchmarks.targets import Times, deviating, verdicts
from benchmarks.workloads import ALL, WORKLOADS

ROUNDS, QUICK_ROUNDS = 15, 4
QUICK = (*OURS, "torch", "torch-1", "torch-last", "jax-step", "jax-scan", "sklearn", "onnxruntime")
_REST = 0.03  # seconds for the threads of the contender before to go to sleep


def agree(workload: str, running: dict[str, Process]) -> None:
    """End the run if a contender does not compute what the others do."""
    first = {name: process.first for name, process in running.items()}
    for name in deviating(first):
        others = next(values for other, values in first.items() if other != name)
        print(f"{workload}: {CONTENDERS[name].label} computes other losses:\n  {first[name]}\ninstead of\n  {others}")
    if deviating(first):
        sys.exit(1)


def measure(workload: str, contenders: Sequence[str], rounds: int) -> tuple[Times, dict[str, Any]]:
    """Return the seconds per step of each round, and what else is known, by contender."""
    steps = ALL[workload].steps
    with processes(workload, contenders) as running:
        agree(workload, running)
        results = {name: {"first_round": process.ask("run 1")} for name, process in running.items()}
        times: Times = {name: [] for name in running}
        for epoch in range(2, rounds + 2):
            for name, process in running.items():
                time.sleep(_REST)
                times[name].append(process.ask(f"run {epoch}") / steps)
        if not ALL[workload].inference:
            for name in running.keys() & set(OURS):
                singles = [running[name].ask("single") for _ in range(rounds + 1)]
                results[name]["setup"] = max(0.0, min(singles[1:]) - min(times[name]))
    for name, result in results.items():
        result |= {"minimum": min(times[name]), "median": statistics.median(times[name]), "rounds": times[name]}
    return times, results


def names(text: str) -> list[str]:
    """Return the names in a list with commas."""
    return text.split(",")


def main() -> None:
    """Measure what was asked for; write the numbers after every workload."""
    from rich.console import Console

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds instead of {ROUNDS}")
    parser.add_argument("--workloads", type=names, default=list(WORKLOADS), metavar="W1,W3")
    parser.add_argument(
        "--contenders", type=names, metavar="numpy,torch", help="if not given: all; in quick the targets'"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"), metavar="DIR")
    options = parser.parse_args()
    chosen = options.contenders or (QUICK if options.quick else list(CONTENDERS))
    environment.ensure()
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(width=120)
    machine, versions = facts(), environment.versions()
    caption = ", ".join(
        [f"{machine['processor']}, {machine['cores']} cores, {machine['date']}"]
        + [f"{k} {v}" for k, v in versions.items()]
    )
    console.print(caption)
    if float(machine["load_before"]) > 0.5:
        console.print(f"Something else keeps the machine busy (load {machine['load_before']}): the ratios will be off.")
    all_times, all_results = {}, {}
    for workload in options.workloads:
        taking_part = [name for name in chosen if workload in CONTENDERS[name].workloads]
        times, results = measure(workload, taking_part, QUICK_ROUNDS if options.quick else ROUNDS)
        all_times[workload], all_results[workload] = times, results
        console.print(report.workload_table(workload, times, results))
        numbers = {"machine": machine, "versions": versions, "workloads": all_results, "targets": verdicts(all_times)}
        (options.out / "suite.json").write_text(json.dumps(numbers, indent=1))
        report.chart(all_times, options.out / "suite.png", caption)
    console.print(report.target_table(verdicts(all_times)))
    console.print(f"Written: {options.out / 'suite.json'} and {options.out / 'suite.png'}")


if __name__ == "__main__":
    main()
