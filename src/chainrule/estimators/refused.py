"""What an estimator cannot take as X and y, told with the fix before scikit-learn or NumPy stumble over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import later, tr

_ENCODE = later(
    "encode it first, as by a ColumnTransformer with OneHotEncoder, or let chainrule.TableModel.fit prepare the frame"
)


def refuse_lazy(name: str, data: Any) -> None:
    """Raise an error if data is a LazyFrame of polars."""
    if type(data).__name__ == "LazyFrame":
        raise InputError("{name} is a LazyFrame, which is not computed yet: write {name}.collect().", name=name)


def refuse_columns_of_texts(X: Any) -> None:
    """Raise an error that names the first column of a frame that holds no numbers, or the text in an array."""
    names = getattr(X, "columns", None)
    if names is None:
        if (text := _first_text(X)) is not None:
            raise InputError("X holds numbers, but {text!r:.40} is among them: {fix}.", text=text, fix=tr(_ENCODE))
        return
    for name in names:
        values = np.asarray(X[name])
        if (text := _first_text(values)) is not None:
            raise InputError(
                "Columns of X hold numbers, but {name!r} holds {text!r:.40}: {fix}.",
                name=name,
                text=text,
                fix=tr(_ENCODE),
            )
        if values.dtype.kind in "mM":
            raise InputError(
                "Columns of X hold numbers, but {name!r} holds dates: write what of them counts as numbers, such as "
                "the days since the first one, or let chainrule.TableModel.fit prepare the frame.",
                name=name,
            )


def refuse_labels(estimator: str, y: Any) -> None:
    """Raise an error if targets of a regression are texts."""
    if (text := _first_text(y)) is not None:
        raise InputError(
            "{estimator} predicts numbers, but y holds {text!r:.40}: for classes take NetworkClassifier, and if "
            "texts are numbers, write y.astype(float).",
            estimator=estimator,
            text=text,
        )


def refuse_missing_labels(y: Any) -> None:
    """Raise an error if a target or label is missing."""
    try:
        array = np.asarray(y)
    except ValueError:  # of unequal lengths, which scikit-learn tells
        return
    if array.ndim == 0 or array.dtype.kind not in ("f", "O", "M"):
        return
    missing = np.array([_is_missing(value) for value in array.ravel()] if array.dtype == object else array != array)
    rows = np.flatnonzero(missing.reshape(len(array), -1).any(axis=1))
    if len(rows):
        raise InputError(
            "y is missing in {count:,} of {rows:,} rows, the first of which is y[{first}]: there is nothing to learn "
            "from them. Leave them out: known = ~pandas.isna(y), then X[known] and y[known].",
            count=len(rows),
            rows=len(array),
            first=int(rows[0]),
        )


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def refuse_weights(class_weight: Any, labels: Any) -> None:
    """Raise an error if class_weight names what is no class while a class has no weight, or is no weights at all."""
    if isinstance(class_weight, str) and class_weight != "balanced":
        raise InputError(
            'class_weight is "balanced" or {{label: weight}}, but it is {class_weight!r:.40}.',
            class_weight=class_weight,
        )
    if not isinstance(class_weight, Mapping):
        return
    lacking = [label for label in labels if label not in class_weight]
    unknown = [name for name in class_weight if name not in labels]
    if lacking and unknown:
        raise InputError(
            "class_weight has a weight for {unknown}, which y does not hold, and none for {lacking}: write the labels "
            "as they are in y, {labels}.",
            unknown=shown(unknown),
            lacking=shown(lacking),
            labels=shown(labels),
        )


def _first_text(values: Any) -> str | None:
    """Return the first text among values; None if there is none."""
    try:
        array = np.asarray(values)
    except ValueError:  # of unequal lengths, which scikit-learn tells
        return None
    if array.dtype.kind not in "OUT":
        return None
    return next((str(value) for value in array.ravel() if isinstance(value, str)), None)
