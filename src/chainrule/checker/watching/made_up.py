"""Made-up data in place of files and downloads that are not here, so that a program can be watched while it runs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.checker.watching.by_name import Style, styles, value
from chainrule.checker.watching.data_files import PIXELS, SIDE, DataFiles

LOAD = "__loaded__"
ROWS, MOST_ROWS, FEW = 60, 160, 20  # examples for training, for large batches, and for anything else
_LABELS = re.compile(r"(^|_)([yt]|labels?|targets?)(_|\d|$)|^[yt](train|test|val|t[re])|label|target", re.IGNORECASE)
_FEW = re.compile(r"test|val|dev", re.IGNORECASE)
_DATA = re.compile(r"^[xyt](_|\d|$)|train|test|data|label|image|feature|input|target|^df$|corpus", re.IGNORECASE)
_LOADER = re.compile(
    r"load|read|fetch|open|mnist|cifar|make_|generate|create_data|test_case|get_\w*data|data\w*\(|split|download|import",
    re.IGNORECASE,
)
_BATCH = re.compile(r"batch\w*\s*=\s*(\d+)")
_TEST_CASE = re.compile(r"test_?case", re.IGNORECASE)
LARGE = 1000  # examples, in the numbers that somebody writes down


class WithData(ast.NodeTransformer):
    """Replaces the names of data files by files in a folder, and what a loader gives, if it fails, by arrays.

    Parameters
    ----------
    source
        The text of the program.
    folder
        Where the files are written.
    """

    def __init__(self, source: str, folder: Path) -> None:
        batches = [int(size) for size in _BATCH.findall(source)]
        self._maker = MadeUp(source, max(ROWS, *(min(size + FEW, MOST_ROWS) for size in batches)) if batches else ROWS)
        self._files = DataFiles(source, folder, self._maker.rows, self._maker.arrays)
        self._has_fewer = False
        self.loaded = self._maker.loaded

    @property
    def is_used(self) -> bool:
        """Whether the program got anything made up until now, or names a file that is."""
        return self._has_fewer or self._files.is_used or self._maker.is_used

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Replace the name of a data file."""
        path = self._files.path(node.value) if isinstance(node.value, str) else None
        return node if path is None else ast.copy_location(ast.Constant(path), node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Replace f"{folder}/train.csv"; leave other texts that are put together as they are."""
        return self._with_end(node, node.values[-1] if node.values else node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Replace folder + "/train.csv"."""
        return self._with_end(node, node.right) if isinstance(node.op, ast.Add) else self.generic_visit(node)

    def _with_end(self, node: ast.expr, end: ast.expr) -> ast.AST:
        text = end.value if isinstance(end, ast.Constant) else None
        path = self._files.path(text) if isinstance(text, str) else None
        if path is not None:
            return ast.copy_location(ast.Constant(path), node)
        return node if isinstance(node, ast.JoinedStr) else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Let reshape(60000, 784) be reshape(-1, 784): there are fewer examples."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "reshape" and len(node.args) > 1:
            count = node.args[0]
            node.args[:1] = [_fewer(count)]
            self._has_fewer = self._has_fewer or node.args[0] is not count
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Let `(x, y), (x2, y2) = load()` have made-up arrays if the loader fails."""
        self.generic_visit(node)
        names, text = _names(node.targets[0]), ast.unparse(node.value)
        has_call = any(isinstance(part, ast.Call) for part in ast.walk(node.value))
        if len(node.targets) > 1 or not has_call or not _LOADER.search(text):
            return node
        if not _TEST_CASE.search(text) and not any(_DATA.search(name) for name in _flat(names)):
            return node
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        arguments = [ast.Lambda(nothing, node.value), ast.Constant(json.dumps([names, text]))]
        call = ast.Call(ast.Name(LOAD, ast.Load()), arguments, [])
        node.value = ast.copy_location(call, node.value)
        return ast.fix_missing_locations(node)


def _fewer(count: ast.expr) -> ast.expr:
    is_large = isinstance(count, ast.Constant) and type(count.value) is int and count.value >= LARGE
    return ast.copy_location(ast.Constant(-1), count) if is_large else count


Names = str | list["Names"]


def _names(target: ast.expr) -> Names:
    if isinstance(target, ast.Tuple | ast.List):
        return [_names(part) for part in target.elts]
    return ast.unparse(target)


def _flat(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else [name for part in names for name in _flat(part)]


class MadeUp:
    """Makes arrays for names, in the style of a program.

    Parameters
    ----------
    source
        The text of the program.
    rows
        How many examples there are for training.
    """

    def __init__(self, source: str, rows: int = ROWS) -> None:
        self.rows = rows
        self.is_used = False
        """Whether a loader has failed."""
        self._is_large = "12288" in source  # the numbers in a picture of the course's cats
        self._style = styles(source)[0]

    def loaded(self, load: Callable[[], Any], wanted: str) -> Any:
        """Return what a loader returns, or made-up arrays for the names that it is assigned to."""
        try:
            return load()
        except Exception:  # no such file, no network, no such package: whatever it is, the program goes on
            self.is_used = True
            names, call = json.loads(wanted)
            if isinstance(names, str) and not _LABELS.search(names) and not re.match("[xX]", names):
                raise  # it may be anything: a frame, a dict, a list
            if "load_dataset" in call and not any(re.search("orig|class", name) for name in _flat(names)):
                call = "load_planar_dataset"  # points in the plane, in the course's weeks without pictures
            return self.arrays(names, call)

    def arrays(self, names: Names, call: str) -> Any:
        """Return arrays for names in nested lists; the text of the call says what kind of examples.

        >>> [a.shape for a in MadeUp("").arrays(["x_train", "y_train"], "mnist.load_data()")]
        [(60, 28, 28), (60,)]
        """
        if not isinstance(names, str):
            return tuple(self.arrays(part, call) for part in names)
        if _TEST_CASE.search(call):  # the course's, which are in columns
            return value(names, Style(in_rows=False))
        rows = FEW if _FEW.search(names) else self.rows
        shape, columns = self._kind(call)
        rng = np.random.default_rng(len(names))
        if "class" in names and not _LABELS.search(names):
            return np.array([b"no", b"yes"])
        if _LABELS.search(names):
            return self._labels(rows, 10 if len(shape) > 1 or shape == (PIXELS,) else 2, columns, call)
        if columns and len(shape) == 1:
            return rng.standard_normal((*shape, rows))
        images = len(shape) > 1 and "normalize" not in call
        return rng.integers(0, 256, (rows, *shape)).astype(np.uint8) if images else rng.random((rows, *shape))

    def _labels(self, rows: int, classes: int, columns: bool, call: str) -> Any:
        labels = np.arange(rows) % (2 if columns else classes)
        if re.search(r"one_?hot(_label)?\s*=\s*True", call):
            return np.eye(classes)[labels]
        return labels[None] if columns else labels

    def _kind(self, call: str) -> tuple[tuple[int, ...], bool]:
        """Return the shape of one example, and whether examples are columns."""
        lower = call.lower()
        if "load_dataset" in lower or re.fullmatch(r"load_data\(\)", lower):  # the course's cats
            if "2d" not in lower and "planar" not in lower:
                return (64, 64, 3) if self._is_large else (16, 16, 3), True
        if "planar" in lower or "2d" in lower:
            return (2,), True
        if "cifar" in lower or "svhn" in lower:
            return (32, 32, 3), False
        if "load_data" in lower or re.search(r"28,\s*28", lower):
            return (SIDE, SIDE), False
        if "moons" in lower or "circles" in lower or "blobs" in lower or "spiral" in lower:
            return (2,), False
        return (PIXELS,), False
