r"""Value and backward of each nonlinearity.

Each comes as a pair: ``g(Z) -> A`` and ``g_backward(dA, kept) -> dZ``, the product of the incoming gradient with the
derivative of g. `kept` is whichever of Z and A the derivative is cheaper from; the argument's name says which. The
values are finite and raise no floating-point warning for any finite Z (softmax and log-softmax: as long as the
differences within Z are finite; selu: as long as Z times 1.0507 is).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from chainrule.arrays import Array, Float, largest, namespace, where_positive

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
    return where_positive(dA, A)


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


# The fixed point of Klambauer et al.: with these two, numbers of mean 0 and variance 1 keep both from layer to layer.
_SELU_ALPHA = 1.6732632423543772848
_SELU_SCALE = 1.0507009873554804934


def selu(Z: Tensor) -> Tensor:
    r"""Return the scaled ELU, which brings a layer's numbers towards mean 0 and variance 1.

    .. math::
        A = \lambda \left(\max(0, Z) + \alpha (e^{\min(0, Z)} - 1)\right), \qquad
        dZ = dA \odot \lambda ([Z > 0] + \alpha e^{Z} [Z \le 0])

    .. math:: \alpha = 1.67326..., \qquad \lambda = 1.05070...

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017, equation 2.
    """
    return _SELU_SCALE * elu(Z, _SELU_ALPHA)


def selu_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA times the slope of the scaled ELU."""
    return _SELU_SCALE * elu_backward(dA, Z, _SELU_ALPHA)


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


# (1 + z) times Mills' ratio, for z >= 0, as a polynomial in (z - 5) / (z + 5): the Chebyshev series up to degree 23,
# whose rest is below 2e-17, computed with 50 digits.
# fmt: off
_MILLS = (
    1.1568486282918946, -0.22948753825211315, 0.07778159886873769, 0.0250721793016388, -0.0661776007790963,
    0.0615050458401865, -0.03802659218584139, 0.01634823128102938, -0.004201290329187307, 1.9530638370790786e-05,
    0.00045704392357953655, -0.0001343742785571135, -2.480583845192319e-05, 2.270961270923768e-05,
    -1.7633239265736746e-07, -3.277287633208865e-06, 3.2054316652589574e-07, 4.91996233147834e-07,
    -6.588974491108954e-08, -7.758520236786343e-08, 9.092476134019147e-09, 1.1032071151574336e-08,
    -7.073898575561589e-10, -9.564832934712551e-10,
)
# fmt: on


def _normal(Z: Tensor) -> tuple[Tensor, Tensor]:
    """Return the standard normal distribution function and density, both to a few units in the last place.

    The tail beyond z is the density times Mills' ratio, so it keeps its digits where it is tiny (NumPy has no erf).
    """
    xp = namespace(Z)
    z = xp.minimum(xp.abs(Z), 40)  # the density is 0 there, and the square of a huge Z would overflow
    # The square of z loses digits, which the exponential makes worse; that of a z with few digits does not.
    near = xp.floor(16 * z) / 16
    density = xp.exp(-0.5 * near * near) * xp.exp(-0.5 * (z - near) * (z + near)) * (1 / math.sqrt(2 * math.pi))
    t = (z - 5) / (z + 5)
    P = _MILLS[-1] * t
    for coefficient in _MILLS[-2:0:-1]:
        P += coefficient
        P *= t
    P += _MILLS[0]
    tail = density * (P / (1 + z))
    return xp.where(Z > 0, 1 - tail, tail), density


def gelu_exact(Z: Tensor) -> Tensor:
    r"""Return the Gaussian error linear unit, in its exact form.

    .. math::
        A = Z\,\Phi(Z), \qquad dZ = dA \odot (\Phi(Z) + Z \varphi(Z)), \qquad
        \Phi(z) = \tfrac{1}{2}\left(1 + \operatorname{erf}\tfrac{z}{\sqrt{2}}\right), \quad
        \varphi(z) = \tfrac{1}{\sqrt{2\pi}}\, e^{-z^2/2}

    The tail is computed as :math:`\Phi(-z) = \varphi(z)\, P\big(\tfrac{z - 5}{z + 5}\big) / (1 + z)` with one
    polynomial P for all :math:`z \ge 0`.

    References
    ----------
    Hendrycks and Gimpel, Gaussian error linear units, 2016, section 2; the form of the polynomial: Shepherd and
    Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, 1981.
    """
    return Z * _normal(Z)[0]


