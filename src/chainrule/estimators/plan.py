"""What an estimator takes if nobody says it: the size of batches, the number of epochs, the learning rate."""

from __future__ import annotations

import math

# Chosen on the sets of benchmarks/tables.py, in the folds of other seeds.
RATES = {"adam": 0.003}
"""The learning rates of optimizers that are not their usual ones."""
LEAST_EPOCHS_FOR_CLASSES, LEAST_EPOCHS_FOR_NUMBERS = 20, 40  # numbers gain longer from going on
_MOST_EPOCHS = 300
_STEPS = 500  # updates that a small table gets, however few batches make an epoch
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
    (100, 20, 20)
    """
    batches = math.ceil(rows / batch_size)
    return min(max(math.ceil(_STEPS / batches), least), _MOST_EPOCHS)
