"""Classes of a notebook, whose source only their methods lead to."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from typing import Any

import pytest

import chainrule as cr

CELL = """
class AddLayer:
    def __init__(self):
        pass

    def forward(self, x, y):
        ...

    def backward(self, dout):
        raise NotImplementedError


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.y
"""


@pytest.fixture
def cell() -> Iterator[dict[str, Any]]:
    """What a cell defines, as a notebook runs it: code without a file, in a module that has none."""
    linecache.cache["<cell>"] = len(CELL), None, CELL.splitlines(keepends=True), "<cell>"
    names: dict[str, Any] = {"__name__": "a_notebook"}
    exec(compile(CELL, "<cell>", "exec"), names)
    yield {name: value for name, value in names.items() if isinstance(value, type)}
    del linecache.cache["<cell>"]


def test_a_class_that_is_not_filled_in_is_not_started(cell: dict[str, Any]) -> None:
    report = cr.check({"AddLayer": cell["AddLayer"]})
    assert {checked.status for checked in report.checked} == {"not-started"} and not report.findings


def test_a_mistake_in_a_class_has_its_line(cell: dict[str, Any]) -> None:
    report = cr.check(cell)
    assert [(finding.function, finding.line) for finding in report.findings] == [
        ("MulLayer.backward", 1 + CELL.splitlines().index("    def backward(self, dout):", 14))
    ]
