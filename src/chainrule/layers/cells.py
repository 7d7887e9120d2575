"""The recurrent layers by name: each adds one step of time to the common machinery, forward beside backward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, Shape, namespace
from chainrule.arrays.kernels import has_kernel
from chainrule.common.settings import OneOf
from chainrule.equations.activations import ACTIVATIONS, sigmoid_backward, tanh_backward
from chainrule.equations.initializers import SUITED, first_values
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.through_time import States


def _gate(Z: Array) -> Array:
    """Return the sigmoid by one tanh, half the work; that values near 0 are rounded does not matter to a gate."""
    A = namespace(Z).tanh(0.5 * Z)
    A *= 0.5
    A += 0.5
    return A


class RNNKept(NamedTuple):
    """What one step keeps for its backward; every array is (batch, units)."""

    H: Array  # the state before
    A: Array  # the state after


@dataclass(frozen=True)
class RNN(Recurrent):
    r"""The simple recurrent network: the state is a dense layer of the input and of the state before.

    .. math:: h_t = g(x_t W_x + h_{t-1} W_h + b)

    .. math::
        dz_t = dh_t \odot g'(z_t), \qquad dx_t = dz_t W_x^\top, \qquad dh_{t-1} \mathrel{+}= dz_t W_h^\top

    .. math::
        dW_x = \sum_t x_t^\top dz_t, \qquad dW_h = \sum_t h_{t-1}^\top dz_t, \qquad db = \sum_t dz_t

    The input is x of shape (batch, time, features), or (x, (h0,)) with h0 of shape (batch, units); then backward
    returns (dx, (dh0,)). Steps where `mode.mask` is 0 are skipped: they carry the state over, and their output is 0.

    Parameters
    ----------
    units
        The size of the state.
    activation
        The nonlinearity g: tanh or relu.
    sequence
        Whether to return the state of every step, (batch, time, units), instead of the last one, (batch, units).
    reverse
        Whether to run from the last step to the first. The steps of a sequence keep their places; the last state is
        then the one at the first step.

    Notes
    -----
    Wx starts with Xavier's numbers for tanh and with He's for relu, Wh orthogonal, b at zero. PyTorch's weights fit as
    ``Wx = weight_ih.T``, ``Wh = weight_hh.T``, ``b = bias_ih + bias_hh``.

    References
    ----------
    Elman, Finding structure in time, 1990; backpropagation through time: Werbos, 1990.

    Examples
    --------
    >>> import numpy as np
    >>> layer = RNN(3)
    >>> params, output_shape = layer.init(np.random.default_rng(0), (7, 5))
    >>> params["Wx"].shape, params["Wh"].shape, params["b"].shape, output_shape
    ((5, 3), (3, 3), (3,), (3,))
    >>> H, cache = layer.forward(params, np.ones((2, 7, 5), np.float32))
    >>> dx, grads = layer.backward(cache, np.ones_like(H))
    >>> H.shape, dx.shape
    ((2, 3), (2, 7, 5))
    """

    units: int
    activation: str = "tanh"
    sequence: bool = False
    reverse: bool = False
    gates = 1
    rules: ClassVar = Recurrent.rules | {"activation": OneOf(("tanh", "relu"))}

    @property
    def initializer(self) -> str:
        """The initializer of Wx, by name."""
        return SUITED.get(self.activation, "he")

    def cell(self, params: Params, P: Array, states: States) -> tuple[States, RNNKept]:
        """Return h_t and what backward needs."""
        (H,) = states
        Z = H @ params["Wh"]
        Z += P
        A = ACTIVATIONS[self.activation].value(Z)
        return (A,), RNNKept(H, A)

    def cell_backward(self, WhT: Array, kept: RNNKept, dstates: States) -> tuple[tuple[Array, ...], States]:
        """Return dz_t and dh_{t-1}."""
        (dA,) = dstates
        dZ = ACTIVATIONS[self.activation].backward(dA, kept.A)
        return (dZ,), (dZ @ WhT,)


class LSTMKept(NamedTuple):
    """What one step keeps for its backward; every array is (batch, units)."""

    H: Array  # the state before
    C: Array  # the memory before
    i: Array
    f: Array
    g: Array
    o: Array
    T: Array  # tanh of the memory after


@dataclass(frozen=True)
class LSTM(Recurrent):
    r"""Long short-term memory: gates decide what is written to the memory c, what stays in it and what is shown of it.

    .. math::
        [i, f, g, o]_t = [\sigma, \sigma, \tanh, \sigma](x_t W_x + h_{t-1} W_h + b)

    .. math::
        c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t

    .. math::
        dc_t \mathrel{+}= dh_t \odot o_t \odot (1 - \tanh^2 c_t), \qquad dc_{t-1} = dc_t \odot f_t

    .. math::
        dz_t = [dc_t \odot g_t \odot i_t (1 - i_t),\; dc_t \odot c_{t-1} \odot f_t (1 - f_t),\;
        dc_t \odot i_t \odot (1 - g_t^2),\; dh_t \odot \tanh c_t \odot o_t (1 - o_t)]

    .. math::
        dx_t = dz_t W_x^\top, \quad dh_{t-1} \mathrel{+}= dz_t W_h^\top, \quad
        dW_x = \sum_t x_t^\top dz_t, \quad dW_h = \sum_t h_{t-1}^\top dz_t, \quad db = \sum_t dz_t

    The input is x of shape (batch, time, features), or (x, (h0, c0)) with h0 and c0 of shape (batch, units); then
    backward returns (dx, (dh0, dc0)). Steps where `mode.mask` is 0 are skipped: they carry the states over, and their
    output is 0.

    Parameters
    ----------
    units
        The size of the state.
    sequence
        Whether to return the state h of every step, (batch, time, units), instead of the last one, (batch, units).
    reverse
        Whether to run from the last step to the first. The steps of a sequence keep their places; the last state is
        then the one at the first step.

    Notes
    -----
    The columns of Wx, Wh and b are the gates in the order i, f, g, o: input, forget, candidate, output. Each gate of Wx
    starts with Xavier's numbers and each of Wh orthogonal; the forget gate's b starts at 1, so that a new network
    remembers (Jozefowicz et al.), the others at 0. PyTorch's weights fit as ``Wx = weight_ih.T``,
    ``Wh = weight_hh.T``, ``b = bias_ih + bias_hh``.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, 1997; the forget gate: Gers, Schmidhuber and Cummins, 2000; its
    bias: Jozefowicz, Zaremba and Sutskever, An empirical exploration of recurrent network architectures, 2015.
    """

    units: int
    sequence: bool = False
    reverse: bool = False
    gates = 4
    state_count = 2

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return Wx, Wh and b, and the output shape: (time, units) or (units,)."""
        params, shape = super().init(rng, input_shape, dtype)
        return params | {"b": first_values(self._first_bias, rng, (4 * self.units,), dtype)}, shape

    def _first_bias(self, rng: np.random.Generator, shape: Shape) -> Array:
        return np.repeat([0.0, 1.0, 0.0, 0.0], self.units)

    def cell(self, params: Params, P: Array, states: States) -> tuple[States, LSTMKept]:
        """Return h_t and c_t, and what backward needs."""
        H, C = states
        Z = H @ params["Wh"]
        Z += P
        H_new, C_new, *kept = lstm_step(Z, C)
        return (H_new, C_new), LSTMKept(H, C, *kept)

    def cell_backward(self, WhT: Array, kept: LSTMKept, dstates: States) -> tuple[tuple[Array, ...], States]:
        """Return dz_t; dh_{t-1} and dc_{t-1}."""
        dZ, dC = lstm_step_backward(*kept[1:], *dstates)
        return (dZ,), (dZ @ WhT, dC)


