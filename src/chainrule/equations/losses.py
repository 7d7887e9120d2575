r"""Losses with their gradients, on logits.

A loss is called with the logits ``Z`` of the network's last layer, the targets ``Y`` and optional weights of the
examples, and returns the loss and its gradient ``dZ``. It owns the output activation, so that activation and
logarithm cancel on paper instead of overflowing in floating point.

The loss of a batch is the weighted mean of the losses of its examples, and the loss of an example is the mean over its
remaining axes (outputs, time steps). Where each step has a weight (0 at the padding), the mean is over all steps of the
batch. The division by the batch size is here and nowhere else:

.. math:: J = \frac{\sum_i w_i\, \ell_i}{\sum_i w_i}, \qquad w_i = 1 \text{ unless given}
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from chainrule.arrays import Array, Float, Shaped, as_numbers, largest, lowest, namespace
from chainrule.common.errors import InputError
from chainrule.common.settings import Checked, Either, Instance, Number, OneOf
from chainrule.equations import activations

Logits = Float[Array, "batch *out"]
Targets = Shaped[Array, "batch *target"]
Weights = Float[Array, "batch *time"]
Scalar = Float[Array, ""]


def weighted_mean(
    errors: Float[Array, "batch *errors"], slopes: Logits, weights: Weights | None
) -> tuple[Scalar, Logits]:
    r"""Return the weighted mean over the batch of each example's mean error, and its gradient.

    Parameters
    ----------
    errors, slopes
        The error of each output, or of each group of outputs (with a last axis of 1), and its derivatives with respect
        to the logits.
    weights
        One weight per example, or one for each step of each example; all 1 if None.
    """
    if weights is None:
        scale = 1 / math.prod(errors.shape)
        return errors.sum() * scale, slopes * scale
    xp = namespace(errors)
    outputs = math.prod(errors.shape[weights.ndim :])
    weights = xp.astype(weights, errors.dtype)
    weights = xp.reshape(weights, weights.shape + (1,) * (errors.ndim - weights.ndim)) / (xp.sum(weights) * outputs)
    return xp.sum(errors * weights), slopes * weights


@dataclass(frozen=True)
class Loss(Checked, ABC):
    """What the losses have in common: `loss(Z, Y, weights) -> (value, dZ)` and the output activation they own."""

    task: ClassVar[Literal["binary", "multiclass", "regression"]]
    log_link: ClassVar[bool] = False
    """Whether a logit is the logarithm of the output, which targets of 0 or more are compared with."""

    @abstractmethod
    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss and its gradient with respect to the logits."""

    def activation(self, Z: Logits) -> Logits:
        """Return the network's output for the logits: probabilities, or the values themselves."""
        return Z

    def classes(self, P: Any, threshold: float) -> Any:
        """Return a class per example for probabilities: the likeliest, or yes (1) where it is above a threshold."""
        if self.task == "multiclass":
            return P.argmax(axis=-1)
        yes = (threshold < P).astype("int64")
        return yes[..., 0] if yes.shape[-1] == 1 else yes

    def matched(self, Z: Logits, Y: Targets) -> Logits:
        """Return the targets in the shape and dtype of the logits, for a loss that compares each output with one.

        Parameters
        ----------
        Z
            The logits, such as (batch, outputs).
        Y
            Targets of the same shape, or without the last axis where that is 1.

        Raises
        ------
        InputError
            The shapes belong to different numbers of targets.
        """
        if Y.shape != Z.shape and (*Y.shape, 1) != Z.shape:
            raise InputError(
                "{loss} compares every output with a target: the outputs have shape {outputs}, but the targets "
                "have shape {targets}. Reshape the targets, or change the size of the last layer.",
                loss=type(self).__name__,
                outputs=Z.shape,
                targets=Y.shape,
            )
        xp = namespace(Z)
        return xp.astype(xp.reshape(Y, Z.shape), Z.dtype, copy=False)


