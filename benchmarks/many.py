"""Train 200 little networks, each from its own weights: `cr.fit_many`, JAX's vmap, and `fit` one by one.

Run with: python -m benchmarks.many [--rounds 5]

Each time is that of all trainings in a fresh process, from examples and first weights in NumPy's memory to the last
losses, with what is compiled but without imports. W2's network, 500 rows, batch 32, 20 epochs, Adam.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks import environment
from benchmarks.machine import facts
from benchmarks.report import time_text
from benchmarks.workloads import LEARNING_RATE, SEED, mlp, order
from chainrule.arrays import Array

NETWORKS, ROWS, EPOCHS, BATCH = 200, 500, 20, 32


def networks() -> list[cr.Network]:
    """Return the networks, each with its own first weights."""
    layers, loss = mlp(64, 32, 2)(), "categorical_cross_entropy"
    return [cr.Network(layers, loss, input_shape=(30,), seed=seed) for seed in range(NETWORKS)]


def examples() -> tuple[Array, Array]:
    """Return the rows that all learn from."""
    rng = np.random.default_rng(SEED)
    return rng.standard_normal((ROWS, 30), dtype=np.float32), rng.integers(2, size=ROWS)


def _one_by_one(engine: str) -> list[float]:
    """Return the last losses of fits one after another."""
    X, y = examples()
    rule = cr.Adam(lr=LEARNING_RATE)
    settings: dict[str, Any] = {"batch_size": BATCH, "seed": SEED, "verbose": False}
    return [n.fit(X, y, epochs=EPOCHS, optimizer=rule, engine=engine, **settings)["loss"][-1] for n in networks()]


def _fit_many() -> list[float]:
    X, y = examples()
    rule = cr.Adam(lr=LEARNING_RATE)
    settings: dict[str, Any] = {"batch_size": BATCH, "seed": SEED, "verbose": False}
    return [h["loss"][-1] for h in cr.fit_many(networks(), X, y, epochs=EPOCHS, optimizer=rule, **settings)]


def _vmap() -> list[float]:
    """Return the last losses of one compiled training, which is mapped over the first weights."""
    import jax
    import jax.numpy as jnp
    import optax
    from jax import lax

    from benchmarks.contenders.jax_layers import forward_of

    X, y = examples()
    all_networks = networks()
    forward, rule = forward_of(all_networks[0]), optax.adam(LEARNING_RATE)
    first = jax.tree.map(lambda *each: np.stack(each), *(network.params for network in all_networks))
    whole = ROWS // BATCH * BATCH
    orders = np.stack([order(epoch, ROWS) for epoch in range(1, EPOCHS + 1)]).astype("int32")

    def loss_of(params: Any, rows: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(forward(params, X[rows]), y[rows]).mean()

    def step(carry: Any, rows: Any) -> Any:
        params, state = carry
        loss, grads = jax.value_and_grad(loss_of)(params, rows)
        updates, state = rule.update(grads, state)
        return (optax.apply_updates(params, updates), state), loss * len(rows)

    def epoch(carry: Any, rows: Any) -> Any:
        carry, losses = lax.scan(step, carry, rows[:whole].reshape(-1, BATCH))
        carry, last = step(carry, rows[whole:])
        return carry, (losses.sum() + last) / ROWS

    X, y = jnp.asarray(X), jnp.asarray(y)
    train = jax.jit(jax.vmap(lambda params: lax.scan(epoch, (params, rule.init(params)), orders)[1][-1]))
    losses: list[float] = np.asarray(train(first)).tolist()
    return losses


CONTENDERS: dict[str, tuple[str, Callable[[], list[float]]]] = {
    "many": ("chainrule, fit_many", _fit_many),
    "vmap": ("JAX + optax, jit of vmap", _vmap),
    "numpy": ("chainrule, fit one by one, NumPy engine", lambda: _one_by_one("numpy")),
    "xla": ("chainrule, fit one by one, XLA engine", lambda: _one_by_one("xla")),
}


def main() -> None:
    """Time all in turns; or, in a process of its own, one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=CONTENDERS, help="time one, in this process")
    options = parser.parse_args()
    if options.only:
        for module in ("jax.numpy", "optax", "chainrule.engines.xla_many"):
            __import__(module)
        start, cpu = time.perf_counter(), time.process_time()
        losses = CONTENDERS[options.only][1]()
        print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "losses": losses}))
        return
    environment.ensure()
    print(facts())
    runs: dict[str, list[Any]] = {name: [] for name in CONTENDERS}
    for _ in range(options.rounds):
        for name in CONTENDERS:
            answer, _ = environment.start("-m", "benchmarks.many", "--only", name).communicate()
            runs[name].append(json.loads(answer))
    for name, times in runs.items():
        if not np.allclose(times[0]["losses"], runs["numpy"][0]["losses"], rtol=1e-3):
            sys.exit(f"{CONTENDERS[name][0]} comes to other losses.")
    for name, (label, _) in CONTENDERS.items():
        seconds, cpu = (min(run[what] for run in runs[name]) for what in ("seconds", "cpu"))
        print(f"{label:42} {time_text(seconds):>8}, of the processor {time_text(cpu)}")


if __name__ == "__main__":
    main()
