"""Normalization: by the batch, by the features of one example, by groups of its channels, by their size alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace, summed_first
from chainrule.common.errors import InputError
from chainrule.common.settings import Number, Whole
from chainrule.equations.initializers import first_values, ones, zeros
from chainrule.layers.base import Layer

_EPSILON = Number(0, closed="neither", meaning="which keeps a division by zero away")


def _check(layer: Layer, gamma: Array, x: Array) -> None:
    if x.shape[-1:] != gamma.shape:
        raise InputError(
            "{label} expects {expected} features, but the input has shape {shape}.",
            label=layer.label,
            expected=len(gamma),
            shape=x.shape,
        )


def _check_has_variance(x: Array) -> None:
    if math.prod(x.shape) == x.shape[-1]:
        raise InputError(
            "BatchNorm in training needs more than one value per channel, because the variance of one value is 0, "
            "but the input has shape {shape}. Take a larger batch; if it is the last one of an epoch, a batch_size "
            "that does not leave a single example over.",
            shape=x.shape,
        )


def _counted(x: Float[Array, "batch *axes n"], mode: Mode) -> Array | None:
    """Return 1 for the examples, or the steps of them, that count and 0 for the others; None if all do."""
    xp = namespace(x)
    rows = None if mode.rows is None else xp.astype(mode.rows, x.dtype)
    if mode.mask is None:
        return rows
    steps = xp.astype(mode.mask, x.dtype)
    return steps if rows is None else steps * rows[:, None]


def _mean_of_examples(x: Float[Array, "batch *axes n"], counted: Array | None) -> Float[Array, "n"]:
    """Return the mean over all axes but the last, of what counts.

    One axis at a time: NumPy adds up all rows one after another otherwise, and loses digits in float32.
    """
    xp = namespace(x)
    if counted is not None:
        x = x * _beside(counted * (math.prod(counted.shape) / xp.maximum(xp.sum(counted), 1)), x)
    while x.ndim > 1:
        x = xp.mean(x, axis=summed_first(x))
    return x


def _number_of_examples(x: Float[Array, "batch *axes n"], counted: Array | None) -> Any:
    """Return how many values each of the n means is over."""
    if counted is None:
        return math.prod(x.shape[:-1])
    return math.prod(x.shape[counted.ndim : -1]) * namespace(x).sum(counted)


def _beside(counted: Array, x: Float[Array, "batch *axes"]) -> Array:
    return namespace(x).reshape(counted, counted.shape + (1,) * (x.ndim - counted.ndim))


def _cleared(x: Float[Array, "batch *axes"], counted: Array | None) -> Float[Array, "batch *axes"]:
    """Return x with 0 in the place of what does not count."""
    return x if counted is None else x * _beside(counted, x)


def _mean_of_features(x: Float[Array, "*axes n"]) -> Float[Array, "*axes 1"]:
    return namespace(x).mean(x, axis=-1, keepdims=True)


def _mean_of_groups(
    x: Float[Array, "batch *axes groups size"], counted: Array | None
) -> Float[Array, "batch *ones groups 1"]:
    """Return the mean of each example's groups, over all axes but the batch and the groups, of what counts."""
    xp = namespace(x)
    if counted is not None:
        steps = xp.maximum(xp.sum(counted, axis=1, keepdims=True), 1)
        x = x * _beside(counted * (counted.shape[1] / steps), x)
    for axis in (*range(1, x.ndim - 2), -1):  # one at a time, as in _mean_of_examples
        x = xp.mean(x, axis=axis, keepdims=True)
    return x


