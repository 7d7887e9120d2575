r"""Toy sets drawn from a written-out equation and a seed; the same seed gives the same points.

In each equation :math:`\varepsilon` is standard normal, drawn anew for every number, and :math:`U` is the
uniform distribution. The classes take turns, so that every stretch of rows has all of them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.common.settings import number, whole

Classified: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]


def xor(n: int = 200, noise: float = 0.1, seed: int = 0) -> Classified:
    r"""Noisy corners of the unit square, labeled with the exclusive or of their two bits.

    .. math:: x = (a, b) + \mathrm{noise} \cdot \varepsilon, \quad y = a \oplus b,
        \quad (a, b) \in \{(0,0), (0,1), (1,1), (1,0)\} \text{ in turn}

    Parameters
    ----------
    n
        Number of points.
    noise
        Standard deviation around the exact position.
    seed
        Seed of the random numbers.

    Returns
    -------
    X : float32, shape (n, 2)
    y : int64, shape (n,), 0 or 1

    Raises
    ------
    InputError
        ``n`` is below 1, or ``noise`` is negative.

    Examples
    --------
    >>> X, y = xor(n=4, noise=0.0)
    >>> X.astype(int).tolist(), y.tolist()
    ([[0, 0], [0, 1], [1, 1], [1, 0]], [0, 1, 0, 1])
    """
    n, noise, rng, _ = _checked("xor", n, noise, seed)
    corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    return _noisy(corners[np.arange(n) % 4], noise, rng), _in_turn(n, 2)


def spirals(n: int = 200, classes: int = 3, noise: float = 0.02, seed: int = 0) -> Classified:
    r"""Spiral arms wound into each other, one per class.

    .. math:: x = t \, (\cos\varphi, \sin\varphi) + \mathrm{noise} \cdot \varepsilon, \quad
        \varphi = 2\pi \left(t + \frac{y}{\mathrm{classes}}\right), \quad t \sim U(0, 1)

    Parameters
    ----------
    n
        Number of points.
    classes
        Number of arms, at least 2.
    noise
        Standard deviation around the exact position.
    seed
        Seed of the random numbers.

    Returns
    -------
    X : float32, shape (n, 2)
    y : int64, shape (n,), 0 to classes - 1

    Raises
    ------
    InputError
        ``n`` is below 1, ``classes`` below 2, or ``noise`` negative.

    Examples
    --------
    >>> X, y = spirals(n=300)
    >>> X.shape, y[:4].tolist()
    ((300, 2), [0, 1, 2, 0])
    """
    n, noise, rng, classes = _checked("spirals", n, noise, seed, classes)
    y = _in_turn(n, classes)
    t = rng.random(n)
    return _noisy(t[:, np.newaxis] * _on_circle(2 * np.pi * (t + y / classes)), noise, rng), y


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Classified:
    r"""Two half circles that reach into each other.

    .. math:: x = \begin{cases} (\cos\theta, \sin\theta) & y = 0 \\
        (1 - \cos\theta, \tfrac12 - \sin\theta) & y = 1 \end{cases}
        \; + \mathrm{noise} \cdot \varepsilon, \quad \theta \sim U(0, \pi)

    Parameters, result and errors are those of `xor`.

    Examples
    --------
    >>> X, y = moons(n=10, seed=1)
    >>> X.shape, X.dtype, y.dtype
    ((10, 2), dtype('float32'), dtype('int64'))
    """
    n, noise, rng, _ = _checked("moons", n, noise, seed)
    y = _in_turn(n, 2)
    upper = _on_circle(np.pi * rng.random(n))
    return _noisy(np.where(y[:, np.newaxis] == 0, upper, [1, 0.5] - upper), noise, rng), y


def circles(n: int = 200, noise: float = 0.05, seed: int = 0) -> Classified:
    r"""Two circles around the origin, of radius 1 (class 0) and 1/2 (class 1).

    .. math:: x = \left(1 - \tfrac{y}{2}\right) (\cos\theta, \sin\theta) + \mathrm{noise} \cdot \varepsilon,
        \quad \theta \sim U(0, 2\pi)

    Parameters, result and errors are those of `xor`.

    Examples
    --------
    >>> X, y = circles(n=4, noise=0.0)
    >>> (X**2).sum(axis=1).round(6).tolist()
    [1.0, 0.25, 1.0, 0.25]
    """
    n, noise, rng, _ = _checked("circles", n, noise, seed)
    y = _in_turn(n, 2)
    radius = (1 - y / 2)[:, np.newaxis]
    return _noisy(radius * _on_circle(2 * np.pi * rng.random(n)), noise, rng), y


def blobs(n: int = 200, classes: int = 3, noise: float = 0.25, seed: int = 0) -> Classified:
    r"""Gaussian clouds, one per class, whose centers stand evenly on the unit circle.

    .. math:: x = (\cos\varphi, \sin\varphi) + \mathrm{noise} \cdot \varepsilon, \quad
        \varphi = \frac{2\pi y}{\mathrm{classes}}

    Parameters, result and errors are those of `spirals`.

    Examples
    --------
    >>> X, y = blobs(n=4, classes=4, noise=0.0)
    >>> (X.round(6) + 0).tolist()
    [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    """
    n, noise, rng, classes = _checked("blobs", n, noise, seed, classes)
    y = _in_turn(n, classes)
    return _noisy(_on_circle(2 * np.pi * y / classes), noise, rng), y


def sine(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    r"""One period of a sine, for regression.

    .. math:: y = \sin x + \mathrm{noise} \cdot \varepsilon, \quad x \sim U(-\pi, \pi)

    Parameters
    ----------
    n
        Number of points.
    noise
        Standard deviation of ``y`` around the sine.
    seed
        Seed of the random numbers.

    Returns
    -------
    X : float32, shape (n, 1)
    y : float32, shape (n, 1)

    Raises
    ------
    InputError
        ``n`` is below 1, or ``noise`` is negative.

    Examples
    --------
    >>> X, y = sine(n=5, noise=0.0)
    >>> bool(np.allclose(y, np.sin(X)))
    True
    """
    n, noise, rng, _ = _checked("sine", n, noise, seed)
    x = rng.uniform(-np.pi, np.pi, size=(n, 1))
    return x.astype(np.float32), _noisy(np.sin(x), noise, rng)


def _checked(
    owner: str, n: int, noise: float, seed: int, classes: int = 2
) -> tuple[int, float, np.random.Generator, int]:
    """Return the arguments, checked and as Python's numbers, with the generator that the seed makes."""
    rng = np.random.default_rng(whole(owner, "seed", seed, least=0))
    return (
        whole(owner, "n", n, least=1),
        number(owner, "noise", noise, least=0),
        rng,
        whole(owner, "classes", classes, 2),
    )


def _in_turn(n: int, classes: int) -> NDArray[np.int64]:
    return np.arange(n, dtype=np.int64) % classes


def _on_circle(angle: NDArray[Any]) -> NDArray[np.float64]:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _noisy(X: NDArray[Any], noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    return (X + noise * rng.standard_normal(X.shape)).astype(np.float32)
