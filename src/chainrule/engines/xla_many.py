"""Many networks of one kind trained side by side by XLA: what differs between them is data of one compiled program."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params, leaves, machine, replace_leaves
from chainrule.arrays.threads import in_parts
from chainrule.common.errors import missing_extra
from chainrule.data.batches import Arrays, BlockSize, Data
from chainrule.engines.xla_placing import Kinds, wide
from chainrule.engines.xla_steps import Carry, Result, Settings, train_step
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential
from chainrule.layers.base import path_kinds
from chainrule.metrics import Metric

try:
    import jax
    from jax import lax
    from jax import numpy as jnp
except ImportError:
    raise missing_extra("Training many networks in one call", "jax", "xla") from None


class Member(NamedTuple):
    """What one network has for itself; stacked, what several have."""

    carry: Carry
    rate: Any  # the learning rate; None if all have the same, or one schedule
    seed: Array
    alive: Array  # whether its numbers were finite so far


class Epoch(NamedTuple):
    """What an epoch gave, with a first axis of networks and then, but for `alive`, of batches."""

    groups: list[Member]  # the networks after it
    losses: Array
    weights: Array
    counts: tuple[Array, ...]
    alive: Array


class ManyNetworks:
    """Networks of one kind being trained, a few at a time in each thread.

    What an epoch makes of them is returned, and `groups` stay those of the start: so whoever is interrupted has all
    networks as they were after the same epoch.

    Parameters
    ----------
    body, loss
        What all of them are.
    optimizers
        One for each, which differ in the learning rate alone.
    params
        The first parameters of each.
    sources
        The examples, which are the same for all, in the order of each.
    metrics
        What to count besides the loss.
    seeds
        Of the random numbers of each.
    """

    def __init__(
        self,
        body: Sequential,
        loss: Loss,
        optimizers: Sequence[Optimizer],
        params: Sequence[Params],
        *,
        sources: Sequence[Arrays],
        metrics: tuple[Metric, ...],
        seeds: Sequence[int],
    ) -> None:
        self._sources, self._like = sources, params[0]
        rule, first = optimizers[0], sources[0]
        self.dtype = next((p.dtype for _, p in leaves(params[0])), np.dtype(np.float32))
        words = body.vocabulary_of_input is not None
        self._settings = Settings(
            body, loss, rule, metrics, 1, jnp.dtype(self.dtype), words, layout=None, ragged=first.ragged
        )
        same_rate = all(other.lr == rule.lr for other in optimizers)
        kinds = path_kinds(body, params[0])
        members = [
            Member(
                self._carry(own, rule, kinds),
                None if same_rate else np.asarray(optimizer.lr, np.float64),
                np.asarray(seed % 2**31, np.int32),  # JAX's integers have 32 bits
                np.asarray(True),
            )
            for own, optimizer, seed in zip(params, optimizers, seeds, strict=True)
        ]
        # All get as many, so that one program fits; the last is there twice if they do not divide evenly.
        groups = -(-len(members) // machine.XLA_NETWORKS)
        size = -(-len(members) // groups)
        self._count, self._size = len(members), size
        members += [members[-1]] * (groups * size - len(members))
        typed = Kinds(self.dtype, words, labels=loss.task != "regression").typed(first.data)
        with wide(self.dtype):
            self._data = typed.each(jnp.asarray)
            self.groups = [_stacked(members[start : start + size]) for start in range(0, len(members), size)]

    def _carry(self, params: Params, rule: Optimizer, kinds: dict[str, Any]) -> Carry:
        state = {path: rule.init(p) for path, p in leaves(params) if kinds[path] != "statistic"}
        nothing = np.zeros((), np.int32)
        return Carry(params, state, {}, np.zeros((), self.dtype), nothing, nothing)

    def epoch(self, groups: Sequence[Member], number: int) -> Epoch:
        """Train groups for an epoch; a network whose numbers are no longer finite stays as it was before it."""
        orders = {key: _index(source, number) for key, source in {id(s): s for s in self._sources}.items()}
        shared = len(orders) == 1
        program = many(self._settings, shared)

        def train(group: int) -> tuple[Member, Result]:
            own = self._sources[group * self._size : (group + 1) * self._size]
            own = [*own, *[own[-1]] * (self._size - len(own))]
            index = orders[id(own[0])] if shared else np.stack([orders[id(source)] for source in own])
            with wide(self.dtype):
                members, result = program(groups[group], self._data, index, np.int32(number))
                return members, jax.device_get(result)

        after, results = zip(*in_parts(train, range(len(groups))), strict=True)
        losses, weights, counts = jax.tree.map(lambda *each: np.concatenate(each)[: self._count], *results)
        alive = np.concatenate([np.asarray(members.alive) for members in after])[: self._count]
        return Epoch(list(after), losses, weights, counts, alive)

    def params(self, groups: Sequence[Member]) -> list[Params]:
        """Return the parameters of each as NumPy arrays."""
        every = self._each(groups, lambda carry: carry.params)
        return [replace_leaves(self._like, dict(leaves(params))) for params in every]  # JAX sorts dicts

    def states(self, groups: Sequence[Member]) -> list[dict[str, Array]]:
        """Return what the optimizer of each goes on from, by the names that engines have for it."""
        moments = self._each(groups, lambda carry: (carry.state, carry.steps))
        return [
            {f"{name}/{path}": array for path, own in state.items() for name, array in own._asdict().items()}
            | {"steps": np.array(steps, np.int64)}
            for state, steps in moments
        ]

    def _each(self, groups: Sequence[Member], kept: Callable[[Carry], Any]) -> list[Any]:
        """Return what is kept of the carry of each network, as NumPy arrays of its own."""
        carries = [jax.device_get(kept(members.carry)) for members in groups]
        places = (divmod(member, self._size) for member in range(self._count))
        return [jax.tree.map(lambda a: np.array(a[place]), carries[group]) for group, place in places]  # noqa: B023


def _stacked(members: Sequence[Member]) -> Member:
    stacked: Member = jax.tree.map(lambda *each: jnp.asarray(np.stack(each)), *members)
    return stacked


def _index(source: Arrays, epoch: int) -> Array:
    """Return which rows each batch of an epoch takes; -1 fills up."""
    (block,) = source.blocks(epoch, 0, BlockSize(sys.maxsize, sys.maxsize))
    widths = np.diff(block.cuts)
    index = np.full((len(widths), widths.max()), -1, np.int32)
    index[np.arange(widths.max()) < widths[:, None]] = block.rows
    return index


@functools.lru_cache(16)
def many(settings: Settings, shared: bool) -> Callable[..., tuple[Member, Result]]:
    """Return the compiled epoch of several networks; `shared`, if all take the examples in one order."""

    def one(member: Member, data: Data, index: Array, epoch: Array) -> tuple[Member, Result]:
        # The rate of each is a number of the program, which a rule takes from a schedule.
        rule = settings.optimizer if member.rate is None else replace(settings.optimizer, lr=lambda t: member.rate)
        own = settings._replace(optimizer=rule)

        def step(carry: Carry, i: Array) -> tuple[Carry, Result]:
            return train_step(own, carry, data, index[i], (member.seed, epoch, i))

        carry, (losses, weights, counts) = lax.scan(step, member.carry, jnp.arange(len(index)))
        finite = [jnp.all(jnp.isfinite(a)) for a in (losses, *(p for _, p in leaves(carry.params)))]
        alive = member.alive & jnp.all(jnp.stack(finite))
        carry = jax.tree.map(lambda new, old: jnp.where(alive, new, old), carry, member.carry)
        return member._replace(carry=carry, alive=alive), (losses, weights, counts)

    axes = (0, None, None if shared else 0, None)
    compiled: Callable[..., tuple[Member, Result]] = jax.jit(jax.vmap(one, axes))
    return compiled