def _centered(x: Array, mean_of: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Return x less its mean, and the mean.

    The mean of what is left, which is the rounding error of the first, is taken off too: in float32 data around 1000
    would lose three digits.
    """
    mean = mean_of(x)
    X = x - mean
    error = mean_of(X)
    X -= error
    return X, mean + error


def _before_normalizing(dX_hat: Array, X_hat: Array, scale: Array, mean_of: Callable[[Array], Array]) -> Array:
    """Return dX of X_hat = scale * (X - mean), where the scale is that of the variance."""
    dX = X_hat * -mean_of(dX_hat * X_hat)
    dX += dX_hat
    dX -= mean_of(dX_hat)
    dX *= scale
    return dX


class BatchNormCache(NamedTuple):
    """What the backward pass and the running statistics need."""

    X_hat: Array  # the normalized input
    scale: Array  # (n,), 1 / sqrt(variance + epsilon)
    gamma: Array  # (n,)
    batch: tuple[Array, Array] | None  # the mean and the variance of the batch, (n,) each; None in inference
    counted: Array | None  # (batch,) or (batch, time), 1 for what counts; None if all do


@dataclass(frozen=True)
class BatchNorm(Layer):
    r"""Normalize each feature or channel by its mean and variance over the batch.

    .. math::
        \hat{X} = \frac{X - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad Y = \gamma \hat{X} + \beta, \qquad
        \mu = \frac{1}{m} \sum X, \qquad \sigma^2 = \frac{1}{m} \sum (X - \mu)^2

    .. math::
        d\gamma = \sum dY \odot \hat{X}, \qquad d\beta = \sum dY, \qquad
        dX = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left( dY - \frac{d\beta + \hat{X}\, d\gamma}{m} \right)

    The sums run over all m values of a feature: over the batch and every axis but the last, without the padded steps of
    sequences with a mask, whose output is 0. Inference takes the running mean and variance instead, and these are
    constants: :math:`dX = \gamma\, dY / \sqrt{\sigma^2 + \epsilon}`. `update_statistics` moves them towards those of
    the batch:

    .. math::
        \mu_{run} \leftarrow \rho\, \mu_{run} + (1 - \rho)\, \mu, \qquad
        \sigma^2_{run} \leftarrow \rho\, \sigma^2_{run} + (1 - \rho)\, \frac{m}{m - 1} \sigma^2

    The factor m / (m - 1) makes it the unbiased estimate, as in the paper and in PyTorch.

    Parameters
    ----------
    momentum
        The share :math:`\rho` of the old running statistics that a step keeps (PyTorch's momentum is one minus this).
    epsilon
        Added to the variance.

    References
    ----------
    Ioffe and Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift,
    2015, algorithms 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.arrays import Mode
    >>> layer = BatchNorm()
    >>> params, _ = layer.init(np.random.default_rng(0), (1,))
    >>> X = np.array([[1.0], [3.0]], np.float32)
    >>> Y, cache = layer.forward(params, X, Mode(training=True))
    >>> Y.round(3).ravel()
    array([-1.,  1.], dtype=float32)
    >>> params = layer.update_statistics(params, cache)
    >>> params["running_mean"].round(3), params["running_variance"].round(3)
    (array([0.2], dtype=float32), array([1.1], dtype=float32))
    """

    momentum: float = 0.9
    epsilon: float = 1e-5
    undecayed = ("gamma", "beta")
    statistics = ("running_mean", "running_variance")
    symbols = ("X", "Y")
    steps = "kept"
    rules: ClassVar = {
        "momentum": Number(0, 1, closed="left", meaning="the share of the old statistics to keep"),
        "epsilon": _EPSILON,
    }

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return gamma, beta and the running statistics, each of shape (n,), and the unchanged shape."""
        firsts = {"gamma": ones, "beta": zeros, "running_mean": zeros, "running_variance": ones}
        shape = (input_shape[-1],)
        return {name: first_values(first, rng, shape, dtype) for name, first in firsts.items()}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n"], BatchNormCache]:
        """Return Y = gamma * X_hat + beta."""
        gamma = params["gamma"]
        _check(self, gamma, x)
        batch, counted = None, _counted(x, mode)
        if mode.training:
            _check_has_variance(x)
            X, mean = _centered(x, lambda x: _mean_of_examples(x, counted))
            batch = mean, variance = mean, _mean_of_examples(X * X, counted)
        else:
            X, variance = x - params["running_mean"], params["running_variance"]
        scale = 1 / namespace(x).sqrt(variance + self.epsilon)
        X *= scale
        Y = X * gamma
        Y += params["beta"]
        return _cleared(Y, counted), BatchNormCache(X, scale, gamma, batch, counted)

    def backward(
        self, cache: BatchNormCache, dy: Float[Array, "batch *axes n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n"] | None, Params]:
        """Return dX and the gradients of gamma and beta."""
        X_hat, scale, gamma, batch, counted = cache
        m = _number_of_examples(dy, counted)
        dbeta, dgamma = _mean_of_examples(dy, counted), _mean_of_examples(dy * X_hat, counted)  # divided by m so far
        grads = {"gamma": m * dgamma, "beta": m * dbeta}
        if not input_gradient:
            return None, grads
        if batch is None:
            dX = dy * (gamma * scale)
        else:
            dX = X_hat * -dgamma
            dX += dy
            dX -= dbeta
            dX *= gamma * scale
        return _cleared(dX, counted), grads

    def update_statistics(self, params: Params, cache: BatchNormCache) -> Params:
        """Return the parameters with running statistics that came closer to those of the batch."""
        if cache.batch is None:
            return params
        mean, variance = cache.batch
        m = _number_of_examples(cache.X_hat, cache.counted)
        unbiased = m / namespace(cache.X_hat).maximum(m - 1, 1) if cache.counted is not None else m / (m - 1)
        return params | {
            "running_mean": self.momentum * params["running_mean"] + (1 - self.momentum) * mean,
            "running_variance": self.momentum * params["running_variance"] + (1 - self.momentum) * unbiased * variance,
        }


class NormCache(NamedTuple):
    """What the backward pass needs."""

    X_hat: Array  # the normalized input
    scale: Array  # (batch, ..., 1), what the (centered) input was multiplied by
    gamma: Array  # (n,)


@dataclass(frozen=True)
class LayerNorm(Layer):
    r"""Normalize each example by the mean and variance of its own n features.

    .. math::
        \hat{X} = \frac{X - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad Y = \gamma \hat{X} + \beta, \qquad
        \mu = \frac{1}{n} \sum_i X_i, \qquad \sigma^2 = \frac{1}{n} \sum_i (X_i - \mu)^2

    .. math::
        d\hat{X} = \gamma\, dY, \qquad
        dX = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( d\hat{X} - \frac{1}{n} \sum_i d\hat{X}_i
        - \frac{\hat{X}}{n} \sum_i d\hat{X}_i \hat{X}_i \right)

    .. math:: d\gamma = \sum dY \odot \hat{X}, \qquad d\beta = \sum dY

    The sums of the last line run over the batch and every axis but the last. Training and inference are the same.

    Parameters
    ----------
    epsilon
        Added to the variance.

    References
    ----------
    Ba, Kiros and Hinton, Layer normalization, 2016.
    """

    epsilon: float = 1e-5
    undecayed = ("gamma", "beta")
    symbols = ("X", "Y")
    steps = "kept"
    rules: ClassVar = {"epsilon": _EPSILON}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return gamma and beta of shape (n,), and the unchanged shape."""
        gamma, beta = (first_values(first, rng, (input_shape[-1],), dtype) for first in (ones, zeros))
        return {"gamma": gamma, "beta": beta}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n"], NormCache]:
        """Return Y = gamma * X_hat + beta."""
        gamma = params["gamma"]
        _check(self, gamma, x)
        X, _ = _centered(x, _mean_of_features)
        scale = 1 / namespace(x).sqrt(_mean_of_features(X * X) + self.epsilon)
        X *= scale
        Y = X * gamma
        Y += params["beta"]
        return Y, NormCache(X, scale, gamma)

    def backward(
        self, cache: NormCache, dy: Float[Array, "batch *axes n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n"] | None, Params]:
        """Return dX and the gradients of gamma and beta."""
        X_hat, scale, gamma = cache
        xp, axes = namespace(dy), tuple(range(dy.ndim - 1))
        grads = {"gamma": xp.sum(dy * X_hat, axis=axes), "beta": xp.sum(dy, axis=axes)}
        if not input_gradient:
            return None, grads
        return _before_normalizing(dy * gamma, X_hat, scale, _mean_of_features), grads


class GroupNormCache(NamedTuple):
    """What the backward pass needs."""

    X_hat: Array  # the normalized input
    scale: Array  # (batch, ..., groups, 1), 1 / sqrt(variance + epsilon)
    gamma: Array  # (n,)
    counted: Array | None  # (batch, time), 1 for the steps that count; None if all do


@dataclass(frozen=True)
class GroupNorm(Layer):
    r"""Normalize each group of an example's channels by their mean and variance.

    .. math::
        \hat{X} = \frac{X - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad Y = \gamma \hat{X} + \beta, \qquad
        \mu = \frac{1}{m} \sum X, \qquad \sigma^2 = \frac{1}{m} \sum (X - \mu)^2

    .. math::
        d\hat{X} = \gamma\, dY, \qquad
        dX = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( d\hat{X} - \frac{1}{m} \sum d\hat{X}
        - \frac{\hat{X}}{m} \sum d\hat{X} \odot \hat{X} \right)

    .. math:: d\gamma = \sum dY \odot \hat{X}, \qquad d\beta = \sum dY

    The sums run over the m values of a group: over its channels, which lie side by side, and over every axis between
    batch and channels, without the padded steps of sequences with a mask, whose output is 0. Those of the last line run
    over the batch and every axis but the last. Training and inference are the same.

    Parameters
    ----------
    groups
        Into how many groups the channels are divided evenly. One group is layer normalization over all of an example;
        as many as there are channels is instance normalization.
    epsilon
        Added to the variance.

    References
    ----------
    Wu and He, Group normalization, 2018, equations 1, 2, 6 and 7.
    """

    groups: int
    epsilon: float = 1e-5
    undecayed = ("gamma", "beta")
    symbols = ("X", "Y")
    steps = "kept"
    rules: ClassVar = {"groups": Whole(1), "epsilon": _EPSILON}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return gamma and beta of shape (n,), and the unchanged shape.

        Raises
        ------
        InputError
            The channels do not divide by the groups, or a group is a single value.
        """
        n = input_shape[-1]
        if n % self.groups:
            raise InputError(
                "GroupNorm divides the channels evenly among its groups, but {channels} channels do not divide by "
                "groups={groups}. Take a divisor of {channels} for groups.",
                channels=n,
                groups=self.groups,
            )
        if math.prod(input_shape) == self.groups:
            raise InputError(
                "GroupNorm needs more than one value per group, because the variance of one value is 0, but examples "
                "of shape {shape} have one for each of groups={groups}. Take fewer groups.",
                shape=input_shape,
                groups=self.groups,
            )
        gamma, beta = (first_values(first, rng, (n,), dtype) for first in (ones, zeros))
        return {"gamma": gamma, "beta": beta}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n"], GroupNormCache]:
        """Return Y = gamma * X_hat + beta."""
        gamma = params["gamma"]
        _check(self, gamma, x)
        counted = _counted(x, mode._replace(rows=None))  # no example's numbers depend on those of another
        X, _ = _centered(self._grouped(x), lambda x: _mean_of_groups(x, counted))
        scale = 1 / namespace(x).sqrt(_mean_of_groups(X * X, counted) + self.epsilon)
        X *= scale
        X_hat = namespace(x).reshape(X, x.shape)
        Y = X_hat * gamma
        Y += params["beta"]
        return _cleared(Y, counted), GroupNormCache(X_hat, scale, gamma, counted)

    def backward(
        self, cache: GroupNormCache, dy: Float[Array, "batch *axes n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n"] | None, Params]:
        """Return dX and the gradients of gamma and beta."""
        X_hat, scale, gamma, counted = cache
        xp, axes, dY = namespace(dy), tuple(range(dy.ndim - 1)), _cleared(dy, counted)
        grads = {"gamma": xp.sum(dY * X_hat, axis=axes), "beta": xp.sum(dY, axis=axes)}
        if not input_gradient:
            return None, grads
        dX_hat, X_hat = self._grouped(dY * gamma), self._grouped(X_hat)
        dX = _before_normalizing(dX_hat, X_hat, scale, lambda x: _mean_of_groups(x, counted))
        return _cleared(xp.reshape(dX, dy.shape), counted), grads

    def _grouped(self, x: Float[Array, "batch *axes n"]) -> Float[Array, "batch *axes groups size"]:
        return namespace(x).reshape(x, (*x.shape[:-1], self.groups, x.shape[-1] // self.groups))


@dataclass(frozen=True)
class RMSNorm(Layer):
    r"""Divide each example by the root mean square of its own n features.

    .. math::
        \hat{X} = \frac{X}{r}, \qquad Y = \gamma \hat{X}, \qquad r = \sqrt{\frac{1}{n} \sum_i X_i^2 + \epsilon}

    .. math::
        d\hat{X} = \gamma\, dY, \qquad
        dX = \frac{1}{r} \left( d\hat{X} - \frac{\hat{X}}{n} \sum_i d\hat{X}_i \hat{X}_i \right), \qquad
        d\gamma = \sum dY \odot \hat{X}

    The last sum runs over the batch and every axis but the last. Training and inference are the same.

    Parameters
    ----------
    epsilon
        Added to the mean square.

    References
    ----------
    Zhang and Sennrich, Root mean square layer normalization, 2019.
    """

    epsilon: float = 1e-6
    undecayed = ("gamma",)
    symbols = ("X", "Y")
    steps = "kept"
    rules: ClassVar = {"epsilon": _EPSILON}

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return gamma of shape (n,), and the unchanged shape."""
        return {"gamma": first_values(ones, rng, (input_shape[-1],), dtype)}, input_shape

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes n"], NormCache]:
        """Return Y = gamma * X_hat."""
        gamma = params["gamma"]
        _check(self, gamma, x)
        scale = 1 / namespace(x).sqrt(_mean_of_features(x * x) + self.epsilon)
        X_hat = x * scale
        return X_hat * gamma, NormCache(X_hat, scale, gamma)

    def backward(
        self, cache: NormCache, dy: Float[Array, "batch *axes n"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n"] | None, Params]:
        """Return dX and the gradient of gamma."""
        X_hat, scale, gamma = cache
        xp, axes = namespace(dy), tuple(range(dy.ndim - 1))
        grads = {"gamma": xp.sum(dy * X_hat, axis=axes)}
        if not input_gradient:
            return None, grads
        dX_hat = dy * gamma
        return (dX_hat - X_hat * _mean_of_features(dX_hat * X_hat)) * scale, grads
