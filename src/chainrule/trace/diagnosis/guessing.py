"""The loss of guessing: of the best answer that is the same for all examples."""

from __future__ import annotations

import numpy as np

from chainrule.arrays import Array
from chainrule.data.batches import Data
from chainrule.equations.losses import Loss


def one_hot(loss: Loss, Z: Array, data: Data) -> Array:
    """Return the targets in the shape of the logits: of classes, a share for each."""
    if loss.task == "multiclass" and data.Y.ndim < Z.ndim:
        return (data.Y[..., np.newaxis] == np.arange(Z.shape[-1])).astype(np.float64)
    return data.Y.reshape(Z.shape).astype(np.float64)


def example_weights(Z: Array, data: Data) -> Array:
    """Return one weight for each answer, in the shape of the logits without the last axis."""
    if data.weights is None:
        return np.ones(Z.shape[:-1])
    weights = data.weights.reshape(data.weights.shape + (1,) * (Z.ndim - 1 - data.weights.ndim))
    return np.broadcast_to(weights.astype(np.float64), Z.shape[:-1])


def class_shares(loss: Loss, Z: Array, data: Data) -> Array:
    r"""Return the share of each class among the examples, by their weights; of yes/no answers, the share of yes.

    .. math:: p_k = \frac{\sum_i w_i\, y_{ik}}{\sum_i w_i}
    """
    Y = one_hot(loss, Z, data)
    return np.average(Y.reshape(-1, Y.shape[-1]), axis=0, weights=example_weights(Z, data).ravel())


def guessed_loss(loss: Loss, Z: Array, data: Data) -> float:
    """Return the loss of the best constant answer: the classes' shares; for values, the better of mean and median.

    With classes that come equally often it is the logarithm of their number.

    Parameters
    ----------
    loss, data
        The loss, and the examples.
    Z
        The logits of a pass, for their shape.
    """
    if loss.task == "regression":
        Y = one_hot(loss, Z, data)[example_weights(Z, data) > 0]
        answers = [Y.mean(axis=0), np.median(Y, axis=0)]
    else:
        tiny = 1e-9  # in place of classes that do not come, which add nothing to the loss
        p = np.clip(class_shares(loss, Z, data), tiny, 1 - tiny)
        answers = [np.log(p) if loss.task == "multiclass" else np.log(p / (1 - p))]
    constant = (np.broadcast_to(answer, Z.shape).astype(Z.dtype) for answer in answers)
    return min(float(loss(Z, data.Y, data.weights)[0]) for Z in constant)
