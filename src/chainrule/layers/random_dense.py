"""Randomly connected layer."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import INFERENCE, Array, Float, Mode, Params, Shape, namespace
from chainrule.common.errors import InputError
from chainrule.common.settings import Number, Whole
from chainrule.equations.initializers import first_values, he, zeros
from chainrule.layers.base import Layer


class Pattern(NamedTuple):
    """Which inputs each group of units is connected to, and the same read from the inputs' side."""

    inputs: Array  # (groups, fan_in), ascending within a group
    uses: Array  # (uses, n_in): where in inputs, flattened, an input stands for the first time, the second time, ...
    last: Array  # (n_in, 1): whether the last of these is true, or only fills up; the others always are


@functools.lru_cache
def pattern(n_in: int, fan_in: int, groups: int, seed: int) -> Pattern:
    """Deal the inputs to the groups like cards: shuffle, deal to the end of the deck, and shuffle again.

    So the inputs of a group are distinct, and all inputs are used equally often, up to one use. Only raw random bits
    and a stable sort are used, which give the same pattern with every version of NumPy and on every machine.
    """
    bits = np.random.PCG64(seed)
    deck, hands = np.zeros(0, np.intp), []
    for _ in range(groups):
        hand, deck = deck[:fan_in], deck[fan_in:]
        missing = fan_in - len(hand)
        if missing:
            deck = np.argsort(bits.random_raw(n_in), kind="stable")
            held = np.isin(deck, hand)
            deck = np.concatenate([deck[~held], deck[held]])
            hand, deck = np.concatenate([hand, deck[:missing]]), deck[missing:]
        hands.append(np.sort(hand))
    inputs = np.stack(hands)
    counts = np.bincount(inputs.ravel(), minlength=n_in)
    used = np.arange(counts.max()) < counts[:, np.newaxis]
    uses = np.zeros(used.shape, np.intp)
    uses[used] = np.argsort(inputs, axis=None, kind="stable")
    # Not of 64 bits: JAX keeps those in the width of the first network, and fails at the next one in another precision.
    result = Pattern(inputs.astype(np.int32), uses.T.astype(np.int32, order="C"), used[:, -1:].copy())
    for array in result:
        array.flags.writeable = False
    return result


class RandomDenseCache(NamedTuple):
    """What the backward pass needs."""

    x: Array  # (batch, ..., n_in)
    W: Array  # (fan_in, units)


def _misfit(density: float, W: Array, x: Array, fan_in: int) -> InputError:
    """Return the error of an input that W does not fit."""
    return InputError(
        "RandomDense with density={density} and W of shape {W}, read as (fan_in, units), does not fit an input of "
        "shape {shape}: {n_in} features give a fan_in of {fan_in}.",
        density=density,
        W=W.shape,
        shape=x.shape,
        n_in=x.shape[-1],
        fan_in=fan_in,
    )


