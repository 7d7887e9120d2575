"""What judges, kept from the code that is judged: names put back as they were, and no import of the right answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import is_
from types import ModuleType
from typing import Any

from chainrule.checker.running.walls import OURS

_KEPT = (  # modules that the checker computes and compares with, and that the learner's code has as well
    *("builtins", "ast", "contextlib", "copy", "copyreg", "dataclasses", "functools", "importlib", "inspect", "io"),
    *("json", "json.encoder", "linecache", "math", "operator", "os", "random", "signal", "threading", "traceback"),
    *("numpy", "numpy._core", "numpy.lib", "numpy.linalg"),  # and what is in these
)


def hide() -> None:
    """Take the checker, its equations and the program that started it out of the table of modules.

    Who has a module already goes on with it; who imports it afterwards gets what the walls say to that.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == OURS]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")


def keeper() -> Callable[[], None]:
    """Return what puts back every name of the modules that judge, as it is now.

    So `np.allclose = lambda *a, **k: True` holds until the learner's function returns, and no longer.
    """
    modules = [module for name, module in sys.modules.items() if _is_kept(name)]
    kept = [(vars(module), dict(vars(module))) for module in modules]
    # The names of what follows are looked up in builtins, which are among those that may have been changed.
    every, each, size, kind, same, module_kind = all, map, len, type, is_, ModuleType

    def put_back() -> None:
        for names, before in kept:
            if size(names) == size(before) and every(each(same, names.values(), before.values())):
                continue
            names.update(before)
            for name in [*names]:
                if name not in before and kind(names[name]) is not module_kind:  # which an import has put there
                    del names[name]

    return put_back


def guarded(target: Callable[..., Any], put_back: Callable[[], None]) -> Callable[..., Any]:
    """Return a function of the learner's after which all names are put back."""

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return target(*arguments, **named)
        finally:
            put_back()

    return call


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith(("numpy._core.", "numpy.lib.", "numpy.linalg."))
