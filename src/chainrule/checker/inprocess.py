"""Checking functions that are alive, in a notebook or a test, instead of a file."""

from __future__ import annotations

import ast
import inspect
import random
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import CodeType, ModuleType
from typing import Any, TypeVar

import numpy as np

from chainrule.checker import cells, findings, roles, sight
from chainrule.checker.learner import Learner
from chainrule.checker.telling import texts
from chainrule.checker.unfinished import parsed
from chainrule.common.asked_language import asked
from chainrule.common.errors import InputError
from chainrule.common.languages import language, speaking
from chainrule.common.settings import shown
from chainrule.common.texts import tr

Definition = TypeVar("Definition", ast.FunctionDef, ast.ClassDef)
_HINTS = (1, 2, 3)
_FIRST = 3  # functions that stand in the heading of a dict's report
Told = TypeVar("Told", findings.Finding, findings.Checked)
_KINDS = inspect.Parameter
_STARS: dict[Any, str] = {_KINDS.VAR_POSITIONAL: "*", _KINDS.VAR_KEYWORD: "**"}


@dataclass(frozen=True, repr=False)
class Report(findings.Report):
    """A report that a notebook can show, in a language and with hints up to a level: nobody else does it there."""

    lang: str | None = None
    hint: int = 1

    def __str__(self) -> str:
        """Return what `chainrule check` prints."""
        from chainrule.checker.telling import terminal  # it takes rich, and only a person who looks needs it

        return _as_an_argument(terminal.text(self, self.lang, self.hint, command=False))

    def __repr__(self) -> str:
        from chainrule.checker.telling import terminal

        with speaking(self.lang):
            summary = terminal.summary(self, language())
            return tr("<Report on {file}: {summary}>", file=texts.plain(self.file), summary=summary)

    def _repr_html_(self) -> str:
        from chainrule.checker.telling import pages

        return _as_an_argument(pages.fragment(self, language(self.lang), self.hint))


def _as_an_argument(said: str) -> str:
    """Return what is said with the argument `names` in the place of the command's option --map."""
    said = re.sub(r"--map\s+(\w+)=(\w+)", r'names={"\1": "\2"}', said)
    return said.replace("--map", "names=")


def check(
    obj: Any,
    *,
    names: Mapping[str, str] | None = None,
    require: Iterable[str] = (),
    hint: int = 1,
    lang: str | None = None,
) -> Report:
    """Find mistakes in a function, a class, a module, or a dict of functions and classes such as ``globals()``.

    The code runs in this process, unlike that of `chainrule check FILE`: check your own code, not that of strangers.

    Parameters
    ----------
    obj
        What to check. With a function come those that it calls, so that a mistake is found where it is.
    names
        The usual names of functions that are called otherwise: ``{"my_gradient": "linear_backward"}``.
    require
        What has to be there and to be judged, by its own or by its usual name; what is not is an error.
    hint
        1 says what is wrong, 2 also where to look, 3 also the formula.
    lang
        "en" or "ko"; by default that of `set_language`, else of the system.

    Returns
    -------
    Report
        Printed, or as the last line of a cell, it tells what was found. It is true if enough was judged and no mistake
        was found (`Report.ok`).

    Raises
    ------
    InputError
        If `obj` is nothing that can be checked, or one of the options has a value that it cannot have.
    """
    with _random_numbers_kept():
        if hint not in _HINTS:
            raise InputError("check takes hint as 1, 2 or 3, but hint={hint} came.", hint=shown(hint))
        lang = None if lang is None else asked("check", lang)
        if isinstance(require, str):
            raise InputError("require takes a list of names, such as [{name!r}], not a text.", name=require)
        found = _found(obj, names or {}).requiring(require)
        return Report(**vars(found), lang=lang, hint=int(hint))


def _found(obj: Any, names: Mapping[str, str]) -> findings.Report:
    """Return what is found in what `check` takes."""
    if isinstance(obj, ModuleType):
        namespace, own, file = vars(obj), _own(vars(obj), obj.__name__), obj.__name__
    elif isinstance(obj, Mapping):
        namespace = dict(obj)
        own = _own(namespace, namespace.get("__name__"))
        file = str(namespace.get("__name__", _listed(own)))
    elif callable(obj) and isinstance(getattr(obj, "__name__", None), str):
        file = _name(obj)
        own = _with_called(file, obj)
        namespace = {**_globals(obj), **own}
    else:
        raise InputError(
            "check takes a function, a class, a module or a dict of them, and no object of type {kind}.",
            kind=type(obj).__name__,
        )
    missing = [mine for mine in names if mine not in own]
    if missing:
        raise InputError(
            "names has {name!r}, but {file} has no function or class of that name.", name=missing[0], file=file
        )
    tree = ast.Module([_node(name, value) for name, value in own.items()], [])
    learner = Learner(namespace, tree, names)
    return _placed(roles.check(learner, file, None, _seen(tree, namespace)), learner)


