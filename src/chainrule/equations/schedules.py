r"""Learning rate over time: pure functions of the step t = 1, 2, 3, ...

Each schedule is a frozen dataclass that is called with t and can stand wherever an optimizer takes a learning rate.
Only array API functions of t are used, so that t may be traced by JAX; the rate is computed in float64 then, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import in_float64
from chainrule.common.errors import InputError
from chainrule.common.settings import Checked, Either, Function, Number, Whole

Schedule = Callable[[Any], Any]

_ABOVE_0 = Number(0, closed="neither")
RATE = Either(_ABOVE_0, Function("a schedule, which is called with the step"))
"""The rule of a learning rate."""


def _namespace(t: Any) -> Any:
    return t.__array_namespace__() if hasattr(t, "__array_namespace__") else np


def rate_at(rate: float | Schedule, t: Any) -> Any:
    """Return the learning rate of step t, of a number or of a schedule.

    Raises
    ------
    InputError
        A schedule returned what is no rate.
    """
    if not callable(rate):
        return rate
    value = rate(t)
    if _namespace(value) is np and not (isinstance(value, Real | np.ndarray) and 0 <= float(value) < math.inf):
        raise InputError(
            "A schedule must return a learning rate, a finite number of 0 or more, but it returned {rate!r}.",
            rate=value,
        )
    return value


@dataclass(frozen=True)
class Constant(Checked):
    r"""The same learning rate at every step.

    .. math:: \eta_t = \eta
    """

    rate: float
    rules: ClassVar = {"rate": _ABOVE_0}

    @in_float64
    def __call__(self, t: Any) -> Any:
        """Return the learning rate of step t."""
        return self.rate


_DECAY = {"rate": _ABOVE_0, "every": Whole(1), "factor": _ABOVE_0}


@dataclass(frozen=True)
class StepDecay(Checked):
    r"""Multiply the rate by a factor every so many steps.

    .. math:: \eta_t = \eta\, \gamma^{\lfloor (t - 1) / n \rfloor}
    """

    rate: float
    every: int
    factor: float = 0.1
    rules: ClassVar = _DECAY

    @in_float64
    def __call__(self, t: Any) -> Any:
        """Return the learning rate of step t."""
        return self.rate * self.factor ** ((t - 1) // self.every)


@dataclass(frozen=True)
class Exponential(Checked):
    r"""Decay smoothly by a factor per so many steps.

    .. math:: \eta_t = \eta\, \gamma^{(t - 1) / n}
    """

    rate: float
    every: int
    factor: float = 0.1
    rules: ClassVar = _DECAY

    @in_float64
    def __call__(self, t: Any) -> Any:
        """Return the learning rate of step t."""
        return self.rate * self.factor ** ((t - 1) / self.every)


@dataclass(frozen=True)
class Cosine(Checked):
    r"""Fall along half a cosine to a final rate, then stay there.

    .. math:: \eta_t = \eta_{end} + \tfrac{1}{2} (\eta - \eta_{end}) \left(1 + \cos(\pi \min(1, (t - 1) / n))\right)

    References
    ----------
    Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017, equation 5.
    """

    rate: float
    steps: int
    end: float = 0.0
    rules: ClassVar = {"rate": _ABOVE_0, "steps": Whole(1), "end": Number(0)}

    @in_float64
    def __call__(self, t: Any) -> Any:
        """Return the learning rate of step t."""
        xp = _namespace(t)
        progress = xp.minimum((t - 1) / self.steps, 1)
        return self.end + 0.5 * (self.rate - self.end) * (1 + xp.cos(math.pi * progress))


@dataclass(frozen=True)
class CosineLog(Checked):
    r"""Rise and fall along four cosines, each twice as long as the one before: from 0 back to 0.

    .. math::
        \eta_t = \tfrac{1}{2} \eta \left(1 - \cos\left(2\pi \log_2(1 + 15 p)\right)\right), \qquad
        p = \min(1, (t - 1) / n)

    Parameters
    ----------
    rate
        The largest rate, that in the middle of each cosine.
    steps
        The number n of steps of all cosines.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data,
    2024, where it is called coslog4.
    """

    rate: float
    steps: int
    rules: ClassVar = {"rate": _ABOVE_0, "steps": Whole(1)}

    @in_float64
    def __call__(self, t: Any) -> Any:
        """Return the learning rate of step t."""
        xp = _namespace(t)
        progress = xp.minimum((t - 1) / self.steps, 1)
        return 0.5 * self.rate * (1 - xp.cos(2 * math.pi * xp.log2(1 + 15 * progress)))


@dataclass(frozen=True)
class Warmup(Checked):
    r"""Rise linearly over the first steps, then follow another schedule from its beginning.

    .. math:: \eta_t = \min(1, t / n)\; \eta^{after}_{\max(1,\, t - n)}

    Parameters
    ----------
    steps
        The number n of steps until the full rate.
    after
        A learning rate, or any schedule.

    References
    ----------
    Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2.
    """

    steps: int
    after: float | Schedule
    rules: ClassVar = {"steps": Whole(1), "after": RATE}

    @in_float64
    def __call__(self, t: Any) -> Any:
        """Return the learning rate of step t."""
        xp = _namespace(t)
        return xp.minimum(t / self.steps, 1) * rate_at(self.after, xp.maximum(t - self.steps, 1))
