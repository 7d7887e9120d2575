"""Which engine trains or runs a network."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

from chainrule.arrays import INFERENCE, Array, Mode, Params, Shape, machine
from chainrule.common.errors import InputError
from chainrule.common.settings import OneOf
from chainrule.common.texts import tr
from chainrule.engines.base import Engine
from chainrule.engines.devices import Hardware
from chainrule.engines.lazy_rows import lazy_embedding
from chainrule.engines.numpy import NumpyEngine
from chainrule.layers import Sequential
from chainrule.layers.base import convolves

ENGINES = ("numpy", "fast", "xla", "torch")
_TORCH = "torch:"
_LAZY = ("numpy", "fast")  # that change only the vectors that a batch looks up


class EngineName(OneOf):
    """The name of an engine, to which that of one of PyTorch's devices may be added: "torch:cuda:1"."""

    def normal(self, value: Any) -> str:
        """Return a str."""
        if isinstance(value, str) and value.startswith(_TORCH):
            return str.__str__(value)
        return super().normal(value)


ENGINE = EngineName(ENGINES)
ENGINE_OR_AUTO = EngineName([*ENGINES, "auto"])


def engine_maker(name: str, body: Sequential, hardware: Hardware) -> Callable[..., Engine]:
    """Return what makes an engine, by its name, from all that engines have in common."""
    name, _, device = ENGINE.check("Network", "engine", name).partition(":")
    if lazy_embedding(body) is not None and name not in _LAZY:
        raise InputError(
            'engine={name!r} would change all vectors of Embedding(lazy=True) in each step: take engine="numpy" or '
            '"fast", or leave out lazy=True.',
            name=name,
        )
    if hardware.precision is not None and name != "xla":
        raise InputError(
            'precision={precision!r} is for engine="xla"; the others compute in the network\'s dtype.',
            precision=hardware.precision,
        )
    if hardware.devices is not None and name != "xla":
        raise InputError(
            'devices is for engine="xla", but engine={name!r} trains: write engine="xla", or leave out devices.',
            name=name,
        )
    if name == "torch":
        from chainrule.engines.torch import TorchEngine

        return partial(TorchEngine, device=device)
    if name == "xla":
        from chainrule.engines.xla import XlaEngine

        return partial(XlaEngine, hardware=hardware)
    return partial(NumpyEngine, fast=name == "fast")


def predictor(name: str, body: Sequential, params: Params) -> Callable[[Array, Array | None], Array]:
    """Return the function from inputs and mask to logits; "fast" predicts as NumPy does."""
    name, _, device = ENGINE.check("Network", "engine", name).partition(":")
    if name == "xla":
        from chainrule.engines import xla_placing

        return xla_placing.predictor(body, params)
    if name == "torch":
        from chainrule.engines import torch

        return torch.predictor(body, params, device)

    def forward(X: Array, mask: Array | None) -> Array:
        return body.forward(params, X, INFERENCE if mask is None else Mode(mask=mask))[0]

    return forward


def choose(body: Sequential, params: Params, input_shape: Shape, batch_size: int, steps: int) -> tuple[str, str]:
    """Return the name of the engine that should train faster, and why.

    Compiling takes seconds. From then on, XLA takes a twentieth (tiny networks) to nine tenths (wide ones) of NumPy's
    time, half for recurrent ones; convolutions on a CPU take as long as NumPy's. So XLA is for long runs, and for
    convolutions only if there is an accelerator. The time is estimated from the multiply-adds.
    """
    if lazy_embedding(body) is not None:
        return "numpy", tr("XLA would change all vectors of a lazy embedding")
    work = 3 * batch_size * body.multiply_adds(params, input_shape)  # forward, and two products in backward
    seconds = steps * (machine.STEP_SECONDS + work / machine.MULTIPLY_ADDS_PER_SECOND)
    if seconds < machine.COMPILING_PAYS:
        about = f"{seconds:.1g}" if seconds < 1 else f"{seconds:.0f}"
        return "numpy", tr("the run should take about {seconds} s, which is too short to compile for", seconds=about)
    if importlib.util.find_spec("jax") is None:
        return "numpy", tr("JAX, which would be faster, is not installed: pip install 'chainrule[xla]'")
    import jax

    if jax.default_backend() != "cpu":
        return "xla", tr("there is a device for it, {device}", device=jax.devices()[0].device_kind)
    if convolves(body):
        return "numpy", tr("on a CPU, convolutions are no faster when compiled")
    return "xla", tr(
        "the run would take about {seconds:.0f} s with NumPy, which is long enough to compile for", seconds=seconds
    )
