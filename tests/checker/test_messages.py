"""Values pass from process to process as they are, and what is no message is refused in one way."""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.checker.learner import OldArray
from chainrule.checker.running.messages import (
    LARGEST,
    Codec,
    EndedError,
    NotAMessageError,
    TooLargeError,
    receive,
    send,
)


class Point(NamedTuple):
    """A tuple of a kind of its own."""

    x: int
    y: int


class Plain(Codec):
    """Values without objects that stay where they are."""

    def refer(self, value: Any) -> dict[str, Any]:
        raise TypeError(f"no {type(value).__name__} here")

    def referred(self, entry: Mapping[str, Any]) -> Any:
        raise KeyError(*entry)

    def kind_of(self, value: Any) -> dict[str, Any]:
        return {}

    def of_kind(self, value: Any, entry: Any) -> Any:
        raise KeyError(entry)


def passed(value: Any) -> Any:
    """Return a value after its way through a pipe."""
    pipe = io.BytesIO()
    send(pipe, {"value": Plain().encode(value)})
    return Plain().decode(receive(io.BytesIO(pipe.getvalue()))["value"])


ARRAYS = [
    np.zeros((2, 0, 3)),
    np.array(1.5),
    np.array([[np.nan, -np.inf], [-0.0, 5e-324]]),
    np.array([-(2**63), 2**63 - 1]),
    np.array([2**64 - 1], np.uint64),
    np.arange(6, dtype=np.float32).reshape(2, 3).T,
    np.array([1 + 2j, np.nan]),
    np.array([True, False]),
    np.array(["가", "abc"]),
    np.array([b"ab", b""]),
    np.array(["2026-11-27"], "M8[D]"),
    np.ones((1, 2)).view(np.matrix),
    np.ones(3).view(OldArray),
    np.float64(0.1),
    np.int32(7),
    np.bool_(True),
]


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_numbers_arrive_bit_by_bit(array: Any) -> None:
    back = passed(array)
    assert (type(back), back.dtype, back.shape) == (type(array), array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert isinstance(back, np.generic) or back.flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -1, 2**80, 0.1, float("inf"), "text", "\ud800", 2 - 3j, b"\xff", (), [], {}, set()),
        *((1, (2, [3, {"a": ()}])), {1: "one", (2, 3): None, None: 0.5}, {2}, frozenset({1})),
    ],
    ids=repr,
)
def test_what_python_has_arrives_as_it_is(value: Any) -> None:
    back = passed(value)
    assert back == value and type(back) is type(value)


def test_arrays_of_objects_arrive() -> None:
    array = np.empty((2, 2), object)
    array[0, 0], array[1, 1] = np.ones(2), "text"
    back = passed(array)
    assert back.shape == (2, 2) and back[0, 1] is None and back[1, 1] == "text"
    np.testing.assert_array_equal(back[0, 0], [1, 1])


def test_what_is_the_same_twice_is_the_same_again() -> None:
    array, names = np.ones(2), {"a": 1}
    pair = (array, names)
    first, second, (third, fourth), again = passed([array, names, pair, pair])
    assert third is first and fourth is second and again[0] is first
    circle: list[Any] = [1]
    circle.append(circle)
    back = passed(circle)
    assert back[1] is back


def test_a_value_in_tuples_of_the_same_tuple_stays_small() -> None:
    value: Any = (np.ones(100),)
    for _ in range(200):
        value = (value, value)
    assert len(json.dumps(Plain().encode(value))) < 20_000


@pytest.mark.parametrize("value", [np.ones(LARGEST), np.broadcast_to(1.0, (10**9, 10**9)), "a" * (LARGEST + 1)])
def test_what_is_too_large_is_not_written(value: Any) -> None:
    pipe = io.BytesIO()
    with pytest.raises(TooLargeError):
        send(pipe, {"value": Plain().encode(value)})
    assert not pipe.getvalue()


@pytest.mark.parametrize(
    "line",
    [b"\n", b"{", b"3\n", b"[]\n", b"{}", b'{"a": }\n', b"\xff\n", b"[" * 10_000 + b"\n", b" " * (LARGEST + 1) + b"\n"],
    ids=lambda line: repr(line[:9]),
)
def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(NotAMessageError):
        receive(io.BytesIO(line))


def test_the_end_is_no_message() -> None:
    with pytest.raises(EndedError):
        receive(io.BytesIO())


FORGED: list[Any] = [
    *([], [1], {}, {"array": 3}, {"array": []}, {"array": ["<f8", [2], "AAAA"]}, {"array": ["<f8", [-1], ""]}),
    {"array": ["object", [1], "AAAAAAAAAAA="]},
    *({"array": ["|O", [1], "AAAAAAAAAAA="]}, {"array": ["<f8", [0], 3]}),
    *({"array": ["<f99", [0], ""]}, {"array": ["<f8,<f8", [0], ""]}, {"array": ["<f8", [0, 10**30], ""]}),
    *(
        {"array": ["<f8", [True], "AAAAAAAAAAA="]},
        {"array": ["<f8", [1.0], "AAAAAAAAAAA="]},
        {"array": ["<f8", [], "!"]},
    ),
    *({"array": ["<U0", [10**9], ""]}, {"objects": [[3], [1]]}),
    *({"again": 0}, {"again": -1}, {"again": True}, {"list": {"a": 1}}, {"list": [{"again": 7}]}, {"tuple": 3}),
    *({"dict": [[1]]}, {"dict": [[{"list": []}, 1]]}, {"dict": 5}, {"set": [{"dict": []}]}, {"set": 3}, {"eval": "1"}),
    *({"complex": "os"}, {"bytes": 3}, {"bytes": "*"}, {"scalar": ["<f8", [2], "AA"]}, {"handle": 1}),
]


@pytest.mark.parametrize("entry", FORGED, ids=lambda entry: json.dumps(entry)[:40])
def test_a_forged_value_is_refused(entry: Any) -> None:
    with pytest.raises(NotAMessageError):
        Plain().decode(entry)


@pytest.mark.parametrize("kind", ["list", "tuple", "set"])
def test_a_value_that_is_nested_too_deep_is_refused(kind: str) -> None:
    entry: Any = {kind: []}
    for _ in range(10_000):
        entry = {kind: [entry]}
    with pytest.raises(NotAMessageError):
        Plain().decode(entry)


_NAMES = "array matrix old again scalar objects complex bytes tuple list dict set".split()
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["<f8", "<U3"])
)
_JSON = st.recursive(
    _LEAVES,
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(st.sampled_from([*_NAMES, "handle", "callable", "method", "kind"]), parts, max_size=3)
    ),
)


@settings(max_examples=300, deadline=None)
@given(_JSON)
def test_any_json_is_a_value_or_refused(entry: Any) -> None:
    try:
        Plain().decode(entry)
    except NotAMessageError:
        pass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | _JSON.map(lambda entry: json.dumps(entry).encode() + b"\n"))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        assert isinstance(receive(io.BytesIO(data)), dict)
    except (NotAMessageError, EndedError):
        pass


def test_kinds_of_ones_own_are_plain_where_no_kind_is_named() -> None:
    point = Point(1, 2)
    assert passed(point) == (1, 2) and type(passed(point)) is tuple
    assert type(passed(OrderedDict(a=1))) is dict
