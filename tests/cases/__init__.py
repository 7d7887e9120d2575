"""The table of cases: every layer, activation and loss, with inputs to prove it on. One module per family."""

from __future__ import annotations

import importlib
import pkgutil

from tests.cases.form import LayerCase, LossCase

_FAMILIES = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
LAYER_CASES: list[LayerCase] = [case for family in _FAMILIES for case in getattr(family, "LAYER_CASES", [])]
LOSS_CASES: list[LossCase] = [case for family in _FAMILIES for case in getattr(family, "LOSS_CASES", [])]
