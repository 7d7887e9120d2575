"""The table of cases: every layer, activation and loss, with inputs to prove it on."""

from __future__ import annotations

from tests.cases import basic
from tests.cases.form import LayerCase, LossCase

LAYER_CASES: list[LayerCase] = [*basic.LAYER_CASES]
LOSS_CASES: list[LossCase] = basic.LOSS_CASES
