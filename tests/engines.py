"""The engines that tests are run on."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

NO_TORCH = "PyTorch is not installed: pip install 'chainrule[torch]'"
needs_torch = pytest.mark.skipif(not (find_spec("torch") and find_spec("array_api_compat")), reason=NO_TORCH)
TORCH_DEVICE = os.environ.get("CHAINRULE_TORCH_DEVICE", "cpu")
"""Where the table of cases is run; the other tests of the engine are about what no device changes."""
TORCH = pytest.param("torch:cpu", marks=needs_torch, id="torch")
