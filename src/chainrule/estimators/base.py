"""What the estimators have in common: from a table and its targets to a trained network."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_regressor
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, validate_data

from chainrule.arrays import Array, leaves, replace_leaves
from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import tr
from chainrule.data import checks
from chainrule.data.convert import as_array, refuse_masked
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import OPTIMIZERS, Optimizer
from chainrule.estimators import files, plan
from chainrule.estimators.body import layers_of
from chainrule.estimators.fit_tasks import CallbackSupportMixin, FitTasks, with_callbacks
from chainrule.estimators.parameters import Parameters
from chainrule.estimators.refused import refuse_columns_of_texts, refuse_labels, refuse_lazy, refuse_missing_labels
from chainrule.estimators.scaling import RobustScale
from chainrule.estimators.stopping import ContinuedStopping, Progress, digest
from chainrule.estimators.targets import Classes, Values
from chainrule.files import models
from chainrule.files.kinds import ESTIMATOR
from chainrule.network import Network
from chainrule.tables import realmlp
from chainrule.training.history import History


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkEstimator(CallbackSupportMixin, Parameters, BaseEstimator):  # type: ignore[misc]
    """A network for the rows of a table, with the methods and attributes that scikit-learn's tools ask for."""

    least_epochs: ClassVar[int]

    network_: Network = field(init=False)
    _targets: Any = field(init=False)  # Classes or Values
    _scale: RobustScale | None = field(init=False)
    _seed: int = field(init=False)
    _progress: Progress | None = field(init=False)  # of early stopping
    _built_with: dict[str, Any] = field(init=False)

    @abstractmethod
    def _loss(self, settings: Any) -> Loss:
        """Return the loss, once the targets are known."""

    @abstractmethod
    def _targets_of(self, y: Array, weights: Array | None, settings: Any) -> Classes | Values:
        """Return how y becomes numbers, from the first examples."""

    @abstractmethod
    def _labels(self, y: Any) -> Array:
        """Return targets as an array of one axis, or of two if there are several for each row."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None) -> Any:
        """Train on the rows of a table.

        Parameters
        ----------
        X
            Numbers of shape (rows, features): an array, a data frame of pandas or polars, lists, or a sparse matrix,
            which is made dense.
        y
            A target for each row, or several.
        sample_weight
            How much each row counts in training; a row of weight 0 is left out. Rows to validate on count all alike.
        validation_data
            (X, y) to validate on after every epoch, in place of a share of the rows.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        InputError
            A parameter or an argument breaks a rule, which the text says with the likely fix.
        DivergenceError
            Numbers became NaN or infinite. The weights of the best epoch so far are kept.
        """
        settings = self._settings()
        first = not (settings.warm_start and hasattr(self, "network_"))
        X, y, weights = self._examples(X, y, sample_weight, first=first)
        if first:
            self._begin(settings, X, y, weights, constant=0.0)
        return self._train(settings, X, y, weights, validation_data)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, validation_data: Any, labels: Array | None) -> Any:
        """Train for one epoch; `labels` are all classes that there will be, for the first call."""
        settings = self._settings()
        if settings.preset is not None:
            raise InputError(
                'preset="{preset}" has a schedule for a whole fit, so it does not train by partial_fit. Call fit, or '
                "leave out preset.",
                preset=settings.preset,
            )
        if settings.early_stopping and validation_data is None:
            raise InputError(
                "partial_fit with early_stopping=True needs validation_data=(X, y), because the best of several calls "
                "is known by the same rows only."
            )
        first = not hasattr(self, "network_")
        X, y, weights = self._examples(X, y, sample_weight, first=first)
        if first:
            self._begin(settings, X, y, weights, constant=1.0, labels=labels)
        settings.epochs = 1
        settings.warm_start = True  # other calls may follow
        return self._train(settings, X, y, weights, validation_data)

    @with_callbacks  # type: ignore[untyped-decorator, unused-ignore]
    def _train(self, settings: Any, X: Array, y: Array, weights: Array | None, validation_data: Any) -> Any:
        """Train the network, from where it is."""
        self._same_network(settings)
        validation = None
        if validation_data is not None:
            validation = self._validation(validation_data)
        elif settings.early_stopping:
            trained, kept = self._split(settings, y)
            validation = self._inputs(X[kept]), self._targets.encode(y[kept])
            X, y, weights = X[trained], y[trained], None if weights is None else weights[trained]
        weights = self._class_weights(y, weights)
        batch_size = settings.batch_size
        if batch_size == "auto":
            batch_size = (realmlp if settings.preset else plan).batch_size_for(len(X))
        epochs = (
            plan.epochs_for(len(X), batch_size, self.least_epochs) if settings.epochs == "auto" else settings.epochs
        )
        batches = math.ceil(len(X) / batch_size)
        stopping = []
        if settings.early_stopping and validation is not None:
            monitor, rows, last = f"val_{settings.monitor}", digest(*validation), settings.preset is not None
            stopping.append(ContinuedStopping(settings.patience, monitor, rows, self._progress, last_of_equals=last))
        inputs, targets = self._inputs(X), self._targets.encode(y)
        self._go_on()
        try:
            self.network_.fit(
                inputs,
                targets,
                epochs=epochs,
                batch_size=batch_size,
                optimizer=self._optimizer(settings, epochs, batches),
                validation_data=validation,
                sample_weight=weights,
                metrics=[] if settings.monitor == "loss" else [settings.monitor],
                callbacks=[*stopping, *settings.callbacks, *self._fit_tasks(epochs, X, y, weights)],
                engine=settings.engine,
                seed=self._seed,
                verbose=settings.verbose,
            )
        finally:
            self._progress = stopping[0].progress if stopping else None
        return self

    def _optimizer(self, settings: Any, epochs: int, batches: int) -> Optimizer:
        """Return the optimizer of a fit, with its learning rate."""
        optimizer: str | Optimizer = settings.optimizer
        rate = settings.learning_rate
        if settings.preset:
            return realmlp.optimizer(self.tabular, epochs * batches)
        if optimizer == "auto":
            if rate is None and not (settings.early_stopping or settings.warm_start):
                return plan.optimizer_for(epochs, batches)
            optimizer = "adam"
        if isinstance(optimizer, str):
            rate = plan.RATES.get(optimizer) if rate is None else rate
            return OPTIMIZERS[optimizer]() if rate is None else OPTIMIZERS[optimizer](lr=rate)
        if rate is not None:
            raise InputError(
                "learning_rate goes with the name of an optimizer, but optimizer={optimizer} has its own rate. Write "
                "optimizer={kind}(lr={rate}).",
                optimizer=shown(optimizer),
                kind=type(optimizer).__name__,
                rate=shown(rate),
            )
        return optimizer

    def _begin(
        self,
        settings: Any,
        X: Array,
        y: Array,
        weights: Array | None,
        *,
        constant: float,
        labels: Array | None = None,
    ) -> None:
        """Take from the first examples what all others are measured by, and build the network."""
        targets = self._targets_of(y if labels is None or y.ndim == 2 else labels, weights, settings)
        outputs = targets.outputs
        layers = realmlp.layers(self.tabular, outputs) if settings.preset else layers_of(settings, outputs)
        self._targets = targets
        self._scale = RobustScale.fit(X, weights, constant) if settings.scale else None
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._progress = None
        self._built_with = self._structure(settings)
        dtype = settings.dtype or X.dtype
        self.network_ = Network(layers, self._loss(settings), seed=self._seed, dtype=dtype)

    def _same_network(self, settings: Any) -> None:
        """Check that the network is the one that is asked for."""
        before, now = self._built_with, self._structure(settings)
        for name in now:
            if before[name] != now[name]:
                raise InputError(
                    "{kind} goes on with the network of the first fit, which had {name}={before!r}, but now "
                    "{name}={now!r}. Fit anew with warm_start=False, or take a clone.",
                    kind=type(self).__name__,
                    name=name,
                    before=before[name],
                    now=now[name],
                )

    def _go_on(self) -> None:
        """Give the network, which has the parameters of the best epoch, back those of the last one."""
        if self._progress is not None:
            last = {path: self._progress.last[f"params/{path}"] for path, _ in leaves(self.network_.params)}
            self.network_.params = replace_leaves(self.network_.params, last)

    def _examples(self, X: Any, y: Any, sample_weight: Any, *, first: bool) -> tuple[Array, Array, Array | None]:
        """Return rows, targets and weights, without rows that do not count."""
        refuse_lazy("y", y)
        if is_regressor(self):
            refuse_labels(type(self).__name__, y)
        refuse_missing_labels(y)
        X, y = self._validated(X, y, reset=first, multi_output=True, y_numeric=is_regressor(self))
        X, y = _dense(X), self._labels(y)
        if sample_weight is None:
            return X, y, None
        weights = checks.weights("sample_weight", as_array("sample_weight", sample_weight), [(len(X),)])
        counting = weights > 0
        if not counting.any():
            raise InputError(
                "The sample weights of all {rows:,} rows are zero, so there is nothing to learn from: give rows "
                "that count a weight above 0, or leave out sample_weight.",
                rows=len(weights),
            )
        return X[counting], y[counting], weights[counting]

    def _rows(self, X: Any) -> Array:
        """Return rows with the columns of the first fit."""
        return _dense(self._validated(X, reset=False))

    def _validated(self, *examples: Any, **rules: Any) -> Any:
        """Return examples as scikit-learn checks them, feature names included."""
        refuse_lazy("X", examples[0])
        for name, values in zip(("X", "y"), examples, strict=False):
            refuse_masked(name, values)
        for name, count in Counter(getattr(examples[0], "columns", ())).most_common(1):
            if count > 1:
                raise InputError(
                    "Columns have different names, but {name} is the name of {count}.", name=shown(name), count=count
                )
        try:
            return validate_data(self, *examples, accept_sparse="csr", dtype=(np.float64, np.float32), **rules)
        except (TypeError, ValueError) as error:
            refuse_columns_of_texts(examples[0])
            if "must be in the same order" not in str(error):
                raise
            names = ", ".join(map(str, self.feature_names_in_[:8]))
            raise InputError(
                "{error} They were {names}: write X[estimator.feature_names_in_].",
                error=str(error).rstrip(),
                names=names + (", ..." if self.n_features_in_ > 8 else ""),
            ) from None

    def _inputs(self, X: Array) -> Array:
        """Return rows as the network takes them."""
        return X if self._scale is None else self._scale(X, self.network_.dtype)

    def _validation(self, data: Any) -> tuple[Array, Array]:
        """Return the user's own rows to validate on, as the network takes them."""
        if not isinstance(data, tuple) or len(data) != 2:
            raise InputError("validation_data is (X, y), two things in a tuple, but it is {data}.", data=shown(data))
        refuse_lazy("y", data[1])
        if is_regressor(self):
            refuse_labels(type(self).__name__, data[1])
        refuse_missing_labels(data[1])
        X, y = self._rows(data[0]), self._labels(check_array(data[1], ensure_2d=False, dtype=None))
        check_consistent_length(X, y)
        return self._inputs(X), self._targets.encode(y, validating=True)

    def _split(self, settings: Any, y: Array) -> tuple[Array, Array]:
        """Return the numbers of the rows to train on and to validate on; the latter have each class in proportion."""
        kept = math.ceil(len(y) * settings.validation_fraction)
        strata = None
        if isinstance(self._targets, Classes) and y.ndim == 1:
            classes, counts = np.unique(y, return_counts=True)
            strata = y if counts.min() > 1 and min(kept, len(y) - kept) >= len(classes) else None
        rows, validation = train_test_split(np.arange(len(y)), test_size=kept, random_state=self._seed, stratify=strata)
        return np.sort(rows), np.sort(validation)

    def _class_weights(self, y: Array, weights: Array | None) -> Array | None:
        """Return the weights of rows to train on, with those of their classes."""
        return weights

    def _fit_tasks(self, epochs: int, X: Array, y: Array, weights: Array | None) -> list[FitTasks]:
        """Return what tells callbacks of scikit-learn of the fit, if there are any."""
        if not getattr(self, "_skl_callbacks", ()):
            return []
        metadata = None if weights is None else {"sample_weight": weights}
        return [FitTasks(self, epochs, {"X": X, "y": y, "metadata": metadata})]

    def _logits(self, X: Any) -> Array:
        """Return what the network computes for rows, before its output activation."""
        check_is_fitted(self, "network_")
        return self.network_.logits(self._inputs(self._rows(X)))

    def save(self, path: str | Path) -> None:
        """Write the network, and in the same file what `load` needs besides, as plain data; no code, no pickle.

        Callbacks are left out.

        Raises
        ------
        InputError, UnwritableError
            As for `chainrule.save`; or a parameter is an object of your own.
        """
        check_is_fitted(self, "network_")
        models.write(self.network_, path, {ESTIMATOR: files.described(self)})

    @classmethod
    def load(cls, path: str | Path) -> Any:
        """Return the estimator of a file that `save` wrote; it predicts as it did then.

        Another fit begins with these weights if `warm_start` is set, and with an optimizer that starts anew.

        Raises
        ------
        InputError
            If there is no such file.
        FileFormatError
            If the file is damaged or was changed, or holds no estimator of this class: the text says what reads it.
        """
        network, description = models.load_described(path)
        return files.rebuilt_estimator(cls, network, description, str(path))

    @property
    def n_iter_(self) -> int:
        """How many epochs it was trained for."""
        return len(self._history())

    @property
    def loss_curve_(self) -> list[float]:
        """The loss on the training rows in each epoch."""
        return self._history()["loss"]

    @property
    def validation_curve_(self) -> list[float]:
        """The monitored score on the validation rows after each epoch; empty if there were none."""
        return self._history()[f"val_{self._settings().monitor}"]

    def _history(self) -> History:
        if not hasattr(self, "network_"):
            raise AttributeError(tr("This {kind} has no history yet: call fit first.", kind=type(self).__name__))
        return self.network_.history

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _dense(X: Any) -> Array:
    """Return rows without the form of a sparse matrix."""
    return X.toarray() if issparse(X) else X
