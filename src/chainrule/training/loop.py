"""The training loop: batches, scores, callbacks, checkpoints, and what happens when a run ends early."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Mode, leaves
from chainrule.common.errors import DivergenceError, InputError
from chainrule.common.texts import tr
from chainrule.data.batches import Block
from chainrule.data.checks import finite
from chainrule.layers.blow_up import first_blow_up
from chainrule.training.callbacks import BestEpoch, Callback, EarlyStopping
from chainrule.training.progress import scores_text
from chainrule.training.run import Run
from chainrule.training.shown import snapshot


class Ending(NamedTuple):
    """A sentence about why a run ended before its last epoch, or nothing; and whether somebody interrupted it."""

    text: str
    interrupted: bool = False


def train(run: Run, callbacks: Sequence[Callback]) -> Ending:
    """Train, and return why it ended before the last epoch, if it did.

    The order of the examples and the random numbers of a batch follow from the seed, the epoch and the batch alone. If
    Ctrl-C or an error (such as a loss that is no longer finite) ends the run, the network is left with the best
    parameters of an epoch that was finished (by the score that EarlyStopping watches, else by validation loss or loss),
    or with those of the start if none was; Ctrl-C in the first epoch keeps what was learned so far.
    """
    with closing(run):
        return _train(run, callbacks)


def _train(run: Run, callbacks: Sequence[Callback]) -> Ending:
    stopping = [callback for callback in callbacks if isinstance(callback, EarlyStopping)]
    best = stopping[0] if stopping else BestEpoch("loss" if run.validate is None else "val_loss")
    everyone = [best, *(callback for callback in callbacks if callback is not best)]
    states = run.resume()
    start = snapshot(run.engine.params)
    begun: list[Callback] = []
    failed = True
    try:
        _begin(run, everyone, states, begun)
        while len(run.history) < run.last_epoch and not run.reason:
            _epoch(run, len(run.history) + 1, everyone, best)
        if run.step:
            run.save(everyone, now=True)
        failed = False
    except KeyboardInterrupt as interrupt:
        failed = False
        return _interrupted(run, start, interrupt)
    except BaseException as error:
        run.engine.restore(start if run.best is None else run.best[0])
        if isinstance(error, DivergenceError):
            kept = _kept(run) or tr("The network keeps the weights of the start.")
            raise DivergenceError(f"{error} {kept}") from None
        raise
    else:
        return _finished(run, early=bool(stopping))
    finally:
        run.shown.hand_over()
        errors = _end(run, begun)
        if errors and not failed:  # else the error that ended the run is the one to show
            raise errors[0]


def _begin(run: Run, callbacks: Sequence[Callback], states: list[Any] | None, begun: list[Callback]) -> None:
    """Start the callbacks, each of which is then in `begun`, and give them the states of a run that goes on."""
    _ = run.network  # whoever reads its parameters during the run reads those of a moment
    for callback in callbacks:
        callback.run_start(run)
        begun.append(callback)
    if run.resumed:
        run.shown.renew()  # what was assigned here counted before
    run.shown.take_over()
    _restore(callbacks, states or [])
    if states is None:
        run.save(callbacks, now=True)


def _interrupted(run: Run, start: dict[str, Array], interrupt: KeyboardInterrupt) -> Ending:
    """Keep the best parameters, or what was learned so far, if that are numbers."""
    if run.best is None and not all(finite(p) for _, p in leaves(run.engine.params)):
        run.engine.restore(start)
    run.restore_best()
    signal = str(interrupt) or "Ctrl-C"  # it has the name of another signal, if the command was sent one
    if run.best is None:
        text = tr(
            "Stopped by {signal} in epoch {epoch}: the network keeps what it learned so far.",
            signal=signal,
            epoch=run.epoch,
        )
    else:
        text = tr(
            "Stopped by {signal} in epoch {epoch}: the network keeps the weights of epoch {best}, the best so far "
            "({scores}).",
            signal=signal,
            epoch=run.epoch,
            best=run.best[1],
            scores=_best_scores(run, run.best[1]),
        )
    return Ending(text, interrupted=True)


def _finished(run: Run, *, early: bool) -> Ending:
    """Keep the best parameters, with early stopping."""
    if early:
        run.restore_best()
    if not run.reason:
        return Ending("")
    stopped = tr("Stopped in epoch {epoch}: {reason}.", epoch=run.epoch, reason=run.reason)
    return Ending(f"{stopped} {_kept(run)}".rstrip() if early else stopped)


def _end(run: Run, begun: Sequence[Callback]) -> list[Exception]:
    """Let every callback that was started end, whatever the others do; return their errors."""
    errors = []
    for callback in begun:
        try:
            callback.run_end(run)
        except Exception as error:
            errors.append(error)
    return errors


def _restore(callbacks: Sequence[Callback], states: list[Any]) -> None:
    """Give each callback the state of the first one of its kind; showing progress or not makes no difference."""
    left = list(states)
    for callback in callbacks:
        mine = next((entry for entry in left if entry[0] == type(callback).__name__), None)
        if mine is not None:
            left.remove(mine)
            callback.restore(mine[1])


def _kept(run: Run) -> str:
    """Return a sentence about the best weights, which the network keeps; nothing if there are none."""
    if run.best is None:
        return ""
    epoch = run.best[1]
    return tr(
        "The network keeps the weights of epoch {epoch}, the best so far ({scores}).",
        epoch=epoch,
        scores=_best_scores(run, epoch),
    )


def _best_scores(run: Run, epoch: int) -> str:
    return scores_text(run.history.rows[epoch - 1])


def _epoch(run: Run, epoch: int, callbacks: Sequence[Callback], best: BestEpoch) -> None:
    run.start_epoch(epoch)
    midst = run.batch > 0
    for callback in callbacks:
        callback.epoch_start(run)
        if midst:
            run.shown.renew()  # what was assigned here counted before
        run.shown.take_over()
    before = [c.batch_start for c in callbacks if type(c).batch_start is not Callback.batch_start]
    after = [c.batch_end for c in callbacks if type(c).batch_end is not Callback.batch_end]
    # Closed, because a thread may be reading ahead for it.
    with closing(run.source.blocks(epoch, run.batch, run.engine.block)) as blocks:
        for block in blocks:
            _block(run, block, before, after)
            if run.reason:
                return
            run.save(callbacks)
    run.engine.flush()
    run.end_epoch()
    for callback in callbacks:
        callback.epoch_end(run)
        run.shown.take_over()
        if callback is best and best.waited == 0:
            run.keep_best()
    run.save(callbacks)


Hooks = Sequence[Callable[[Run], None]]


def _block(run: Run, block: Block, before: Hooks, after: Hooks) -> None:
    end = block.first + len(block.cuts) - 1
    run.batch = block.first
    results = run.engine.run(run.source, block, run.epoch)
    while run.batch < end and not run.reason:
        _call(run, before, 1)
        losses, weights = next(results)
        if not all(map(math.isfinite, losses)):
            number = run.batch + next(i for i, J in enumerate(losses) if not math.isfinite(J))
            raise _divergence(run, block, number, losses[number - run.batch])
        if not before and not after:
            run.totals.add_losses(losses, weights)
            run.batch += len(losses)
            continue
        for i, (J, weight) in enumerate(zip(losses, weights, strict=True)):
            if i:
                _call(run, before, len(losses))
            run.totals.add_losses([J], [weight])
            run.batch += 1
            _call(run, after, len(losses))
    results.close()
    run.totals.add_counts(run.engine.counts)


def _call(run: Run, hooks: Hooks, batches: int) -> None:
    """Call what goes with a batch, of which the engine does so many in one call."""
    for call in hooks:
        call(run)
        if run.shown.take_over() and batches > 1:
            raise InputError(
                "A callback assigned parameters after one of {batches} batches that this engine does in one call, so "
                'the others ran without them: assign them in epoch_end, or train with engine="numpy".',
                batches=batches,
            )


def _divergence(run: Run, block: Block, number: int, J: float) -> DivergenceError:
    start, end = block.cuts[number - block.first : number - block.first + 2]
    whole = run.engine.body.vocabulary_of_input is not None
    batch = run.source.take(block, run.engine.dtype, whole=whole).each(lambda a: a[start:end])
    mode = Mode(training=True, key=(run.seed, run.epoch, number), mask=batch.mask)
    place = first_blow_up(run.engine.body, run.engine.params, batch.X, mode)
    advice = run.advice()
    if not whole:
        advice += " " + tr("This batch goes up to {largest:g}.", largest=float(np.abs(batch.X).max()))
    return DivergenceError(
        "Training diverged: the loss became {loss} in batch {batch} of epoch {epoch}. The numbers blew up first in "
        "{place}. {advice}",
        loss=J,
        batch=number + 1,
        epoch=run.epoch,
        place=place,
        advice=advice,
    )