@has_kernel
def lstm_step(Z: Array, C: Array) -> tuple[Array, ...]:
    """Return h_t, c_t, the gates i, f, g and o, and tanh c_t."""
    xp, n = namespace(Z), C.shape[1]
    both, g, o = _gate(Z[:, : 2 * n]), xp.tanh(Z[:, 2 * n : 3 * n]), _gate(Z[:, 3 * n :])  # few calls take less time
    i, f = both[:, :n], both[:, n:]
    C_new = f * C
    C_new += i * g
    T = xp.tanh(C_new)
    return o * T, C_new, i, f, g, o, T


@has_kernel
def lstm_step_backward(
    C: Array, i: Array, f: Array, g: Array, o: Array, T: Array, dH: Array, dC: Array
) -> tuple[Array, Array]:
    """Return dz_t and dc_{t-1}."""
    dC = dC + tanh_backward(dH * o, T)
    dZ = [
        sigmoid_backward(dC * g, i),
        sigmoid_backward(dC * C, f),
        tanh_backward(dC * i, g),
        sigmoid_backward(dH * T, o),
    ]
    return namespace(dH).concatenate(dZ, axis=1), dC * f


class GRUKept(NamedTuple):
    """What one step keeps for its backward; every array is (batch, units)."""

    H: Array  # the state before
    r: Array
    z: Array
    n: Array
    Q: Array  # the candidate's recurrent product, which r scales


