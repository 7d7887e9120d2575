"""What an estimator cannot take as X and y, told with the fix before scikit-learn or NumPy stumble over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.common.errors import InputError
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


def _first_text(values: Any) -> str | None:
    """Return the first text among values; None if there is none."""
    try:
        array = np.asarray(values)
    except ValueError:  # of unequal lengths, which scikit-learn tells
        return None
    if array.dtype.kind not in "OUT":
        return None
    return next((str(value) for value in array.ravel() if isinstance(value, str)), None)
