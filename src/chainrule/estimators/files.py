"""What a fitted estimator knows besides its network, as plain data for its file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from chainrule.arrays import Array
from chainrule.common.errors import FileFormatError
from chainrule.common.texts import tr
from chainrule.estimators.scaling import RobustScale
from chainrule.estimators.targets import Classes, Values
from chainrule.files.descriptions import plain, rebuilt
from chainrule.files.kinds import ESTIMATOR, model_kind
from chainrule.network import Network

_KINDS = "biufU"  # of NumPy's types: what labels may be; other labels are texts


def described(estimator: Any) -> dict[str, Any]:
    """Return what a file needs to give a fitted estimator back."""
    targets, scale = estimator._targets, estimator._scale
    names = getattr(estimator, "feature_names_in_", None)
    return {
        "task": _task(type(estimator)),
        "parameters": {name: plain(value, name) for name, value in _parameters(estimator).items()},
        "targets": _described_classes(targets) if isinstance(targets, Classes) else _described_values(targets),
        "scale": None if scale is None else {"center": scale.center.tolist(), "factor": scale.factor.tolist()},
        "seed": estimator._seed,
        "features": estimator.n_features_in_,
        "feature_names": None if names is None else [str(name) for name in names],
    }


def rebuilt_estimator(kind: type[Any], network: Network, description: Mapping[str, Any], path: str) -> Any:
    """Return the estimator of a network and what its file says besides.

    Parameters
    ----------
    kind
        The class that is asked for.
    network
        The network of the file.
    description
        All that the file says; under ESTIMATOR what `described` returned, if an estimator wrote it.
    path
        The file's name, for errors.
    """
    try:
        if ESTIMATOR not in description or description[ESTIMATOR]["task"] != _task(kind):
            raise FileFormatError(
                "{path} holds no {wanted}: it is {kind}.",
                path=path,
                wanted=kind.__name__,
                kind=tr(model_kind(description)),
            )
        return _rebuilt(kind, network, description[ESTIMATOR])
    except FileFormatError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise FileFormatError(
            "{path} does not describe an estimator that this version knows: {error!r:.200}", path=path, error=error
        ) from error


def _rebuilt(kind: type[Any], network: Network, described: dict[str, Any]) -> Any:
    parameters = rebuilt(described["parameters"])
    if isinstance(parameters.get("class_weight"), tuple):
        parameters["class_weight"] = dict(parameters["class_weight"])
    estimator = kind(**parameters)
    targets, scale, features = described["targets"], described["scale"], described["features"]
    if network.input_shape is None or network.output_shape is None:
        raise ValueError("no shapes")
    estimator.network_, estimator._seed, estimator._progress = network, int(described["seed"]), None
    network.seed = estimator._seed
    estimator._targets = _rebuilt_targets(targets)
    if estimator._targets.outputs != network.output_shape[-1]:
        raise ValueError(f"{estimator._targets.outputs} outputs, but the network gives {network.output_shape}")
    estimator._scale = None
    if scale is not None:
        estimator._scale = RobustScale(_numbers(scale["center"], features), _numbers(scale["factor"], features))
    estimator.n_features_in_ = int(features)
    if described["feature_names"] is not None:
        estimator.feature_names_in_ = np.array(described["feature_names"], dtype=object)
    if isinstance(estimator._targets, Classes):
        estimator.classes_ = estimator._targets.labels
    estimator._built_with = estimator._structure(estimator._settings())
    return estimator


def _task(kind: type[Any]) -> str:
    return "classification" if issubclass(kind, ClassifierMixin) else "regression"


def _parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters in their one spelling, but for callbacks, which belong to the run."""
    parameters = {}
    for name, value in estimator.get_params(deep=False).items():
        if name in estimator.rules:
            value = estimator.rules[name].check(type(estimator).__name__, name, value)
        parameters[name] = value.item() if isinstance(value, np.generic) else value
    del parameters["callbacks"]
    if parameters["dtype"] is not None:
        parameters["dtype"] = parameters["dtype"].name
    weights = parameters.get("class_weight")
    if isinstance(weights, dict):  # JSON knows texts alone as names
        pairs = ((np.asarray(label).item(), float(weight)) for label, weight in weights.items())
        parameters["class_weight"] = tuple(pairs)
    return parameters


def _described_classes(targets: Classes) -> dict[str, Any]:
    labels = targets.labels
    kind = labels.dtype.str if labels.dtype.kind in _KINDS else "O"
    return {
        "labels": [plain(label, "classes_") for label in labels.tolist()],
        "dtype": kind,
        "multilabel": bool(targets.multilabel),
    }


def _described_values(targets: Values) -> dict[str, Any]:
    return {"center": targets.center.tolist(), "unit": targets.unit.tolist(), "flat": bool(targets.flat)}


def _rebuilt_targets(targets: dict[str, Any]) -> Classes | Values:
    if "labels" not in targets:
        center = _numbers(targets["center"], len(targets["center"]))
        return Values(center, _numbers(targets["unit"], len(center)), bool(targets["flat"]))
    dtype = np.dtype(targets["dtype"])
    if dtype.kind not in _KINDS + "O":
        raise ValueError(f"labels of the type {dtype}")
    return Classes(np.array(targets["labels"], dtype), bool(targets["multilabel"]))


def _numbers(values: Any, count: int) -> Array:
    """Return so many finite numbers."""
    numbers = np.array(values, np.float64)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise ValueError(f"{numbers.shape} numbers in place of {count}, or such as are not finite")
    return numbers
