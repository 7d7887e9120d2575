"""Check backward equations against central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, leaves, map_leaves
from chainrule.common.errors import InputError
from chainrule.common.text_table import text_table
from chainrule.equations.losses import Loss

_STEP = np.finfo(np.float64).eps ** (1 / 3)  # balances the truncation and the rounding error of a central difference


@dataclass(frozen=True)
class Check:
    """The worst entry of one array's gradient.

    Parameters
    ----------
    name, shape
        The array that the gradient belongs to; "x" is the input.
    entries
        How many entries were compared.
    kinks
        How many of them could not be judged because the slopes to their left and right differ, as ReLU's do at 0.
    error
        The largest relative error; NaN if any number was NaN or infinite.
    index, analytic, numeric
        Where it is, the gradient that backward returned there, and the central difference.
    problem
        Why the gradient could not be compared at all, or "".
    """

    name: str
    shape: tuple[int, ...]
    entries: int = 0
    kinks: int = 0
    error: float = np.nan
    index: tuple[int, ...] = ()
    analytic: float = np.nan
    numeric: float = np.nan
    problem: str = ""


@dataclass(frozen=True)
class GradReport:
    """The result of `gradcheck`: true if every gradient is right, and a table when printed."""

    checks: tuple[Check, ...]
    tolerance: float

    def passes(self, check: Check) -> bool:
        """Return whether one array's gradient is right; NaN never is."""
        return not check.problem and check.error <= self.tolerance

    @property
    def ok(self) -> bool:
        """Whether there was a gradient to check and every one is right."""
        return bool(self.checks) and all(map(self.passes, self.checks))

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        rows = [
            [
                c.name,
                str(c.shape),
                f"{c.entries}" + (f" ({c.kinks} on a kink)" if c.kinks else ""),
                c.problem or f"{c.error:.1e}",
                str(c.index),
                f"{c.analytic:.9g}",
                f"{c.numeric:.9g}",
                "ok" if self.passes(c) else "WRONG",
            ]
            for c in self.checks
        ]
        columns = ["array", "shape", "entries", "worst error", "at", "backward", "difference", ""]
        verdict = "All gradients agree" if self.ok else "Some gradients are WRONG"
        return text_table(columns, rows) + f"\n{verdict} (relative tolerance {self.tolerance:g})."


def gradcheck(
    subject: Any,
    *inputs: Array,
    params: Any = None,
    mode: Mode = INFERENCE,
    seed: int = 0,
    tolerance: float = 1e-6,
    max_entries: int = 200,
) -> GradReport:
    r"""Compare every gradient that a backward pass returns with central differences, in float64.

    .. math:: \frac{\partial f}{\partial \theta_i} \approx \frac{f(\theta + h e_i) - f(\theta - h e_i)}{2h}

    For a layer, f is the sum of its outputs times a *random* upstream gradient: with a gradient of ones, a backward
    that forgets the upstream gradient, or the zero gradient of a softmax, would pass.

    Parameters
    ----------
    subject
        A layer, a loss or a Network. A layer of your own needs the methods init, forward and backward of
        `chainrule.layers.Layer`, and need not inherit from it.
    inputs
        For a layer: x (or a tuple, such as a sequence and its initial state). For a loss: logits, targets and, if you
        like, weights. For a network: X, y and weights. The first axis is the batch; take at least 2 examples.
    params
        The layer's parameters; drawn by its init if None.
    mode
        How to run forward; the same key gives the same dropout mask every time.
    seed
        Of the random upstream gradient, the parameters, and the choice of entries.
    tolerance
        The largest relative error that counts as equal. Entries below a ten-thousandth of the array's largest, or
        below what central differences can resolve, are compared with that instead of with themselves.
    max_entries
        How many entries of a larger array to check, chosen at random.

    Returns
    -------
    GradReport
        True if all are right; print it for the table.

    References
    ----------
    Bishop, Pattern Recognition and Machine Learning, 2006, equation 5.69.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.random.default_rng(1).standard_normal((4, 5))
    >>> bool(cr.gradcheck(cr.Dense(3), x))
    True
    """
    rng = np.random.default_rng(seed)
    wide = [map_leaves(_widened, a) for a in inputs]
    with np.errstate(all="ignore"):  # NaN and infinity are reported, not warned of
        arrays, value, analytic = _case(subject, wide, params, mode, rng)
        checks = [_check(name, a, analytic.get(name), value, rng, tolerance, max_entries) for name, a in arrays.items()]
    return GradReport(tuple(checks), tolerance)


def _widened(array: Array) -> Array:
    """Return a copy that may be varied: float64, or integers as they are."""
    return np.array(array, np.float64 if np.asarray(array).dtype.kind == "f" else None)


Case = tuple[dict[str, Any], Callable[[], tuple[float, float]], Mapping[str, Any]]
"""The arrays to vary in place; the function of them, with the size of the terms it sums; the gradients to check."""