def _seen(tree: ast.Module, namespace: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what can be seen in each definition by itself: two from different cells may have the same lines."""
    for node in tree.body:
        if node.lineno is not None:
            yield from sight.seen(ast.Module([node], []), namespace)


def _placed(report: findings.Report, learner: Learner) -> findings.Report:
    """Return a report that says of each function from a notebook's cell which one it is: its lines are of the cell."""

    def placed(told: Told) -> Told:
        node, value = learner.nodes.get(told.function), learner.namespace.get(told.function.partition(".")[0])
        # A line of another function may be one of another cell.
        if told.line is None or (node and not node.lineno <= told.line <= (node.end_lineno or node.lineno)):
            return told
        cell = cells.number(value)
        return replace(told, facts=told.facts | {"cell": cell, "cell_line": str(told.line)}) if cell else told

    checked, found = tuple(map(placed, report.checked)), tuple(map(placed, report.findings))
    return replace(report, checked=checked, findings=found)


def _listed(names: Iterable[str]) -> str:
    """Return what a dict is called in its report: by the first of its functions."""
    first, more = list(names)[:_FIRST], list(names)[_FIRST:]
    return ", ".join([*first, "..."] if more else first) or "dict"


def _own(namespace: Mapping[str, Any], module: Any) -> dict[str, Any]:
    """Return the functions and classes of a namespace; those of the module alone, where there is one."""
    return {
        name: value
        for name, value in namespace.items()
        if callable(value)
        and str(name).isidentifier()
        and (module is None or getattr(value, "__module__", None) == module)
    }


def _name(obj: Any) -> str:
    """Return the name of a function or class; that of a lambda is the one that its module knows it by."""
    name: str = obj.__name__
    if name.isidentifier():
        return name
    known = next((mine for mine, value in _globals(obj).items() if value is obj), None)
    if known is None:
        raise InputError('A function without a name says nothing of what it should do. Name it: {"sigmoid": ...}.')
    return known


def _with_called(name: str, obj: Any) -> dict[str, Any]:
    """Return a function or class by its name, with all that it uses from its own module."""
    found = {name: obj}
    own = _own(_globals(obj), getattr(obj, "__module__", ""))
    waiting = [obj]
    while waiting:
        new = {name: own[name] for name in own.keys() & _used(waiting.pop()) - found.keys()}
        found |= new
        waiting += new.values()
    return found


def _globals(obj: Any) -> dict[str, Any]:
    functions = vars(obj).values() if isinstance(obj, type) else [_unwrapped(obj)]
    return next((f.__globals__ for f in functions if hasattr(f, "__globals__")), {})


def _unwrapped(value: Any) -> Any:
    """Return the function that others, such as decorators or np.vectorize, are wrapped around."""
    return inspect.unwrap(value.pyfunc if isinstance(value, np.vectorize) else value)


def _used(value: Any) -> set[str]:
    """Return the global names in the code of a function, or of the methods of a class."""
    functions = vars(value).values() if isinstance(value, type) else [_unwrapped(value)]
    codes = [f.__code__ for f in functions if isinstance(getattr(f, "__code__", None), CodeType)]
    names: set[str] = set()
    for code in codes:  # which grows: the functions inside of functions
        names.update(code.co_names)
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names


def _node(name: str, value: Any) -> ast.stmt:
    """Return the definition of a function or class: from its source, else from its signature."""
    node = _from_source(value)
    if node is None:
        node = _class(name, value) if isinstance(value, type) else _function(name, value)
    node.name = name
    return node


def _from_source(value: Any) -> ast.FunctionDef | ast.ClassDef | None:
    try:
        lines, first = inspect.getsourcelines(value)
        tree = parsed(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return None
    node = tree.body[0]
    kind = ast.ClassDef if isinstance(value, type) else ast.FunctionDef
    # A file that was edited since it was imported gives the lines of something else.
    if not isinstance(node, kind) or node.name != inspect.unwrap(value).__name__:
        return None
    ast.increment_lineno(tree, max(first, 1) - 1)
    return node


def _class(name: str, value: type) -> ast.ClassDef:
    methods = [_node(n, m) for n, m in vars(value).items() if inspect.isfunction(m)]
    node = ast.parse(f"class {name}: pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.body = methods
    return _without_line(node)


def _function(name: str, value: Callable[..., Any]) -> ast.FunctionDef:
    # There is something in it, but nobody knows what: `pass` would say that it is a template.
    node = ast.parse(f"def {name}({_parameters(value)}): assert True").body[0]
    assert isinstance(node, ast.FunctionDef)
    return _without_line(node)


def _without_line(node: Definition) -> Definition:
    node.lineno = None  # type: ignore[assignment] # a line that nobody could look up is not said
    return node


def _parameters(value: Callable[..., Any]) -> str:
    """Return the parameters of a function as a definition has them, its defaults left open."""
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return "*arguments"
    written: list[str] = []
    for position, parameter in enumerate(parameters):
        before = parameters[position - 1].kind if position else None
        if before is _KINDS.POSITIONAL_ONLY and parameter.kind is not before:
            written.append("/")
        if parameter.kind is _KINDS.KEYWORD_ONLY and before not in (_KINDS.KEYWORD_ONLY, _KINDS.VAR_POSITIONAL):
            written.append("*")
        default = "" if parameter.default is parameter.empty else "=None"
        written.append(f"{_STARS.get(parameter.kind, '')}{parameter.name}{default}")
    if parameters and parameters[-1].kind is _KINDS.POSITIONAL_ONLY:
        written.append("/")
    return ", ".join(written)


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    """Give back the global random numbers as they were: a check must not change what a notebook computes next."""
    state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)