_SMOOTHING = Number(0, 1, closed="left", meaning="the share of a label that is spread over all")


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    r"""Cross-entropy of yes/no targets, with the sigmoid it owns.

    .. math::
        \ell = -y \log \sigma(z) - (1 - y) \log(1 - \sigma(z)) = \max(0, z) - y z + \log(1 + e^{-|z|}),
        \qquad \frac{\partial \ell}{\partial z} = \sigma(z) - y

    Parameters
    ----------
    label_smoothing
        Targets become (1 - s) y + s / 2.

    References
    ----------
    Bishop, Pattern Recognition and Machine Learning, 2006, equation 4.90; smoothing: Szegedy et al., Rethinking the
    Inception architecture, 2016, section 7.
    """

    label_smoothing: float = 0.0
    task = "binary"
    rules: ClassVar = {"label_smoothing": _SMOOTHING}

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for logits (batch, outputs) and targets 0/1 or probabilities of the same shape."""
        Y = self.matched(Z, Y)
        if self.label_smoothing:
            Y = (1 - self.label_smoothing) * Y + self.label_smoothing / 2
        return weighted_mean(activations.softplus(Z) - Y * Z, activations.sigmoid(Z) - Y, weights)

    def activation(self, Z: Logits) -> Logits:
        """Return the probability of "yes"."""
        return activations.sigmoid(Z)


@dataclass(frozen=True)
class CategoricalCrossEntropy(Loss):
    r"""Cross-entropy of one class among several, with the softmax it owns.

    .. math::
        \ell = -\sum_k y_k \log \operatorname{softmax}(z)_k,
        \qquad \frac{\partial \ell}{\partial z} = \operatorname{softmax}(z) \sum_k y_k - y

    Parameters
    ----------
    label_smoothing
        Targets become (1 - s) y + s / (number of classes).

    References
    ----------
    Bishop, Pattern Recognition and Machine Learning, 2006, equation 4.108; smoothing: Szegedy et al., Rethinking the
    Inception architecture, 2016, section 7.
    """

    label_smoothing: float = 0.0
    task = "multiclass"
    rules: ClassVar = {"label_smoothing": _SMOOTHING}

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for logits (batch, ..., classes) and integer labels (batch, ...) or one-hot targets."""
        xp = namespace(Z)
        classes = Z.shape[-1]
        # The difference of finite logits may be -inf, of which 0 * S below would make NaN.
        S = xp.maximum(Z - largest(Z), lowest(Z.dtype))
        slopes = xp.exp(S)
        total = slopes.sum(axis=-1, keepdims=True)
        slopes /= total  # now the softmax
        if Y.shape == Z.shape[:-1] and not self.label_smoothing:
            chosen = as_numbers(Y[..., None] == xp.arange(classes), Z)
            slopes -= chosen
            return weighted_mean(xp.log(total) - xp.vecdot(S, chosen)[..., None], slopes, weights)
        Y = self.matched(Z, Y[..., None] == xp.arange(classes) if Y.ndim < Z.ndim else Y)
        if self.label_smoothing:
            Y = (1 - self.label_smoothing) * Y + self.label_smoothing / classes
        sum_of_Y = xp.sum(Y, axis=-1, keepdims=True)
        slopes *= sum_of_Y
        slopes -= Y
        return weighted_mean(sum_of_Y * xp.log(total) - xp.sum(Y * S, axis=-1, keepdims=True), slopes, weights)

    def activation(self, Z: Logits) -> Logits:
        """Return the probability of each class."""
        return activations.softmax(Z)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    r"""Mean squared error, with identity outputs: estimates the mean.

    .. math:: \ell = (z - y)^2, \qquad \frac{\partial \ell}{\partial z} = 2 (z - y)

    References
    ----------
    Bishop, Pattern Recognition and Machine Learning, 2006, section 5.2.
    """

    task = "regression"

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for outputs and targets of the same shape."""
        E = Z - self.matched(Z, Y)
        return weighted_mean(E * E, 2 * E, weights)


@dataclass(frozen=True)
class MeanAbsoluteError(Loss):
    r"""Mean absolute error, with identity outputs: estimates the median.

    .. math:: \ell = |z - y|, \qquad \frac{\partial \ell}{\partial z} = \operatorname{sign}(z - y)

    References
    ----------
    Bishop, Pattern Recognition and Machine Learning, 2006, section 1.5.5 (q = 1).
    """

    task = "regression"

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for outputs and targets of the same shape."""
        xp = namespace(Z)
        E = Z - self.matched(Z, Y)
        return weighted_mean(xp.abs(E), xp.sign(E), weights)