@dataclass(frozen=True)
class RandomDense(Layer):
    r"""Connect every unit to some inputs only, chosen at random once and for all.

    .. math:: z_u = \sum_{j=1}^{k} x_{I_{jg}}\, W_{ju} + b_u, \qquad g = \lfloor u / \mathrm{group} \rfloor

    .. math::
        dx_i = \sum_{j, u:\; I_{jg} = i} dz_u\, W_{ju}, \qquad dW_{ju} = \sum_{batch} x_{I_{jg}}\, dz_u,
        \qquad db_u = \sum_{batch} dz_u

    Only the connections that exist are stored and computed. Neighboring units form a group that shares its inputs
    I, so that a group is one small matrix product; the last group is smaller if units is not a multiple. The pattern
    is configuration: it follows from the sizes and the seed, and is neither trained nor saved.

    Parameters
    ----------
    units
        The number of outputs.
    density
        The share of the inputs that a unit is connected to, above 0 and up to 1: k is density * n_in, rounded, and at
        least 1.
    seed
        Of the pattern.
    group
        How many units share their inputs. With 1 every unit has its own, and it costs more than the product of all
        inputs with all units, because gathering numbers takes longer than multiplying them.

    References
    ----------
    Mocanu et al., Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network
    science, 2018, for layers that are sparse from the start (theirs move their connections, these are fixed).

    Examples
    --------
    >>> import numpy as np
    >>> layer = RandomDense(64, density=0.25, seed=0)
    >>> params, output_shape = layer.init(np.random.default_rng(0), (100,))
    >>> params["W"].shape, params["b"].shape, output_shape
    ((25, 64), (64,), (64,))
    """

    units: int
    density: float
    seed: int
    group: int = 32
    symbols = ("x", "z")
    steps = "kept"
    rules: ClassVar = {
        "units": Whole(1),
        "density": Number(0, 1, closed="right", meaning="the share of the inputs that a unit is connected to"),
        "seed": Whole(0),
        "group": Whole(1, meaning="how many units share their inputs"),
    }

    def _fan_in(self, n_in: int) -> int:
        return max(1, round(self.density * n_in))

    def _pattern(self, n_in: int) -> Pattern:
        return pattern(n_in, self._fan_in(n_in), math.ceil(self.units / self.group), self.seed)

    def init(self, rng: np.random.Generator, input_shape: Shape, dtype: Any = np.float32) -> tuple[Params, Shape]:
        """Return W of shape (fan_in, units), b of shape (units,), and the output shape (..., units)."""
        W = first_values(he, rng, (self._fan_in(input_shape[-1]), self.units), dtype)
        return {"W": W, "b": first_values(zeros, rng, (self.units,), dtype)}, (*input_shape[:-1], self.units)

    def multiply_adds(self, params: Params, input_shape: Shape) -> int:
        """Return the number of connections for every position of the leading axes."""
        return math.prod(input_shape[:-1]) * self._fan_in(input_shape[-1]) * self.units

    def forward(
        self, params: Params, x: Float[Array, "batch *axes n_in"], mode: Mode = INFERENCE
    ) -> tuple[Float[Array, "batch *axes units"], RandomDenseCache]:
        """Return z for every unit."""
        xp, W, n_in = namespace(x), params["W"], x.shape[-1]
        if W.shape != (self._fan_in(n_in), self.units):
            raise _misfit(self.density, W, x, self._fan_in(n_in))
        Z = self._grouped(W.T) @ self._gathered(x)
        Z = xp.reshape(Z, (-1, Z.shape[-1]))[: self.units].T + params["b"]
        return xp.reshape(Z, (*x.shape[:-1], self.units)), RandomDenseCache(x, W)

    def backward(
        self, cache: RandomDenseCache, dy: Float[Array, "batch *axes units"], *, input_gradient: bool = True
    ) -> tuple[Float[Array, "batch *axes n_in"] | None, Params]:
        """Return dx and the gradients of W and b."""
        xp, (x, W) = namespace(dy), cache
        dZ = xp.reshape(dy, (-1, self.units))
        dZ_groups = self._grouped(dZ.T)
        dW = dZ_groups @ xp.matrix_transpose(self._gathered(x))
        dW = xp.reshape(dW, (-1, W.shape[0]))[: self.units].T
        grads = {"W": dW, "b": xp.sum(dZ, axis=0)}
        if not input_gradient:
            return None, grads
        dA = xp.reshape(xp.matrix_transpose(self._grouped(W.T)) @ dZ_groups, (-1, len(dZ)))
        _, uses, last = self._pattern(x.shape[-1])
        dx = xp.where(last, xp.take(dA, uses[-1], axis=0), 0.0)
        for rows in uses[:-1]:
            dx += xp.take(dA, rows, axis=0)
        return xp.reshape(dx.T, x.shape), grads

    def _gathered(self, x: Array) -> Array:
        """Return the inputs of every group: (groups, fan_in, examples); whole rows are gathered, which is fast."""
        xp = namespace(x)
        return xp.take(xp.reshape(x, (-1, x.shape[-1])).T, self._pattern(x.shape[-1]).inputs, axis=0)

    def _grouped(self, rows: Array) -> Array:
        """Return rows, one per unit, by group: (groups, group, ...), where zeros fill up the last group."""
        xp = namespace(rows)
        empty = -self.units % self.group
        if empty:
            rows = xp.concat([rows, xp.zeros((empty, rows.shape[1]), dtype=rows.dtype)])
        return xp.reshape(rows, (-1, self.group, rows.shape[1]))
