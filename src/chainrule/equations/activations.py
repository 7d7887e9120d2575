r"""Value and backward of each nonlinearity.

Each comes as a pair: ``g(Z) -> A`` and ``g_backward(dA, kept) -> dZ``, the product of the incoming gradient with the
derivative of g. `kept` is whichever of Z and A the derivative is cheaper from; the argument's name says which. The
values are finite and raise no floating-point warning for any finite Z (softmax and log-softmax: as long as the
differences within Z are finite).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from chainrule.arrays import Array, Float, namespace

Tensor = Float[Array, "*shape"]


def step(Z: Tensor) -> Tensor:
    r"""Return 1 where Z > 0, else 0: the perceptron's activation.

    .. math:: A = [Z > 0], \qquad dZ = 0

    Its slope is 0 wherever it has one, so nothing before it learns by gradient descent: it is for perceptrons and for
    reading networks, not for training them.

    References
    ----------
    McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity, 1943.
    """
    return namespace(Z).astype(Z > 0, Z.dtype)


def step_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return zeros: the step is flat on both sides of its jump."""
    return namespace(dA).zeros_like(dA)


def identity(Z: Tensor) -> Tensor:
    r"""Return Z itself: the output of a regression network.

    .. math:: A = Z, \qquad dZ = dA

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.1.
    """
    return Z


def identity_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return dA."""
    return dA


def sigmoid(Z: Tensor) -> Tensor:
    r"""Return the logistic sigmoid, in (0, 1).

    .. math:: A = \frac{1}{1 + e^{-Z}}, \qquad dZ = dA \odot A (1 - A)

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """
    xp = namespace(Z)
    # 1 / (1 + e^-Z) overflows for Z << 0. Multiplied above and below by e^min(Z, 0), no exponent is positive.
    return xp.exp(xp.minimum(Z, 0)) / (1 + xp.exp(-xp.abs(Z)))


def sigmoid_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return dA * A * (1 - A)."""
    return dA * A * (1 - A)


def tanh(Z: Tensor) -> Tensor:
    r"""Return the hyperbolic tangent, in (-1, 1).

    .. math:: A = \tanh Z, \qquad dZ = dA \odot (1 - A^2)

    References
    ----------
    LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """
    return namespace(Z).tanh(Z)


def tanh_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return dA * (1 - A**2)."""
    return dA * (1 - A * A)


def relu(Z: Tensor) -> Tensor:
    r"""Return Z where it is positive, else 0.

    .. math:: A = \max(0, Z), \qquad dZ = dA \odot [Z > 0]

    The slope at 0, where there is none, is taken as 0.

    References
    ----------
    Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """
    return namespace(Z).maximum(Z, 0)


def relu_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return dA where the unit was active, else 0."""
    return dA * (A > 0).astype(dA.dtype)


def leaky_relu(Z: Tensor, alpha: float = 0.01) -> Tensor:
    r"""Return Z where it is positive, else alpha * Z.

    .. math:: A = \max(0, Z) + \alpha \min(0, Z), \qquad dZ = dA \odot ([Z > 0] + \alpha [Z \le 0])

    References
    ----------
    Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """
    xp = namespace(Z)
    return xp.maximum(Z, 0) + alpha * xp.minimum(Z, 0)


def leaky_relu_backward(dA: Tensor, Z: Tensor, alpha: float = 0.01) -> Tensor:
    """Return dA where Z > 0, else alpha * dA."""
    return dA * (Z > 0) + alpha * dA * (Z <= 0)


def elu(Z: Tensor, alpha: float = 1.0) -> Tensor:
    r"""Return Z where it is positive, else alpha * (exp(Z) - 1).

    .. math::
        A = \max(0, Z) + \alpha (e^{\min(0, Z)} - 1), \qquad dZ = dA \odot ([Z > 0] + \alpha e^{Z} [Z \le 0])

    References
    ----------
    Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016.
    """
    xp = namespace(Z)
    return xp.maximum(Z, 0) + alpha * xp.expm1(xp.minimum(Z, 0))


def elu_backward(dA: Tensor, Z: Tensor, alpha: float = 1.0) -> Tensor:
    """Return dA where Z > 0, else dA * alpha * exp(Z)."""
    xp = namespace(Z)
    return dA * ((Z > 0) + (Z <= 0) * (alpha * xp.exp(xp.minimum(Z, 0))))


_GELU_SCALE = math.sqrt(2 / math.pi)
_GELU_CUBIC = 0.044715


def _gelu_tanh(Z: Tensor) -> tuple[Tensor, Tensor]:
    xp = namespace(Z)
    z = xp.maximum(xp.minimum(Z, 10), -10)  # tanh is exactly +-1 there, and Z**3 of a huge Z would overflow
    return z, xp.tanh(_GELU_SCALE * (z + _GELU_CUBIC * z * z * z))


