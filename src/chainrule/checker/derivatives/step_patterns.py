"""What is wrong with a parameter's move, in a word: what a learner recognizes it by."""

from __future__ import annotations

import numpy as np

from chainrule.checker.derivatives import differences, sorting, updates
from chainrule.checker.derivatives.costs import Cost
from chainrule.checker.derivatives.differences import Point, Rerun
from chainrule.checker.derivatives.updates import AGREE, Agreement
from chainrule.checker.derivatives.upstream import Flow, Upstream
from chainrule.checker.watching.paths import Path, text


def of_move(rerun: Rerun, cost: Cost, parameter: Agreement, factor: float, point: Point) -> str:
    """Return the key of a pattern, and perhaps a number, for a parameter by itself."""
    if not parameter.move.any():
        return "own-unmoved"
    if parameter.is_multiple and not np.isnan(factor):
        ratio = parameter.factor / factor
        if updates.is_near(ratio, -1):
            return "sign"
        return f"own-{'count' if sorting.count(ratio, point) else 'ratio'} {abs(ratio):.6g}" if ratio > 0 else "other"
    move = point.moved(parameter.path)
    if move.size > 1 and np.ptp(move) <= AGREE * np.max(np.abs(move)) and np.ptp(parameter.derivative):
        return "own-one-number"
    if _is_transposed(rerun, cost, parameter, factor, point):
        return "transposed"
    return "other"


def _is_transposed(rerun: Rerun, cost: Cost, parameter: Agreement, factor: float, point: Point) -> bool:
    move = point.moved(parameter.path)
    if move.ndim != 2 or move.shape[0] != move.shape[1]:
        return False
    places = [place[::-1] for place in parameter.entries]
    slope, _ = differences.slopes(cost.of, list(differences.trials(rerun, point, parameter.path, places, cost.reads)))
    longest = float(np.max(np.abs(parameter.move)))
    return len(slope) == len(places) and bool(np.max(np.abs(parameter.move - factor * slope)) <= AGREE * longest)


def of_upstream(wrong: Upstream, flow: Flow) -> dict[str, str]:
    """Return the facts about a wrong gradient from which others follow: of what it is the right gradient."""
    facts = {"upstream": short(wrong.gradient), "quantity": short(wrong.quantity), "pattern": "own-upstream"}
    right = [pair.quantity for pair in flow.right if pair.gradient == wrong.gradient]
    if right and wrong.quantity not in right:
        return facts | {"pattern": "own-slope", "other": short(right[0])}
    return facts


def short(path: Path) -> str:
    """Return a path without the function that it is in.

    >>> from chainrule.checker.watching.paths import Step
    >>> short((Step("name", "Net.backward().dZ"),))
    'dZ'
    """
    return text(path).rpartition("()")[2].removeprefix(".") or text(path)
