"""Which engine trains or runs a network."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.engines.base import Engine
from chainrule.engines.numpy import NumpyEngine
from chainrule.errors import InputError
from chainrule.layers import Sequential
from chainrule.losses import Loss
from chainrule.metrics import Metric
from chainrule.optimizers import Optimizer

ENGINES = ("numpy", "fast", "xla")


def make(
    name: str,
    body: Sequential,
    loss: Loss,
    optimizer: Optimizer,
    params: Params,
    *,
    metrics: tuple[Metric, ...],
    seed: int,
    accumulate: int,
    precision: str | None,
) -> Engine:
    """Return an engine by its name."""
    _check(name)
    if precision is not None and name != "xla":
        raise InputError(f'precision={precision!r} is for engine="xla"; NumPy computes in the network\'s dtype.')
    if name == "xla":
        from chainrule.engines.xla import XlaEngine

        return XlaEngine(
            body, loss, optimizer, params, metrics=metrics, seed=seed, accumulate=accumulate, precision=precision
        )
    apply = None
    if name == "fast":
        from chainrule.engines.compiled import compile_rule

        dtype = next((p.dtype for _, p in leaves(params)), np.dtype(np.float32))
        apply = compile_rule(optimizer, dtype)
    return NumpyEngine(body, loss, optimizer, params, metrics=metrics, seed=seed, accumulate=accumulate, apply=apply)


def predictor(name: str, body: Sequential, params: Params) -> Callable[[Array, Array | None], Array]:
    """Return the function from inputs and mask to logits."""
    _check(name)
    if name == "xla":
        from chainrule.engines import xla

        return xla.predictor(body, params)

    def forward(X: Array, mask: Array | None) -> Array:
        return body.forward(params, X, Mode(mask=mask))[0]

    return forward


def _check(name: str) -> None:
    if name not in ENGINES:
        raise InputError(f"The engine is one of {', '.join(ENGINES)} or auto, but engine={name!r}.")


def choose(params: Params, batch_size: int, steps: int) -> tuple[str, str]:
    """Return the name of the engine that should train faster, and why."""
    if importlib.util.find_spec("jax") is None:
        return "numpy", "JAX is not installed"
    work = batch_size * sum(math.prod(p.shape) for _, p in leaves(params))
    return ("xla", "the run is long") if steps * work > 10**12 else ("numpy", "the run is short")
