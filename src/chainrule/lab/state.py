"""What there is to know of a session at one moment, as plain data and as texts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from chainrule.arrays import Array
from chainrule.common.number_text import number_text
from chainrule.common.texts import Note, later, tr
from chainrule.equations.optimizers import Optimizer
from chainrule.lab.switched import Unit
from chainrule.lab.trainer import Position
from chainrule.network import Network

SCORES = {
    "loss": later("loss"),
    "accuracy": later("accuracy"),
    "mae": later("mean absolute error"),
    "l2": later("L2 term"),
    "val_loss": later("validation loss"),
    "val_accuracy": later("validation accuracy"),
    "val_mae": later("validation mean absolute error"),
}
"""What people call the scores."""


class Divergence(NamedTuple):
    """Numbers that blew up.

    Attributes
    ----------
    layer
        In which layer, if in one.
    sentence, advice
        What happened, and what to try; told in the language of whoever reads them.
    """

    layer: int | None
    sentence: Note
    advice: Note

    def json(self) -> dict[str, Any]:
        """Return it as plain data, told."""
        return {"layer": self.layer, "sentence": str(self.sentence), "advice": str(self.advice)}


class Moment(NamedTuple):
    """A network of one moment.

    Attributes
    ----------
    network
        With copies of the parameters, which cannot be written to.
    optimizer
        With the knobs as they are.
    state
        What the optimizer goes on from, by name and path, such as "m/0.W", and "steps".
    off
        Units that are switched off; the weights that listen to them are 0 in the network.
    coming
        The epoch and the batch that are trained next, both counted from 1.
    """

    network: Network
    optimizer: Optimizer
    state: dict[str, Array]
    off: tuple[Unit, ...]
    coming: Position


@dataclass(frozen=True)
class State:
    """A moment of a session.

    Attributes
    ----------
    version
        Grows with each change.
    running
        Whether it trains.
    epoch, batch, batches, step
        Epochs that are done, batches of the running one that are done and that it has, updates of the parameters.
    learning_rate
        Of the next step.
    scores
        Of the last epoch; nothing before the first.
    loss_so_far
        Of the running epoch; None at its start.
    history
        The columns "epoch", "loss", ...: a value per epoch, thinned where there are many.
    divergence
        What blew up, if anything.
    off
        Units that are switched off.
    speed
        Batches per second at most; None for no limit.
    altered
        Whether a knob or a hand changed something since the start: the code of the blueprint gives other numbers then.
    can_back, can_undo, can_redo, has_good
        What there is to go back to.
    """

    version: int
    running: bool
    epoch: int
    batch: int
    batches: int
    step: int
    learning_rate: float
    scores: dict[str, float]
    loss_so_far: float | None
    history: dict[str, list[Any]]
    divergence: Divergence | None
    off: tuple[Unit, ...]
    speed: float | None
    altered: bool
    can_back: bool
    can_undo: bool
    can_redo: bool
    has_good: bool

    def json(self) -> dict[str, Any]:
        """Return it as plain data without the history; what is shown stands as text beside it under "texts"."""
        return {
            "version": self.version,
            "running": self.running,
            "epoch": self.epoch,
            "batch": self.batch,
            "batches": self.batches,
            "step": self.step,
            "learning_rate": self.learning_rate,
            "scores": [
                {"key": key, "name": score_name(key), "value": finite(value), "text": number_text(value)}
                for key, value in self.scores.items()
            ],
            "divergence": self.divergence and self.divergence.json(),
            "off": [list(unit) for unit in self.off],
            "speed": self.speed,
            "altered": self.altered,
            "can_back": self.can_back,
            "can_undo": self.can_undo,
            "can_redo": self.can_redo,
            "has_good": self.has_good,
            "texts": self._texts(),
        }

    def _texts(self) -> dict[str, str]:
        return {
            "epoch": f"{self.epoch:,}",
            "batch": tr("{batch:,} of {batches:,}", batch=self.batch, batches=self.batches),
            "step": f"{self.step:,}",
            "lr": number_text(self.learning_rate),
            "loss": "" if self.loss_so_far is None else number_text(self.loss_so_far),
            "speed": "" if self.speed is None else number_text(self.speed),
        }


def score_name(key: str) -> str:
    """Return what people call a score."""
    return tr(SCORES[key]) if key in SCORES else key


def finite(value: float) -> float | None:
    """Return a number, or None where it is not finite, which JSON does not know."""
    return value if math.isfinite(value) else None
