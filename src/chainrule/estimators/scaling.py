"""Inputs of a table on one scale: what is typical lies around 0, and outliers stay within limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array, Float

LIMIT = 3.0  # no scaled number is farther from 0


@dataclass(frozen=True)
class RobustScale:
    r"""Subtract the median, divide by the distance of the quartiles, and bend what is far out towards a limit.

    .. math:: u = \frac{x - q_{50}}{q_{75} - q_{25}}, \qquad z = \frac{u}{\sqrt{1 + (u / 3)^2}}

    Where the quartiles are equal, as in a column that is mostly 0, half of the range stands in their place.

    Parameters
    ----------
    center, factor
        What is subtracted from each column, and what it is multiplied by afterwards.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, Better by default: strong pre-tuned MLPs and boosted trees on tabular data,
    2024, section 3.
    """

    center: Float[Array, " features"]
    factor: Float[Array, " features"]

    @classmethod
    def fit(cls, X: Float[Array, "rows features"], weights: Array | None, constant: float) -> RobustScale:
        """Return the scale of the columns of a table.

        Parameters
        ----------
        X
            The rows.
        weights
            How often each row counts.
        constant
            The factor of a column that holds one number only.
        """
        quartiles = np.quantile(X, (0.25, 0.5, 0.75), axis=0, method="inverted_cdf", weights=weights)
        # Files keep float64: in less, a scale that comes back from one would compute other bits.
        low, center, high, least, most = np.array([*quartiles, X.min(axis=0), X.max(axis=0)], np.float64)
        width = np.where(high > low, high - low, most / 2 - least / 2)
        return cls(center, np.where(width > 0, 1 / np.where(width > 0, width, 1), constant))

    def __call__(self, X: Float[Array, "rows features"], dtype: np.dtype) -> Float[Array, "rows features"]:
        """Return rows on this scale."""
        with np.errstate(over="ignore"):
            # Numbers that overflow are as far out as any; hypot does not square them.
            U = np.clip((X - self.center) * self.factor, -1e300, 1e300, dtype=np.float64)
        return (U / np.hypot(1, U / LIMIT)).astype(dtype)
