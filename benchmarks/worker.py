"""The process of one contender: `python -m benchmarks.worker CONTENDER WORKLOAD` obeys lines and answers in JSON.

A line is a method of the contender and whole numbers for it; the answer is what it returns, or else the seconds that it
took. "memory" is answered with the largest resident memory so far, in bytes. An error ends the process.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from typing import Any

from benchmarks.contenders import CONTENDERS
from benchmarks.machine import peak_memory
from benchmarks.workloads import ALL, GPU_WORKLOADS


def obey(contender: Any, command: str, *arguments: str) -> Any:
    """Return the answer to a command."""
    if command == "memory":
        return peak_memory()
    start = time.perf_counter()
    value = getattr(contender, command)(*map(int, arguments))
    return time.perf_counter() - start if value is None else value


def main() -> None:
    """Answer every line."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    warnings.filterwarnings("ignore")
    contender = CONTENDERS[sys.argv[1]].make((ALL | GPU_WORKLOADS)[sys.argv[2]])
    for line in sys.stdin:
        print(json.dumps(obey(contender, *line.split())), file=answers, flush=True)


if __name__ == "__main__":
    main()