@dataclass(frozen=True)
class Huber(Loss):
    r"""Squared error near the target and absolute error far from it, with identity outputs.

    .. math::
        \ell = \tfrac{1}{2} c^2 + \delta\,(|e| - |c|), \quad e = z - y, \quad c = \max(-\delta, \min(\delta, e)),
        \qquad \frac{\partial \ell}{\partial z} = c

    Parameters
    ----------
    delta
        The error at which the parabola becomes a straight line, in units of the targets.

    References
    ----------
    Huber, Robust estimation of a location parameter, 1964.
    """

    delta: float = 1.0
    task = "regression"
    rules: ClassVar = {"delta": Number(0, closed="neither")}

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for outputs and targets of the same shape."""
        xp = namespace(Z)
        E = Z - self.matched(Z, Y)
        C = xp.maximum(xp.minimum(E, self.delta), -self.delta)
        return weighted_mean(0.5 * C * C + self.delta * (xp.abs(E) - xp.abs(C)), C, weights)


@dataclass(frozen=True)
class Quantile(Loss):
    r"""Pinball loss, with identity outputs: estimates a quantile, below which a share q of the targets lies.

    .. math::
        \ell = \max((1 - q)\, e,\; -q\, e), \quad e = z - y,
        \qquad \frac{\partial \ell}{\partial z} = [e > 0] - q \quad (e \ne 0)

    Parameters
    ----------
    q
        The share: 0.5 for the median, 0.9 for what only a tenth of the targets exceed.

    References
    ----------
    Koenker and Bassett, Regression quantiles, 1978, equation 3.1.
    """

    q: float = 0.5
    task = "regression"
    rules: ClassVar = {"q": Number(0, 1, closed="neither", meaning="the share of the targets below the output")}

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for outputs and targets of the same shape."""
        xp = namespace(Z)
        E = Z - self.matched(Z, Y)
        over, under = xp.astype(E > 0, Z.dtype), xp.astype(E < 0, Z.dtype)
        slopes = (1 - self.q) * over - self.q * under
        return weighted_mean(E * slopes, slopes, weights)


@dataclass(frozen=True)
class Poisson(Loss):
    r"""Half of the deviance of counts: estimates the mean.

    It owns the exponential, so that the output is above 0 and effects multiply.

    .. math::
        \ell = e^z - y + y (\log y - z), \qquad \frac{\partial \ell}{\partial z} = e^z - y, \qquad y \ge 0

    References
    ----------
    Nelder and Wedderburn, Generalized linear models, 1972, section 1.1.
    """

    task = "regression"
    log_link = True

    def __call__(self, Z: Logits, Y: Targets, weights: Weights | None = None) -> tuple[Scalar, Logits]:
        """Return the loss for logits, the logarithms of the outputs, and targets of 0 or more of the same shape."""
        xp = namespace(Z)
        Y, A = self.matched(Z, Y), self.activation(Z)
        least = Y * xp.log(xp.where(Y > 0, Y, 1))  # of 0, the limit, which is 0
        return weighted_mean((A - Y) + (least - Y * Z), A - Y, weights)

    def activation(self, Z: Logits) -> Logits:
        """Return the expected count."""
        return namespace(Z).exp(Z)


LOSSES = {
    "binary_cross_entropy": BinaryCrossEntropy,
    "categorical_cross_entropy": CategoricalCrossEntropy,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
}
"""Every loss by the name that `Network` takes."""


_LOSS = Either(OneOf(LOSSES), Instance(Loss, "a loss"))


def find(loss: object) -> Loss:
    """Return a loss that is given by its name or as a Loss.

    Raises
    ------
    InputError
        If there is no such loss.
    """
    known = _LOSS.check("Network", "loss", loss)
    return LOSSES[known]() if isinstance(known, str) else known  # type: ignore[abstract]
