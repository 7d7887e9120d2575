"""Which numbers may be the parameters of a network, wherever they come from and wherever they go."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Params, leaves
from chainrule.common.texts import tr
from chainrule.data.checks import finite
from chainrule.layers import Layer
from chainrule.layers.base import path_kinds


def fault(body: Layer, params: Params) -> tuple[str, str] | None:
    """Return the path of the first parameter that no network can compute with, and what it holds; None if all can be.

    All numbers are finite, and variances are not below 0.
    """
    kinds = path_kinds(body, params)
    for path, parameter in leaves(params):
        array: Any = np.asarray(parameter)
        if not finite(array):
            return path, "NaN" if np.isnan(array).any() else tr("infinity")
        if kinds[path] == "statistic" and path.endswith("variance") and array.min(initial=0) < 0:
            return path, tr("variances below 0")
    return None
