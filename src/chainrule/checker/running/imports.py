"""The learner's imports: NumPy and the standard library are real, helper files are known, the rest is stubs."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from chainrule.checker.running import courseware

REAL = sys.stdlib_module_names | {"numpy", "scipy"}
WINDOWS = {"tkinter", "turtle", "turtledemo", "idlelib", "antigravity", "this", "webbrowser"}
SILENT = {"matplotlib", "mpl_toolkits", "pylab", "seaborn", "plotly", "IPython", "ipywidgets", *WINDOWS}


class NotHereError(ImportError):
    """Something from a file or a package that the check does not have was called."""


class Stub:
    """What stands for a name of a module that is not here: it can be imported, but not called inside a function."""

    stands_in = True
    """Whether nothing that is said of a function which touches this is about the learner's own code."""

    def __init__(self, name: str, importer: Importer) -> None:
        self._name = name
        self._importer = importer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return type(self)(f"{self._name}.{name}", self._importer)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Raise, or stand for what a decorator returns."""
        if self._importer.loading:  # a decorator, with or without arguments of its own, or a base class
            return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self
        raise NotHereError(f"{self._name} is not part of this file, and the check does not have it")

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return ()


class Silence(Stub):
    """What stands for plots and displays: whatever is done with it, nothing happens."""

    stands_in = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return this."""
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))  # fig, ax = plt.subplots()

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        pass


class Importer:
    """An `__import__` for the learner's code."""

    def __init__(self) -> None:
        self.loading = True
        """Whether the definitions are still being executed; after that, calling a stub raises `NotHereError`."""
        self.modules: dict[str, ModuleType] = {}
        self.beside: Mapping[str, Callable[[], Mapping[str, Any]]] = {}
        """Modules in the learner's folder: how to make each one."""
        self.packages: Collection[str] = ()
        """Packages that are real besides those of `REAL`, if they are installed."""

    def stub(self, name: str) -> Stub:
        """Return what stands for a name that is not here."""
        kind = Silence if name.partition(".")[0] in SILENT else Stub
        return kind(name, self)

    def __call__(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> ModuleType:
        """Import as `__import__` does, and never fail because something is not installed."""
        top = name.partition(".")[0]
        if not level and (is_real(name) or top in self.packages) and courseware.names_in(name) is None:
            try:
                return builtins.__import__(name, None, None, fromlist or (), 0)
            except Exception as error:  # whatever an import of a part that is not here comes to
                if isinstance(error, PermissionError) and not self.loading:
                    raise
        is_common = level and name not in self.beside and courseware.names_in(f"common.{name}")
        full = f"common.{name}" if is_common else name or "."
        return self.module(full if fromlist else top)

    def module(self, name: str) -> ModuleType:
        """Return the module that stands for one that is not here."""
        if name not in self.modules:
            self.modules[name] = made = _Standin(name, self)
            if name in self.beside:
                vars(made).update(self.beside[name]())
            vars(made).update(courseware.names_in(name) or {})  # which are right, whatever theirs are
        return self.modules[name]

    def knows(self, name: str) -> bool:
        """Return whether there is more behind a name than stubs."""
        return name in self.beside or courseware.names_in(name) is not None


class _Standin(ModuleType):
    def __init__(self, name: str, importer: Importer) -> None:
        super().__init__(name)
        self._importer = importer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        return self._importer.module(full) if self._importer.knows(full) else self._importer.stub(full)


def is_real(name: str) -> bool:
    """Return whether an import of this name gets what it asks for.

    >>> is_real("numpy.linalg"), is_real("h5py")
    (True, False)
    """
    top = name.partition(".")[0]
    return top in REAL - WINDOWS and (top != "scipy" or importlib.util.find_spec("scipy") is not None)


def restore_numpy_names() -> None:
    """Give NumPy the names back that it has dropped: old code is no mistake. It changes NumPy for the whole process."""
    same: dict[str, Any] = {
        "int": int,
        "float": float,
        "bool": bool,
        "complex": complex,
        "object": object,
        "str": str,
        "long": int,
    }
    same |= {"float_": np.float64, "complex_": np.complex128, "unicode_": np.str_, "string_": np.bytes_}
    same |= {"product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any, "round_": np.round}
    same |= {"row_stack": np.vstack, "trapz": np.trapezoid, "in1d": _in1d, "asscalar": _asscalar, "rank": np.ndim}
    same |= {"asfarray": _asfarray, "mat": np.asmatrix, "msort": _msort}
    same |= {"NaN": np.nan, "NAN": np.nan, "Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "PINF": np.inf}
    same |= {"NINF": -np.inf, "PZERO": 0.0, "NZERO": -0.0}
    for name, value in same.items():
        if name not in vars(np):
            setattr(np, name, value)


def _in1d(a: Any, b: Any) -> Any:
    return np.isin(a, b).ravel()


def _asscalar(a: Any) -> Any:
    return np.asarray(a).item()


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(a, dtype)


def _msort(a: Any) -> Any:
    return np.sort(a, axis=0)
