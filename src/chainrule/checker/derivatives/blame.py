"""Which line makes the move of a parameter wrong, and what is measured there."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from chainrule.checker.derivatives import differences, lines, sorting, step_patterns, updates, upstream
from chainrule.checker.derivatives.differences import Rerun
from chainrule.checker.derivatives.steps import Verdict
from chainrule.checker.derivatives.updates import Agreement
from chainrule.checker.derivatives.upstream import Flow, Upstream
from chainrule.checker.learner import Learner
from chainrule.checker.watching.paths import Path

_DRAWN = re.compile(r"random|rand\(|randn\(|normal\(|uniform\(")  # moves that are tried out follow no slope


class Place(NamedTuple):
    """What is to blame: a function, "" for the step's own code, a line, and what is said of it."""

    function: str
    line: int | None
    facts: dict[str, str]


def blamed(learner: Learner, loop: int, rerun: Rerun, verdict: Verdict, until: float) -> Place | None:
    """Return what is to blame for the wrong parameters of a step, in the loop that begins in a line.

    Where no parameter moves rightly, a gradient that all moves follow from is to blame; if there is none, the function
    that computes the gradients, without a line, unless the moves may be by a rule of their own: then None.
    """
    flow = upstream.flow(rerun, verdict, until)
    first = _first(learner, loop, verdict.effects, flow)
    factor = updates.rate(verdict.along)
    parameter = _nearest_to_the_cost(verdict)
    facts = _measured(parameter, factor, verdict)
    if first is None and not verdict.along:
        entering = updates.entering(verdict.point, parameter.path)
        function = next(filter(None, (lines.split(path)[0] for path, _, _ in entering)), "")
        is_drawn = _DRAWN.search(ast.unparse(ast.Module([*_block(learner, loop, function)], [])))
        return Place(function, None, facts) if verdict.is_no_descent and not is_drawn else None
    if first is not None:
        function, statement = _assigned(learner, loop, first.gradient)
        line = statement.lineno if statement else None
        names = [step_patterns.short(other.path) for other in verdict.along]
        changed = lines.changed_before(_block(learner, loop, function), line or 0, names)
        if changed is not None:
            early = {"upstream": step_patterns.short(first.gradient), "other": changed[0], "pattern": "own-early"}
            return Place(function, changed[1], facts | early)
        facts |= step_patterns.of_upstream(first, flow)
        if first in flow.right:  # but for its length
            facts["pattern"] = step_patterns.of_move(rerun, verdict.cost, parameter, factor, verdict.point)
        return Place(function, line, facts)
    giving = {other.path: _giving(learner, loop, verdict, other) for other in verdict.off}
    function, statement = giving[parameter.path]
    same = [s for scope, s in giving.values() if scope == function and s is not None]
    if len(set(same)) > 1 and (source := lines.common_source(_block(learner, loop, function), same)):
        return Place(function, source.lineno, facts | {"pattern": "other"})
    facts["pattern"] = step_patterns.of_move(rerun, verdict.cost, parameter, factor, verdict.point)
    return Place(function, statement.lineno if statement else None, facts)


def blamed_uphill(learner: Learner, loop: int, verdict: Verdict) -> tuple[str, int | None]:
    """Return the function and the line from which on all parameters move up the slope.

    That is the update, if the gradients are right; else where the two nearest to the cost come from.
    """
    nearest = verdict.along[:2]
    of_arrays = [parameter for parameter in verdict.along if len(parameter.entries) > 1]
    if of_arrays and any(scale > 0 for scale in sorting.scales(of_arrays[0], verdict.point)):
        after = [verdict.point.after[parameter.path] for parameter in verdict.along]
        names = (path for path, a in verdict.point.made.items() if any(differences.is_same(a, b) for b in after))
        places = [_assigned(learner, loop, path) for path in names]
        return next(((function, s.lineno) for function, s in places if s and not _only_names(s)), ("", None))
    giving = [_giving(learner, loop, verdict, parameter) for parameter in nearest]
    function = giving[0][0]
    same = [statement for scope, statement in giving if statement is not None and scope == function]
    source = lines.common_source(_block(learner, loop, function), same) if same else None
    return function, source.lineno if source else None


def is_of_what_is_left(learner: Learner, loop: int, verdict: Verdict) -> bool:
    """Return whether a cost is computed anew after the step: it goes down the slope of the cost before, not of this."""
    names = [step_patterns.short(parameter.path) for parameter in verdict.parameters]
    for path in verdict.cost.reads:
        function, statement = _assigned(learner, loop, path)
        if statement is not None and (lines.called(statement) & _own_names(learner)):
            block = _block(learner, loop, function)
            if any(lines.is_changed(block, statement.lineno, name) for name in names):
                return True
    return False


def first_use(learner: Learner, loop: int, verdict: Verdict, parameter: Agreement) -> tuple[str, int | None]:
    """Return the function and the line in which something is first computed with a parameter."""
    follows = verdict.effects[parameter.path] - verdict.effects.keys()  # no updates
    assigned = [_assigned(learner, loop, path) for path in verdict.point.after if path in follows]
    places = [(function, statement) for function, statement in assigned if statement is not None]
    written = step_patterns.short(parameter.path).rpartition("[")[2].rpartition(".")[2].strip("]'")
    reading = [place for place in places if written in re.findall(r"\w+", ast.unparse(place[1]))]
    return next(((function, statement.lineno) for function, statement in reading or places), ("", None))


