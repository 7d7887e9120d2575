"""Convolution beyond the contract: a slow twin, PyTorch's numbers, each way NumPy can take, mistakes and messages."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.arrays import Array, Params, machine, windows
from chainrule.layers.convolution import Conv1D, Conv2D
from tests.cases.convolution import LAYER_CASES

REFERENCE = np.load(Path(__file__).parent / "reference/convolution.npz")
WAYS = {"tiles": 10**9, "windows": 0}
rng = np.random.default_rng(5)


class Slow:
    """The same equations as loops over places and filters."""

    def __init__(self, layer: Conv2D, mistake: str = "") -> None:
        self.layer, self.mistake = layer, mistake
        self.init = layer.init

    def places(self, x: Array, W: Array) -> Iterator[tuple[Any, Any, int]]:
        """Yield (row, column) of the output, the window in the padded x, and the filter."""
        window, output = self.layer.window(x.shape)
        channels, per_group = W.shape[2], W.shape[3] // self.layer.groups
        for row, column in np.ndindex(*output):
            inside = [
                slice(s * at, s * at + d * (k - 1) + 1, d)
                for s, at, d, k in zip(window.stride, (row, column), window.dilation, W.shape[:2], strict=True)
            ]
            for f in range(W.shape[3]):
                g = f // per_group
                yield (slice(None), row, column, f), (slice(None), *inside, slice(g * channels, (g + 1) * channels)), f

    def padding(self, x: Array) -> Any:
        return ((0, 0), *self.layer.window(x.shape)[0].padding, (0, 0))

    def forward(self, params: Any, x: Array, mode: Any = None) -> Any:
        padded, W = np.pad(x, self.padding(x)), params["W"]
        Y = np.zeros((len(x), *self.layer.window(x.shape)[1], W.shape[3]))
        for place, window, f in self.places(x, W):
            Y[place] = (padded[window] * W[..., f]).sum(axis=(1, 2, 3)) + params["b"][f]
        return Y, (x, W)

    def backward(self, cache: Any, dY: Array) -> Any:
        x, W = cache
        padding = self.padding(x)
        padded, dW = np.pad(x, padding), np.zeros(W.shape)
        dpadded = np.zeros(padded.shape)
        for place, window, f in self.places(x, W):
            upstream = dY[place].reshape(-1, 1, 1, 1)
            dW[..., f] += (padded[window] * upstream).sum(axis=0)
            if self.mistake == "= for +=":
                dpadded[window] = W[..., f] * upstream
            else:
                dpadded[window] += W[..., f] * upstream
        dX = dpadded[tuple(slice(before, n - after) for n, (before, after) in zip(padded.shape, padding, strict=True))]
        if self.mistake == "rest put first":
            dX = np.roll(dX, 1, axis=1)
        if self.mistake == "rest lost":
            dX = dX[:, :-1]
        if self.mistake == "kernel reversed":
            dW = dW[::-1, ::-1]
        return dX, {"W": dW, "b": dY.sum(axis=(0, 1, 2))}


def numbers(layer: Any, params: Any, x: Array, dY: Array) -> dict[str, Array]:
    Y, cache = layer.forward(params, x)
    dX, grads = layer.backward(cache, dY)
    return {"Y": Y, "dX": dX, "dW": grads["W"], "db": grads["b"]}


def assert_close(actual: dict[str, Array], expected: dict[str, Array], tolerance: float) -> None:
    for name, array in expected.items():
        assert actual[name].shape == array.shape, name
        scale = max(1.0, np.abs(array).max())
        np.testing.assert_allclose(actual[name], array, rtol=0, atol=tolerance * scale, err_msg=name)


@st.composite
def configurations(draw: Any) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    def two(least: int, most: int) -> Any:
        return draw(st.tuples(st.integers(least, most), st.integers(least, most)))

    groups, multiple = draw(st.sampled_from([(1, 1), (1, 3), (2, 2), (3, 1), (2, 1)]))
    channels = groups * draw(st.integers(1, 2))
    kernel, dilation = two(1, 3), two(1, 3)
    padding = draw(st.sampled_from(["valid", "same", 1, ((2, 0), (0, 3))]))
    fits = [d * (k - 1) + 1 + draw(st.integers(0, 4)) for k, d in zip(kernel, dilation, strict=True)]
    arguments = (groups * multiple, kernel, two(1, 3), padding, dilation, groups)
    return arguments, (draw(st.integers(1, 3)), *fits, channels)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(configurations(), st.sampled_from(list(WAYS)), st.sampled_from([1, 150, 10**6]), st.sampled_from([1, 10**9]))
def test_every_configuration_equals_the_loops(case: Any, way: str, at_once: int, least: int) -> None:
    arguments, shape = case
    layer, rng = Conv2D(*arguments), np.random.default_rng(1)
    params, output = layer.init(rng, shape[1:], np.float64)
    params["b"] = rng.standard_normal(layer.filters)
    x, dY = rng.standard_normal(shape), rng.standard_normal((shape[0], *output))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "SHORT_ROW", WAYS[way])
        patch.setattr(machine, "COPIED", at_once)  # one picture, some pictures, or all of them at a time
        patch.setattr(machine, "SHIFTED", at_once)
        patch.setattr(machine, "CONVOLVED", least)
        assert_close(numbers(layer, params, x, dY), numbers(Slow(layer), params, x, dY), 1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", sorted({key.partition("/")[0] for key in REFERENCE.files}))
def test_pytorch_gives_the_same(name: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SHORT_ROW", WAYS[way])
    case = {key.partition("/")[2]: REFERENCE[key] for key in REFERENCE.files if key.startswith(f"{name}/")}
    x, W, dY, *configuration = (case.pop(key) for key in ("x", "W", "dY", "stride", "padding", "dilation", "groups"))
    layer_class = Conv1D if x.ndim == 3 else Conv2D
    layer = layer_class(W.shape[-1], W.shape[:-2], *(c.tolist() for c in configuration))
    assert_close(numbers(layer, {"W": W, "b": case.pop("b")}, x, dY), case, 1e-5)


def test_the_table_takes_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, int] = defaultdict(int)

    def count(name: str) -> None:
        function = getattr(windows, name)

        def counted(*arguments: Any) -> Any:
            taken[name] += 1
            return function(*arguments)

        monkeypatch.setattr(windows, name, counted)

    ways = [
        "_products",
        "_products_added",
        "_places",
        "_shifted",
        "_shifted_gradients",
    ]
    for name in [*ways, "_reversed"]:
        count(name)
    for case in LAYER_CASES:
        y, cache = case.layer.forward(case.params(), case.input())
        case.layer.backward(cache, np.ones_like(y))
    assert sorted(taken) == sorted([*ways, "_reversed"])


@pytest.mark.parametrize("groups", [1, 3])
def test_jax_sums_the_gradient_of_parts_of_the_batch(groups: int) -> None:
    layer = Conv2D(6, (3, 2), stride=2, padding="same", groups=groups)
    x = rng.standard_normal((2 * machine.XLA_PICTURES + 3, 6, 5, 3)).astype(np.float32)
    params, output = layer.init(rng, x.shape[1:])
    dY = rng.standard_normal((len(x), *output)).astype(np.float32)
    on_jax = numbers(layer, *jax.tree.map(jnp.asarray, (params, x, dY)))
    assert_close(on_jax, numbers(layer, params, x, dY), 1e-5)


@pytest.mark.parametrize(("groups", "channels", "filters"), [(7, 7, 7), (3, 3, 6), (2, 4, 6), (5, 40, 10), (2, 12, 80)])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), ((2, 3), 2)])
def test_jax_computes_groups_in_blocks_or_shifts(
    groups: int, channels: int, filters: int, stride: int | tuple[int, int], dilation: int
) -> None:
    layer = Conv2D(filters, (3, 2), stride=stride, padding=[(2, 1), (0, 1)], dilation=dilation, groups=groups)
    x = rng.standard_normal((machine.XLA_SUMMED + 3, 9, 8, channels)).astype(np.float32)
    params, output = layer.init(rng, x.shape[1:])
    dY = rng.standard_normal((len(x), *output)).astype(np.float32)
    on_jax = jax.jit(functools.partial(numbers, layer))(params, x, dY)
    assert_close(on_jax, numbers(layer, params, x, dY), 1e-5)


def test_xla_never_gets_a_convolution_with_groups_on_a_cpu() -> None:
    for channels in (6, 60):  # shifts, blocks
        layer = Conv2D(60, 3, groups=6)
        params, output = layer.init(rng, (5, 5, channels))

        def both(params: Params, x: Array, dY: Array, layer: Conv2D = layer) -> Any:
            return layer.backward(layer.forward(params, x)[1], dY)

        x, dY = (np.ones((2, *shape), np.float32) for shape in ((5, 5, channels), output))
        program = str(jax.make_jaxpr(both)(params, x, dY))
        assert not re.search(r"group_count=[^1]", program)


@pytest.mark.parametrize("mistake", ["", "kernel reversed", "rest put first", "rest lost", "= for +="])
def test_known_mistakes_are_rejected(mistake: str) -> None:
    slow = Slow(Conv2D(2, 3, stride=2), mistake)
    assert bool(cr.gradcheck(slow, rng.standard_normal((2, 6, 5, 2)))) == (mistake == "")


def test_what_no_window_covers_has_a_zero_gradient() -> None:
    layer = Conv2D(2, 3, stride=2)
    params, output = layer.init(rng, (6, 8, 2))
    Y, cache = layer.forward(params, np.ones((1, 6, 8, 2), np.float32))
    dX, _ = layer.backward(cache, np.ones_like(Y))
    assert output == (2, 3, 2)
    assert dX is not None and not dX[:, 5:].any() and not dX[:, :, 7:].any() and dX[:, :5, :7].all()


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "dilation"), [(5, 2, 1, 1), (7, 3, 2, 1), (8, 3, 3, 2), (4, 1, 3, 1)]
)
def test_same_divides_the_size_by_the_stride_rounded_up(n: int, kernel: int, stride: int, dilation: int) -> None:
    layer = Conv1D(1, kernel, stride, "same", dilation)
    assert layer.init(rng, (n, 1))[1] == (-(-n // stride), 1)


def test_same_puts_an_odd_zero_at_the_end() -> None:
    Y, _ = Conv1D(1, 2, padding="same").forward({"W": np.ones((2, 1, 1))}, np.ones((1, 3, 1)))
    assert Y.ravel().tolist() == [2, 2, 1]


def test_a_causal_convolution_never_sees_the_future() -> None:
    layer, x = Conv1D(2, 3, padding=[(4, 0)], dilation=2), rng.standard_normal((1, 9, 2))
    params, _ = layer.init(rng, (9, 2), np.float64)
    changed = x + (np.arange(9) >= 5)[:, None]
    difference = layer.forward(params, x)[0] != layer.forward(params, changed)[0]
    assert not difference[:, :5].any() and difference[:, 5:].all()


@pytest.mark.parametrize("layer", [Conv2D(2, 1), Conv2D(2, 3), Conv2D(200, 3, stride=2), Conv2D(3, 3, groups=3)])
def test_an_empty_batch_gives_an_empty_output(layer: Conv2D) -> None:
    params, output = layer.init(rng, (5, 6, 3))
    Y, cache = layer.forward(params, np.ones((0, 5, 6, 3), np.float32))
    dX, grads = layer.backward(cache, Y)
    assert Y.shape == (0, *output) and dX is not None and dX.shape == (0, 5, 6, 3)
    assert not grads["W"].any() and not grads["b"].any()


def test_multiply_adds_count_every_weight_at_every_place() -> None:
    layer = Conv2D(6, 5)
    params, _ = layer.init(rng, (28, 28, 1))
    assert layer.multiply_adds(params, (28, 28, 1)) == 24 * 24 * 25 * 6
    assert Conv1D(4, 3, groups=2).multiply_adds({"W": np.ones((3, 1, 4))}, (10, 2)) == 8 * 3 * 4


def test_lists_and_tuples_say_the_same() -> None:
    layer = Conv2D(1, [2, 3], padding=[[0, 1], [2, 0]])
    assert layer == Conv2D(1, (2, 3), padding=((0, 1), (2, 0)))
    assert hash(layer) == hash(Conv2D(1, (2, 3), padding=((0, 1), (2, 0))))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Conv2D(6, 3, groups=4), "filters evenly among its groups, which filters=6 and groups=4 do not allow"),
        (lambda: Conv1D(0, 3), "Conv1D takes filters as a whole number of at least 1, but filters=0"),
        (
            lambda: Conv2D(4, 0),
            "Conv2D takes kernel as a whole number of at least 1, or one for each axis, but kernel=0",
        ),
        (lambda: Conv2D(4, 3, stride=0), "stride as a whole number of at least 1, or one for each axis, but stride=0"),
        (lambda: Conv2D(4, 3, stride=(1, 2, 3)), r"but stride=\(1, 2, 3\)"),
        (lambda: Conv1D(4, (3, 3)), r"one for each axis \(time\), but kernel=\(3, 3\)"),
        (lambda: Conv2D(4, 3, dilation=-1), "dilation as a whole number of at least 1, .* but dilation=-1"),
        (lambda: Conv2D(4, 3, padding="full"), "padding as 'valid' or 'same', or a whole number .* but padding='full'"),
        (lambda: Conv2D(4, 3, padding=-1), "or a pair .before, after. for each axis, but padding=-1"),
        (lambda: Conv2D(4, 3, padding=(1, 2)), r"but padding=\(1, 2\)"),
        (lambda: Conv1D(4, 3, padding=((1, 2), (1, 2))), r"axis \(time\), but padding=\(\(1, 2\), \(1, 2\)\)"),
        (
            lambda: Conv2D(4, 3, initializer="hee"),
            "Conv2D takes initializer as 'zeros', .*, but initializer='hee'. Write 'he'",
        ),
        (
            lambda: Conv2D(4, 3, groups=2).init(rng, (8, 8, 3)),
            "3 channels do not divide by groups=2. Take a divisor of 3 for groups",
        ),
        (
            lambda: Conv2D(4, 3).init(rng, (28, 28)),
            r"of shape \(batch, height, width, channels\), but the input has shape \('batch', 28, 28\).*x\[..., None",
        ),
        (
            lambda: Conv2D(4, 5, dilation=2).init(rng, (12, 8, 1)),
            r"kernel \(5, 5\) with dilation \(2, 2\) covers \(9, 9\) places, but the input has \(12, 8\) with",
        ),
        (
            lambda: Conv1D(4, 3).forward({"W": np.ones((3, 2, 4))}, np.ones((1, 8, 5))),
            r"Conv1D expects 2 channels \(W is \(3, 2, 4\), read as .* groups=1\), but the input has shape \(1, 8, 5\)",
        ),
        (
            lambda: Conv1D(4, 3).forward({"W": np.ones((3, 2, 4))}, np.ones((1, 2, 2))),
            r"covers \(3,\) places, but the input has \(2,\) .*Take a smaller kernel or dilation, or padding='same'",
        ),
    ],
)
def test_messages(build: Any, message: str) -> None:
    with pytest.raises(cr.errors.InputError, match=message):
        build()
