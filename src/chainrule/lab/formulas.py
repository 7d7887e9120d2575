"""Sums of terms in LaTeX, first by the terms' names and then by their numbers."""

from __future__ import annotations

import re
from typing import Any

from chainrule.trace.explanation import Explanation, Term
from chainrule.trace.paths import at
from chainrule.trace.telling.numbers import text

_MOST = 4  # terms that are written out
_NUMBER = re.compile(r"(?<![\w.])[A-Za-z][\w.]*\[[\d, ]*\]")  # a number's name, such as layer2.dW[3, 1]
_GREEK = re.compile(r"^(d?)(alpha|beta|gamma|mu|sigma)$")
_FUNCTIONS = ("log", "exp", "tanh", "max", "min")


def in_numbers(explanation: Explanation, own: str) -> str | None:
    """Return how a number is the sum of its largest terms: by their names, then by their numbers.

    Parameters
    ----------
    explanation
        Of the number.
    own
        The layer whose arrays are named without it.

    Returns
    -------
    str or None
        LaTeX; None if there are no terms, or blocks among the largest.
    """
    first = explanation.terms[:_MOST]
    if not first or any(term.number is None for term in first):
        return None
    more = [r"\cdots"] if len(explanation.terms) > len(first) else []
    names = [*(_names(term, own) for term in first), *more]
    values = [*(_values(term) for term in first), *more]
    right = dict.fromkeys((_sum(names), _sum(values), number(explanation.value)))  # what is passed on stands once
    lines = " \\\\ ".join(f"&= {side}" for side in right)
    return rf"\begin{{aligned}}{_symbol(explanation.path, own)} {lines}\end{{aligned}}"


def difference(name: str, old: Any, new: Any, index: Any) -> str:
    """Return how a step changed a number of a parameter, in LaTeX."""
    less = float(old) - float(new)
    symbol = _symbol(at(name, index), name.rpartition(".")[0])
    sign = "-" if less >= 0 else "+"
    return rf"{symbol} \leftarrow {number(float(old))} {sign} {number(abs(less))} = {number(float(new))}"


def number(value: float, *, inside: bool = False) -> str:
    r"""Return a number in LaTeX; a negative one inside of a product in parentheses.

    >>> number(-0.5, inside=True), number(1e-7)
    ('(-0.5000)', '1 \\cdot 10^{-7}')
    """
    written = text(value)
    mantissa, e, exponent = written.partition("e")
    if e:
        written = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return rf"({written})" if inside and value < 0 else written


def _sum(terms: list[str]) -> str:
    return " + ".join(terms)


def _names(term: Term, own: str) -> str:
    above = expression(term.number_path, own)
    if term.local is None:
        return rf"{_function(term.factor)}\left({above}\right)"
    return above if _passes_on(term) else rf"{expression(term.factor, own)} \cdot {above}"


def _values(term: Term) -> str:
    assert term.number is not None
    if term.local is None:
        return rf"{_function(term.factor)}\left({number(term.number)}\right)"
    if _passes_on(term):
        return number(term.number, inside=True)
    return rf"{number(term.local, inside=True)} \times {number(term.number, inside=True)}"


def _passes_on(term: Term) -> bool:
    """Return whether a number is passed on as it is: its factor is 1, whatever it is called."""
    return term.local == 1 and (term.factor in ("1", "1/1") or term.factor.startswith("∂"))


def _function(name: str) -> str:
    return rf"\operatorname{{{_escaped(name)}}}"


def expression(text: str, own: str) -> str:
    r"""Return what a factor or a number is called, in LaTeX.

    >>> expression("layer2.dW[3, 1]", "layer2"), expression("1/2", ""), expression("-log(loss.P[0, 1])", "loss")
    ('dW_{3,1}', '\\frac{1}{2}', '-\\log(P_{0,1})')
    >>> expression("∂layer1.A[0, 0]/∂layer1.Z[0, 0]", "layer1")
    '\\frac{\\partial A_{0,0}}{\\partial Z_{0,0}}'
    """
    above, slash, below = text.partition("/")
    if slash and above and "(" not in text:
        return rf"\frac{{{expression(above, own)}}}{{{expression(below, own)}}}"
    parts, end = [], 0
    for match in _NUMBER.finditer(text):
        parts += [_words(text[end : match.start()]), _symbol(match[0], own)]
        end = match.end()
    return "".join([*parts, _words(text[end:])])


def _words(text: str) -> str:
    """Return what stands between names: functions and signs as they are, anything else as text."""
    text = re.sub(rf"\b({'|'.join(_FUNCTIONS)})\b", r"\\\1", text.replace("∂", r"\partial "))
    return re.sub(r"(?<![\\\w])[A-Za-z_][\w.]*", lambda match: rf"\text{{{_escaped(match[0])}}}", text)


def _symbol(path: str, own: str) -> str:
    r"""Return a number's name in LaTeX, with the layer above it where it is another one.

    >>> _symbol("layer0.step1.h_prev[0, 2]", "layer0.step1"), _symbol("layer0.Wx[1, 0]", "layer0")
    ('h^{\\text{prev}}_{0,2}', 'W_{x;1,0}')
    >>> _symbol("loss.dZ[0, 0]", "layer2")
    'dZ^{[\\text{loss}]}_{0,0}'
    """
    name, _, place = path.partition("[")
    head, _, last = name.rpartition(".")
    base, _, suffix = last.partition("_")
    above = [rf"\text{{{_escaped(suffix)}}}"] if suffix and suffix != "hat" else []
    above += [] if head in (own, "") else [rf"[\text{{{_escaped(head.removeprefix(f'{own}.'))}}}]"]
    below = re.sub(r"\s", "", place.rstrip("]"))
    if suffix == "hat":
        base = rf"\hat{{{base}}}"
    elif match := re.fullmatch(r"(d?[A-Zb])([xh])", base):  # Wx, dWh, bx
        base, below = match[1], ";".join(filter(None, [match[2], below]))
    elif len(base) > 2 and not _GREEK.match(base):
        base = rf"\text{{{_escaped(base)}}}"
    base = _GREEK.sub(r"\1\\\2", base)
    up = f"^{{{' '.join(above)}}}" if above else ""
    return f"{base}{up}_{{{below}}}" if below else f"{base}{up}"


def _escaped(name: str) -> str:
    return re.sub(r"([_#%&{}$^~\\])", r"\\\1", name)
