"""Time the XLA engine against torch.compile on a CUDA card, both in bfloat16, and the PyTorch engine, in turns.

Run with a Python that has chainrule, and JAX and PyTorch for CUDA: python -m benchmarks.gpu [--out FILE.json]

W4, W5, W7, W8, and an MLP of 8 layers of 4096 units. Beside the times stands the fraction of the card's own rate of
matrix products, measured first with PyTorch, that the products of the step come to. The PyTorch engine computes in
float32. Before that, every layer and loss of the table of cases is compared with NumPy on the card.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS
from benchmarks.environment import ROOT
from benchmarks.machine import facts
from benchmarks.processes import processes
from benchmarks.report import time_text
from benchmarks.targets import deviating
from benchmarks.workloads import GPU_WORKLOADS, Workload

TAKE_PART = ("xla-bfloat16", "torch-engine-cuda", "torch-cuda")
ROUNDS, SIZE = 9, 8192
_EXACT = {"CHAINRULE_TORCH_DEVICE": "cuda", "NVIDIA_TF32_OVERRIDE": "0"}  # all digits of float32


def missing() -> str | None:
    """Return what is missing for this benchmark, if anything is."""
    try:
        import jax
        import torch
    except ImportError as error:
        return f"no {error.name} in this Python"
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


def main() -> None:
    """Measure, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks/gpu.json"))
    options = parser.parse_args()
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # leave the other one memory
    reason = missing()
    if reason:
        sys.exit(f"benchmarks.gpu needs a CUDA card with JAX and PyTorch for it, but {reason}: nothing was measured.")
    contract = [sys.executable, "-m", "pytest", "-q", "-k", "pytorch", "tests/test_contract.py"]
    subprocess.run(contract, cwd=ROOT, env=os.environ | _EXACT, check=True)
    import torch

    card, rate = torch.cuda.get_device_name(), card_rate()
    print(f"{card}: {rate / 1e12:.0f} TFLOP/s in a product of {SIZE} x {SIZE} in bfloat16")
    numbers: dict[str, Any] = {"machine": facts(), "card": card, "tflops": rate / 1e12, "workloads": {}}
    for name, workload in GPU_WORKLOADS.items():
        with processes(name, TAKE_PART, python=sys.executable) as running:
            first = {contender: process.first for contender, process in running.items()}
            if deviating(first, rtol=0.05):
                sys.exit(f"{name}: the losses differ: {first}")
            for process in running.values():
                process.ask("run 1")
            times: dict[str, list[float]] = {contender: [] for contender in running}
            for epoch in range(2, ROUNDS + 2):
                for contender, process in running.items():
                    times[contender].append(process.ask(f"run {epoch}") / workload.steps)
        numbers["workloads"][name] = times
        print(f"{name}: {workload.title}")
        for contender, seconds in times.items():
            share = operations(workload) / min(seconds) / rate
            best, middle = time_text(min(seconds)), time_text(statistics.median(seconds))
            print(f"  {CONTENDERS[contender].label:46} {best:>8} (median {middle}), {share:.1%} of the card's rate")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(numbers, indent=1))


if __name__ == "__main__":
    main()
