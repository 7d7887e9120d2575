"""Callbacks of scikit-learn (1.9 and later) during a fit: a task for each epoch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from chainrule.training.callbacks import Callback

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9, estimators had no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for the class of scikit-learn 1.9."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "FitTasks", "with_callbacks"]


class FitTasks(Callback):
    """Tells an estimator's callbacks of scikit-learn when the fit and each of its epochs begin and end.

    A callback gets the estimator as if the fit had ended with that epoch, and ends training by returning True.

    Parameters
    ----------
    estimator
        What is being fitted, with its callbacks.
    epochs
        How many there may be.
    examples
        X, y and the weights, for callbacks that score.
    """

    def __init__(self, estimator: Any, epochs: int, examples: dict[str, Any]) -> None:
        self._estimator = estimator
        self._examples = {"estimator": estimator} | examples
        self._fit = estimator._init_callback_context(max_subtasks=epochs)

    def run_start(self, run: Any) -> None:
        """Begin the task of the fit."""
        self._fit.call_on_fit_task_begin(**self._examples)

    def epoch_start(self, run: Any) -> None:
        """Begin the task of an epoch."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._examples)

    def epoch_end(self, run: Any) -> None:
        """End the task of an epoch, and training if a callback says so."""
        if self._epoch.call_on_fit_task_end(**self._examples, reconstruction_attributes=lambda: _fitted(run)):
            run.stop("a callback of scikit-learn ended it")

    def run_end(self, run: Any) -> None:
        """End the task of the fit."""
        self._fit.call_on_fit_task_end(**self._examples, reconstruction_attributes=lambda: _fitted(run))


def _fitted(run: Any) -> dict[str, Any]:
    """Return what an estimator needs to predict as of now; the rest is there since training began."""
    return {"network_": copy.copy(run.network)}
