"""Traces and explanations as web pages that need no other file and no network."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from chainrule.arrays import Array
from chainrule.common.formulas import mathml
from chainrule.common.settings import whole
from chainrule.trace.explanation import Explanation
from chainrule.trace.record import Arrays, LayerRecord, LossRecord, PassRecord, StepRecord
from chainrule.trace.telling import examples, idle, numbers
from chainrule.trace.telling.groups import groups
from chainrule.trace.telling.sentences import headline, remarks, said, sides
from chainrule.trace.telling.words import words

_CORNER = 6, 8  # rows and columns that are shown of an array at once
_OPENED = 28, 28  # and when it is opened: a digit of MNIST, whole
_STEPS = 24  # of time that are shown
_EXPLAINED = 40  # numbers of a tree that are opened
_BODY = """\
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
  font-family: system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif; }
"""


@cache
def _style() -> str:
    return files("chainrule.trace.telling").joinpath("style.css").read_text("utf-8")


def page(heading: str, content: str, lang: str) -> str:
    """Return a whole page."""
    return f"""\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(heading)}</title>
<link rel="icon" href="data:,">
<style>
{_BODY}{_style()}</style>
</head>
<body class="chainrule-trace">
{content}
</body>
</html>
"""


def fragment(content: str) -> str:
    """Return what a notebook shows."""
    return f'<style>{_style()}</style><div class="chainrule-trace">{content}</div>'


def small_print(sentence: str) -> str:
    """Return a sentence in small print; nothing for none."""
    return f'<p class="soft">{escape(sentence)}</p>' if sentence else ""


def title(lang: str) -> str:
    """Return what a trace's page is called."""
    return words("pass", lang)


def trace(record: PassRecord, lang: str, trees: Sequence[str] = ()) -> str:
    """Return a trace: explanations that were asked for, what can be opened layer by layer, and the loss."""
    parts = [f"<h1>{title(lang)}</h1>", f"<p>{escape(headline(record, lang))}</p>", examples.html(record, lang)]
    parts += [_legend(), *trees]
    if trees:
        parts.append(f"<h2>{words('layers', lang)}</h2>")
    for group in groups(record.layers):
        parts += [_layer(layer, lang) for layer in group.shown]
        if group.folded:
            labels = ", ".join(layer.label for layer in group.shown)
            inner = "\n".join(_layer(layer, lang) for layer in group.folded)
            parts.append(_details(escape(words("folded", lang, times=group.times, labels=labels)), inner))
    if record.loss is not None:
        parts.append(_loss(record.loss, lang))
    if record.optimizer is not None:
        rule = "\n".join(_equations(record.optimizer.equations, lang))
        parts.append(
            _details(f'{words("updated", lang)} <span class="soft">{escape(repr(record.optimizer))}</span>', rule)
        )
    return "\n".join(parts)


def _legend() -> str:
    swatch = '<span class="swatch" style="background: var(--{})"></span> {}'
    return f'<p class="soft">{swatch.format("more", "&gt; 0")} &ensp; {swatch.format("less", "&lt; 0")}</p>'


def _details(summary: str, content: str, *, opened: bool = False) -> str:
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n{content}\n</details>"


def _layer(record: LayerRecord, lang: str) -> str:
    """Return what can be opened of one layer."""
    inputs = ", ".join(numbers.shape(x) for x in record.inputs.values())
    facts = [f"{inputs} → {numbers.shape(record.y)}", *_shares_of_idle(record, lang)]
    summary = f"<code>{escape(record.path)}</code> {escape(record.label)}" if record.prefix else escape(record.label)
    summary += f'<span class="soft">{escape(" · ".join(facts))}</span>'
    parts = [*_equations(record.equations, lang), *_arrays("forward", record.prefix, record.forward, lang)]
    parts += _arrays("backward", record.prefix, record.backward, lang)
    parts += _arrays("updated", record.prefix, record.after_step, lang)
    if record.steps:
        steps = [_step(step, record.prefix, lang) for step in record.steps[:_STEPS]]
        parts.append(f"<h3>{words('steps', lang)}{_cut(len(steps), len(record.steps), lang)}</h3>")
        parts += steps
    if record.parts:
        parts.append(f"<h3>{words('parts', lang)}</h3>")
        parts += [_layer(part, lang) for part in record.parts]
    return _details(summary, "\n".join(parts))


