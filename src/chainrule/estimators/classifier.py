"""A network that tells classes apart, as an estimator of scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from chainrule.arrays import Array, Float
from chainrule.common.errors import InputError
from chainrule.common.settings import Number, shown
from chainrule.equations.losses import Loss
from chainrule.estimators import plan
from chainrule.estimators.base import NetworkEstimator
from chainrule.estimators.refused import refuse_weights
from chainrule.estimators.targets import Classes
from chainrule.tables import realmlp


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """A network that tells classes apart: two, several, or several yes/no answers for each row ("multilabel").

    It minimizes cross-entropy. Inputs are scaled inside, unless `scale` is off. Labels may be texts, truth values or
    numbers. Columns of a data frame keep their names: another frame must have the same ones in the same order.

    Parameters
    ----------
    {common}
    class_weight
        How much each class counts in training: {label: weight}, "balanced", by which all classes count the same
        together, or for several answers a list of such. None: all rows count the same.
    label_smoothing
        The share of a label that is spread over all classes.

    Attributes
    ----------
    network_
        The trained `chainrule.Network`, which computes with scaled inputs.
    classes_
        The classes, in the order of the probabilities.
    loss_curve_, validation_curve_
        The loss on the training rows in each epoch, and the monitored score on the rows to validate on.
    n_iter_
        How many epochs there were.
    n_features_in_, feature_names_in_
        The columns of X.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = NetworkClassifier(random_state=0).fit(X, y)
    >>> classifier.score(X, y) > 0.95
    True
    """

    class_weight: Any = None
    label_smoothing: Any = 0.0

    rules: ClassVar = NetworkEstimator.rules | {"label_smoothing": Number(0, 1, closed="left")}
    least_epochs: ClassVar = plan.LEAST_EPOCHS_FOR_CLASSES
    tabular: ClassVar = realmlp.CLASSES
    structure: ClassVar = ("label_smoothing",)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None, *, validation_data: Any = None
    ) -> NetworkClassifier:
        """Train for one epoch on some rows, from where the last call of `fit` or `partial_fit` ended.

        The first call settles how inputs are scaled, so let it be a fair sample of the rows.

        Parameters
        ----------
        X, y, sample_weight, validation_data
            As for `fit`.
        classes
            All classes that there will be, for the first call; those of its y if None.
        """
        if self.class_weight == "balanced":
            raise InputError(
                'class_weight="balanced" counts all labels, but partial_fit sees some of them: give {label: weight}.'
            )
        labels = None if classes is None else np.unique(np.asarray(classes))
        if labels is not None and hasattr(self, "network_") and not np.array_equal(labels, self.classes_):
            raise InputError(
                "partial_fit takes all classes in its first call, which were {first}, but now classes={classes}. "
                "Leave them out, or begin with a clone.",
                first=shown(self.classes_.tolist()),
                classes=shown(classes),
            )
        self._partial_fit(X, y, sample_weight, validation_data, labels)
        return self

    def predict(self, X: Any) -> Array:
        """Return the most probable class of each row; with several answers, 0 or 1 for each."""
        Z = self._logits(X)
        return self._targets.decode(Z)

    def predict_proba(self, X: Any) -> Float[Array, "rows classes"]:
        """Return the probability of each class, or of each answer."""
        Z = self._logits(X)
        return self._targets.probabilities(Z)

    def decision_function(self, X: Any) -> Float[Array, "rows ..."]:
        """Return the logits; of two classes, how much the second one is ahead."""
        Z = self._logits(X)
        return Z[:, 0] if self._targets.outputs == 1 else Z

    def _labels(self, y: Any) -> Array:
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise InputError(
                "NetworkClassifier takes one class for each row, or several yes/no answers of 0 and 1, but y has "
                "several columns of classes: wrap it in sklearn.multioutput.MultiOutputClassifier."
            )
        if kind == "multilabel-indicator":
            return np.asarray(y.toarray() if hasattr(y, "toarray") else y)
        return np.asarray(column_or_1d(y, warn=True))

    def _targets_of(self, y: Array, weights: Array | None, settings: Any) -> Classes:
        multilabel = y.ndim == 2
        self.classes_ = np.arange(y.shape[1]) if multilabel else np.unique(y)
        if len(self.classes_) == 1 and not multilabel:
            raise InputError(
                "NetworkClassifier tells classes apart, but y has 1 class, {label!r}. Was it cut from sorted data?",
                label=self.classes_.tolist()[0],
            )
        return Classes(self.classes_, multilabel)

    def _loss(self, settings: Any) -> Loss:
        loss: Loss = self._targets.loss(settings.label_smoothing)
        return loss

    def _class_weights(self, y: Array, weights: Array | None) -> Array | None:
        if self.class_weight is None:
            return weights
        refuse_weights(self.class_weight, self.classes_.tolist())
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if weights is None else weights * by_class

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
