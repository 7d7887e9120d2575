"""Time the XLA engine against torch.compile on a CUDA card, both in bfloat16, and the PyTorch engine, in turns.

Run with a Python that has chainrule, and JAX and PyTorch for CUDA: python -m benchmarks.gpu [--out FILE.json]
With --small it runs on a CPU, with W3 and a part of the table of cases: to see that the script itself works.

W4, W5, W7, W8, and an MLP of 8 layers of 4096 units. Beside the times stands the fraction of the card's own rate of
matrix products, measured first with PyTorch, that the products of the step come to. The PyTorch engine computes in
float32. Before that, every layer and loss of the table of cases is compared with NumPy on the card, by both engines, in
float32 and to 1e-4. What was not begun after 8 minutes is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS
from benchmarks.environment import ROOT
from benchmarks.machine import facts
from benchmarks.processes import processes
from benchmarks.report import time_text
from benchmarks.targets import deviating
from benchmarks.workloads import GPU_WORKLOADS, WORKLOADS, Workload

TAKE_PART = ("xla-bfloat16", "torch-engine-cuda", "torch-cuda")
ON_A_CPU = ("xla", "torch-engine", "torch")
ROUNDS, SIZE, SECONDS = 9, 8192, 480
_ON_THE_CARD = "float32 and (on_pytorch or on_every_engine)"
_EXACT = {  # all digits of float32
    "CHAINRULE_TORCH_DEVICE": "cuda",
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "NVIDIA_TF32_OVERRIDE": "0",
}


def missing(*, card: bool) -> str | None:
    """Return what is missing for this benchmark, if anything is; without a card, what is missing on a CPU."""
    try:
        import array_api_compat  # noqa: F401 - without it, the table of cases would leave out PyTorch
        import jax
        import torch
    except ImportError as error:
        return f"no {error.name} in this Python"
    if not card:
        return None
    if not torch.cuda.is_available():
        return "PyTorch sees no CUDA card"
    if jax.default_backend() != "gpu":
        return "JAX sees no CUDA card"
    return None


def card_rate() -> float:
    """Return the card's operations per second in a large matrix product in bfloat16."""
    import torch

    A = torch.randn(SIZE, SIZE, device="cuda", dtype=torch.bfloat16)
    best = float("inf")
    for _ in range(20):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(10):
            A @ A
        torch.cuda.synchronize()
        best = min(best, (time.perf_counter() - start) / 10)
    return 2 * SIZE**3 / best


def operations(workload: Workload) -> int:
    """Return the additions and multiplications of the matrix products of a step; the first layer has no dX."""
    network = workload.network()
    shape, work = workload.input_shape, []
    for layer, params in zip(network.body.layers, network.params, strict=True):
        work.append(layer.multiply_adds(params, shape))
        _, shape = layer.init(np.random.default_rng(0), shape)
    first = next(w for w in work if w)
    return 2 * workload.batch * (3 * sum(work) - first)


def contract(environment: dict[str, str], chosen: str) -> None:
    """Compare the layers and losses of the table of cases with NumPy, on the device; an error if one differs."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, "tests/test_contract.py"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def measured(name: str, steps: int, taking_part: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Return the seconds per step of each round, by contender."""
    with processes(name, taking_part, python=sys.executable) as running:
        first = {contender: process.first for contender, process in running.items()}
        if deviating(first, rtol=0.05):
            sys.exit(f"{name}: the losses differ: {first}")
        for process in running.values():
            process.ask("run 1")
        times: dict[str, list[float]] = {contender: [] for contender in running}
        for epoch in range(2, rounds + 2):
            for contender, process in running.items():
                times[contender].append(process.ask(f"run {epoch}") / steps)
    return times


def main() -> None:
    """Measure, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks/gpu.json"))
    parser.add_argument("--small", action="store_true", help="on a CPU, to see that the script itself works")
    options = parser.parse_args()
    started = time.perf_counter()
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # leave the other one memory
    reason = missing(card=not options.small)
    if reason:
        card = "" if options.small else ", for a CUDA card"
        sys.exit(f"benchmarks.gpu needs JAX and PyTorch{card}, but {reason}: nothing was measured.")
    contract({} if options.small else _EXACT, _ON_THE_CARD + (" and dense" if options.small else ""))
    numbers: dict[str, Any] = {"machine": facts(), "workloads": {}}
    if not options.small:
        import torch

        card, rate = torch.cuda.get_device_name(), card_rate()
        numbers |= {"card": card, "tflops": rate / 1e12}
        print(f"{card}: {rate / 1e12:.0f} TFLOP/s in a product of {SIZE} x {SIZE} in bfloat16")
    for name, workload in ({"W3": WORKLOADS["W3"]} if options.small else GPU_WORKLOADS).items():
        if time.perf_counter() - started > SECONDS:
            print(f"{name}: left out, because {SECONDS // 60} minutes have passed.")
            continue
        times = measured(
            name, workload.steps, ON_A_CPU if options.small else TAKE_PART, rounds=2 if options.small else ROUNDS
        )
        numbers["workloads"][name] = times
        print(f"{name}: {workload.title}")
        for contender, seconds in times.items():
            best, middle = time_text(min(seconds)), time_text(statistics.median(seconds))
            of_card = "" if options.small else f", {operations(workload) / min(seconds) / rate:.1%} of the card's rate"
            print(f"  {CONTENDERS[contender].label:46} {best:>8} (median {middle}){of_card}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(numbers, indent=1))
    print(f"Written: {options.out}, after {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
