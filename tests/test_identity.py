"""What a run depends on is written down without addresses in memory, which are others in every process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from chainrule.common.errors import InputError
from chainrule.training.identity import plain


@dataclass(frozen=True)
class Holder:
    """A setting of a user's."""

    held: Any


def halved(rate: float) -> float:
    return rate / 2


AROUND: dict[str, Callable[[Any], Any]] = {
    "alone": lambda held: held,
    "in a list": lambda held: [1, (held,)],
    "in a dict": lambda held: {"a": held},
    "as a key": lambda held: {held: 1},
    "in a key": lambda held: {(held, 2): 1},
    "in a data class": Holder,
    "in an array": lambda held: np.array([held], object),
    "in an array of several": lambda held: np.array([held, 1], object),
}


@pytest.mark.parametrize(
    "held", [halved, partial(halved, 3), "a".join, object(), (c for c in "a")], ids=lambda held: type(held).__name__
)
@pytest.mark.parametrize("around", AROUND)
def test_what_is_known_by_its_address_alone_is_refused(around: str, held: Any) -> None:
    value = AROUND[around](held)
    with pytest.raises(InputError, match=f"in the loss is {re.escape(repr(held))}, of which another process"):
        plain("loss", value)


@pytest.mark.parametrize(
    ("make", "other"),
    [
        (lambda: np.array([float("1.5"), "".join("ab")], object), np.array([1.5, "ac"], object)),
        (lambda: np.array(["".join("ab" * 20)], np.dtypes.StringDType()), np.array(["ac" * 20], "T")),
        (lambda: {("".join("ab"), 1): Holder(float("2.5"))}, {("ab", 2): Holder(2.5)}),
        (lambda: {1: 2, None: "".join("ab"), float("nan"): 3}, {1: 2, None: "ab", 0.5: 3}),
    ],
    ids=["objects", "texts", "keys of several", "odd keys"],
)
def test_what_lies_elsewhere_in_memory_is_the_same(make: Callable[[], Any], other: Any) -> None:
    first, second = make(), make()  # both at once, so that nothing lies in the other's place
    written = plain("loss", first)
    assert written == plain("loss", second) == json.loads(json.dumps(written))
    assert written != plain("loss", other)