def _cut(shown: int, count: int, lang: str) -> str:
    return "" if shown == count else f" ({words('cut', lang, shown=shown, all=count)})"


def _shares_of_idle(record: LayerRecord, lang: str) -> list[str]:
    return [words(key, lang, share=numbers.share(share)) for key, share in idle.named(record).items() if share]


def _step(step: StepRecord, prefix: str, lang: str) -> str:
    at = f"{prefix}step{step.time}."
    parts = [*_arrays("forward", at, step.forward, lang), *_arrays("backward", at, step.backward, lang)]
    return _details(words("step", lang, time=step.time), "\n".join(parts))


def _loss(record: LossRecord, lang: str) -> str:
    Z, name = record.symbols
    arrays = {Z: record.Z, "Y": record.Y, f"d{Z}": record.slope}
    if record.P is not record.Z:
        arrays["P"] = record.P
    if record.weights is not None:
        arrays["weights"] = record.weights
    label = getattr(record.loss, "label", type(record.loss).__name__)
    summary = f'<code>{escape(name)}</code> {escape(label)}<span class="soft">{numbers.text(record.value)}</span>'
    prefix = "" if record.axis else f"{name}."
    return _details(summary, "\n".join([*_equations(record.equations, lang), *_arrays("", prefix, arrays, lang)]))


def _equations(equations: Iterable[str], lang: str) -> list[str]:
    shown = [f'<div class="equation">{mathml(equation)}</div>' for equation in equations]
    return [f"<h3>{words('equation', lang)}</h3>", *shown] if shown else []


def _arrays(heading: str, prefix: str, arrays: Arrays | Mapping[str, Array], lang: str) -> list[str]:
    head = [f"<h3>{words(heading, lang)}</h3>"] if heading and arrays else []
    return head + [_array(prefix + name, array, lang) for name, array in arrays.items()]


def _array(name: str, array: Array, lang: str) -> str:
    """Return an array: its shape and statistics, a corner of it, and more of it where there is more."""
    stats = numbers.statistics(array)
    texts = {key: numbers.text(value) for key, value in stats._asdict().items()} | {"zeros": numbers.share(stats.zeros)}
    size = numbers.shape(array)
    facts = f"{size} · {words('statistics', lang, **texts)}"
    head = f'<div><code>{escape(name)}</code> <span class="soft">{facts}</span></div>'
    largest = max(abs(stats.min), abs(stats.max)) or 1.0
    first = numbers.corner(array, *_CORNER)
    parts = [head, _matrix(first, largest)]
    if not numbers.whole(array, first):
        more = numbers.corner(array, *_OPENED)
        note = f'<span class="soft">{words("corner", lang, shown=more.where, all=size)}</span>'
        if more.matrix.size > first.matrix.size:
            parts.append(_details(f"{words('open', lang)} {note}", _matrix(more, largest)))
        else:
            parts.append(f"<p>{note}</p>")
    return f'<div class="array">{"".join(parts)}</div>'


def _matrix(corner: numbers.Corner, largest: float) -> str:
    """Return a table of numbers, each in the color of its sign and as deep as it is large."""
    top, left = corner.first
    columns = "".join(f"<th scope=col>{j}</th>" for j in range(left, left + corner.matrix.shape[1]))
    rows = []
    for i, row in enumerate(corner.matrix.tolist(), top):
        cells = "".join(_cell(float(value), largest) for value in row)
        rows.append(f"<tr><th scope=row>{i}</th>{cells}</tr>")
    return f'<div class="scroll"><table><tr><th></th>{columns}</tr>{"".join(rows)}</table></div>'


def _cell(value: float, largest: float) -> str:
    depth = abs(value) / largest
    if not depth > 0.005:
        return f"<td>{numbers.text(value)}</td>"
    return f'<td class={"p" if value > 0 else "n"} style="--v:{depth:.2f}">{numbers.text(value)}</td>'


# Explanations.


