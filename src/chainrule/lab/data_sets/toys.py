r"""Points of a plane or a line: the toy sets, one more with petals, and the gates.

The flower has petals of two classes in turn,

.. math:: x = r \, (\cos\varphi, \sin\varphi) + \mathrm{noise} \cdot \varepsilon, \quad
    r = |\sin(3 \varphi)|, \quad y = \left\lfloor \tfrac{3 \varphi}{\pi} \right\rfloor \bmod 2, \quad
    \varphi \sim U(0, 2\pi)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule import datasets
from chainrule.common.texts import Note
from chainrule.datasets.toys import Classified


class Toy(NamedTuple):
    """A toy set: what draws it, what it is, its usual noise, and whether the number of classes can be chosen."""

    draw: Callable[..., tuple[NDArray[Any], NDArray[Any]]]
    title: Note
    noise: float
    classed: bool = False


def flower(n: int = 200, noise: float = 0.03, seed: int = 0) -> Classified:
    """Draw six petals around the middle, of two classes in turn.

    Returns
    -------
    X : float32, shape (n, 2)
    y : int64, shape (n,), 0 or 1

    Examples
    --------
    >>> X, y = flower(n=600, noise=0.0)
    >>> bool((np.hypot(*X.T) <= 1).all()), sorted(set(y.tolist()))
    (True, [0, 1])
    """
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.abs(np.sin(3 * angle)) * np.sqrt(rng.uniform(0.05, 1, n))
    X = radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    return (X + noise * rng.standard_normal((n, 2))).astype(np.float32), np.floor(3 * angle / np.pi).astype(
        np.int64
    ) % 2


TOYS_BY_NAME: dict[str, Toy] = {
    "xor": Toy(datasets.xor, Note("noisy corners of a square, opposite ones alike"), 0.1),
    "moons": Toy(datasets.moons, Note("two interleaved half circles"), 0.1),
    "circles": Toy(datasets.circles, Note("a circle inside another"), 0.05),
    "flower": Toy(flower, Note("petals of two classes in turn"), 0.03),
    "blobs": Toy(datasets.blobs, Note("clouds of points, one per class"), 0.25, classed=True),
    "spirals": Toy(datasets.spirals, Note("spiral arms wound into each other"), 0.02, classed=True),
    "sine": Toy(datasets.sine, Note("one period of a noisy sine"), 0.1),
}
"""The toy sets by name."""

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""The inputs of a gate, in the order of truth tables."""

OUTPUTS: dict[str, tuple[int, int, int, int]] = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
    "xnor": (1, 0, 0, 1),
}
"""What each gate says to its inputs."""


def gate(name: str, n: int = 4, noise: float = 0.0, seed: int = 0) -> Classified:
    """Return the rows of a gate's truth table in turn, scattered if there is noise.

    Returns
    -------
    X : float32, shape (n, 2)
    y : int64, shape (n,), 0 or 1

    Examples
    --------
    >>> X, y = gate("and")
    >>> X.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 0, 0, 1])
    """
    rows = np.arange(n) % 4
    X = np.array(CORNERS)[rows] + noise * np.random.default_rng(seed).standard_normal((n, 2))
    return X.astype(np.float32), np.array(OUTPUTS[name], np.int64)[rows]
