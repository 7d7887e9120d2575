"""The engines that tests are run on."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

NO_TORCH = "PyTorch is not installed: pip install 'chainrule[torch]'"
needs_torch = pytest.mark.skipif(not (find_spec("torch") and find_spec("array_api_compat")), reason=NO_TORCH)
TORCH = pytest.param("torch:cpu", marks=needs_torch, id="torch")
