"""Time forward and backward of convolutions: NumPy, JAX and, where it is installed, PyTorch, in turns in one run.

Run with: python -m benchmarks.convolution
On a busy machine compare on one core: taskset -c 0 env OPENBLAS_NUM_THREADS=1 python -m benchmarks.convolution
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.machine import machine
from chainrule.layers.convolution import Conv1D, Conv2D

Runs = dict[str, Callable[[], Any]]

SHAPES: dict[str, tuple[Conv1D | Conv2D, tuple[int, ...]]] = {
    "LeNet 28x28x1 -> 6, 5x5, batch 64": (Conv2D(6, 5), (64, 28, 28, 1)),
    "LeNet 14x14x6 -> 16, 5x5, batch 64": (Conv2D(16, 5), (64, 14, 14, 6)),
    "32x32x3 -> 32, 3x3, batch 64": (Conv2D(32, 3, padding=1), (64, 32, 32, 3)),
    "32x32x32 -> 32, 3x3, batch 64": (Conv2D(32, 3, padding=1), (64, 32, 32, 32)),
    "16x16x32 -> 64, 3x3, batch 64": (Conv2D(64, 3, padding=1), (64, 16, 16, 32)),
    "16x16x64 -> 64, 3x3, batch 64": (Conv2D(64, 3, padding=1), (64, 16, 16, 64)),
    "32x32x32 -> 64, 3x3, stride 2, batch 64": (Conv2D(64, 3, stride=2, padding=1), (64, 32, 32, 32)),
    "16x16x64 -> 64, 1x1, batch 64": (Conv2D(64, 1), (64, 16, 16, 64)),
    "16x16x64, 3x3 depthwise, batch 64": (Conv2D(64, 3, padding=1, groups=64), (64, 16, 16, 64)),
    "T=256, 32 -> 32, 3, dilation 8, batch 32": (Conv1D(32, 3, padding=8, dilation=8), (32, 256, 32)),
}


def numpy_runs(layer: Conv1D | Conv2D, params: Any, x: Any, dY: Any) -> tuple[Runs, Any]:
    """Return forward and backward of our layer, and what they give."""
    Y, cache = layer.forward(params, x)
    dX, grads = layer.backward(cache, dY)
    runs: Runs = {"forward": lambda: layer.forward(params, x), "backward": lambda: layer.backward(cache, dY)}
    return runs, (Y, dX, grads["W"], grads["b"])


def jax_runs(layer: Conv1D | Conv2D, params: Any, x: Any, dY: Any) -> tuple[Runs, Any]:
    """Return the same under jax.jit."""
    params, x, dY = jax.tree.map(jnp.asarray, (params, x, dY))
    forward, backward = jax.jit(layer.forward), jax.jit(layer.backward)
    Y, cache = forward(params, x)
    dX, grads = backward(cache, dY)
    runs: Runs = {
        "forward": lambda: jax.tree.map(lambda a: a.block_until_ready(), forward(params, x)),
        "backward": lambda: jax.tree.map(lambda a: a.block_until_ready(), backward(cache, dY)),
    }
    return runs, (Y, dX, grads["W"], grads["b"])


def torch_runs(layer: Conv1D | Conv2D, params: Any, x: Any, dY: Any, *, channels_last: bool) -> tuple[Runs, Any]:
    """Return the same by PyTorch, in its own memory order or in ours."""
    import torch

    module = torch.nn.Conv1d if x.ndim == 3 else torch.nn.Conv2d
    settings = {"stride": layer.stride, "padding": 0 if layer.padding == "valid" else layer.padding}
    conv = module(x.shape[-1], layer.filters, layer.kernel, dilation=layer.dilation, groups=layer.groups, **settings)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor(np.moveaxis(params["W"], (-1, -2), (0, 1)).copy()))
        conv.bias.copy_(torch.tensor(params["b"]))

    def tensor(array: Any) -> Any:
        t = torch.tensor(np.moveaxis(array, -1, 1).copy())
        return t.contiguous(memory_format=torch.channels_last) if channels_last and t.ndim == 4 else t

    if channels_last and x.ndim == 4:
        conv = conv.to(memory_format=torch.channels_last)
    xt, dYt = tensor(x).requires_grad_(), tensor(dY)
    Yt = conv(xt)
    arguments = (Yt, [xt, conv.weight, conv.bias], dYt)
    dX, dW, db = (g.numpy() for g in torch.autograd.grad(*arguments, retain_graph=True))
    runs: Runs = {
        "forward": lambda: conv(xt),
        "backward": lambda: torch.autograd.grad(*arguments, retain_graph=True),
    }
    Y = np.moveaxis(Yt.detach().numpy(), 1, -1)
    return runs, (Y, np.moveaxis(dX, 1, -1), np.moveaxis(dW, (0, 1), (-1, -2)), db)


def seconds(run: Callable[[], Any]) -> float:
    """Return the time of one run, with the threads of the contender before gone to rest and the caches warm."""
    time.sleep(0.03)
    run()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(name: str, contenders: dict[str, Callable[..., tuple[Runs, Any]]], rounds: int = 20) -> None:
    """Check that all give the same numbers, then print the shortest times and the ratios to NumPy's."""
    layer, shape = SHAPES[name]
    rng = np.random.default_rng(0)
    params, output = layer.init(rng, shape[1:])
    x = rng.standard_normal(shape, dtype=np.float32)
    dY = rng.standard_normal((shape[0], *output), dtype=np.float32)
    runs, results = {}, {}
    for contender, prepare in contenders.items():
        runs[contender], results[contender] = prepare(layer, params, x, dY)
    for contender, arrays in results.items():
        for array, expected in zip(arrays, results["NumPy"], strict=True):
            np.testing.assert_allclose(array, expected, rtol=0, atol=1e-4 * np.abs(expected).max(), err_msg=contender)
    print(name)
    for part in ("forward", "backward"):
        times: dict[str, list[float]] = {contender: [] for contender in contenders}
        for _ in range(rounds):
            for contender in contenders:
                times[contender].append(seconds(runs[contender][part]))
        best = {contender: min(t) for contender, t in times.items()}
        texts = [f"{c} {1000 * t:.2f} ms (x{best['NumPy'] / t:.2f})" for c, t in best.items()]
        print(f"  {part:8}  " + ", ".join(texts))


def main() -> None:
    """Measure every shape."""
    print(f"{machine()}, JAX {jax.__version__}")
    contenders: dict[str, Callable[..., tuple[Runs, Any]]] = {"NumPy": numpy_runs, "JAX": jax_runs}
    if find_spec("torch"):
        import torch

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        print(f"PyTorch {torch.__version__}; last: its channels-last memory order, which is also ours")
        contenders["PyTorch"] = lambda *a: torch_runs(*a, channels_last=False)
        contenders["PyTorch last"] = lambda *a: torch_runs(*a, channels_last=True)
    else:
        print("PyTorch is not installed: left out")
    print("Best of 20 rounds in turns; in brackets how many times faster than NumPy.")
    for name in SHAPES:
        measure(name, contenders)


if __name__ == "__main__":
    main()
