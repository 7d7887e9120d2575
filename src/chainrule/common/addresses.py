"""The short addresses of public modules: `chainrule.losses` is `chainrule.equations.losses`."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ADDRESSES = {
    "activations": "equations.activations",
    "book": "lessons.book",
    "callbacks": "training.callbacks",
    "errors": "common.errors",
    "gradient_checking": "lessons.gradient_checking",
    "initialization": "lessons.initialization",
    "initializers": "equations.initializers",
    "loggers": "training.loggers",
    "logistic": "lessons.logistic",
    "losses": "equations.losses",
    "optimization": "lessons.optimization",
    "optimizers": "equations.optimizers",
    "perceptron": "lessons.perceptron",
    "planar": "lessons.planar",
    "processes": "engines.processes",
    "regularization": "lessons.regularization",
    "schedules": "equations.schedules",
    "sources": "data.sources",
    "stepwise": "lessons.stepwise",
}
"""The room of every public module that has a shorter address, both below chainrule."""


class _ShortAddresses:
    """A finder and loader of the import system that gives the one module under its second name."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        package, _, short = name.rpartition(".")
        return ModuleSpec(name, self) if package == "chainrule" and short in ADDRESSES else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"chainrule.{ADDRESSES[spec.name.rpartition('.')[2]]}")
        self._own = module.__spec__, getattr(module, "__loader__", None)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: the module ran under its own name, which it gets back."""
        module.__spec__, module.__loader__ = self._own


def install() -> None:
    """Let Python import public modules by their short addresses."""
    if not any(isinstance(finder, _ShortAddresses) for finder in sys.meta_path):
        sys.meta_path.append(_ShortAddresses())
