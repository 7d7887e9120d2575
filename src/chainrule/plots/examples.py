"""Examples as pictures need them: checked as `evaluate` and `predict` check them, then plain arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import Array, Shape
from chainrule.common.errors import InputError
from chainrule.common.settings import Instance
from chainrule.data.convert import as_array
from chainrule.data.sources import array_or_stored
from chainrule.network import Network

NETWORK = Instance(Network, "a network of chainrule")


def inputs(network: Network, X: Any) -> Array:
    """Return inputs as the layers take them, shape (examples, ...)."""
    network.predict(X)  # which says what is wrong with them
    X = np.asarray(array_or_stored(X, network.feature_names))
    return X if network.body.vocabulary_of_input is not None else X.astype(network.dtype)


def targets(network: Network, X: Any, y: Any) -> NDArray[Any]:
    """Return targets as the loss takes them, in the order of X."""
    network.evaluate(X, y)  # which says what is wrong with them
    return np.asarray(as_array("y", y))


def answers(owner: str, network: Network, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Return probabilities of shape (examples, classes), the predicted classes and the true ones, both (examples,).

    Raises
    ------
    InputError
        The network does not answer with one class for each example, or as for `Network.evaluate`.
    """
    if network.loss.task == "regression" or (network.loss.task == "binary" and network.output_shape != (1,)):
        raise InputError(
            "{owner} needs a network that answers with one class, but this one has {loss} and outputs of shape "
            "{shape}. For values, take plot_predicted.",
            owner=owner,
            loss=type(network.loss).__name__,
            shape=network.output_shape,
        )
    Y, P = targets(network, X, y), network.predict(X)
    if network.loss.task == "binary":
        P = np.concatenate([1 - P, P], axis=1)
        Y = Y.reshape(len(P))
    elif P.ndim != 2:
        raise InputError(
            "{owner} needs one answer for each example, but this network has one for each step: its outputs have "
            "shape {shape}.",
            owner=owner,
            shape=network.output_shape,
        )
    true = Y if Y.ndim == 1 else Y.argmax(axis=1)
    # A probability of exactly one half is class 0, as in `predict_classes`, and argmax takes the first.
    return P, P.argmax(axis=1), true.astype(np.int64)


def image_shape(owner: str, shape: Shape | None) -> Shape:
    """Return the shape (height, width) or (height, width, 3) that examples have as images.

    Raises
    ------
    InputError
        They are no images: neither (height, width), nor with 1 or 3 channels, nor a square number of pixels in a row.
    """
    assert shape is not None
    side = math.isqrt(shape[0])
    if len(shape) == 1 and side * side == shape[0] and side > 1:
        return side, side
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 3):
        return shape
    if len(shape) == 3 and shape[2] == 1:
        return shape[:2]
    raise InputError(
        "{owner} shows examples as images, of shape (height, width), with 1 or 3 channels, or a square number of "
        "pixels such as 784, but the network takes examples of shape {shape}.",
        owner=owner,
        shape=shape,
    )
