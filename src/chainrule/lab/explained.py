"""Why a number of a pass is what it is, as the page shows it: terms that open, the formula with the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.common.settings import shown
from chainrule.common.texts import tr
from chainrule.lab.formulas import difference, in_numbers
from chainrule.lab.operations import single
from chainrule.lab.passes import OnePass
from chainrule.lab.updates import Update
from chainrule.trace.explanation import Term
from chainrule.trace.paths import Quantity, at
from chainrule.trace.record import renewed
from chainrule.trace.telling.numbers import text
from chainrule.trace.telling.sentences import remarks, said, short, sides
from chainrule.trace.trace import Why, ask

_TERMS, _MORE = 8, 64
"""Terms that are listed at first, and at most."""


def explained(
    one: OnePass, path: Any, opened: Any = (), *, difference: bool = False, everything: bool = False
) -> dict[str, Any]:
    """Return why a number is what it is, as plain data.

    Parameters
    ----------
    one
        The pass.
    path
        Which number, such as ``layer0.W[3, 1]``.
    opened
        Which terms are opened, one after another; for blocks of numbers, which no path names.
    difference
        Whether to put the finite difference beside a gradient.
    everything
        Whether to list more of the terms than the largest.

    Raises
    ------
    InputError
        There is no such number.
    """
    if isinstance(path, str) and ":" in path:
        return _of_state(one, path)
    quantity, index = one.find(path)
    if quantity.kind == "updated" and index is not None:
        return _of_update(one, quantity, index)
    if quantity.kind == "kept" and index is not None:
        return _of_kept(one, quantity, index)
    try:
        first = ask(one.trace, path, most=1)[0]
    except InputError as error:
        return _unexplained(one, quantity, index, error)
    told = _told(one, _opened(first, opened), quantity, index, list(opened), _MORE if everything else _TERMS)
    return _compared(one, told) if difference else told


def _compared(one: OnePass, told: dict[str, Any]) -> dict[str, Any]:
    """Return an explanation with the finite difference beside it, or with the reason why there is none."""
    try:
        why = ask(one.trace, told["path"], difference=True, most=1)[0]
    except InputError as error:
        return told | {"remarks": [{"good": True, "text": str(error)}]}
    return told | {"remarks": _remarks(why)}


def _remarks(why: Why) -> list[dict[str, Any]]:
    return [{"good": good, "text": sentence} for good, sentence in remarks(why, language())]


def _unexplained(one: OnePass, quantity: Quantity, index: Any, error: InputError) -> dict[str, Any]:
    """Return a number with the reason why it has no terms; what is no number is refused."""
    if index is None or not all(isinstance(place, int) for place in index):
        raise error
    path, value = at(quantity.name, index), text(float(quantity.array[index]))
    return _plain(one, path, f"{path} = {value}", value) | {"remarks": [{"good": True, "text": str(error)}]}


def _opened(why: Why, opened: Any) -> Why:
    if not isinstance(opened, list | tuple) or not all(isinstance(i, int) for i in opened):
        raise InputError(
            "open is a list of terms by their numbers, such as [0], but {opened} came.", opened=shown(opened)
        )
    for i in opened:
        why = why.open(i)
    return why


def _of_kept(one: OnePass, quantity: Quantity, index: Any) -> dict[str, Any]:
    """Return what there is to say of a number that forward kept for backward: by which equations it came about."""
    path, record = at(quantity.name, index), quantity.record
    sentence = tr(
        "{path} = {value}: kept on the way forward, for the way back",
        path=path,
        value=text(float(quantity.array[index])),
    )
    return _plain(one, path, sentence, text(float(quantity.array[index]))) | {
        "equations": [] if record is None else single(record.equations)
    }


def _plain(one: OnePass, path: str, sentence: str, value: str) -> dict[str, Any]:
    """Return an explanation without terms."""
    return {
        "path": path,
        "ask": _asked(path),
        "said": sentence,
        "value": value,
        "equations": [],
        "formula": None,
        "terms": [],
        "facts": [],
        "remarks": [],
        "compares": False,
        "operation": one.where(path),
    }


def _told(one: OnePass, why: Why, quantity: Quantity, index: Any, opened: list[int], most: int) -> dict[str, Any]:
    lang = language()
    own = why.path.partition("[")[0].rpartition(".")[0]
    largest = max((abs(term.product) for term in why.terms), default=0.0) or 1.0
    listed = why.terms[:most]
    data: dict[str, Any] = {
        "path": why.path,
        "ask": {"path": why.path, "open": opened},
        "said": said(why, lang),
        "value": text(why.value),
        "equations": single(why.equations),
        "formula": in_numbers(why, own),
        "terms": [_term(one, why, i, term, largest, opened) for i, term in enumerate(listed)],
        "facts": [{"name": short(name, own), "value": text(value), "ask": _asked(name)} for name, value in why.facts],
        "remarks": _remarks(why),
        "compares": why.said == "gradient" and not why.of_block,
        "operation": one.where(why.path),
    }
    if quantity.kind == "parameter" and index is not None:
        name = at(quantity.name, index)
        data["parameter"] = {"name": name, "value": text(float(quantity.array[index])), "update": _new_name(one, name)}
    rest = len(why.terms) - len(listed)
    if rest:
        data["rest"] = {"count": rest, "product": text(why.rest(most)), "more": most < _MORE}
    if len(why.terms) > 1:
        data["total"] = text(why.total)
    return data


def _term(one: OnePass, why: Why, i: int, term: Term, largest: float, opened: Sequence[int]) -> dict[str, Any]:
    own = why.path.partition("[")[0].rpartition(".")[0]
    factor, number = sides(term, own, language())
    data: dict[str, Any] = {
        "product": text(term.product),
        "percent": round(100 * term.product / largest),
        "factor": factor,
        "number": number,
        "opens": term.opens,
    }
    if term.opens:
        single = term.number is not None
        data["ask"] = _asked(term.number_path) if single else {"path": why.path, "open": [*opened, i]}
        data["operation"] = one.where(term.number_path)
    return data


def _asked(path: str) -> dict[str, Any]:
    return {"path": path, "open": []}


def _new_name(one: OnePass, path: str) -> str | None:
    """Return what a number of a parameter is called after the step, if there was one."""
    name, bracket, place = path.partition("[")
    return renewed(name) + bracket + place if renewed(name) in one.known else None


# Updates.


def _of_update(one: OnePass, quantity: Quantity, index: Any) -> dict[str, Any]:
    """Return how the optimizer made a parameter's new number."""
    step = one.step
    update = next((u for u in step.updates.values() if u.new_name == quantity.name), None)
    path = at(quantity.name, index)
    value = text(float(quantity.array[index]))
    rule = type(step.rule).__name__
    if update is None:
        return _plain(one, path, tr("{path} = {value}: a running statistic", path=path, value=value), value)
    sentence = tr(
        "{path} = {value}: what {rule} made of it in step {number}",
        path=path,
        value=value,
        rule=rule,
        number=step.number,
    )
    data = _plain(one, path, sentence, value)
    data["equations"] = single(step.rule.equations)
    data["formula"] = difference(update.name, update.old[index], update.new[index], index)
    data["update"] = _rows(one, update, index)
    return data