def _case(subject: Any, inputs: list[Array], params: Any, mode: Mode, rng: np.random.Generator) -> Case:
    if isinstance(subject, Loss):
        return _loss_case(subject, inputs)
    if hasattr(subject, "loss") and hasattr(subject, "body"):
        return _network_case(subject, inputs, mode)
    if hasattr(subject, "forward") and hasattr(subject, "backward"):
        return _layer_case(subject, inputs, params, mode, rng)
    raise InputError(
        f"gradcheck takes a layer (init, forward, backward), a loss or a Network, but got {type(subject).__name__}."
    )


def _loss_case(loss: Loss, inputs: list[Array]) -> Case:
    Z, *rest = inputs

    def value() -> tuple[float, float]:
        J = float(loss(Z, *rest)[0])
        return J, abs(J)

    return {"Z": Z}, value, {"Z": loss(Z, *rest)[1]}


def _layer_case(layer: Any, inputs: list[Array], params: Any, mode: Mode, rng: np.random.Generator) -> Case:
    (x,) = inputs
    if params is None:
        params, _ = layer.init(rng, (x[0] if isinstance(x, tuple) else x).shape[1:])
    params = map_leaves(_widened, params)
    y, cache = layer.forward(params, x, mode)
    dy = rng.standard_normal(y.shape)
    dx, grads = layer.backward(cache, dy)

    def value() -> tuple[float, float]:
        terms = layer.forward(params, x, mode)[0] * dy
        return float(terms.sum()), float(np.abs(terms).sum())

    differentiable = {path: a for path, a in leaves(x, "x") if a.dtype.kind == "f"}
    return differentiable | _trainable(layer, params), value, dict(leaves(dx, "x")) | dict(leaves(grads))


def _network_case(network: Any, inputs: list[Array], mode: Mode) -> Case:
    X, *rest = inputs
    params = map_leaves(_widened, network.params)

    def value() -> tuple[float, float]:
        J = float(network.loss(network.body.forward(params, X, mode)[0], *rest)[0])
        return J, abs(J)

    Z, cache = network.body.forward(params, X, mode)
    dX, grads = network.body.backward(cache, network.loss(Z, *rest)[1])
    return {"x": X} | _trainable(network.body, params), value, {"x": dX} | dict(leaves(grads))


def _trainable(layer: Any, params: Any) -> dict[str, Array]:
    kinds = dict(leaves(layer.kinds(params))) if hasattr(layer, "kinds") else {}
    return {path: p for path, p in leaves(params) if kinds.get(path) != "statistic"}


def _check(
    name: str,
    array: Array,
    analytic: Array | None,
    value: Callable[[], tuple[float, float]],
    rng: np.random.Generator,
    tolerance: float,
    max_entries: int,
) -> Check:
    if analytic is None:
        return Check(name, array.shape, problem="backward returned no gradient for it")
    if np.shape(analytic) != array.shape:
        return Check(name, array.shape, problem=f"the gradient has shape {np.shape(analytic)}")
    chosen = np.arange(array.size)
    if array.size > max_entries:
        wild = np.flatnonzero(~np.isfinite(analytic))[:1]  # chance must not hide it
        chosen = np.union1d(rng.choice(array.size, max_entries, replace=False), wild)
    if not len(chosen):
        return Check(name, array.shape, problem="it has no entries")
    a = np.asarray(analytic, np.float64).ravel()[chosen]
    center, size = value()
    left, right, step = np.array([_one_sided_slopes(array, i, value, center) for i in chosen.tolist()]).T
    numeric = (left + right) / 2
    resolution = np.finfo(np.float64).eps * size / step
    floor = 1e-4 * np.max(abs(numeric)) + resolution / tolerance + np.finfo(np.float64).tiny
    error = abs(a - numeric) / np.maximum(np.maximum(abs(a), abs(numeric)), floor)
    # Whether an entry lies on a kink is seen from forward alone, so a wrong backward cannot hide there.
    on_kink = abs(right - left) > 1e-3 * np.maximum(np.maximum(abs(left), abs(right)), floor)
    kinks = on_kink & (error > tolerance)
    if kinks.all():
        return Check(name, array.shape, len(chosen), len(chosen), problem="every entry is on a kink: try other inputs")
    error[kinks] = 0.0
    error[~np.isfinite(a) | ~np.isfinite(numeric)] = np.nan
    worst = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
    index = tuple(int(i) for i in np.unravel_index(chosen[worst], array.shape))
    found = int(kinks.sum()), float(error[worst]), index, float(a[worst]), float(numeric[worst])
    return Check(name, array.shape, len(chosen), *found)


def _one_sided_slopes(
    array: Array, i: int, value: Callable[[], tuple[float, float]], center: float
) -> tuple[float, float, float]:
    old = array.flat[i]
    step = _STEP * max(1.0, abs(old))
    array.flat[i] = old + step
    above = value()[0]
    array.flat[i] = old - step
    below = value()[0]
    array.flat[i] = old
    return (center - below) / step, (above - center) / step, step