@dataclass(eq=False)
class _Node:
    explanation: Any
    behind: dict[int, _Node] = field(default_factory=dict)  # what its terms open into, by their numbers


def tree(explanation: Explanation, opened: Callable[[Any, int], Any], shown: int, lang: str) -> str:
    """Return an explanation as a tree: behind each of its largest terms, why that number is what it is.

    Parameters
    ----------
    opened
        Returns the explanation behind a term, which is given by its number.
    shown
        How many terms are shown of each number; all others are one line.
    """
    shown = whole("html", "terms", shown, least=0)
    root = _Node(explanation)
    waiting: list[tuple[float, int, _Node, int]] = []  # how much of the root's number a term is, and where it is

    def wait(node: _Node, influence: float) -> None:
        size = sum(abs(term.product) for term in node.explanation.terms) or 1.0
        for i, term in enumerate(node.explanation.terms[:shown]):
            if term.opens:
                heapq.heappush(waiting, (-influence * abs(term.product) / size, next(order), node, i))

    order, count = itertools.count(), 1
    wait(root, 1.0)
    while waiting and count < _EXPLAINED:
        influence, _, node, i = heapq.heappop(waiting)
        node.behind[i] = _Node(opened(node.explanation, i))
        wait(node.behind[i], -influence)
        count += 1
    more = words("most-open", lang, numbers=_EXPLAINED)
    cut = small_print(more) if count >= _EXPLAINED else ""
    heading = f"<h2>{escape(said(explanation, lang))}</h2>"
    equations = "".join(f'<div class="equation">{mathml(text)}</div>' for text in explanation.equations)
    return f"<section>{heading}{equations}{_content(root, shown, lang)}{cut}</section>"


def _content(node: _Node, shown: int, lang: str) -> str:
    explanation: Explanation = node.explanation
    own = explanation.path.partition("[")[0].rpartition(".")[0]
    largest = max((abs(term.product) for term in explanation.terms), default=1.0) or 1.0
    items = []
    for i, term in enumerate(explanation.terms[:shown]):
        factor, number = sides(term, own, lang)
        sides_of_it = " × ".join(f"<code>{_unbroken(side)}</code>" for side in (factor, number) if side)
        line = f"{_product(term.product, largest)} {sides_of_it}"
        if i in node.behind:
            behind = node.behind[i]
            plain = behind.explanation.said in ("gradient", "value") and behind.explanation.terms
            heading = "" if plain else f"<p>{escape(said(behind.explanation, lang))}</p>"
            inner = heading + _content(behind, shown, lang)
            items.append(f"<li>{_details(line, inner)}</li>")
        else:
            items.append(f'<li><div class="line">{line}</div></li>')
    count = len(explanation.terms) - shown
    if count > 0:
        rest = f"{_product(explanation.rest(shown), largest)} {escape(words('rest', lang, count=count))}"
        items.append(f'<li><div class="line soft">{rest}</div></li>')
    if len(explanation.terms) > 1:
        total = f"{_product(explanation.total, 0.0)} {escape(words('total', lang))}"
        items.append(f'<li><div class="line"><b>{total}</b></div></li>')
    facts = "".join(f"<p><code>{_unbroken(f'{p} = {numbers.text(v)}')}</code></p>" for p, v in explanation.facts)
    notes = "".join(f'<p class="{"soft" if good else "bad"}">{escape(t)}</p>' for good, t in remarks(explanation, lang))
    return (f'<ul class="terms">{"".join(items)}</ul>' if items else "") + facts + notes


def _unbroken(side: str) -> str:
    """Return a number's name and value so that lines break between names, and not inside of their brackets."""
    return escape(side).replace(", ", ",&nbsp;").replace(" = ", "&nbsp;= ")


def _product(value: float, largest: float) -> str:
    name = "more" if value > 0 else "less"
    depth = min(100, round(100 * abs(value) / largest)) if largest else 0
    color = f"color-mix(in srgb, var(--{name}) {depth}%, transparent)"
    swatch = f'<span class="swatch" style="background: {color}"></span>'
    return f'{swatch} <code class="product">{escape(numbers.text(value))}</code>'
