"""Which cell of a running notebook a function was typed into."""

from __future__ import annotations

import inspect
import re
import sys
from types import CodeType
from typing import Any


def number(value: Any) -> str:
    """Return the number that the notebook shows beside the cell of a function or class, In [3]; "" elsewhere."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    functions = vars(value).values() if isinstance(value, type) else [inspect.unwrap(value)]
    code = next((f.__code__ for f in functions if isinstance(getattr(f, "__code__", None), CodeType)), None)
    if shell is None or code is None:
        return ""
    _, name = shell.compile.format_code_name(code.co_filename) or ("", "")
    shown = re.search("[0-9]+", name)
    return shown[0] if shown else ""
