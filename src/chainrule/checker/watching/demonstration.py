"""Calls of what a program defines and does not call itself, as somebody would call it who wants to see it work."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from chainrule.checker.learner import Raised
from chainrule.checker.watching.by_name import Style, arguments, needed, styles, value

Run = Callable[[Callable[[], Any]], Any]
_UPSTREAM = re.compile(r"d|dout|dy|dz|dA|d_?out(put)?|.*(grad|delta|error|upstream|dvalues).*", re.IGNORECASE)
_PRIVATE = re.compile(r"__\w+|(test|plot|print|show|save|load|download|main)\w*")


class Demonstration:
    """Shows the functions and classes of a file at work.

    Parameters
    ----------
    tree, names
        The file, and what its names are.
    run
        Runs something of the learner's, and raises `Raised` if that raises; nothing of that call is remembered then.
    """

    def __init__(self, tree: ast.Module, names: Mapping[str, Any], run: Run) -> None:
        self._names, self._run = names, run
        self._styles = styles(ast.unparse(tree))
        self._nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]

    def show(self, called: Container[str]) -> None:
        """Call what is not called yet: first what has loops, because that calls the most of the rest."""
        for node in sorted(self._nodes, key=_loops, reverse=True):
            if isinstance(node, ast.ClassDef):
                self._show_class(node, called)
            elif node.name not in called and not _PRIVATE.fullmatch(node.name) and callable(self._names.get(node.name)):
                self._first_that_works(self._calls(self._names[node.name], node))

    def _calls(self, function: Callable[..., Any], node: ast.FunctionDef) -> Iterator[Callable[[], Any]]:
        for style in self._styles if needed(node) else self._styles[:1]:
            try:
                yield partial(function, **arguments(node, style))
            except KeyError:  # a name of which nothing is known
                return

    def _first_that_works(self, calls: Iterator[Callable[[], Any]]) -> Any:
        for call in calls:
            try:
                return self._run(call)
            except Raised:
                continue
        return None

    def _show_class(self, node: ast.ClassDef, called: Container[str]) -> None:
        methods = {method.name: method for method in node.body if isinstance(method, ast.FunctionDef)}
        if any(f"{node.name}.{name}" in called for name in methods) or not isinstance(self._names.get(node.name), type):
            return
        for style in self._styles:
            try:
                made = self._run(
                    partial(self._names[node.name], **arguments(methods["__init__"], style))
                    if "__init__" in methods
                    else self._names[node.name]
                )
                if self._show_methods(made, methods, style):
                    return
            except (Raised, KeyError):
                continue

    def _show_methods(self, instance: Any, methods: Mapping[str, ast.FunctionDef], style: Style) -> bool:
        """Call the methods of an object, and return whether the first one that takes something did not raise."""
        result: Any = None
        for name, method in methods.items():
            if _PRIVATE.fullmatch(name) and name != "__call__":
                continue
            try:
                result = self._run(partial(_method, instance, name, _for_method(method, style, result)))
            except KeyError:
                continue
            except Raised:
                if result is None and needed(method):
                    return False
        return True


def _method(instance: Any, name: str, named: Mapping[str, Any]) -> Any:
    return getattr(instance, name)(**named)


def _for_method(method: ast.FunctionDef, style: Style, result: Any) -> dict[str, Any]:
    """Return what to call a method with after one that had a result."""
    names = needed(method)
    upstream = {name: _like(result) for name in names[:1] if _UPSTREAM.fullmatch(name) and result is not None}
    return upstream | {name: value(name, style) for name in names if name not in upstream}


def _loops(node: ast.AST) -> int:
    return sum(isinstance(part, ast.For | ast.While) for part in ast.walk(node))


def _like(result: Any) -> Any:
    """Return what a backward pass may get that follows a forward pass with this result."""
    first = result[0] if isinstance(result, tuple) and result else result
    return np.random.default_rng(3).standard_normal(np.shape(first)) if np.ndim(first) else 1.0
