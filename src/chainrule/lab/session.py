"""One network in training, in a thread: play, pause, back, undo, every knob while it runs; no web in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Literal

import numpy as np

from chainrule.arrays.threads import one_blas_thread
from chainrule.common.settings import choice
from chainrule.common.texts import Note, later
from chainrule.data.batches import BlockSize
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.course import Course
from chainrule.lab.curves import Curves
from chainrule.lab.data_sets import DataSets, Examples
from chainrule.lab.knobs import SPEED
from chainrule.lab.state import Divergence, Moment, State
from chainrule.lab.switched import Unit
from chainrule.lab.turns import Turns
from chainrule.network import Network

What = Literal["epoch", "batch"]
_WHAT = ("epoch", "batch")
_SLICE = 0.025  # seconds of training until others see what is new
_LONGEST_REST = 3600.0  # seconds; Python's locks wait for no more than some 292 years


class Session:
    """One network in training; any thread may call its methods.

    Parameters
    ----------
    blueprint
        What to build.
    sets
        Where the examples come from.
    """

    def __init__(self, blueprint: Blueprint, sets: DataSets) -> None:
        self.sets = sets
        self._course = Course(blueprint, sets)
        self._turns, self._news, self._wake = Turns(), threading.Condition(), threading.Event()
        self._version = 1
        self._goal = ""  # "play", "epoch" or "batch" while it trains
        self._closed = False
        self._speed: float | None = None
        self._thread = threading.Thread(target=self._work, name="chainrule-lab", daemon=True)
        self._thread.start()

    # What there is to see.

    @property
    def blueprint(self) -> Blueprint:
        """What is trained, with the knobs as they are."""
        return self._course.blueprint

    @property
    def examples(self) -> Examples:
        """What it is trained on."""
        return self._course.examples

    @property
    def off(self) -> tuple[Unit, ...]:
        """Units that are switched off: (layer, unit)."""
        return self._course.off

    @property
    def version(self) -> int:
        """A number that grows with each change."""
        return self._version

    @property
    def network(self) -> Network:
        """A copy of the network of this moment; its `trace` goes on from the state of the optimizer."""
        return self.moment().network

    @property
    def first(self) -> Network:
        """The network with the parameters that a reset goes back to."""
        with self._turns.next():
            return self._course.first

    def moment(self) -> Moment:
        """Return the network and the optimizer of one moment."""
        with self._turns.next():
            return self._course.moment()

    def seen(self) -> tuple[Moment, Examples]:
        """Return the network of one moment, and the examples of the same."""
        with self._turns.next():
            return self._course.moment(), self._course.examples

    def next_rows(self) -> list[int]:
        """Return which examples the next batch has, by their numbers in the examples to train on."""
        with self._turns.next():
            trainer = self._course.trainer
            epoch, batch = trainer.coming
            with closing(trainer.source.blocks(epoch, batch - 1, BlockSize(1, 1))) as blocks:
                rows = next(blocks).rows
        assert rows is not None  # the examples of the lab are arrays
        return [int(row) for row in rows]

    def curves(self) -> Curves:
        """Return the scores of every epoch so far, of which only the generation and the columns are to be read."""
        with self._turns.next():
            return self._course.curves.copy(self._course.curves.generation)

    def state(self) -> State:
        """Return what there is to know of this moment."""
        with self._turns.next():
            course, trainer = self._course, self._course.trainer
            totals = trainer.totals
            return State(
                version=self._version,
                running=bool(self._goal),
                epoch=trainer.epoch,
                batch=trainer.batch,
                batches=trainer.batches,
                step=trainer.step,
                learning_rate=trainer.learning_rate,
                scores=dict(trainer.scores),
                loss_so_far=totals.loss / totals.weight if trainer.batch and totals.weight else None,
                history={name: list(column) for name, column in course.curves.columns.items()},
                divergence=course.divergence,
                off=course.off,
                speed=self._speed,
                altered=course.altered,
                can_back=course.can_back,
                can_undo=course.can_undo,
                can_redo=course.can_redo,
                has_good=course.has_good,
            )

    def wait(self, version: int, seconds: float | int) -> int:
        """Block until the version is larger than one that was seen, at most so long; return the version."""
        with self._news:
            self._news.wait_for(lambda: self._version > version or self._closed, seconds)
            return self._version

    # Training.

    def play(self) -> None:
        """Train until it is paused."""
        self._aim("play")

    def pause(self) -> None:
        """Stop after the batch that is computed."""
        self._aim("")

    def run(self, what: What, *, wait: bool = False) -> None:
        """Train for one "epoch" (or the rest of it) or one "batch"; with `wait`, return when it is done."""
        self._aim(choice("run", "what", what, _WHAT))
        if wait:
            with self._news:
                self._news.wait_for(lambda: not self._goal or self._closed)

    def back(self, what: What = "batch") -> None:
        """Pause, and go back by one "batch", or to where the last "epoch" began."""
        what = choice("back", "what", what, _WHAT)  # type: ignore[assignment]
        with self._changing(pausing=True):
            self._course.back(what)

    def good(self) -> None:
        """Go back to the last state whose numbers were finite, and whose loss was about as low as it ever was."""
        with self._changing(pausing=True):
            self._course.good()

    # Changes; each may be undone.

    def build(self, blueprint: Blueprint) -> None:
        """Start with a new network; what was can be brought back by `undo`."""
        with self._changing(pausing=True):
            self._course.build(blueprint)

    def load(self, network: Network, blueprint: Blueprint) -> None:
        """Start with the parameters of a network that was loaded, which a reset goes back to.

        Parameters
        ----------
        network
            With parameters.
        blueprint
            Of this network, with data that fits it.
        """
        with self._changing(pausing=True):
            self._course.load(network, blueprint)

    def reset(self, seed: int | None = None) -> None:
        """Start anew from the first parameters; with a seed, from those that it draws."""
        with self._changing(pausing=True):
            self._course.reset(seed)

    def undo(self) -> None:
        """Take the last change back."""
        with self._changing():
            self._course.undo()

    def redo(self) -> None:
        """Do again what was taken back."""
        with self._changing():
            self._course.redo()

    def knob(self, name: str, value: Any) -> None:
        """Turn a knob while it runs.

        Parameters
        ----------
        name
            "speed" (batches per second, None for no limit), or one of `knobs.KNOBS`.
        value
            Its value; for "schedule", "optimizer" and "loss" plain data; for "layer" {"index": ..., "layer": ...}.

        Raises
        ------
        InputError
            There is no such knob, the value breaks a rule, or the network would be another one.
        """
        with self._changing():
            if name == "speed":
                self._speed = SPEED.check("knob", "speed", value)
            else:
                self._course.knob(name, value)
        self._wake.set()

    def change(self, path: str, index: Sequence[int], value: float | int) -> None:
        """Set a number of a parameter, such as that at (0, 1) of "0.W", between two steps."""
        with self._changing():
            self._course.change(path, tuple(index), value)

    def switch(self, layer: int, unit: int, off: bool) -> None:
        """Switch a unit off, so that the weights that listen to it are kept at 0, or on again, with what they were."""
        with self._changing():
            self._course.switch(layer, unit, off)

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._wake.set()
        self._publish()
        self._thread.join()

    # The thread.

    @contextmanager
    def _changing(self, *, pausing: bool = False) -> Iterator[None]:
        """Have the turn to change something, which others then hear of."""
        with self._turns.next(), _as_in_fit():
            if pausing:
                self._goal = ""
            yield
        self._publish()

    def _aim(self, goal: str) -> None:
        with self._turns.next():
            self._goal = goal
            if goal:  # what stopped training before says nothing about the batches to come
                self._course.divergence = None
        self._wake.set()
        self._publish()

    def _publish(self) -> None:
        with self._news:
            self._version += 1
            self._news.notify_all()

    def _work(self) -> None:
        while not self._closed:
            if not self._goal:
                self._wake.wait()
                self._wake.clear()
                continue
            with _as_in_fit():
                while self._goal and not self._closed:
                    with self._turns.training():
                        rest = self._train()
                    self._publish()
                    if rest > 0:
                        self._wake.wait(rest)
                        self._wake.clear()

    def _train(self) -> float:
        """Train until it is time that others see it, or somebody asks; return for how long to rest then."""
        speed, began, batches = self._speed, time.perf_counter(), 0
        most = None if speed is None else max(1, round(speed * _SLICE))
        while self._goal and batches != most:
            self._batch()
            batches += 1
            if self._turns.asked or time.perf_counter() - began > _SLICE:
                break
        rest = 0.0 if speed is None else batches / speed - (time.perf_counter() - began)
        return min(rest, _LONGEST_REST)

    def _batch(self) -> None:
        course = self._course
        try:
            ended = course.advance()
        except MemoryError:
            sentence = Note(later("Training stopped: there is not enough memory for a batch."))
            advice = Note(later("Take smaller batches, fewer units, or pooling in front."))
            course.divergence = Divergence(None, sentence, advice)
        except Exception as error:  # whoever looks at the page is told, instead of a thread that is gone
            sentence = Note("Training stopped: {error}", {"error": str(error) or type(error).__name__})
            course.divergence = Divergence(None, sentence, Note(later("Build the network anew.")))
        if course.divergence is not None or self._goal == "batch" or (self._goal == "epoch" and ended):
            self._goal = ""


@contextmanager
def _as_in_fit() -> Iterator[None]:
    """Compute as `fit` does: with one thread of BLAS, and without NumPy's warnings of what is told as divergence."""
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
        yield
