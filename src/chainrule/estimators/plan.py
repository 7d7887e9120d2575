"""What an estimator takes if nobody says it: the size of batches, the number of epochs, the optimizer."""

from __future__ import annotations

import math

from chainrule.equations.optimizers import AdamW
from chainrule.equations.schedules import Cosine

# Chosen on the sets of benchmarks/tables.py in the folds of other seeds, and on others that are made.
RATES = {"adam": 0.003}
"""The learning rates of optimizers that are not their usual ones."""
_FIRST_RATE = 0.015  # of a rate that falls to 0
_DECAY, _LARGEST_DECAY = 8.0, 1.0  # of the weights in an epoch, over the rate; and in a step
LEAST_EPOCHS_FOR_CLASSES, LEAST_EPOCHS_FOR_NUMBERS = 20, 60  # numbers gain longer from going on
_MOST_EPOCHS = 300
_STEPS = 400  # updates that a small table gets, however few batches make an epoch
_BATCHES = 64  # of an epoch, about so many, within these sizes
_LEAST_BATCH, _LARGEST_BATCH = 32, 256


def batch_size_for(rows: int) -> int:
    """Return a power of 2.

    >>> batch_size_for(150), batch_size_for(3000), batch_size_for(10**6)
    (32, 64, 256)
    """
    return min(max(1 << math.ceil(math.log2(max(rows / _BATCHES, 1))), _LEAST_BATCH), _LARGEST_BATCH)


def epochs_for(rows: int, batch_size: int, least: int) -> int:
    """Return the epochs that make enough updates: many on a small table, the least number on a large one.

    >>> epochs_for(150, 32, least=20), epochs_for(1000, 32, least=20), epochs_for(10**6, 256, least=20)
    (80, 20, 20)
    """
    batches = math.ceil(rows / batch_size)
    return min(max(math.ceil(_STEPS / batches), least), _MOST_EPOCHS)


def optimizer_for(epochs: int, batches: int) -> AdamW:
    r"""Return the optimizer of a fit that knows its end: the rate falls to 0, and weights decay.

    .. math:: \lambda = \min(8 / n, 1)

    With n batches in an epoch, weights decay by the same share in each epoch, on tables of any size: what few rows say
    counts less.

    Parameters
    ----------
    epochs
        Of the fit.
    batches
        Of an epoch.

    References
    ----------
    Wang and Aitchison, How to set AdamW's weight decay as you scale model and dataset size, 2024.
    """
    decay = min(_DECAY / batches, _LARGEST_DECAY)
    return AdamW(Cosine(_FIRST_RATE, epochs * batches), weight_decay=decay)
