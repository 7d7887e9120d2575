"""What the engines differ in, and nested parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chainrule.arrays import Mode, leaves, map_leaves, namespace, replace_leaves, scan, uniform


class State(NamedTuple):
    h: Any
    c: Any


TREE = {"a": np.ones(2), "b": (np.zeros(3), State(np.full(1, 5.0), {})), "c": ({"d": np.arange(2.0)},)}


def test_paths_of_nested_parameters() -> None:
    assert [path for path, _ in leaves(TREE)] == ["a", "b.0", "b.1.0", "c.0.d"]
    assert [path for path, _ in leaves(TREE["a"], "x")] == ["x"]


def test_mapping_and_replacing_keep_the_structure() -> None:
    doubled = map_leaves(lambda a: 2 * a, TREE)
    assert str(jax.tree.structure(doubled)) == str(jax.tree.structure(TREE))
    assert isinstance(doubled["b"][1], State) and doubled["b"][1].h[0] == 10
    again = replace_leaves(TREE, dict(leaves(doubled)))
    assert str(jax.tree.structure(again)) == str(jax.tree.structure(TREE))
    assert again["c"][0]["d"] is doubled["c"][0]["d"]


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_is_the_loop_on_every_engine(reverse: bool) -> None:
    xs = {"u": np.arange(8.0).reshape(4, 2), "v": np.arange(4.0)}

    def step(carry: State, x: Any) -> Any:
        h = carry.h * 0.5 + x["u"]
        return State(h, carry.c + x["v"]), (h * x["v"], carry)

    start = State(np.zeros(2), np.float64(0))
    carry, h, ys = start, [], []
    for t in reversed(range(4)) if reverse else range(4):
        carry, y = step(carry, {"u": xs["u"][t], "v": xs["v"][t]})
        h.append(y[1].h)
        ys.append(y[0])
    if reverse:
        h, ys = h[::-1], ys[::-1]
    on_jax = map_leaves(jnp.asarray, (start, xs))
    for end, out in (scan(step, start, xs, reverse=reverse), scan(step, *on_jax, reverse=reverse)):
        np.testing.assert_allclose(end.h, carry.h)
        np.testing.assert_allclose(end.c, 6.0)
        np.testing.assert_allclose(out[0], ys)
        np.testing.assert_allclose(out[1].h, h)


def test_scan_traces_a_step_once_however_long_the_axis() -> None:
    traces = 0

    def step(carry: Any, x: Any) -> Any:
        nonlocal traces
        traces += 1
        return carry + x, carry

    jax.jit(lambda xs: scan(step, xs[0], xs))(jnp.zeros(1000))
    assert traces <= 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_numbers_follow_from_the_key_alone(dtype: Any) -> None:
    for like in (np.zeros((400, 50), dtype), jnp.zeros((400, 50), dtype)):
        first, again, other = uniform((1, 2), like), uniform((1, 2), like), uniform((1, 3), like)
        assert namespace(first) is namespace(like) and first.dtype == dtype and first.shape == (400, 50)
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        assert 0 <= first.min() and first.max() < 1 and abs(first.mean() - 0.5) < 0.01


def test_parts_of_a_composite_get_their_own_keys() -> None:
    mode = Mode(training=True, key=(7,))
    assert mode.fold(0).fold(2).key == (7, 0, 2) and mode.fold(1).training and mode.key == (7,)
