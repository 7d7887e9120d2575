"""Check backward equations against central differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode, map_leaves
from chainrule.common.settings import Instance, number, whole
from chainrule.common.texts import tr
from chainrule.gradcheck.compare import compare
from chainrule.gradcheck.report import Check, GradReport
from chainrule.gradcheck.subjects import BrokenRuleError, prepare, widened

__all__ = ["Check", "GradReport", "gradcheck"]


def gradcheck(
    subject: Any,
    *inputs: Array,
    params: Any = None,
    mode: Mode = INFERENCE,
    seed: int = 0,
    tolerance: float = 1e-6,
    max_entries: int = 1000,
) -> GradReport:
    r"""Compare every gradient that a backward pass returns with central differences, in float64.

    .. math:: \frac{\partial f}{\partial \theta_i} \approx \frac{f(\theta + h e_i) - f(\theta - h e_i)}{2h}

    For a layer, f is the sum of its outputs times a *random* upstream gradient: with a gradient of ones, a backward
    that forgets the upstream gradient, or the zero gradient of a softmax, would pass.

    Where one difference does not agree with backward, many steps of very different size are tried (see
    `chainrule.gradcheck.slopes.slope`), and how well they agree with one another says how precise a difference can be.
    A gradient is WRONG only if it is off by more than that; if the differences are too coarse to decide, as those of a
    layer that computes in float32 inside, the report says "cannot tell".

    Parameters
    ----------
    subject
        A layer, a loss or a Network. A layer of your own needs the methods init, forward and backward of
        `chainrule.layers.Layer`, and need not inherit from it.
    inputs
        For a layer: x (or a tuple, such as a sequence and its initial state). For a loss: logits, targets and, if you
        like, weights. For a network: X, y and weights. The first axis is the batch; take at least 2 examples.
    params
        The layer's parameters; drawn by its init if None.
    mode
        How to run forward; the same key gives the same dropout mask every time.
    seed
        Of the random upstream gradient, the parameters, and the choice of entries.
    tolerance
        The largest relative error that counts as equal. Entries below a ten-thousandth of the array's largest, or
        below what differences can resolve, are compared with that instead of with themselves.
    max_entries
        How many entries of a larger array to compare one by one, chosen at random. All of its entries are compared
        along a random direction as well, in one sum, and where that disagrees, by halves down to the entry.

    Returns
    -------
    GradReport
        True if all are right; print it for the table. Forward and backward must not change what they are given, and
        give the same numbers for the same arguments: the report says so if they do not.

    Raises
    ------
    InputError
        If there is nothing that can be checked, or a setting is out of its range.

    References
    ----------
    Bishop, Pattern Recognition and Machine Learning, 2006, equation 5.69.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.random.default_rng(1).standard_normal((4, 5))
    >>> bool(cr.gradcheck(cr.Dense(3), x))
    True
    """
    seed = whole("gradcheck", "seed", seed, 0)
    tolerance = number("gradcheck", "tolerance", tolerance, 0, closed="neither")
    max_entries = whole("gradcheck", "max_entries", max_entries, 1)
    mode = Instance(Mode, "a Mode").check("gradcheck", "mode", mode)
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):  # NaN and infinity are reported, not warned of
        try:
            prepared = prepare(subject, [map_leaves(widened, a) for a in inputs], params, mode, rng)
        except BrokenRuleError as broken:
            return GradReport((broken.check,), tolerance)
        checks = [compare(path, prepared, rng, tolerance, max_entries) for path in prepared.arrays]
        checks += [
            Check(path, np.shape(g), problem=tr("backward returned a gradient for it, but it is no parameter"))
            for path, g in prepared.gradients.items()
            if g is not None and path not in prepared.known
        ]
        return GradReport(tuple(checks), tolerance)