def _of_state(one: OnePass, path: str) -> dict[str, Any]:
    """Return how the optimizer made a number of what it remembers of a parameter, such as ``layer0.W:m[0, 1]``."""
    name, bracket, place = path.partition("[")
    array = one.shown(name).array
    quantity, index = one.find(renewed(name.partition(":")[0]) + bracket + place)
    if index is None or not all(isinstance(n, int) for n in index):
        raise InputError("{path} is many numbers: ask about one, such as {name}[0].", path=path, name=name)
    value = text(float(array[index]))
    sentence = tr("{path} = {value}: what {rule} remembers", path=path, value=value, rule=type(one.rule).__name__)
    return _of_update(one, quantity, index) | {
        "path": path,
        "ask": _asked(path),
        "value": value,
        "said": sentence,
        "operation": one.where(path),
    }


def _rows(one: OnePass, update: Update, index: Any) -> list[dict[str, Any]]:
    """Return the numbers of an update, one below another, each with what it is."""
    step = one.step

    def row(label: str, value: float | str, path: str | None = None) -> dict[str, Any]:
        shown_value = value if isinstance(value, str) else text(value)
        return {"label": label, "value": shown_value, "ask": None if path is None else _asked(path)}

    rows = [row(tr("before"), float(update.old[index]))]
    rows.append(row(tr("gradient"), float(update.gradient[index]), at(update.gradient_name, index)))
    if step.clipped != 1:
        rows.append(row(tr("all gradients times, so that their norm stays within its limit"), step.clipped))
    if update.decay:
        rows.append(row(tr("weight decay"), update.decay))
    rows.append(row(tr("learning rate"), step.rate))
    for letter, before in update.before.items():
        after = update.after[letter]
        rows.append(row(tr("{letter} before", letter=letter), float(before[index])))
        rows.append(row(tr("{letter} after", letter=letter), float(after[index])))
    change = float(update.new[index]) - float(update.old[index])
    return [*rows, row(tr("difference"), change), row(tr("after"), float(update.new[index]))]
