"""JAX with optax, written as its users write it: jax.grad of a plain function, data on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax

from benchmarks.contenders import Contender
from benchmarks.contenders.jax_layers import forward_of
from benchmarks.contenders.prediction import Prediction
from benchmarks.workloads import CHECKED, LEARNING_RATE, Workload, order


class Training:
    """A jitted step, or a jitted scan over the steps of an epoch; parameters and state are donated."""

    def __init__(self, workload: Workload, variant: str) -> None:
        self._workload, self._variant = workload, variant
        self._network = workload.network()
        forward, rule = forward_of(self._network), optax.adam(LEARNING_RATE)
        self._rule = rule

        def loss_of(params: Any, x: Any, y: Any) -> Any:
            Z = forward(params, x)
            if workload.outputs == 1:
                return optax.sigmoid_binary_cross_entropy(Z[:, 0], y).mean()
            return optax.softmax_cross_entropy_with_integer_labels(Z, y).mean()

        def step(carry: Any, X: Any, y: Any, rows: Any) -> Any:
            params, state, total = carry
            loss, grads = jax.value_and_grad(loss_of)(params, X[rows], y[rows])
            updates, state = rule.update(grads, state)
            return (optax.apply_updates(params, updates), state, total + loss), loss

        def epoch(carry: Any, X: Any, y: Any, batches: Any) -> Any:
            return lax.scan(lambda carry, rows: step(carry, X, y, rows), carry, batches)

        self._step = jax.jit(step, donate_argnums=0)
        self._epoch = jax.jit(epoch, donate_argnums=0)
        self._X, self._y = jax.device_put(workload.examples())
        self._carry = self._start()

    def _start(self) -> Any:
        params = jax.tree.map(jnp.array, self._network.params)
        return params, self._rule.init(params), jnp.zeros(())

    def _train(self, carry: Any, X: Any, y: Any, epoch: int) -> Any:
        """Return the carry and the losses of an epoch."""
        batches = order(epoch, len(X)).astype("int32").reshape(-1, self._workload.batch)
        if self._variant == "scan":
            return self._epoch(carry, X, y, batches)
        losses = []
        for rows in batches:
            carry, loss = self._step(carry, X, y, rows)
            losses.append(loss)
        return carry, losses

    def first(self) -> list[float]:
        """Return the losses of the first steps."""
        X, y = jax.device_put(self._workload.examples(CHECKED))
        _, losses = self._train(self._start(), X, y, epoch=1)
        return [float(loss) for loss in losses]

    def run(self, epoch: int) -> None:
        """Train for an epoch and read the sum of its losses."""
        params, state, _ = self._carry
        self._carry, _ = self._train((params, state, jnp.zeros(())), self._X, self._y, epoch)
        float(self._carry[2])


def predictor(workload: Workload) -> Callable[[Any], Any]:
    """Return a jitted forward, from NumPy to NumPy."""
    network = workload.network()
    forward = forward_of(network)
    params = jax.tree.map(jnp.array, network.params)
    compiled = jax.jit(lambda params, x: jax.nn.softmax(forward(params, x)))
    return lambda x: jax.device_get(compiled(params, x))


def make(workload: Workload, variant: str) -> Contender:
    """Return a contender: step or scan."""
    return Prediction(workload, predictor(workload)) if workload.inference else Training(workload, variant)
