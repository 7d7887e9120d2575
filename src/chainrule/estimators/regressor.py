"""A network that predicts numbers, as an estimator of scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sklearn.base import RegressorMixin

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import Either, Flag, Instance, OneOf
from chainrule.data.convert import as_array
from chainrule.equations import losses
from chainrule.equations.losses import LOSSES, Loss
from chainrule.estimators import plan
from chainrule.estimators.base import NetworkEstimator
from chainrule.estimators.targets import Values
from chainrule.tables import realmlp

_REGRESSION = [name for name, loss in LOSSES.items() if loss.task == "regression"]


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkRegressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """A network that predicts numbers, one or several for each row.

    Inputs and targets are scaled inside, unless `scale` and `scale_target` are off, and predictions come in the units
    of y. Columns of a data frame keep their names: another frame must have the same ones in the same order.

    Parameters
    ----------
    {common}
    loss
        "mean_squared_error" (predicts the mean), "mean_absolute_error" (the median), "huber" (the mean, with less heed
        to outliers), "quantile", "poisson" (the mean of counts, above 0), or an object such as ``cr.Quantile(0.9)``. It
        is computed on scaled targets, so Huber's delta counts in standard deviations of y, and so does `loss_curve_`.
    scale_target
        Whether each target is brought to mean 0 and standard deviation 1 (for "poisson": to mean 1) before training. A
        network that starts at 0 takes long to reach targets in the thousands.

    Attributes
    ----------
    network_
        The trained `chainrule.Network`, which computes with scaled inputs and targets.
    loss_curve_, validation_curve_
        The loss on the training rows in each epoch, and the monitored score on the rows to validate on.
    n_iter_
        How many epochs there were.
    n_features_in_, feature_names_in_
        The columns of X.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = NetworkRegressor(random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.5
    True
    """

    loss: Any = "mean_squared_error"
    scale_target: Any = True

    rules: ClassVar = NetworkEstimator.rules | {
        "loss": Either(OneOf(_REGRESSION), Instance(Loss, "a loss")),
        "scale_target": Flag(),
    }
    least_epochs: ClassVar = plan.LEAST_EPOCHS_FOR_NUMBERS
    tabular: ClassVar = realmlp.NUMBERS
    structure: ClassVar = ("loss", "scale_target")

    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None
    ) -> NetworkRegressor:
        """Train for one epoch on some rows, from where the last call of `fit` or `partial_fit` ended.

        The first call settles how inputs and targets are scaled, so let it be a fair sample of the rows. The parameters
        are those of `fit`.
        """
        self._partial_fit(X, y, sample_weight, validation_data, None)
        return self

    def predict(self, X: Any) -> Array:
        """Return the predicted value, or values, of each row, in the units of y."""
        Z = self._logits(X)
        return self._targets.decode(self.network_.loss.activation(Z))

    def _labels(self, y: Any) -> Array:
        return as_array("y", y)

    def _loss(self, settings: Any) -> Loss:
        loss = losses.find(settings.loss)
        if loss.task != "regression":
            raise InputError(
                "NetworkRegressor takes a loss for numbers, but {loss} is for classes: take NetworkClassifier.",
                loss=type(loss).__name__,
            )
        return loss

    def _targets_of(self, y: Array, weights: Array | None, settings: Any) -> Values:
        return Values.fit(y, weights, self._loss(settings), settings.scale_target)

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
