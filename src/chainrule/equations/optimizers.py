r"""Update rules.

A rule is elementwise and pure: ``optimizer.rule(p, g, state, t) -> p, state`` for the parameters `p`, their gradient
`g`, the rule's own state (a NamedTuple of arrays shaped like `p`, zeros at the start) and the step t = 1, 2, 3, ...
So an engine may call it on all parameters in one vector, on chunks of it, or on one array at a time.

A rule has two parts. `scalars(t)` returns the few numbers that are the same for every parameter, such as the learning
rate; it runs once per step, in float64. `update` takes them and is elementwise: arithmetic and ufuncs only,
so that an engine can trace it once and run it as it likes.

`weight_decay` acts on weights and not on biases and scales: the engine calls `rule` with ``decay=False`` for these, by
what a layer's `kinds` says. In the `Decoupled` rules it is no part of the gradient; elsewhere it is L2, the gradient of
(weight_decay / 2) * sum(W**2), which the reported loss does not include: a `History` has it beside the loss, as `l2`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from chainrule.arrays import Array, Float, in_float64, namespace
from chainrule.common.settings import Checked, Either, Instance, Maybe, Number, OneOf
from chainrule.equations.schedules import RATE, Schedule, rate_at

Vector = Float[Array, "*n"]


class NoState(NamedTuple):
    """The state of a rule that remembers nothing."""


class Velocity(NamedTuple):
    """The state of momentum rules."""

    v: Array  # like p: the running sum of gradients


class SquareSum(NamedTuple):
    """The state of rules that scale by the size of past gradients."""

    s: Array  # like p: the sum or mean of squared gradients


class GradientMean(NamedTuple):
    """The state of Lion."""

    m: Array  # like p: the mean of past gradients, in which older ones count less


class Moments(NamedTuple):
    """The state of Adam."""

    m: Array  # like p: the weighted sum of past gradients
    v: Array  # like p: the weighted sum of past squared gradients


_SHARE = Number(0, 1, closed="left", meaning="the share of the past that a step keeps")
_EPSILON = Number(0, closed="neither", meaning="which keeps a division by zero away")


@dataclass(frozen=True)
class Optimizer(Checked, ABC):
    """What the rules have in common.

    Parameters
    ----------
    lr
        The learning rate: a number, or a schedule called with the step.
    weight_decay
        The strength of weight decay; 0 for none.
    clip_norm
        The largest global norm of the gradient of one step, to which a larger one is scaled down; None for no limit.
    """

    lr: float | Schedule
    weight_decay: float = 0.0
    clip_norm: float | None = None
    state: ClassVar[type[Any]] = NoState
    rules: ClassVar = {
        "lr": RATE,
        "weight_decay": Number(0),
        "clip_norm": Maybe(Number(0, closed="neither")),
    }

    def init(self, p: Vector) -> Any:
        """Return the state before the first step."""
        zeros = namespace(p).zeros_like(p)
        return self.state(*(zeros + 0 for _ in self.state._fields))

    def rule(self, p: Vector, g: Vector, state: Any, t: Any, *, decay: bool = True) -> tuple[Vector, Any]:
        """Return the parameters and the state after step t."""
        scalars = tuple(namespace(p).asarray(x, dtype=p.dtype) for x in in_float64(self.scalars)(t))
        return self.update(p, g, state, scalars, decay=decay)

    def scalars(self, t: Any) -> tuple[Any, ...]:
        """Return the numbers of step t that every parameter shares: the learning rate."""
        return (rate_at(self.lr, t),)

    def update(self, p: Vector, g: Vector, state: Any, scalars: tuple[Any, ...], *, decay: bool) -> tuple[Vector, Any]:
        """Return the parameters and the state after a step with these scalars."""
        if decay and self.weight_decay:
            g = g + self.weight_decay * p
        step, state = self.step(g, state, *scalars)
        return p - step, state

    def penalty(self, weights: Iterable[Array]) -> float | None:
        r"""Return the term that L2 adds to the loss of each step; None without L2.

        .. math:: \frac{\lambda}{2} \sum W^2

        Parameters
        ----------
        weights
            The arrays that decay.
        """
        if not self.weight_decay:
            return None
        return self.weight_decay / 2 * sum(float((W.astype(float) ** 2).sum()) for W in weights)

    @abstractmethod
    def step(self, g: Vector, state: Any, *scalars: Any) -> tuple[Vector, Any]:
        """Return what is subtracted from the parameters, and the new state."""


@dataclass(frozen=True)
class Decoupled(Optimizer):
    r"""What rules with decoupled weight decay have in common: the gradient does not know of it.

    .. math:: \theta_t = \theta_{t-1} - \eta \lambda\, \theta_{t-1} - \text{step}

    The last of the scalars of a step is `share`.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
    """

    def penalty(self, weights: Iterable[Array]) -> None:
        """Return None: decoupled decay adds nothing to the loss."""

    def share(self, t: Any) -> Any:
        """Return the share of a weight that decays in step t."""
        return rate_at(self.lr, t) * self.weight_decay

    def update(self, p: Vector, g: Vector, state: Any, scalars: tuple[Any, ...], *, decay: bool) -> tuple[Vector, Any]:
        """Return the parameters and the state after a step with these scalars."""
        *own, share = scalars
        step, state = self.step(g, state, *own)
        return (p - share * p if decay else p) - step, state


@dataclass(frozen=True)
class SGD(Optimizer):
    r"""Gradient descent.

    .. math:: \theta_t = \theta_{t-1} - \eta\, g_t

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.
    """

    lr: float | Schedule = 0.1

    def step(self, g: Vector, state: NoState, rate: Any) -> tuple[Vector, NoState]:
        """Return the gradient times the rate."""
        return rate * g, state


@dataclass(frozen=True)
class Momentum(Optimizer):
    r"""Gradient descent with momentum.

    .. math:: v_t = \beta v_{t-1} + g_t, \qquad \theta_t = \theta_{t-1} - \eta\, v_t

    References
    ----------
    Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    lr: float | Schedule = 0.01
    beta: float = 0.9
    state = Velocity
    rules: ClassVar = Optimizer.rules | {"beta": _SHARE}

    def step(self, g: Vector, state: Velocity, rate: Any) -> tuple[Vector, Velocity]:
        """Return the velocity times the rate."""
        v = self.beta * state.v + g
        return rate * v, Velocity(v)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    r"""Nesterov's momentum, with the gradient taken at the looked-ahead point.

    .. math:: v_t = \beta v_{t-1} + g_t, \qquad \theta_t = \theta_{t-1} - \eta\,(g_t + \beta v_t)

    Here the stored parameters are already the looked-ahead ones, which is the form that needs one gradient per step.

    References
    ----------
    Nesterov, A method of solving a convex programming problem with convergence rate O(1/k^2), 1983; in this form:
    Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning, 2013.
    """

    lr: float | Schedule = 0.01
    beta: float = 0.9
    state = Velocity
    rules: ClassVar = Optimizer.rules | {"beta": _SHARE}

    def step(self, g: Vector, state: Velocity, rate: Any) -> tuple[Vector, Velocity]:
        """Return the gradient plus the velocity it will have, times the rate."""
        v = self.beta * state.v + g
        return rate * (g + self.beta * v), Velocity(v)


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    r"""Steps divided by the root of the sum of all squared gradients so far.

    .. math:: s_t = s_{t-1} + g_t^2, \qquad \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t} + \epsilon}

    References
    ----------
    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, 2011.
    """

    lr: float | Schedule = 0.01
    epsilon: float = 1e-8
    state = SquareSum
    rules: ClassVar = Optimizer.rules | {"epsilon": _EPSILON}

    def step(self, g: Vector, state: SquareSum, rate: Any) -> tuple[Vector, SquareSum]:
        """Return the scaled gradient times the rate."""
        s = state.s + g * g
        return rate * g / (namespace(g).sqrt(s) + self.epsilon), SquareSum(s)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    r"""Steps divided by the root of the recent mean of squared gradients.

    .. math::
        s_t = \beta s_{t-1} + (1 - \beta) g_t^2, \qquad
        \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t} + \epsilon}

    References
    ----------
    Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012.
    """

    lr: float | Schedule = 0.001
    beta: float = 0.9
    epsilon: float = 1e-8
    state = SquareSum
    rules: ClassVar = Optimizer.rules | {"beta": _SHARE, "epsilon": _EPSILON}

    def step(self, g: Vector, state: SquareSum, rate: Any) -> tuple[Vector, SquareSum]:
        """Return the scaled gradient times the rate."""
        s = self.beta * state.s + (1 - self.beta) * (g * g)
        return rate * g / (namespace(g).sqrt(s) + self.epsilon), SquareSum(s)


