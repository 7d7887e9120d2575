"""What the processes of a run tell each other."""

from __future__ import annotations

import json
import sys
from signal import Signals
from typing import Any

import numpy as np

from chainrule.common.errors import ProcessError
from chainrule.engines.processes.roll_call import difference


def count() -> int:
    """Return how many processes there are, without loading JAX."""
    jax = sys.modules.get("jax")
    return jax.process_count() if jax is not None and jax.distributed.is_initialized() else 1


def number() -> int:
    """Return which of them this is, from 0."""
    return int(sys.modules["jax"].process_index()) if count() > 1 else 0


def first() -> bool:
    """Return whether this process is the one that speaks and writes files."""
    return number() == 0


_asked: list[int] = []
"""The signals by which this process was asked to stop."""


def stop(signal: int) -> None:
    """Let all processes stop training together, where they next agree; a signal reaches only one."""
    _asked.append(signal)


def agreed(number: int) -> int:
    """Return the number of the first process in all of them.

    Raises
    ------
    KeyboardInterrupt
        One of them was asked to stop.
    """
    from jax.experimental.multihost_utils import process_allgather

    said = np.asarray(process_allgather(np.array([number, *_asked[:1], 0], np.int32)[:2]))
    signals = [int(asked) for asked in said[:, 1] if asked]
    if signals:
        name = Signals(signals[0]).name
        raise KeyboardInterrupt(*([] if name == "SIGINT" else [name]))
    return int(said[0, 0])


def gathered(value: Any) -> list[Any]:
    """Return what each process says, in their order; plain data as JSON has it."""
    if count() == 1:
        return [value]
    from jax.experimental.multihost_utils import process_allgather

    content = np.frombuffer(json.dumps(value).encode(), np.uint8)
    lengths = np.asarray(process_allgather(np.array([len(content)], np.int32))).ravel()
    padded = np.zeros(max(lengths), np.uint8)
    padded[: len(content)] = content
    rows = np.asarray(process_allgather(padded))
    return [json.loads(row[:length].tobytes()) for row, length in zip(rows, lengths, strict=True)]


def from_first(content: bytes) -> bytes:
    """Return the bytes of the first process in all of them."""
    from jax.experimental.multihost_utils import broadcast_one_to_all

    length = int(broadcast_one_to_all(np.int32(len(content))))
    own = np.frombuffer(content, np.uint8) if first() else np.zeros(length, np.uint8)
    return np.asarray(broadcast_one_to_all(own)).tobytes()


def same(facts: dict[str, Any]) -> None:
    """Return if all processes say the same.

    Raises
    ------
    ProcessError
        One says something else; all raise with the same sentence.
    """
    said = gathered(facts)
    for i, other in enumerate(said):
        if wrong := difference(0, said[0], i, other):
            raise ProcessError(wrong)
