"""Write layers.npz: what PyTorch computes for activations, pooling, normalization and embedding, in our layout.

Run it by itself where PyTorch is installed: ``python make_layers.py``. Channels are last in every array, and
parameters bear our names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

RNG = np.random.default_rng(0)
ARRAYS: dict[str, Any] = {}


def channels_first(x: Any) -> Any:
    return x.movedim(-1, 1)


def channels_last(x: Any) -> Any:
    return x.movedim(1, -1)


def draw(*shape: int, digits: int = 6) -> Any:
    return torch.tensor(RNG.standard_normal(shape).round(digits), dtype=torch.float32)


def record(case: str, x: Any, function: Callable[..., Any], **params: Any) -> None:
    """Store input, parameters, output, upstream gradient and gradients under "case/..."."""
    variables = {name: p.clone().requires_grad_() for name, p in params.items()}
    if x.is_floating_point():
        variables["x"] = x.clone().requires_grad_()
    y = function(variables.get("x", x), **{name: v for name, v in variables.items() if name != "x"})
    dy = draw(*y.shape)
    gradients = torch.autograd.grad(y, list(variables.values()), dy)
    arrays = {"x": x, "y": y, "dy": dy, **{f"params.{name}": p for name, p in params.items()}}
    arrays |= {f"grads.{name}": g for name, g in zip(variables, gradients, strict=True)}
    ARRAYS.update({f"{case}/{name}": a.detach().numpy() for name, a in arrays.items()})


def record_pool(case: str, x: Any, pool: Callable[..., Any], *settings: Any, **options: Any) -> None:
    record(case, x, lambda x: channels_last(pool(channels_first(x), *settings, **options)))


def record_batch_norm(case: str, x: Any, training: bool) -> None:
    mean, variance = draw(x.shape[-1]), draw(x.shape[-1]).abs() + 0.5
    ARRAYS[f"{case}/params.running_mean"], ARRAYS[f"{case}/params.running_variance"] = mean.numpy(), variance.numpy()
    mean, variance = mean.clone(), variance.clone()

    def batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
        return channels_last(F.batch_norm(channels_first(x), mean, variance, gamma, beta, training, momentum=0.1))

    record(case, x, batch_norm, gamma=draw(x.shape[-1]), beta=draw(x.shape[-1]))
    ARRAYS[f"{case}/after.running_mean"], ARRAYS[f"{case}/after.running_variance"] = mean.numpy(), variance.numpy()


record_pool("max_1d", draw(2, 7, 3), F.max_pool1d, 2)
record_pool("max_1d_overlapping", draw(2, 8, 3), F.max_pool1d, 3, 1)
record_pool("max_2d", draw(2, 5, 7, 3), F.max_pool2d, 2)
record_pool("max_2d_overlapping", draw(2, 6, 8, 3), F.max_pool2d, (3, 2), (2, 1))
record_pool("max_2d_ties", draw(2, 6, 6, 3, digits=0), F.max_pool2d, 3, 2)
record_pool("average_1d", draw(2, 7, 3), F.avg_pool1d, 3, 2)
record_pool("average_2d", draw(2, 5, 7, 3), F.avg_pool2d, 2)
record_pool("average_2d_overlapping", draw(2, 6, 8, 3), F.avg_pool2d, (3, 2), (2, 1))
record_pool("average_2d_same", draw(2, 5, 4, 3), F.avg_pool2d, 3, 1, 1, count_include_pad=False)
record_batch_norm("batch_norm", 3 * draw(8, 4) + 1, training=True)
record_batch_norm("batch_norm_2d", 3 * draw(4, 3, 2, 4) + 1, training=True)
record_batch_norm("batch_norm_inference", 3 * draw(4, 3, 2, 4) + 1, training=False)
record(
    "layer_norm", draw(4, 2, 5), lambda x, gamma, beta: F.layer_norm(x, (5,), gamma, beta), gamma=draw(5), beta=draw(5)
)
record("rms_norm", draw(4, 2, 5), lambda x, gamma: F.rms_norm(x, (5,), gamma, eps=1e-6), gamma=draw(5))
record("embedding", torch.tensor(RNG.integers(0, 6, (4, 5))), lambda x, W: F.embedding(x, W), W=draw(7, 3))
record("softsign", 3 * draw(4, 5), F.softsign)
for groups in 1, 2, 4:
    record(
        f"group_norm_{groups}",
        3 * draw(2, 3, 5, 4) + 1,
        lambda x, gamma, beta: channels_last(F.group_norm(channels_first(x), groups, gamma, beta)),  # noqa: B023
        gamma=draw(4),
        beta=draw(4),
    )
record("selu", 3 * draw(4, 5), F.selu)
record("mish", 3 * draw(4, 5), F.mish)

np.savez_compressed(Path(__file__).with_name("layers.npz"), **ARRAYS)