def gelu_exact_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA times the slope of the exact form."""
    probability, density = _normal(Z)
    return dA * (probability + Z * density)


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


def _mish_parts(Z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return Z, E = exp(Z) and n of tanh(log(1 + E)) = n / (n + 2); Z up to 20, where that is exactly 1."""
    xp = namespace(Z)
    z = xp.minimum(Z, 20)
    E = xp.exp(z)
    return z, E, E * (E + 2)


def mish(Z: Tensor) -> Tensor:
    r"""Return Z * tanh(softplus(Z)), a smooth ReLU that dips below 0.

    .. math::
        A = Z\,T, \qquad T = \tanh(\log(1 + E)) = \frac{n}{n + 2}, \qquad E = e^{Z}, \quad n = E (E + 2)

    .. math::
        dZ = dA \odot \left(T + Z\,\frac{E}{1 + E}\,(1 - T^2)\right)
        = dA \odot \left(T + \frac{4 Z E (E + 1)}{(n + 2)^2}\right)

    References
    ----------
    Misra, Mish: a self regularized non-monotonic activation function, 2020, equation 1.
    """
    _, _, n = _mish_parts(Z)
    return Z * (n / (n + 2))


def mish_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA times the slope of mish."""
    z, E, n = _mish_parts(Z)
    d = n + 2
    return dA * (n / d + z * (4 * E / d) * ((E + 1) / d))


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


def softsign(Z: Tensor) -> Tensor:
    r"""Return Z / (1 + abs(Z)), in (-1, 1): like tanh, but it comes near its ends slowly.

    .. math:: A = \frac{Z}{1 + |Z|}, \qquad dZ = \frac{dA}{(1 + |Z|)^2}

    References
    ----------
    Bergstra, Desjardins, Lamblin and Bengio, Quadratic polynomials learn better image features, 2009.
    """
    return Z / (1 + namespace(Z).abs(Z))


def softsign_backward(dA: Tensor, Z: Tensor) -> Tensor:
    """Return dA / (1 + abs(Z))**2."""
    D = 1 + namespace(Z).abs(Z)
    return dA / D / D  # the square of a huge Z would overflow


def softmax(Z: Float[Array, "*batch classes"]) -> Float[Array, "*batch classes"]:
    r"""Return probabilities along the last axis: positive, with sum 1.

    .. math:: A_k = \frac{e^{Z_k}}{\sum_j e^{Z_j}}, \qquad dZ = A \odot \Big(dA - \sum_k dA_k A_k\Big)

    Subtracting the largest logit of each row first changes nothing in exact arithmetic and prevents overflow.

    References
    ----------
    Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.
    """
    E = namespace(Z).exp(Z - largest(Z))
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
    S = Z - largest(Z)
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
    "selu": Nonlinearity(selu, selu_backward, "Z"),
    "gelu": Nonlinearity(gelu, gelu_backward, "Z"),
    "gelu_exact": Nonlinearity(gelu_exact, gelu_exact_backward, "Z"),
    "silu": Nonlinearity(silu, silu_backward, "Z"),
    "mish": Nonlinearity(mish, mish_backward, "Z"),
    "softplus": Nonlinearity(softplus, softplus_backward, "Z"),
    "softsign": Nonlinearity(softsign, softsign_backward, "Z"),
    "softmax": Nonlinearity(softmax, softmax_backward, "A"),
    "log_softmax": Nonlinearity(log_softmax, log_softmax_backward, "A"),
}
"""Every nonlinearity by the name that `Activation` and `Network.mlp` take."""