def _geometric_sum(beta: float, t: Any) -> Any:
    """Return 1 + beta + ... + beta**(t - 1); by expm1, as 1 - 0.999**1 in float32 has four digits."""
    expm1 = math.expm1 if isinstance(t, int) else namespace(t).expm1
    return -expm1(t * (math.log(beta) if beta else -math.inf)) / (1 - beta)


@dataclass(frozen=True)
class Adam(Optimizer):
    r"""Momentum and scaling by recent squared gradients, as weighted means in which older gradients count less.

    .. math::
        m_t = \beta_1 m_{t-1} + g_t, \qquad v_t = \beta_2 v_{t-1} + g_t^2, \qquad
        c_{i,t} = 1 + \beta_i + \dots + \beta_i^{t-1} = \frac{1 - \beta_i^t}{1 - \beta_i}

    .. math::
        \theta_t = \theta_{t-1} - \eta\, \frac{m_t / c_{1,t}}{\sqrt{v_t / c_{2,t}} + \epsilon}
        = \theta_{t-1} - \frac{\alpha_t m_t}{\sqrt{v_t} + \hat\epsilon_t}, \qquad
        \alpha_t = \eta \frac{\sqrt{c_{2,t}}}{c_{1,t}}, \quad \hat\epsilon_t = \epsilon \sqrt{c_{2,t}}

    This is algorithm 1 of the paper, whose moments are :math:`(1 - \beta_1) m_t` and :math:`(1 - \beta_2) v_t`; sums
    and one division at the end take fewer passes over the parameters.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1 and the end of section 2.
    """

    lr: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    state = Moments
    rules: ClassVar = Optimizer.rules | {"beta1": _SHARE, "beta2": _SHARE, "epsilon": _EPSILON}

    def scalars(self, t: Any) -> tuple[Any, ...]:
        """Return alpha and the scaled epsilon of step t."""
        root = _geometric_sum(self.beta2, t) ** 0.5
        return rate_at(self.lr, t) * root / _geometric_sum(self.beta1, t), self.epsilon * root

    def step(self, g: Vector, state: Moments, alpha: Any, epsilon: Any) -> tuple[Vector, Moments]:
        """Return the mean over the root of the mean square, times the rate."""
        m = self.beta1 * state.m + g
        v = self.beta2 * state.v + g * g
        return alpha * m / (namespace(g).sqrt(v) + epsilon), Moments(m, v)


