"""Findings in sentences, in English and Korean: for terminals, pages and programs; the texts are in findings.toml."""

from __future__ import annotations

import math
import string
import tomllib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from chainrule.common.settings import whole
from chainrule.trace.telling import numbers, pages
from chainrule.trace.telling.words import words


class _Formatter(string.Formatter):
    """Writes numbers as people read them; those whose place says % in percent."""

    def format_field(self, value: Any, spec: str) -> str:
        if spec == "%":
            return numbers.share(value)
        text = numbers.text(value) if isinstance(value, float) and not spec else str(format(value, spec))
        return text.replace("inf", "∞") if isinstance(value, float) else text


_FORMATTER = _Formatter()
_NARROWEST = 10
"""Characters of a line: what stands before a sentence takes up to 5."""


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("chainrule.trace.diagnosis").joinpath("findings.toml").read_text("utf-8"))


def sentence(key: str, lang: str, facts: Mapping[str, Any]) -> str:
    """Return what is wrong."""
    return _formatted(key, lang, "sentence", facts)


def fix(key: str, lang: str, facts: Mapping[str, Any]) -> str:
    """Return what to do."""
    return _formatted(key, lang, "fix", facts)


def _formatted(key: str, lang: str, kind: str, facts: Mapping[str, Any]) -> str:
    texts = _texts()[key][lang]
    return _FORMATTER.vformat(texts[kind], (), facts)


def announced(finding: Any, epoch: int, lang: str) -> str:
    """Return a finding in one line, with the epoch after which it was made."""
    when = words("diagnosis-start" if epoch == 0 else "diagnosis-epoch", lang, epoch=epoch)
    return f"{when} {finding.sentence(lang)} {finding.fix(lang)}"


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers as JSON has them, which knows no NaN or infinity: those are null."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in facts.items()}


def headline(diagnosis: Any, lang: str) -> str:
    """Return in one line what was looked at, and whether something was found."""
    looked_at = "diagnosis-example" if diagnosis.examples == 1 else "diagnosis-examples"
    examples, count = words(looked_at, lang, count=f"{diagnosis.examples:,}"), len(_faults(diagnosis))
    key = "diagnosis-ok" if diagnosis.ok else "diagnosis-one" if count == 1 else "diagnosis-found"
    parts = [words(key, lang, examples=examples, count=count)]
    if diagnosis.loss is not None:
        loss, guessing = numbers.text(diagnosis.loss), numbers.text(diagnosis.guessing)
        parts.append(words("diagnosis-loss", lang, loss=loss, guessing=guessing))
    return " ".join(parts)


def _faults(diagnosis: Any) -> dict[str, list[Any]]:
    """Return the findings by their keys: one fault may be in several layers."""
    faults: dict[str, list[Any]] = {}
    for finding in diagnosis.findings:
        faults.setdefault(finding.key, []).append(finding)
    return faults


def _notes(diagnosis: Any, lang: str) -> list[str]:
    return [words(f"note-{key}", lang) for key in diagnosis.notes]


def text(diagnosis: Any, lang: str, width: int) -> str:
    """Return all of it for a terminal."""
    width = whole("text", "width", width, least=_NARROWEST)
    blocks = [_wrapped(headline(diagnosis, lang), "", width)]
    for number, findings in enumerate(_faults(diagnosis).values(), start=1):
        lines = [_wrapped(f.sentence(lang), f"{number}. " if i == 0 else "   ", width) for i, f in enumerate(findings)]
        blocks.append("\n".join([*lines, _wrapped(findings[0].fix(lang), "   → ", width)]))
    return "\n\n".join([*blocks, *(_wrapped(line, "", width) for line in _notes(diagnosis, lang))])


def _wrapped(line: str, start: str, width: int) -> str:
    from rich.console import Console
    from rich.text import Text

    lines = Text(line).wrap(Console(), width - len(start))  # by columns, of which Hangul takes two
    return "\n".join(f"{' ' * len(start) if i else start}{str(part).rstrip()}" for i, part in enumerate(lines))


def _content(diagnosis: Any, lang: str) -> str:
    parts = [f"<h1>{words('diagnosis', lang)}</h1>", f"<p>{escape(headline(diagnosis, lang))}</p>"]
    for key, findings in _faults(diagnosis).items():
        sentences = "".join(f"<p>{escape(finding.sentence(lang))}</p>" for finding in findings)
        remedy = f"<p><b>{words('fix', lang)}</b> {escape(findings[0].fix(lang))}</p>"
        parts.append(f'<section class="finding"><code class="soft">{key}</code>{sentences}{remedy}</section>')
    parts += [f'<p class="soft">{escape(line)}</p>' for line in _notes(diagnosis, lang)]
    return "\n".join(parts)


def page(diagnosis: Any, lang: str) -> str:
    """Return a page that needs no other file."""
    return pages.page(words("diagnosis", lang), _content(diagnosis, lang), lang)


def fragment(diagnosis: Any, lang: str) -> str:
    """Return what a notebook shows."""
    return pages.fragment(_content(diagnosis, lang))