def _only_names(statement: ast.stmt) -> bool:
    """Return whether a statement gives names to what is there: `W1, b1 = params["W1"], params["b1"]`."""
    value = getattr(statement, "value", None)
    values = value.elts if isinstance(value, ast.Tuple) else [value]
    is_update = isinstance(statement, ast.AugAssign)
    return not is_update and all(isinstance(v, ast.Name | ast.Subscript | ast.Attribute) for v in values)


def _own_names(learner: Learner) -> set[str]:
    return {function.rpartition(".")[2] for function in learner.nodes}


def _giving(learner: Learner, loop: int, verdict: Verdict, parameter: Agreement) -> tuple[str, ast.stmt | None]:
    """Return the statement that gives the gradient of a parameter its value, or else the parameter, and where it is."""
    for paths, find in product((_gradients(verdict, parameter), [parameter.path]), (_assigned, _kept)):
        for path in paths:
            function, statement = find(learner, loop, path)
            if statement is not None:
                return function, statement
    return lines.split(parameter.path)[0], None


def _nearest_to_the_cost(verdict: Verdict) -> Agreement:
    """Return the wrong parameter that least follows from."""
    return min(verdict.off, key=lambda parameter: (len(verdict.effects[parameter.path]), -parameter.move.size))


def _first(learner: Learner, loop: int, effects: Mapping[Path, frozenset[Path]], flow: Flow) -> Upstream | None:
    """Return the first wrong gradient that the others follow from: of those equally near to the cost by its line.

    Where that is the right gradient of something else, the last that holds it: it is right before.
    """
    reach = {pair: sum(pair.quantity in follows for follows in effects.values()) for pair in flow.wrong}
    nearest = [pair for pair in flow.wrong if reach[pair] == max(reach.values())]
    right = {pair.gradient for pair in flow.right}
    if right_but_for_its_length := [pair for pair in nearest if pair in flow.right]:
        return min(right_but_for_its_length, key=lambda pair: _line(learner, loop, pair))
    meant = [pair for pair in nearest if pair.gradient in right]
    chosen = max if meant else min
    return chosen(meant or nearest, key=lambda pair: _line(learner, loop, pair), default=None)


def _line(learner: Learner, loop: int, pair: Upstream) -> int:
    statement = _assigned(learner, loop, pair.gradient)[1]
    return statement.lineno if statement else 0


def _gradients(verdict: Verdict, parameter: Agreement) -> list[Path]:
    """Return the arrays that a parameter moves along, at the rate of the others; the first that was made first."""
    if not parameter.move.any():
        multiples = (
            (path, updates.scale(parameter, a)) for path, a in updates.gradients(verdict.point, parameter.path)
        )
        return [path for path, multiple in multiples if multiple is not None]
    factor = updates.rate(verdict.along)
    arrays = [p for p in verdict.along if len(p.entries) > 1] or verdict.along  # one number is a multiple of any other
    others = [rate for p in arrays for _, _, rate in updates.entering(verdict.point, p.path)]
    rates = [*others, factor]
    entering = updates.entering(verdict.point, parameter.path)
    along = [path for path, _, rate in entering if any(updates.is_near(rate, other) for other in rates)]
    return along or [path for path, _ in updates.of_one_length(verdict.point, parameter.path)]


def _assigned(learner: Learner, loop: int, path: Path) -> tuple[str, ast.stmt | None]:
    """Return the function in which something gets its value, and the statement."""
    function, written = lines.split(path)
    return function, lines.assigned(_block(learner, loop, function), written)


def _kept(learner: Learner, loop: int, path: Path) -> tuple[str, ast.stmt | None]:
    """Return the same of what an object keeps, `net.dW`, if one method alone gives it a value."""
    _, dot, attribute = lines.split(path)[1].rpartition(".")
    methods = [function for function in learner.nodes if "." in function and not function.endswith(".__init__")]
    giving = [(m, s) for m in methods if dot and (s := lines.assigned(learner.nodes[m].body, f"self.{attribute}"))]
    return giving[0] if len(giving) == 1 else ("", None)


def _block(learner: Learner, loop: int, function: str) -> lines.Block:
    return learner.nodes[function].body if function in learner.nodes else lines.body_of(learner.whole, loop)


def _measured(parameter: Agreement, factor: float, verdict: Verdict) -> dict[str, str]:
    """Return the entry that is off most, and what stands there."""
    at = int(np.argmax(np.abs(parameter.move - factor * parameter.derivative)))
    place = ", ".join(map(str, parameter.entries[at]))
    facts = {
        "name": step_patterns.short(parameter.path),
        "index": f"[{place}]" if place else "",
        "others": ", ".join(step_patterns.short(other.path) for other in verdict.along),
    }
    if np.isnan(factor):  # nothing shows the rate
        return facts
    return facts | {"expected": f"{factor * parameter.derivative[at]:.6g}", "got": f"{parameter.move[at]:.6g}"}
