"""The runs of `benchmarks.mnist_97`, each written as a user of the library would: print steps and memory at 97 %.

Run with: python -m benchmarks.mnist_runs LIBRARY SEED
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from benchmarks.machine import cores, peak_memory

GOAL, BATCH, EPOCHS, EVERY = 0.97, 128, 20, 200
SIZES = (784, 128, 64, 10)


def done(steps: int, accuracy: float) -> bool:
    """Tell the waiting process at the goal, and return whether it is reached."""
    if accuracy >= GOAL:
        print(steps, peak_memory(), flush=True)
    return accuracy >= GOAL


def chainrule(seed: int) -> None:
    """Train with `Network.fit`; a callback looks at the test digits."""
    import chainrule as cr
    from chainrule.training.callbacks import Callback

    (X, y), test = cr.datasets.load_mnist()

    class Goal(Callback):
        def batch_end(self, run: Any) -> None:
            if run.batch % EVERY == 0 or run.batch == run.batches:
                accuracy = run.network.evaluate(*test)["accuracy"]
                if done(run.step, accuracy):
                    run.stop("the goal is reached")

    network = cr.Network.mlp(SIZES, seed=seed)
    network.fit(X, y, epochs=EPOCHS, batch_size=BATCH, seed=seed, callbacks=[Goal()], verbose=False)


def digits() -> Any:
    """Read the files of MNIST with gzip and NumPy, for the libraries that bring no reader without a download."""
    import gzip
    import os
    from pathlib import Path

    import numpy as np

    folder = Path(os.environ["CHAINRULE_DATA"])
    folder = folder / "mnist" if (folder / "mnist").is_dir() else folder
    arrays = []
    for part in ("train", "t10k"):
        with (
            gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as images,
            gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as labels,
        ):
            pixels = np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 784)
            images01 = pixels.astype(np.float32)
            images01 /= 255
            arrays.append(images01)
            arrays.append(np.frombuffer(labels.read(), np.uint8, offset=8).astype(np.int64))
    return arrays


def pytorch(seed: int) -> None:
    """Train with fused Adam on tensors in memory, without DataLoader."""
    import torch
    from torch import nn

    torch.set_num_threads(cores())
    torch.manual_seed(seed)
    X, y, X_test, y_test = map(torch.from_numpy, digits())
    model = nn.Sequential(
        *(nn.Linear(SIZES[0], SIZES[1]), nn.ReLU()),
        *(nn.Linear(SIZES[1], SIZES[2]), nn.ReLU()),
        nn.Linear(SIZES[2], SIZES[3]),
    )
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def accuracy() -> float:
        with torch.inference_mode():
            return float((model(X_test).argmax(1) == y_test).float().mean())

    steps = 0
    for _ in range(EPOCHS):
        batches = torch.randperm(len(X)).split(BATCH)
        for i, rows in enumerate(batches, start=1):
            adam.zero_grad()
            nn.functional.cross_entropy(model(X[rows]), y[rows]).backward()
            adam.step()
            steps += 1
            if (i % EVERY == 0 or i == len(batches)) and done(steps, accuracy()):
                return


def jax_optax(seed: int) -> None:
    """Train with a jitted step, data on the device, weights as Flax starts them (LeCun)."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    X, y, X_test, y_test = jax.device_put(digits())
    keys = jax.random.split(jax.random.key(seed), len(SIZES) - 1)
    start = jax.nn.initializers.lecun_normal()
    params = [(start(k, shape), jnp.zeros(shape[1])) for k, shape in zip(keys, pairwise(SIZES), strict=True)]
    adam = optax.adam(1e-3)
    state = adam.init(params)

    def forward(params: Any, x: Any) -> Any:
        for W, b in params[:-1]:
            x = jax.nn.relu(x @ W + b)
        W, b = params[-1]
        return x @ W + b

    def loss(params: Any, x: Any, y: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(forward(params, x), y).mean()

    @jax.jit
    def step(params: Any, state: Any, X: Any, y: Any, rows: Any) -> Any:
        updates, state = adam.update(jax.grad(loss)(params, X[rows], y[rows]), state)
        return optax.apply_updates(params, updates), state

    @jax.jit
    def accuracy(params: Any, X: Any, y: Any) -> Any:
        return (forward(params, X).argmax(1) == y).mean()

    rng, steps = np.random.default_rng(seed), 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(X))
        batches = [order[i : i + BATCH] for i in range(0, len(X), BATCH)]
        for i, rows in enumerate(batches, start=1):
            params, state = step(params, state, X, y, rows)
            steps += 1
            if (i % EVERY == 0 or i == len(batches)) and done(steps, float(accuracy(params, X_test, y_test))):
                return


LIBRARIES: dict[str, Callable[[int], None]] = {
    "chainrule": chainrule,
    "PyTorch, fused Adam": pytorch,
    "JAX + optax": jax_optax,
}

if __name__ == "__main__":
    LIBRARIES[sys.argv[1]](int(sys.argv[2]))
