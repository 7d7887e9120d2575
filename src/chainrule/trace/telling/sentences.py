"""The sentences that tables and pages share."""

from __future__ import annotations

from chainrule.arrays import leaves
from chainrule.trace.explanation import Explanation, Term
from chainrule.trace.record import LayerRecord, PassRecord
from chainrule.trace.telling import numbers
from chainrule.trace.telling.words import words

# Whether it is a lesson's pass, and whether the command tells of it: what is there to do for a loss.
_NO_LOSS = {
    (False, False): "no-loss",
    (False, True): "no-loss-command",
    (True, False): "no-loss-lesson",
    (True, True): "no-loss-lesson",
}


def headline(record: PassRecord, lang: str, *, command: bool = False) -> str:
    """Return what kind of pass it was, and its loss."""
    mode = words("training" if record.mode.training else "inference", lang)
    count = record.X.shape[0]
    key = "one-example" if count == 1 else "examples"
    parts = [words(key, lang, count=count, mode=mode)] if not record.of_lesson else []
    if record.loss is None:
        return "; ".join([*parts, words(_NO_LOSS[record.of_lesson, command], lang)])
    parts.append(f"{record.loss.symbols[1]} = {numbers.text(record.loss.value)}")
    if record.optimizer is not None:
        parts.append(words("optimizer", lang, name=type(record.optimizer).__name__))
    return "; ".join(parts)


def hint(record: PassRecord, lang: str, *, command: bool) -> list[str]:
    """Return how to ask why, if there is a gradient to ask about; a page cannot be asked."""
    named = next((f"{layer.prefix}{name}" for layer in record.layers for name in matrices(layer)), None)
    if record.loss is None or named is None:
        return []
    path = f'"{named}[0, 0]"'
    return [words("ask", lang, example=f"--why {path}" if command else f"why({path})")]


def matrices(layer: LayerRecord) -> list[str]:
    """Return the names of the parameters that are matrices."""
    return [name for name, p in leaves(layer.params) if p.ndim == 2]


def said(explanation: Explanation, lang: str) -> str:
    """Return in one line which number it is, and what kind of sum."""
    key = {"slope of the loss": "slope"}.get(explanation.said, explanation.said)
    if explanation.said == "gradient" and explanation.facts:
        key = "zero"
    elif key in ("gradient", "value") and not (explanation.terms or explanation.facts or explanation.value):
        key = "nothing"
    elif explanation.of_block:
        key = "block"
    return words(f"why-{key}", lang, path=explanation.path, value=numbers.text(explanation.value))


def remarks(explanation: Explanation, lang: str) -> list[tuple[bool, str]]:
    """Return what there is to say about the sum and the finite difference, each with whether all is well."""
    lines = []
    if explanation.adds_up is False:
        lines.append((False, words("not-adding", lang)))
    slope = explanation.difference
    if slope is not None and slope.kink:
        lines.append((True, words("kink", lang)))
    elif slope is not None:
        value, doubt = numbers.text(slope.value), f"{slope.doubt:.1g}"
        lines.append((True, words("difference", lang, value=value, doubt=doubt)))
        if not agrees(explanation):
            lines.append((False, words("disagrees", lang)))
    return lines


def agrees(explanation: Explanation) -> bool:
    """Return whether a gradient is what its finite difference says, as far as that is known."""
    slope = explanation.difference
    if slope is None or slope.kink:
        return True
    return abs(slope.value - explanation.value) <= slope.doubt + 1e-4 * abs(slope.value) + explanation.rounding


def sides(term: Term, own: str, lang: str) -> tuple[str, str]:
    """Return both sides of a product: the factor and the number, with their values; `own` is the layer in question."""
    if not term.number_path:
        return "", words("nonlinear", lang)
    number = short(term.number_path, own)
    if term.local is None and term.number is not None:
        return "", f"{term.factor}({number} = {numbers.text(term.number)})"
    if term.local is None or term.number is None:
        return "", f"{number}  ({words('block', lang)})"
    if term.factor == "1":  # the number is passed on as it is
        return "", f"{number} = {numbers.text(term.number)}"
    return f"{short(term.factor, own)} = {numbers.text(term.local)}", f"{number} = {numbers.text(term.number)}"


def short(name: str, own: str) -> str:
    """Return a name without the layer, where that is the one in question."""
    return name.replace(f"{own}.", "") if own else name