@dataclass(frozen=True)
class AdamW(Adam, Decoupled):
    r"""Adam with decoupled weight decay, which the gradient's scale does not change.

    .. math::
        \theta_t = \theta_{t-1} - \eta \lambda\, \theta_{t-1} - \frac{\alpha_t m_t}{\sqrt{v_t} + \hat\epsilon_t}

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019, algorithm 2.
    """

    weight_decay: float = 0.01

    def scalars(self, t: Any) -> tuple[Any, ...]:
        """Return Adam's scalars of step t and the share of a weight that decays."""
        return *super().scalars(t), self.share(t)


@dataclass(frozen=True)
class Lion(Decoupled):
    r"""The sign of a mean of gradients: every parameter moves by the learning rate, with decoupled weight decay.

    .. math::
        c_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad
        \theta_t = \theta_{t-1} - \eta \left( \operatorname{sign} c_t + \lambda\, \theta_{t-1} \right), \qquad
        m_t = \beta_2 m_{t-1} + (1 - \beta_2) g_t

    The paper takes a learning rate 3 to 10 times smaller than AdamW's, and a weight decay as many times larger.

    References
    ----------
    Chen, Liang, Huang, Real, Wang, Liu, Pham, Dong, Luong, Hsieh, Lu and Le, Symbolic discovery of optimization
    algorithms, 2023, algorithm 2 and section 5.
    """

    lr: float | Schedule = 0.0001
    beta1: float = 0.9
    beta2: float = 0.99
    state = GradientMean
    rules: ClassVar = Optimizer.rules | {"beta1": _SHARE, "beta2": _SHARE}

    def scalars(self, t: Any) -> tuple[Any, ...]:
        """Return the learning rate of step t and the share of a weight that decays."""
        return *super().scalars(t), self.share(t)

    def step(self, g: Vector, state: GradientMean, rate: Any) -> tuple[Vector, GradientMean]:
        """Return the sign of the mean, which forgets sooner than the one that is kept, times the rate."""
        c = self.beta1 * state.m + (1 - self.beta1) * g
        m = self.beta2 * state.m + (1 - self.beta2) * g
        return rate * namespace(g).sign(c), GradientMean(m)


def clip_scale(squared_norm: Array, clip_norm: float) -> Array:
    r"""Return the factor that scales a gradient down to a global norm, or 1 if it is not longer.

    .. math:: \min\left(1, \frac{c}{\lVert g \rVert}\right)

    References
    ----------
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013, algorithm 1.
    """
    xp = namespace(squared_norm)
    return clip_norm / xp.maximum(xp.sqrt(squared_norm), clip_norm)  # the square of clip_norm could overflow


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
    "lion": Lion,
}
"""Every optimizer by the name that `fit` and the command line take."""

_OPTIMIZER = Maybe(Either(OneOf(OPTIMIZERS), Instance(Optimizer, "an optimizer")))


def find(optimizer: object, owner: str, name: str = "optimizer") -> Optimizer:
    """Return an optimizer that is given by its name or as an Optimizer; None is Adam with its usual learning rate.

    Parameters
    ----------
    optimizer
        What was given.
    owner, name
        The function that takes it, and its argument, for the error.

    Raises
    ------
    InputError
        If there is no such optimizer.
    """
    known = _OPTIMIZER.check(owner, name, optimizer)
    return OPTIMIZERS[known]() if isinstance(known, str) else known or Adam()