def gelu(Z: Tensor) -> Tensor:
    r"""Return the Gaussian error linear unit, in its tanh form.

    .. math:: A = \tfrac{1}{2} Z (1 + T), \qquad T = \tanh\left(\sqrt{2/\pi}\,(Z + 0.044715 Z^3)\right)

    .. math:: dZ = dA \odot \tfrac{1}{2}\left(1 + T + Z (1 - T^2) \sqrt{2/\pi}\,(1 + 0.134145 Z^2)\right)

    References
    ----------
    Hendrycks and Gimpel, Gaussian error linear units, 2016, equation in section 2.
    """
    _, T = _gelu_tanh(Z)
    return 0.5 * Z * (1 + T)


def gelu_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA times the slope of the tanh form."""
    z, T = _gelu_tanh(Z)
    return dA * (0.5 * (1 + T + z * (1 - T * T) * (_GELU_SCALE * (1 + 3 * _GELU_CUBIC * z * z))))


def silu(Z: Tensor) -> Tensor:
    r"""Return Z * sigmoid(Z), also called swish.

    .. math:: A = Z\,\sigma(Z), \qquad dZ = dA \odot \sigma(Z)\,(1 + Z (1 - \sigma(Z)))

    References
    ----------
    Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function approximation, 2018.
    """
    return Z * sigmoid(Z)


def silu_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA * s * (1 + Z * (1 - s)) with s = sigmoid(Z)."""
    # Written with sigmoid(-Z) = 1 - sigmoid(Z), which keeps its digits where sigmoid(Z) rounds to 1.
    return dA * (sigmoid(Z) * (1 + Z * sigmoid(-Z)))


def softplus(Z: Tensor) -> Tensor:
    r"""Return log(1 + exp(Z)), a smooth ReLU.

    .. math:: A = \log(1 + e^{Z}) = \max(0, Z) + \log(1 + e^{-|Z|}), \qquad dZ = dA \odot \sigma(Z)

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge for better option
    pricing, 2001.
    """
    xp = namespace(Z)
    return xp.maximum(Z, 0) + xp.log1p(xp.exp(-xp.abs(Z)))


def softplus_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA * sigmoid(Z)."""
    return dA * sigmoid(Z)


def softmax(Z: Float[Array, "*batch classes"]) -> Float[Array, "*batch classes"]:
    r"""Return probabilities along the last axis: positive, with sum 1.

    .. math:: A_k = \frac{e^{Z_k}}{\sum_j e^{Z_j}}, \qquad dZ = A \odot \Big(dA - \sum_k dA_k A_k\Big)

    Subtracting the largest logit of each row first changes nothing in exact arithmetic and prevents overflow.

    References
    ----------
    Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.
    """
    E = namespace(Z).exp(Z - Z.max(axis=-1, keepdims=True))
    E /= E.sum(axis=-1, keepdims=True)
    return E


def softmax_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return A * (dA - sum(dA * A)): every output depends on every logit of its row."""
    return A * (dA - namespace(A).sum(dA * A, axis=-1, keepdims=True))


def log_softmax(Z: Float[Array, "*batch classes"]) -> Float[Array, "*batch classes"]:
    r"""Return the logarithm of the softmax along the last axis.

    .. math:: A_k = Z_k - \log \sum_j e^{Z_j}, \qquad dZ = dA - e^{A} \sum_k dA_k

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.3.
    """
    xp = namespace(Z)
    S = Z - xp.max(Z, axis=-1, keepdims=True)
    return S - xp.log(xp.sum(xp.exp(S), axis=-1, keepdims=True))


def log_softmax_backward(dA: Tensor, A: Tensor) -> Tensor:
    """Return dA - exp(A) * sum(dA)."""
    xp = namespace(A)
    return dA - xp.exp(A) * xp.sum(dA, axis=-1, keepdims=True)


class Nonlinearity(NamedTuple):
    """A value, its backward, and which of Z and A the backward takes."""

    value: Callable[..., Any]
    backward: Callable[..., Any]
    keeps: Literal["Z", "A"]


ACTIVATIONS = {
    "step": Nonlinearity(step, step_backward, "A"),
    "identity": Nonlinearity(identity, identity_backward, "A"),
    "sigmoid": Nonlinearity(sigmoid, sigmoid_backward, "A"),
    "tanh": Nonlinearity(tanh, tanh_backward, "A"),
    "relu": Nonlinearity(relu, relu_backward, "A"),
    "leaky_relu": Nonlinearity(leaky_relu, leaky_relu_backward, "Z"),
    "elu": Nonlinearity(elu, elu_backward, "Z"),
    "gelu": Nonlinearity(gelu, gelu_backward, "Z"),
    "silu": Nonlinearity(silu, silu_backward, "Z"),
    "softplus": Nonlinearity(softplus, softplus_backward, "Z"),
    "softmax": Nonlinearity(softmax, softmax_backward, "A"),
    "log_softmax": Nonlinearity(log_softmax, log_softmax_backward, "A"),
}
"""Every nonlinearity by the name that `Activation` and `Network.mlp` take."""
