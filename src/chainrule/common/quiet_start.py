"""Ctrl-C while the command imports its modules ends it without a traceback, as it ends other programs."""

from __future__ import annotations

import os
import signal
import sys


def is_the_command() -> bool:
    """Return whether this process is the command `chainrule` or `python -m chainrule`, and no user of the library."""
    program = sys.argv[0] if getattr(sys, "argv", None) else ""  # a program that embeds Python has no arguments
    if program != "-m":
        return os.path.basename(program) in ("chainrule", "chainrule.exe")
    return ["-m", "chainrule"] in map(list, zip(sys.orig_argv, sys.orig_argv[1:], strict=False))


if is_the_command() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `chainrule.cli.main` takes over
