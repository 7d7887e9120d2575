"""Trains one network batch by batch, as `fit` would: the same batches, the same numbers; no thread in it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves
from chainrule.common.errors import NotFiniteError
from chainrule.common.texts import Note
from chainrule.data.batches import Block, Source
from chainrule.data.checks import finite
from chainrule.data.door import Door
from chainrule.data.fitting import examples_for_fit
from chainrule.data.sources import Cutting, Held
from chainrule.engines.inference import rows_at_once
from chainrule.engines.numpy import NumpyEngine
from chainrule.equations.optimizers import Adam, AdamW, Momentum, Nesterov, Optimizer
from chainrule.equations.schedules import rate_at
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import Examples
from chainrule.lab.switched import Unit, outgoing
from chainrule.layers.base import path_kinds
from chainrule.layers.blow_up import first_blow_up, place_of_blow_up
from chainrule.layers.summary import bytes_per_example
from chainrule.metrics import Metric, find_all
from chainrule.network import Network
from chainrule.training.scoring import Scores, Totals, evaluate

_FAMILIES = ({Adam, AdamW}, {Momentum, Nesterov})
_OF_NO_STATE = ("lr", "weight_decay", "clip_norm", "epsilon")


class BlownUpError(Exception):
    """Numbers that are not finite any more, with the layer and a sentence that is told later."""

    def __init__(self, layer: int | None, sentence: Note) -> None:
        super().__init__()
        self.layer, self.sentence = layer, sentence


class Position(NamedTuple):
    """An epoch and a batch of it."""

    epoch: int
    batch: int


class Progress(NamedTuple):
    """All that training goes on from.

    Attributes
    ----------
    arrays
        Parameters, the optimizer's state and its steps, as the engine names them.
    position
        Where in the examples it is.
    sums
        Of the losses, of their weights, and what metrics counted, in the epoch so far.
    steps
        Updates by optimizers before this one.
    scores
        Of the last epoch.
    """

    arrays: dict[str, Array]
    position: Position
    sums: tuple[float, float, tuple[Array, ...]]
    steps: int
    scores: Scores

    @property
    def bytes(self) -> int:
        """The memory of the arrays."""
        return sum(a.nbytes for a in self.arrays.values())

    @property
    def is_finite(self) -> bool:
        """Whether all parameters are numbers."""
        return all(finite(p) for name, p in self.arrays.items() if name.startswith("params/"))


class Trainer:
    """One network in training.

    Parameters
    ----------
    blueprint, examples
        How to train, and on what.
    network
        What to train; its parameters are copied.
    """

    def __init__(self, blueprint: Blueprint, examples: Examples, network: Network) -> None:
        assert network.input_shape is not None and network.output_shape is not None
        self.network, self.optimizer, self.seed = network, blueprint.optimizer, blueprint.seed
        plan = network.params, network.input_shape, network.output_shape
        door = Door(network.body, network.loss, network.dtype, lambda _: plan, network.input_shape)
        self.metrics = find_all(None, network.loss)
        source, self.validation = examples_for_fit(
            Held(examples.X, examples.y),
            door=door,
            loss=network.loss,
            cutting=Cutting(blueprint.batch_size, blueprint.seed),
            class_weight=None,
            validation_data=examples.validation,
            validation_split=0.0,
        )
        self.source: Source = source
        self.batches = source.batches or 1
        self._whole = network.body.vocabulary_of_input is not None
        needed = bytes_per_example(network.body, network.params, network.input_shape, network.dtype)
        self._rows = rows_at_once(needed)
        self.engine = NumpyEngine(
            network.body,
            network.loss,
            blueprint.optimizer,
            network.params,
            metrics=tuple(metric for metric in self.metrics if isinstance(metric, Metric)),
            seed=blueprint.seed,
        )
        self.epoch = self.batch = 0
        self._steps = 0  # by optimizers before
        self.totals, self.scores = Totals(self.metrics), Scores()
        self._silenced: list[tuple[str, Any]] = []
        self._going = self._batches()

    @property
    def position(self) -> Position:
        """Epochs that are done, and batches of the next one."""
        return Position(self.epoch, self.batch)

    @property
    def coming(self) -> Position:
        """The epoch and the batch that are trained next, both counted from 1.

        Where the numbers blew up at the end of an epoch, which is then not over, it is the last batch again.
        """
        return Position(self.epoch + 1, min(self.batch + 1, self.batches))

    @property
    def params(self) -> Params:
        """The parameters: views that change with every step."""
        return self.engine.params

    @property
    def step(self) -> int:
        """Updates of the parameters so far."""
        return self._steps + self.engine.steps

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return float(rate_at(self.optimizer.lr, self.engine.steps + 1))

    def advance(self) -> bool:
        """Train on one batch; return whether it was the last of its epoch, whose scores are then known.

        Raises
        ------
        BlownUpError
            The loss or a parameter is no finite number any more.
        """
        try:
            for _ in self._going:
                return False
        except Exception:
            self.settle()  # what raised is over, and the batch is tried again next time
            raise
        self._going = self._batches()
        return True

    def _batches(self) -> Generator[None]:
        """Train on the rest of an epoch; yield between two batches."""
        if not self.batch:
            self.totals = Totals(self.metrics)
        epoch = self.epoch + 1
        with closing(self.source.blocks(epoch, self.batch, self.engine.block)) as blocks:
            for block in blocks:
                yield from self._block(block, epoch)
        self.engine.flush()
        self._end_epoch(epoch)

    def _block(self, block: Block, epoch: int) -> Generator[None]:
        end = block.first + len(block.cuts) - 1
        with closing(self.engine.run(self.source, block, epoch)) as results:
            try:
                while self.batch < end:
                    losses, weights = next(results)
                    if not math.isfinite(losses[0]):
                        raise self._blown(block, losses[0])
                    self.totals.add_losses(losses, weights)
                    self.batch += 1
                    if self._silenced:
                        self._silence()
                    if self.batch < self.batches:
                        yield
            finally:
                results.close()
                self.totals.add_counts(self.engine.counts)

    def settle(self) -> None:
        """Count what the metrics have of the epoch so far."""
        self._going.close()
        self._going = self._batches()

    def _end_epoch(self, epoch: int) -> None:
        for path, p in leaves(self.engine.params):
            if not finite(p):
                layer = int(path.partition(".")[0])
                about = {"epoch": epoch, "parameter": path, "layer": self.network.body.layers[layer].label}
                raise BlownUpError(
                    layer, Note("The last steps of epoch {epoch} made {parameter} ({layer}) NaN or infinite.", about)
                )
        scores = self.totals.final_scores() | self._penalty()
        if self.validation is not None:
            scores |= {f"val_{name}": value for name, value in self.scores_of(self.validation).items()}
        self.epoch, self.batch, self.scores = epoch, 0, scores

    def _penalty(self) -> Scores:
        kinds = path_kinds(self.engine.body, self.engine.params)
        term = self.optimizer.penalty(p for path, p in leaves(self.engine.params) if kinds[path] == "weight")
        return {} if term is None else {"l2": term}

    def scores_of(self, source: Source) -> Scores:
        """Return the loss and the metrics on examples.

        Raises
        ------
        BlownUpError
            The loss is no finite number.
        """
        batches = (data.take(slice(None), self.engine.dtype, whole=self._whole) for data in source.ordered(self._rows))
        last: list[Array] = []

        def place(X: Array, mask: Array | None) -> str:
            last.append(X)
            return first_blow_up(self.engine.body, self.engine.params, X, Mode(mask=mask))

        try:
            return evaluate(self.engine.forward, self.engine.loss, self.metrics, batches, place)
        except NotFiniteError:
            layer, text = place_of_blow_up(self.engine.body, self.engine.params, last[0], Mode())
            sentence = Note(
                "The loss on the validation data is not finite: the numbers blew up first in {place}.", {"place": text}
            )
            raise BlownUpError(layer, sentence) from None

    def _blown(self, block: Block, loss: float) -> BlownUpError:
        rows = slice(*block.cuts[self.batch - block.first :][:2])
        X = self.source.take(block, self.engine.dtype, whole=self._whole).X[rows]
        mode = Mode(training=True, key=(self.seed, self.epoch + 1, self.batch))
        layer, text = place_of_blow_up(self.engine.body, self.engine.params, X, mode)
        about = {"loss": loss, "batch": self.batch + 1, "epoch": self.epoch + 1, "place": text}
        return BlownUpError(
            layer,
            Note(
                "The loss became {loss} in batch {batch} of epoch {epoch}. The numbers blew up first in {place}.", about
            ),
        )

    def progress(self) -> Progress:
        """Return copies of all that training goes on from."""
        self.settle()
        sums = self.totals.loss, self.totals.weight, tuple(self.totals.counts)
        return Progress(self.engine.state(), self.position, sums, self._steps, dict(self.scores))

    def restore(self, progress: Progress) -> None:
        """Go on from there."""
        self._going.close()
        self.engine.restore(progress.arrays)
        self.epoch, self.batch = progress.position
        self.totals = Totals(self.metrics)
        self.totals.loss, self.totals.weight = progress.sums[:2]
        self.totals.counts = list(progress.sums[2])
        self._steps, self.scores = progress.steps, dict(progress.scores)
        self._going = self._batches()

    def take_over(self, other: Trainer) -> None:
        """Go on with the parameters of another trainer of the same network, and with its optimizer's state if it fits.

        If its batches were cut in another way, the epoch begins anew.
        """
        progress = other.progress()
        arrays = progress.arrays
        if not _same_state(other.optimizer, self.optimizer):
            arrays = {name: a for name, a in arrays.items() if name.startswith("params/")}
            progress = progress._replace(steps=other.step)
        if other.source.digest() != self.source.digest() or other.batches != self.batches:
            progress = progress._replace(position=Position(other.epoch, 0))
        self.restore(progress._replace(arrays=arrays))

    def silence(self, units: Iterable[Unit]) -> None:
        """Keep the weights that listen to these units at 0 from now on, and no others."""
        shape = self.network.input_shape
        assert shape is not None
        self._silenced = [outgoing(self.network.body, shape, unit) for unit in units]
        self._silence()

    def _silence(self) -> None:
        arrays = dict(leaves(self.engine.params))
        for path, index in self._silenced:
            arrays[path][index] = 0

    def set_number(self, path: str, index: Any, value: Any) -> None:
        """Set numbers of a parameter between two steps; those that are kept at 0 stay so."""
        state = {f"params/{name}": np.array(p) for name, p in leaves(self.engine.params)}
        state[f"params/{path}"][index] = value
        self.engine.restore(state)
        self._silence()


def _same_state(before: Optimizer, after: Optimizer) -> bool:
    """Return whether the numbers that one optimizer kept mean the same to another one."""
    kinds = {type(before), type(after)}
    if len(kinds) > 1 and not any(kinds <= family for family in _FAMILIES):
        return False
    first, second = (
        {name: value for name, value in vars(o).items() if name not in _OF_NO_STATE} for o in (before, after)
    )
    return first == second
