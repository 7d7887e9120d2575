"""Write convolution.npz: PyTorch's outputs and autograd gradients, in the layout of chainrule.

Run with any Python that has PyTorch: python tests/reference/make_convolution.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

# name: shape of x, kernel, filters, stride, padding (before, after) per axis, dilation, groups
CASES: dict[str, tuple[Any, ...]] = {
    "large kernel": ((2, 9, 8, 3), (5, 5), 4, (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "padded": ((2, 6, 7, 4), (3, 3), 6, (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    "strided": ((2, 9, 10, 4), (3, 2), 6, (2, 3), ((1, 2), (0, 1)), (1, 2), 1),
    "groups": ((2, 7, 8, 4), (3, 3), 6, (2, 1), ((1, 1), (2, 2)), (2, 1), 2),
    "depthwise": ((2, 8, 7, 5), (3, 3), 5, (2, 2), ((1, 1), (1, 1)), (1, 1), 5),
    "sequence": ((2, 30, 6), (3,), 4, (1,), ((8, 0),), (4,), 1),
}


def channels_first(x: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.moveaxis(x, -1, 1).copy(), requires_grad=True)


def channels_last(t: Any) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(t.detach().numpy(), 1, -1))


def main() -> None:
    """Compute every case with fixed seeds."""
    arrays: dict[str, Any] = {}
    for seed, (name, (shape, kernel, filters, stride, padding, dilation, groups)) in enumerate(CASES.items()):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal(shape, dtype=np.float32)
        W = rng.standard_normal((*kernel, shape[-1] // groups, filters), dtype=np.float32)
        b = rng.standard_normal(filters, dtype=np.float32)
        xt, bt = channels_first(x), torch.tensor(b, requires_grad=True)
        Wt = torch.tensor(np.moveaxis(W, (-1, -2), (0, 1)).copy(), requires_grad=True)
        padded = F.pad(xt, [n for pair in reversed(padding) for n in pair])
        convolve = F.conv1d if len(kernel) == 1 else F.conv2d
        Yt = convolve(padded, Wt, bt, stride=stride, dilation=dilation, groups=groups)
        dY = rng.standard_normal(channels_last(Yt).shape, dtype=np.float32)
        Yt.backward(channels_first(dY).detach())
        dW = np.moveaxis(Wt.grad.numpy(), (0, 1), (-1, -2))
        found = {"Y": channels_last(Yt), "dX": channels_last(xt.grad), "dW": dW, "db": bt.grad.numpy()}
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        for key, value in ({"x": x, "W": W, "b": b, "dY": dY} | found | settings).items():
            arrays[f"{name}/{key}"] = np.asarray(value)
    np.savez_compressed(Path(__file__).with_name("convolution.npz"), **arrays)


if __name__ == "__main__":
    main()
