"""Multilayer perceptrons that scikit-learn fitted."""

from __future__ import annotations

from typing import Any

from chainrule.arrays import leaves, replace_leaves
from chainrule.common.errors import InputError
from chainrule.files.parameters import fault
from chainrule.network import Network

_ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
_LOSSES = {
    "softmax": "categorical_cross_entropy",
    "logistic": "binary_cross_entropy",
    "identity": "mean_squared_error",
    "exp": "poisson",
}
"""The loss that owns an output activation."""


def from_sklearn(estimator: Any) -> Network:
    """Return the network of a fitted MLPClassifier or MLPRegressor of scikit-learn, which predicts the same numbers.

    Parameters
    ----------
    estimator
        The fitted estimator. Of a pipeline, take its last step, and give the network what the steps before make of the
        inputs.

    Returns
    -------
    Network
        Layers as in `Network.mlp`, in the estimator's precision, with its weights and the names of its columns. Its
        classes are the places in ``estimator.classes_``: ``estimator.classes_[network.predict_classes(X)]``. Two
        classes are one output, the probability of the second one. It can be trained on.

    Raises
    ------
    InputError
        It is no such estimator, or it is not fitted.

    References
    ----------
    The attributes ``coefs_``, ``intercepts_`` and ``out_activation_``: scikit-learn's documentation of
    ``MLPClassifier`` and ``MLPRegressor``.

    Examples
    --------
    >>> import numpy as np
    >>> import chainrule as cr
    >>> from sklearn.neural_network import MLPRegressor
    >>> X = np.arange(8.0).reshape(4, 2)
    >>> estimator = MLPRegressor(solver="lbfgs", tol=1, random_state=0).fit(X, X[:, 0])
    >>> network = cr.files.from_sklearn(estimator)
    >>> network, bool(np.allclose(network.predict(X)[:, 0], estimator.predict(X)))
    (Network([Dense, relu, Dense], MeanSquaredError, input_shape=(2,)), True)
    """
    kinds = [kind.__name__ for kind in type(estimator).__mro__]
    if not {"MLPClassifier", "MLPRegressor"}.intersection(kinds):
        raise InputError(
            "from_sklearn takes a fitted MLPClassifier or MLPRegressor, but got a {kind}. Of a pipeline or a search, "
            "take the estimator in it: pipeline[-1], search.best_estimator_.",
            kind=type(estimator).__name__,
        )
    if not hasattr(estimator, "coefs_"):
        raise InputError("This {kind} has no weights yet: call its fit first.", kind=type(estimator).__name__)
    weights = estimator.coefs_
    network = Network.mlp(
        [weights[0].shape[0], *(W.shape[1] for W in weights)],
        _ACTIVATIONS[estimator.activation],
        _LOSSES[estimator.out_activation_],
        dtype=weights[0].dtype,
    )
    # Activations lie between the layers and have no arrays.
    arrays = [array for layer in zip(weights, estimator.intercepts_, strict=True) for array in layer]
    paths = [path for path, _ in leaves(network.params)]
    copies = {path: array.copy() for path, array in zip(paths, arrays, strict=True)}
    network.params = replace_leaves(network.params, copies)
    if fault(network.body, network.params):
        raise InputError("The weights of this {kind} are NaN or infinite: fit it anew.", kind=type(estimator).__name__)
    names = getattr(estimator, "feature_names_in_", None)
    network.feature_names = None if names is None else tuple(map(str, names))
    return network
