"""Who is measured: one file per family, each made to do the same work as `Network.fit` or `Network.predict`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from benchmarks.workloads import ALL, FAMILIES, MORE, Workload

MLPS = ("W1", "W2", "W3", "W4", "W5")
CONVOLUTIONS = ("W6", "W7")
INFERENCE = ("W9", "W10")
TRAINING = (*MLPS, *CONVOLUTIONS, "W8")


class Contender(Protocol):
    """What a process of the suite runs."""

    def first(self) -> list[float]:
        """Return the losses of the first steps, or for inference the first probabilities."""
        ...

    def run(self, epoch: int) -> float | None:
        """Do one round: train for an epoch (counted from 1), or predict as often as the workload says."""
        ...


@dataclass(frozen=True)
class Entry:
    """A contender in the table.

    Parameters
    ----------
    label
        What people read.
    module
        Its file here, which has `make(workload, variant)`.
    variant
        Which of the file's contenders.
    workloads
        Where it takes part.
    """

    label: str
    module: str
    variant: str
    workloads: tuple[str, ...]

    def make(self, workload: Workload) -> Any:
        """Return the contender, ready to run, in a process of its own."""
        return import_module(f"benchmarks.contenders.{self.module}").make(workload, self.variant)


DENSE, SEQUENCES, PICTURES, DILATED, WORDS, LAZY = (tuple(family) for family in FAMILIES.values())
# A network with a lazy embedding learns by another rule than one whose words all change in each step.
_USUAL = tuple(name for name in MORE if name not in LAZY)
EVERYWHERE = (*TRAINING, *INFERENCE)
_JAX_SEQUENCES = tuple(name for name in SEQUENCES if name != "both-ways")
# XLA's own convolutions with groups take up to 160 times as long as others', seconds per step.
_NOT_JAX = ("both-ways", "depthwise", "groups-4", "groups-16", "mobile")
_JAX = tuple(name for name in _USUAL if name not in _NOT_JAX)
CONTENDERS = {
    "numpy": Entry("chainrule, NumPy engine", "ours", "numpy", tuple(ALL)),
    "predictor": Entry("chainrule, predictor()", "ours", "predictor", ("W9",)),
    "fast": Entry("chainrule, NumPy engine, extra fast", "ours", "fast", (*TRAINING, *MORE)),
    "xla": Entry("chainrule, XLA engine", "ours", "xla", (*EVERYWHERE, *_USUAL)),
    "torch-engine": Entry("chainrule, PyTorch engine", "ours", "torch:cpu", (*EVERYWHERE, *_USUAL)),
    "torch": Entry("PyTorch eager, fused Adam", "pytorch", "eager", (*EVERYWHERE, *_USUAL)),
    # Two threads cost more than they give on nets as small as these.
    "torch-1": Entry("PyTorch eager, one thread", "pytorch", "one-thread", ("W1", "W2", "W9")),
    "torch-last": Entry("PyTorch eager, channels last", "pytorch", "channels-last", (*CONVOLUTIONS, *PICTURES)),
    "torch-sparse": Entry("PyTorch eager, SparseAdam", "pytorch", "sparse", LAZY),
    "torch-compile": Entry("torch.compile, fused Adam", "pytorch", "compile", TRAINING),
    "sklearn": Entry("scikit-learn MLPClassifier", "scikit", "", (*MLPS, *INFERENCE)),
    "jax-step": Entry("JAX + optax, jit per step", "jax_optax", "step", (*EVERYWHERE, *_JAX)),
    # XLA runs a convolution inside a scan on one core without its fast code: tens of times slower, seconds per step.
    "jax-scan": Entry("JAX + optax, lax.scan", "jax_optax", "scan", (*MLPS, "W8", *DENSE, *_JAX_SEQUENCES, *WORDS)),
    "keras": Entry("Keras on JAX", "keras_jax", "", TRAINING),
    "onnxruntime": Entry("ONNX Runtime", "onnx_runtime", "", INFERENCE),
    "onnxruntime-1": Entry("ONNX Runtime, one thread", "onnx_runtime", "one-thread", ("W9",)),
    # Of benchmarks.gpu only.
    "xla-bfloat16": Entry("chainrule, XLA engine, bfloat16", "ours", "xla-bfloat16", ()),
    "torch-engine-cuda": Entry("chainrule, PyTorch engine on CUDA, float32", "ours", "torch:cuda", ()),
    "torch-cuda": Entry("torch.compile on CUDA, fused Adam, bfloat16", "pytorch", "cuda", ()),
}
"""Every contender by the name that `--contenders` takes."""
OURS = ("numpy", "fast", "xla", "torch-engine")