@dataclass(frozen=True)
class GRU(Recurrent):
    r"""The gated recurrent unit: two gates and no memory besides the state.

    .. math::
        p_t = x_t W_x + b_x, \qquad q_t = h_{t-1} W_h + b_h

    .. math::
        r_t = \sigma(p^r_t + q^r_t), \qquad z_t = \sigma(p^z_t + q^z_t), \qquad n_t = \tanh(p^n_t + r_t \odot q^n_t)

    .. math:: h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    .. math::
        dp^n_t = dh_t \odot (1 - z_t) \odot (1 - n_t^2), \quad
        dp^z_t = dh_t \odot (h_{t-1} - n_t) \odot z_t (1 - z_t), \quad
        dp^r_t = dp^n_t \odot q^n_t \odot r_t (1 - r_t)

    .. math::
        dq_t = [dp^r_t, dp^z_t, dp^n_t \odot r_t], \qquad dx_t = dp_t W_x^\top, \qquad
        dh_{t-1} \mathrel{+}= dh_t \odot z_t + dq_t W_h^\top

    .. math::
        dW_x = \sum_t x_t^\top dp_t, \quad db_x = \sum_t dp_t, \quad
        dW_h = \sum_t h_{t-1}^\top dq_t, \quad db_h = \sum_t dq_t

    The input is x of shape (batch, time, features), or (x, (h0,)) with h0 of shape (batch, units); then backward
    returns (dx, (dh0,)). Steps where `mode.mask` is 0 are skipped: they carry the state over, and their output is 0.

    Parameters
    ----------
    units
        The size of the state.
    sequence
        Whether to return the state of every step, (batch, time, units), instead of the last one, (batch, units).
    reverse
        Whether to run from the last step to the first. The steps of a sequence keep their places; the last state is
        then the one at the first step.

    Notes
    -----
    This is the variant of cuDNN and PyTorch: the reset gate r acts after the recurrent product, so that one product
    serves all gates, and the recurrent product has a bias of its own. The columns of Wx, Wh, bx and bh are the gates in
    the order r, z, n: reset, update, candidate. Each gate of Wx starts with Xavier's numbers and each of Wh orthogonal,
    the biases at zero. PyTorch's weights fit as ``Wx = weight_ih.T``, ``Wh = weight_hh.T``, ``bx = bias_ih``,
    ``bh = bias_hh``.

    References
    ----------
    Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, 2014,
    version 1, where the reset gate acts after the product.
    """

    units: int
    sequence: bool = False
    reverse: bool = False
    gates = 3
    biases = ("bx", "bh")
    undecayed = ("bx", "bh")

    def cell(self, params: Params, P: Array, states: States) -> tuple[States, GRUKept]:
        """Return h_t and what backward needs."""
        (H,) = states
        Q = H @ params["Wh"]
        Q += params["bh"]
        H_new, *kept = gru_step(P, Q, H)
        return (H_new,), GRUKept(H, *kept)

    def cell_backward(self, WhT: Array, kept: GRUKept, dstates: States) -> tuple[tuple[Array, ...], States]:
        """Return dp_t and dq_t; dh_{t-1}."""
        dP, dQ, dH = gru_step_backward(*kept, *dstates)
        dH += dQ @ WhT
        return (dP, dQ), (dH,)


@has_kernel
def gru_step(P: Array, Q: Array, H: Array) -> tuple[Array, ...]:
    """Return h_t, the gates r and z, the candidate n, and q of the candidate."""
    u = H.shape[1]
    both = _gate(P[:, : 2 * u] + Q[:, : 2 * u])
    r, z = both[:, :u], both[:, u:]
    Q = Q[:, 2 * u :]
    n = namespace(P).tanh(P[:, 2 * u :] + r * Q)
    return (1 - z) * n + z * H, r, z, n, Q


@has_kernel
def gru_step_backward(H: Array, r: Array, z: Array, n: Array, Q: Array, dH: Array) -> tuple[Array, Array, Array]:
    """Return dp_t and dq_t, and the part of dh_{t-1} that does not go through q_t."""
    dn = tanh_backward(dH * (1 - z), n)
    dz = sigmoid_backward(dH * (H - n), z)
    dr = sigmoid_backward(dn * Q, r)
    xp = namespace(dH)
    return xp.concatenate([dr, dz, dn], axis=1), xp.concatenate([dr, dz, dn * r], axis=1), dH * z
