"""The course of a network's training: where it is, what was changed, and where it can go back to; no thread in it."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.common.errors import InputError
from chainrule.common.settings import choice, number, whole
from chainrule.common.texts import Note, later
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.curves import Curves
from chainrule.lab.data_sets import DataSets, Examples
from chainrule.lab.json_numbers import as_dtype
from chainrule.lab.knobs import turned
from chainrule.lab.snapshots import Change, Changes, Ring, Snapshot
from chainrule.lab.state import Divergence, Moment
from chainrule.lab.switched import Unit, outgoing
from chainrule.lab.trainer import BlownUpError, Position, Trainer
from chainrule.network import Network
from chainrule.training.shown import frozen

_BETWEEN = 0.1  # seconds between two snapshots, at least
_SHARE = 20  # at most one part in so many of the time is for snapshots
_SAME_KNOB = 2.0  # seconds within which turning a knob further is no change of its own


class Course:
    """A network in training, with all that can be changed meanwhile and taken back.

    Parameters
    ----------
    blueprint
        What to build.
    sets
        Where the examples come from.

    Attributes
    ----------
    blueprint, examples
        As they are now.
    trainer
        What trains.
    curves
        The scores of every epoch.
    divergence
        What blew up, if anything.
    altered
        Whether a knob or a hand changed something since the start.
    """

    def __init__(self, blueprint: Blueprint, sets: DataSets) -> None:
        self._sets = sets
        self._ring, self._undo, self._redo = Ring(), Changes(), Changes()
        self._turned = self._taken = self._cost = 0.0
        self.curves = Curves()
        self.divergence: Divergence | None = None
        self._off: dict[Unit, Array] = {}
        examples = sets.examples(blueprint.data)
        self._start(blueprint, examples, blueprint.network(examples))

    @property
    def off(self) -> tuple[Unit, ...]:
        """Units that are switched off: (layer, unit)."""
        return tuple(self._off)

    @property
    def first(self) -> Network:
        """The network with the parameters that a reset goes back to."""
        network = copy.copy(self._network)
        network.params = frozen(network.params)
        return network

    @property
    def can_back(self) -> bool:
        """Whether there is a state from before."""
        return self._ring.has_before(self.trainer.position)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return len(self._undo) > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to do again."""
        return len(self._redo) > 0

    @property
    def has_good(self) -> bool:
        """Whether something blew up, and there is a state from before."""
        return self.divergence is not None and self._ring.good() is not None

    def moment(self) -> Moment:
        """Return the network and the optimizer as they are."""
        network, optimizer = copy.copy(self._network), self.trainer.optimizer
        network.params = frozen(self.trainer.params)
        arrays = self.trainer.engine.state()
        state = {name: a for name, a in arrays.items() if not name.startswith(("params/", "pending"))}
        network._optimizer = optimizer, state
        return Moment(network, optimizer, state, self.off, self.trainer.coming)

    # Training.

    def advance(self) -> bool:
        """Train on one batch; return whether an epoch ended with it, or training."""
        self._snapshot_if_due()
        try:
            ended = self.trainer.advance()
        except BlownUpError as blown:
            self._diverged(blown)
            return True
        if ended:
            self.curves.add(self.trainer.epoch, self.trainer.scores)
        return ended

    def _diverged(self, blown: BlownUpError) -> None:
        advice = later(
            "Go back to the last good state, and take a smaller learning rate (it is {rate:g}), a clip_norm of 1, or "
            "inputs of about -1 to 1."
        )
        self.divergence = Divergence(blown.layer, blown.sentence, Note(advice, {"rate": self.trainer.learning_rate}))

    def mark(self) -> None:
        """Keep this state, to go back to."""
        began = time.perf_counter()
        self._ring.add(self._snapshot())
        self._taken = time.perf_counter()
        self._cost = self._taken - began

    def _snapshot_if_due(self) -> None:
        if time.perf_counter() - self._taken > max(_BETWEEN, _SHARE * self._cost):
            self.mark()

    def back(self, what: str) -> None:
        """Go back by one "batch", or to where the last "epoch" began.

        From the last snapshot before, the batches are computed again: they depend on the seed, the epoch and the batch
        alone.

        Raises
        ------
        InputError
            There is no state from before.
        """
        epoch, batch = self.trainer.position
        if what == "epoch":
            target = Position(epoch, 0) if batch else Position(epoch - 1, 0)
            snapshot = self._ring.go_before(target, at_least=True)
        else:
            snapshot = self._ring.go_before(self.trainer.position)
        if snapshot is None:
            raise InputError("There is no earlier state to go back to: training began here, or it was too long ago.")
        self._restore(snapshot)
        if what == "batch":
            target = Position(epoch, batch - 1) if batch else Position(epoch - 1, self.trainer.batches - 1)
        while self.trainer.position < target:
            self.trainer.advance()
        self.curves.cut(self.trainer.epoch)

    def good(self) -> None:
        """Go back to the last good state.

        Raises
        ------
        InputError
            There is none.
        """
        snapshot = self._ring.good()
        if snapshot is None:
            raise InputError("There is no state with finite numbers to go back to: start anew.")
        self._keep_for_undo("good")
        self._ring.go_before(snapshot.progress.position, at_least=True)
        self._restore(snapshot)
        self.curves.cut(self.trainer.epoch)

    # Changes.

    def build(self, blueprint: Blueprint) -> None:
        """Start with a new network.

        Raises
        ------
        BlueprintError
            It breaks a rule; all stays as it was.
        """
        examples = self._sets.examples(blueprint.data)
        network = blueprint.network(examples)
        if not blueprint.head and blueprint.layers == self.blueprint.layers and _same_shapes(network, self._network):
            network.params = self._network.params  # the model that was loaded learns other data
        self._keep_for_undo("build")
        self._start(blueprint, examples, network)

    def load(self, network: Network, blueprint: Blueprint) -> None:
        """Start with the parameters of a network that was loaded, which a reset goes back to."""
        examples = self._sets.examples(blueprint.data)
        loaded = blueprint.network(examples)
        loaded.params = network.params
        loaded.input_scale, loaded.feature_names = network.input_scale, network.feature_names
        self._keep_for_undo("build")
        self._start(blueprint, examples, loaded)

    def reset(self, seed: int | None) -> None:
        """Start anew from the first parameters; with a seed, from those that it draws."""
        blueprint, network = self.blueprint, self._network
        if seed is not None:
            blueprint = replace(blueprint, seed=whole("reset", "seed", seed, least=0))
            network = blueprint.network(self.examples)
        self._keep_for_undo("reset")
        self._start(blueprint, self.examples, network)

    def knob(self, name: str, value: Any) -> None:
        """Turn a knob.

        Raises
        ------
        InputError
            There is no such knob, the value breaks a rule, or the network would be another one.
        """
        before, now = self.blueprint, time.monotonic()
        blueprint = turned(before, name, value)
        if blueprint == before:
            return
        self._retune(blueprint)
        last = self._undo.last
        if last is None or last.name != name or now - self._turned > _SAME_KNOB:
            self._undo.push(Change(name, before, None))
        self._redo.clear()
        self._turned = now

    def change(self, path: str, index: Sequence[int], value: float | int) -> None:
        """Set a number of a parameter.

        Raises
        ------
        InputError
            There is no such parameter or place, or the value is no finite number.
        """
        value = number("change", "value", value)
        arrays = dict(leaves(self.trainer.params))
        path = choice("change", "path", path, arrays)
        shape = arrays[path].shape
        inside = len(index) == len(shape) and all(
            type(i) is int and 0 <= i < n for i, n in zip(index, shape, strict=True)
        )
        if not inside:
            raise InputError(
                "{path} has the shape {shape}, so it has no place {index}.", path=path, shape=shape, index=tuple(index)
            )
        as_dtype(value, arrays[path].dtype)
        self._keep_for_undo("change")
        self.trainer.set_number(path, tuple(index), value)
        self.altered, self.divergence = True, None
        self.mark()

    def switch(self, layer: int, unit: int, off: bool) -> None:
        """Switch a unit off, so that the weights that listen to it are kept at 0, or on again, with what they were.

        Raises
        ------
        InputError
            There is no such unit, or what listens to it has no weights of its own for it.
        """
        key = whole("switch", "layer", layer, least=0), whole("switch", "unit", unit, least=0)
        shape = self._network.input_shape
        assert shape is not None
        path, index = outgoing(self._network.body, shape, key)
        if off is (key in self._off):
            return
        self._keep_for_undo("switch")
        if off:
            weights = np.array(dict(leaves(self.trainer.params))[path][index])
            self._off = {**self._off, key: weights}
        else:
            weights = self._off[key]
            self._off = {other: kept for other, kept in self._off.items() if other != key}
        self.trainer.silence(self._off)
        if not off:
            self.trainer.set_number(path, index, weights)
        self.altered = True
        self.mark()

    def undo(self) -> None:
        """Take the last change back."""
        self._exchange(self._undo, self._redo, later("There is no change to take back."))

    def redo(self) -> None:
        """Do again what was taken back."""
        self._exchange(self._redo, self._undo, later("There is no change to do again."))

    def _exchange(self, source: Changes, other: Changes, refusal: str) -> None:
        change = source.pop()
        if change is None:
            raise InputError(refusal)
        if change.blueprint is not None:
            other.push(Change(change.name, self.blueprint, None))
            self._retune(change.blueprint)
            return
        assert change.snapshot is not None
        other.push(Change(change.name, None, self._whole_snapshot()))
        self._ring.clear()
        self._restore(change.snapshot)
        assert change.snapshot.curves is not None
        self.curves = change.snapshot.curves.copy(self.curves.generation + 1)
        self.mark()

    # States.

    def _start(self, blueprint: Blueprint, examples: Examples, network: Network) -> None:
        self.trainer = Trainer(blueprint, examples, network)
        self.blueprint, self.examples, self._network = blueprint, examples, network
        self.curves = Curves(generation=self.curves.generation + 1)
        self._off, self.divergence, self.altered = {}, None, False
        self._ring.clear()
        self.mark()

    def _retune(self, blueprint: Blueprint) -> None:
        """Go on with other settings."""
        examples = self._sets.examples(blueprint.data)
        network = self._network if blueprint.layers == self.blueprint.layers else blueprint.network(examples)
        plans = [
            [plan.output_shape for plan in b.shapes(e)]
            for b, e in ((self.blueprint, self.examples), (blueprint, examples))
        ]
        if plans[0] != plans[1] or not _same_shapes(network, self._network):
            raise InputError("With this setting it would be another network: build it anew.")
        if blueprint.loss_for(examples) != network.loss:
            network = copy.copy(network)
            network.loss = blueprint.loss_for(examples)
        trainer = Trainer(blueprint, examples, network)
        trainer.take_over(self.trainer)
        self.trainer, self.blueprint, self.examples, self._network = trainer, blueprint, examples, network
        trainer.silence(self._off)
        self.altered = self.altered or trainer.step > 0
        self.divergence = None
        self.mark()

    def _keep_for_undo(self, name: str) -> None:
        self._undo.push(Change(name, None, self._whole_snapshot()))
        self._redo.clear()

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.blueprint, self.examples, self._network, self.trainer.progress(), self._off, self.altered)

    def _whole_snapshot(self) -> Snapshot:
        return self._snapshot()._replace(curves=self.curves.copy(0))

    def _restore(self, snapshot: Snapshot) -> None:
        if snapshot.blueprint != self.blueprint or snapshot.network is not self._network:
            self.trainer = Trainer(snapshot.blueprint, snapshot.examples, snapshot.network)
        self.blueprint, self.examples, self._network = snapshot[:3]
        self.trainer.restore(snapshot.progress)
        self._off, self.altered, self.divergence = snapshot.off, snapshot.altered, None
        self.trainer.silence(self._off)


def _same_shapes(first: Network, second: Network) -> bool:
    shapes = [{path: p.shape for path, p in leaves(network.params)} for network in (first, second)]
    return shapes[0] == shapes[1]
