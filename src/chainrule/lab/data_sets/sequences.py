r"""Sequences that a network can only understand if it remembers.

- "first": random numbers, and the question whether the very first one was positive.
- "waves": a sine, a square or a saw-tooth wave of random phase and frequency.
- "adding": pairs of a random number and a mark; the sum of the two marked numbers is asked for
  (Hochreiter and Schmidhuber, Long short-term memory, 1997, section 5.4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.common.texts import Note

Text = str | Note
Drawn = tuple[NDArray[np.float32], NDArray[Any]]


class Sequences(NamedTuple):
    """Sequences of a kind: what draws them, what they are, their usual noise, and their inputs and classes."""

    draw: Callable[..., Drawn]
    title: Note
    noise: float
    names: tuple[Text, ...]
    classes: tuple[Text, ...]


def first_sign(n: int = 400, length: int = 12, noise: float = 0.0, seed: int = 0) -> Drawn:
    """Draw sequences of random numbers; the class is whether the first is positive, whatever follows.

    Returns
    -------
    X : float32, shape (n, length, 1)
    y : int64, shape (n,), 0 or 1
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, length, 1))
    y = (X[:, 0, 0] > 0).astype(np.int64)
    return (X + noise * rng.standard_normal(X.shape)).astype(np.float32), y


def waves(n: int = 400, length: int = 24, noise: float = 0.1, seed: int = 0) -> Drawn:
    """Draw waves of random phase and frequency; the class is their form: 0 sine, 1 square, 2 saw-tooth.

    Returns
    -------
    X : float32, shape (n, length, 1)
    y : int64, shape (n,), 0 to 2
    """
    rng = np.random.default_rng(seed)
    y = np.arange(n, dtype=np.int64) % 3
    turns = rng.random((n, 1)) + rng.uniform(1, 2, (n, 1)) * np.arange(length) / length
    forms = np.stack([np.sin(2 * np.pi * turns), np.sign(np.sin(2 * np.pi * turns)), 2 * (turns % 1) - 1])
    X = forms[y, np.arange(n)] + noise * rng.standard_normal((n, length))
    return X[..., np.newaxis].astype(np.float32), y


def adding(n: int = 400, length: int = 12, noise: float = 0.0, seed: int = 0) -> Drawn:
    """Draw sequences of pairs (number, mark); the target is the sum of the two numbers whose mark is 1.

    Returns
    -------
    X : float32, shape (n, length, 2)
    y : float32, shape (n, 1)
    """
    rng = np.random.default_rng(seed)
    numbers, marks = rng.uniform(-1, 1, (n, length)), np.zeros((n, length))
    places = np.argsort(rng.random((n, length)), axis=1)[:, :2]
    np.put_along_axis(marks, places, 1, axis=1)
    y = (numbers * marks).sum(axis=1, keepdims=True) + noise * rng.standard_normal((n, 1))
    return np.stack([numbers, marks], axis=-1).astype(np.float32), y.astype(np.float32)


SEQUENCES_BY_NAME: dict[str, Sequences] = {
    "first": Sequences(
        first_sign,
        Note("random numbers: was the first one positive?"),
        0.0,
        ("x",),
        (Note("negative"), Note("positive")),
    ),
    "waves": Sequences(
        waves,
        Note("waves of random phase: which form do they have?"),
        0.1,
        ("x",),
        (Note("sine"), Note("square"), Note("saw-tooth")),
    ),
    "adding": Sequences(
        adding,
        Note("numbers, two of them marked: what is the sum of these?"),
        0.0,
        (Note("number"), Note("mark")),
        ("y",),
    ),
}
"""The sequences by name."""
