"""The settings of the kernels that execute cells: what they say of the way from Sphinx to them is left out.

They are on the same machine, and speak over 127.0.0.1. All else that a kernel warns of is shown.
"""

from __future__ import annotations

import logging


class _OnThisMachine(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Kernel is running over TCP without encryption.")


c.IPKernelApp.logging_config = {  # type: ignore[name-defined]
    "filters": {"on this machine": {"()": _OnThisMachine}},
    "handlers": {"console": {"filters": ["on this machine"]}},
}
