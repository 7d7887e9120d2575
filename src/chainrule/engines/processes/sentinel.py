"""A small process that reads what another one writes to its standard error, and speaks for it if JAX ends it.

When process 0 is gone, JAX ends the others from its own threads, with a trace of C++ and without a word to Python.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

_NOISE = re.compile(
    rb"[WEF]\d{4} .*(coordination_service|preemption_sync_manager|client\.h:)|Additional GRPC error|:UNKNOWN:Error"
    rb"|RPC: /xla|\[Gloo\] Rank"
)
_FATAL = re.compile(rb"F\d{4} .*JAX distributed service detected fatal errors")


def set_up(sentence: str) -> None:
    """Let a sentinel read the standard error of this process from now on; the sentence is for the case above."""
    reader, writer = os.pipe()
    subprocess.Popen(
        [sys.executable, "-I", __file__, sentence],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for who is watched
    )
    os.close(reader)
    os.dup2(writer, 2)
    os.close(writer)


def relay(source: Iterable[bytes], target: Any, sentence: str) -> None:
    """Write on what comes, without the log of JAX's service; the sentence stands for its last word."""
    fatal = False
    for line in source:
        fatal = fatal or _FATAL.match(line) is not None
        if not fatal and not _NOISE.match(line):
            target.write(line)
            target.flush()
    if fatal:
        target.write(f"chainrule: {sentence}\n".encode())
        target.flush()


if __name__ == "__main__":
    relay(sys.stdin.buffer, sys.stderr.buffer, sys.argv[1])
