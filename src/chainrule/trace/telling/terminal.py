"""Traces and explanations as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chainrule.arrays import Array
from chainrule.common.rich_text import rich_text
from chainrule.common.settings import whole
from chainrule.trace.explanation import Explanation
from chainrule.trace.record import LayerRecord, PassRecord
from chainrule.trace.telling import idle, numbers
from chainrule.trace.telling.groups import groups
from chainrule.trace.telling.sentences import headline, hint, matrices, remarks, said, sides
from chainrule.trace.telling.words import words

_FEW = 400  # numbers of a trace that are all printed
_ROWS, _COLUMNS = 8, 8


def trace(record: PassRecord, lang: str, *, command: bool = False, color: bool = False, width: int = 100) -> str:
    """Return a table of the layers, with all arrays below it if they are few, as the command or Python prints it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(words("layer", lang), no_wrap=True)
    heads = ["output", "range", "zeros", "gradient", "weights"] if record.loss else ["output", "range", "zeros"]
    if record.loss:
        heads.append("idle-one" if len(record.X) == 1 else "idle")
    for head in heads:
        table.add_column(words(head, lang), justify="right", no_wrap=head == "range")
    for group in groups(record.layers):
        for layer in group.shown:
            _add_rows(table, layer, 0, lang, backward=record.loss is not None)
        if group.folded:
            labels = ", ".join(layer.label for layer in group.shown)
            table.add_row(Text(words("folded", lang, times=group.times, labels=labels), "dim"))
    parts: list[RenderableType] = [
        table,
        "",
        "; ".join([headline(record, lang, command=command), *hint(record, lang, command=command)]),
    ]
    every = [inner for layer in record.layers for inner in layer.walk()]
    if sum(array.size for layer in every for array in (layer.forward | layer.backward).values()) <= _FEW:
        parts += [line for layer in every for line in ("", _numbers(layer))]
    return rich_text(parts, color=color, width=width)


def _add_rows(table: Table, layer: LayerRecord, depth: int, lang: str, *, backward: bool) -> None:
    stats = numbers.statistics(layer.y)
    cells = [
        f"{'  ' * depth}{layer.title}",
        f"{layer.layer.symbols[1]} {numbers.shape(layer.y)}",
        f"{numbers.text(stats.min)} … {numbers.text(stats.max)}",
        numbers.share(stats.zeros),
    ]
    if backward:
        cells += [_rms(layer.dy), _weights(layer), _idle(layer)]
    table.add_row(*cells)
    for part in layer.parts:
        _add_rows(table, part, depth + 1, lang, backward=backward)


def _rms(gradient: Array | None) -> str:
    return "" if gradient is None else numbers.text(numbers.statistics(gradient).rms)


def _weights(layer: LayerRecord) -> str:
    """Return the RMS of the gradient of each matrix of weights."""
    if layer.parts:
        return ""
    return " ".join(_rms(layer.backward.get(f"d{name}")) for name in matrices(layer))


def _idle(layer: LayerRecord) -> str:
    return " / ".join(map(numbers.share, idle.named(layer).values()))


def _numbers(layer: LayerRecord) -> RenderableType:
    """Return all arrays of a layer, one below another."""
    parts: list[RenderableType] = [Text(layer.title, "bold")]
    for name, array in (layer.forward | layer.backward | layer.after_step).items():
        parts.append(Padding(_array(f"{layer.prefix}{name}", array), (0, 0, 0, 2)))
    return Group(*parts)


def _array(name: str, array: Array) -> Table:
    """Return the corner of an array beside its name."""
    shown = numbers.corner(array, _ROWS, _COLUMNS)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=max(12, len(name)))
    for _ in range(shown.matrix.shape[1]):
        table.add_column(justify="right", no_wrap=True)
    for i, row in enumerate(shown.matrix.tolist()):
        table.add_row(name if i == 0 else "", *map(numbers.text, row))
    if not numbers.whole(array, shown):
        table.add_row("", f"… {shown.where if any(shown.first) else numbers.shape(array)}")
    return table


def why(explanation: Explanation, shown: int, lang: str, *, color: bool = False, width: int = 100) -> str:
    """Return the largest terms of an explanation as a table, the rest in one line, and their sum."""
    shown = whole("text", "terms", shown, least=0)
    parts: list[RenderableType] = [Text(said(explanation, lang), "bold")]
    if explanation.terms:
        parts.append(_terms(explanation, shown, lang))
    parts += [Text(f"{path} = {numbers.text(value)}") for path, value in explanation.facts]
    parts += [Text(line, "" if good else "red") for good, line in remarks(explanation, lang)]
    return rich_text(parts, color=color, width=width)


def _terms(explanation: Explanation, shown: int, lang: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head, justify in ("factor", "left"), ("", "left"), ("number", "left"), ("", "left"), ("product", "right"):
        table.add_column(words(head, lang) if head else "", justify=justify, overflow="fold")  # type: ignore[arg-type]
    own = explanation.path.partition("[")[0].rpartition(".")[0]
    for term in explanation.terms[:shown]:
        factor, number = sides(term, own, lang)
        table.add_row(factor, "×" if factor else "", number, "=", numbers.text(term.product))
    if len(explanation.terms) > shown:
        count = len(explanation.terms) - shown
        table.add_row("", "", words("rest", lang, count=count), "=", numbers.text(explanation.rest(shown)))
    if len(explanation.terms) > 1:
        table.add_row("", "", Text(words("total", lang), "bold"), "=", Text(numbers.text(explanation.total), "bold"))
    return table


def path_of_influence(path: Sequence[Explanation], lang: str, *, color: bool = False, width: int = 100) -> str:
    """Return the path of greatest influence, a line for each number."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for explanation in path:
        factor = f"× {explanation.terms[0].factor or '…'}" if explanation.terms and explanation.terms[0].opens else ""
        table.add_row(explanation.path, numbers.text(explanation.value), factor)
    return rich_text([Text(words("influence", lang), "bold"), table], color=color, width=width)
