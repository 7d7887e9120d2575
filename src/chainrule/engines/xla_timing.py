"""How long a step of training takes on one device here, and how many bytes a second go between several."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from chainrule.arrays import machine
from chainrule.common.errors import missing_extra
from chainrule.data.batches import Arrays, Block, Data
from chainrule.engines.choose import engine_maker
from chainrule.engines.costs import Pace, Training
from chainrule.engines.devices import USUAL
from chainrule.engines.xla_steps import AXIS, Layout
from chainrule.equations.losses import Loss
from chainrule.layers.summary import bytes_of_pass

try:
    import jax
    from jax import numpy as jnp
    from jax.sharding import Mesh
except ImportError:
    raise missing_extra("The XLA engine", "jax", "xla") from None

_SECONDS = 0.02  # of a measured block, about: where others use the cores, too, a short one may have them for itself
_TIMES = 20
_MOST = 64  # batches of a block
_BYTES = 2**29  # of the largest pass that is measured
_WORK = 2 * machine.MULTIPLY_ADDS_PER_SECOND  # of the largest step


def measured_pace(training: Training, loss: Loss, devices: int) -> Pace:
    """Return how long a device computes, measured with the rows of one of several devices and with the whole batch.

    Of the batch only as many rows as take about 512 MiB and two seconds.
    """
    per_row = bytes_of_pass(training.body, training.params, training.input_shape, training.dtype, 1)
    many = max(1, min(training.batch, _BYTES // per_row, int(_WORK / (1 + _work(training)))))
    several = {min(training.rows(devices), many), many}
    return Pace({rows: seconds_of_step(training, loss, rows) for rows in sorted(several)})


def _work(training: Training) -> int:
    """Return the multiply-adds of a step for each of its rows: forward, and two products in backward."""
    return 3 * training.body.multiply_adds(training.params, training.input_shape)


def seconds_of_step(training: Training, loss: Loss, rows: int) -> float:
    """Return the shortest time of a step with so many rows on one device, as `fit` takes it, after compiling."""
    data = _examples(training, loss, rows)
    optimizer = replace(training.optimizer, lr=1e-9)  # so that no number grows
    make = engine_maker("xla", training.body, USUAL)
    engine = make(training.body, loss, optimizer, training.params)
    about = machine.STEP_SECONDS + rows * _work(training) / machine.MULTIPLY_ADDS_PER_SECOND
    batches = max(1, min(_MOST, int(_SECONDS / about)))
    source = Arrays(data, rows, 0)
    block = Block(0, [i * rows for i in range(batches + 1)], np.tile(np.arange(rows), batches), None)
    times = []
    for _ in range(1 + _TIMES):
        started = time.perf_counter()
        for _ in engine.run(source, block, 0):
            pass
        times.append((time.perf_counter() - started) / batches)
    return min(times[1:])


def _examples(training: Training, loss: Loss, rows: int) -> Data:
    """Return random inputs, and targets that are all 0."""
    shape = (rows, *training.input_shape)
    words = training.body.vocabulary_of_input
    rng = np.random.default_rng(0)
    X = rng.standard_normal(shape, np.float32) if words is None else rng.integers(words, size=shape)
    Z = training.body.forward(training.params, X[:1].astype(training.dtype) if words is None else X[:1])[0]
    labels = loss.task == "multiclass"
    return Data(X, np.zeros((rows, *(Z.shape[1:-1] if labels else Z.shape[1:])), int if labels else training.dtype))


def measured_bandwidth(count: int) -> float | None:
    """Return how many bytes a second a device sends while so many bytes are summed over all; None if there is one only.

    See `costs.sent` for how many it sends.
    """
    devices = jax.devices()
    if len(devices) == 1:
        return None
    layout, n = Layout(Mesh(np.array(devices), (AXIS,)), sharded=False), len(devices)
    own = np.zeros((1, -(-count // 4)), np.float32)
    rows = jax.make_array_from_callback((n, own.size), layout.rows, lambda part: own)
    summed = jax.jit(lambda rows: jnp.sum(rows, axis=0), out_shardings=layout.whole)
    times = []
    for _ in range(1 + _TIMES):
        started = time.perf_counter()
        summed(rows).block_until_ready()
        times.append(time.perf_counter() - started)
    return 2 * (n - 1) / n * own.nbytes / min(times[1:])
