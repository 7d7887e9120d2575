"""One network in training, in a thread: play, pause, back, undo, every knob while it runs; no web in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataSets, Examples
from chainrule.network import Network


@dataclass(frozen=True)
class Divergence:
    """Numbers that blew up: in which layer, a sentence, and what to try."""

    layer: int | None
    sentence: str
    advice: str


@dataclass(frozen=True)
class State:
    """A moment of a session.

    Attributes
    ----------
    version
        Grows with each change.
    epoch, batch, batches, step
        Epochs that are done, batches of the running one that are done and that it has, updates of the parameters.
    scores
        Of the running epoch so far, or of the last one.
    history
        The columns "epoch", "loss", ...: a value per epoch, thinned where there are many.
    altered
        Whether a knob or a hand changed something since the start, so that the code of the blueprint gives other numbers.
    """

    version: int
    running: bool
    epoch: int
    batch: int
    batches: int
    step: int
    learning_rate: float
    scores: dict[str, float]
    history: dict[str, list[float]]
    divergence: Divergence | None
    off: tuple[tuple[int, int], ...]
    speed: float | None
    altered: bool
    can_back: bool
    can_undo: bool
    can_redo: bool
    has_good: bool

    def json(self) -> dict[str, Any]:
        """Return it as plain data, with the numbers as texts beside them under "texts"; what is not finite is None."""
        raise NotImplementedError


class Session:
    """One network in training.

    Parameters
    ----------
    blueprint
        What to build.
    sets
        Where the examples come from.
    """

    def __init__(self, blueprint: Blueprint, sets: DataSets) -> None:
        self.blueprint, self.sets = blueprint, sets
        self.examples: Examples = sets.examples(blueprint.data)
        self.version = 0

    @property
    def network(self) -> Network:
        """A read-only copy of the network of this moment; its trace goes on from the optimizer's state."""
        raise NotImplementedError

    def state(self) -> State:
        """Return this moment."""
        raise NotImplementedError

    def wait(self, version: int, seconds: float) -> int:
        """Block until the version is larger than one that was seen, at most so long; return the version."""
        raise NotImplementedError

    def build(self, blueprint: Blueprint) -> None:
        """Start with a new network; what was can be brought back by `undo`."""
        raise NotImplementedError

    def load(self, network: Network, blueprint: Blueprint) -> None:
        """Start with the parameters of a network that was loaded."""
        raise NotImplementedError

    def undo(self) -> None:
        """Take the last change back."""
        raise NotImplementedError

    def redo(self) -> None:
        """Do again what was taken back."""
        raise NotImplementedError

    def play(self) -> None:
        """Train until paused."""
        raise NotImplementedError

    def pause(self) -> None:
        """Stop after the batch that is computed."""
        raise NotImplementedError

    def run(self, what: str, *, wait: bool = False) -> None:
        """Train for one "epoch" (or the rest of it) or one "batch"; with `wait`, return when it is done."""
        raise NotImplementedError

    def back(self, what: str = "batch") -> None:
        """Go back by one "batch", or to where the last "epoch" began."""
        raise NotImplementedError

    def reset(self, seed: int | None = None) -> None:
        """Start anew from the first parameters, of another seed if one is given."""
        raise NotImplementedError

    def knob(self, name: str, value: Any) -> None:
        """Turn a knob while it runs.

        Parameters
        ----------
        name
            "lr", "schedule", "weight_decay", "clip_norm", "optimizer", "batch_size", "speed", "noise", "count",
            "split", "loss" or "layer".
        value
            Its value; for "schedule", "optimizer" and "loss" plain data; for "layer" {"index": ..., "layer": ...}.
        """
        raise NotImplementedError

    def change(self, path: str, index: tuple[int, ...], value: float) -> None:
        """Set a number of a parameter, such as "0.W", between two steps."""
        raise NotImplementedError

    def switch(self, layer: int, unit: int, off: bool) -> None:
        """Switch a unit off, whose outgoing weights are then kept at 0, or on again."""
        raise NotImplementedError

    def good(self) -> None:
        """Go back to the last state whose numbers were finite."""
        raise NotImplementedError

    def close(self) -> None:
        """End the thread."""
        raise NotImplementedError
