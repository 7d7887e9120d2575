"""Pooling: PyTorch's numbers, sizes, ties, masks, and mistakes that are rejected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Array, Mode
from chainrule.common.errors import InputError
from chainrule.layers import Layer
from chainrule.layers.pooling import AveragePool, GlobalAveragePool, MaxPool
from tests.reference.compare import assert_equals_pytorch

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("case", "layer"),
    [
        ("max_1d", MaxPool(2)),
        ("max_1d_overlapping", MaxPool(3, 1)),
        ("max_2d", MaxPool(2)),
        ("max_2d_overlapping", MaxPool((3, 2), (2, 1))),
        ("max_2d_ties", MaxPool(3, 2)),
        ("average_1d", AveragePool(3, 2)),
        ("average_2d", AveragePool(2)),
        ("average_2d_overlapping", AveragePool((3, 2), (2, 1))),
        ("average_2d_same", AveragePool(3, 1, "same")),
    ],
)
def test_output_and_gradient_equal_pytorch(case: str, layer: Layer) -> None:
    assert_equals_pytorch("layers.npz", case, layer)


def pooled(layer: Layer, *values: float) -> tuple[Array, Array]:
    """Return the output for one sequence of one channel, and the gradient for an upstream gradient 1, 2, 3, ..."""
    y, cache = layer.forward({}, np.reshape(values, (1, -1, 1)).astype(np.float64))
    dx, _ = layer.backward(cache, np.arange(1.0, 1 + y.size).reshape(y.shape))
    assert dx is not None
    return y.ravel(), dx.ravel()


def assert_pools(layer: Layer, x: list[float], y: list[float], dx: list[float]) -> None:
    actual_y, actual_dx = pooled(layer, *x)
    np.testing.assert_allclose(actual_y, y)
    np.testing.assert_allclose(actual_dx, dx)


def test_the_first_of_equal_maxima_gets_the_gradient() -> None:
    assert_pools(MaxPool(3), [4, 4, 4, 0, 5, 5], [4, 5], [1, 0, 0, 0, 2, 0])
    picture = np.array([[0.0, 7.0], [7.0, 7.0]]).reshape(1, 2, 2, 1)
    y, cache = MaxPool(2).forward({}, picture)
    dx, _ = MaxPool(2).backward(cache, np.ones_like(y))
    assert dx is not None
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 1], [0, 0]])


def test_gradients_of_overlapping_windows_add_up() -> None:
    assert_pools(MaxPool(3, 1), [1, 2, 9, 4, 5], [9, 9, 9], [0, 0, 1 + 2 + 3, 0, 0])
    assert_pools(AveragePool(2, 1), [1, 3, 5], [2, 4], [0.5, 1.5, 1])


def test_what_no_window_covers_has_gradient_zero() -> None:
    assert_pools(MaxPool(2), [1, 2, 3, 4, 9], [2, 4], [0, 1, 0, 2, 0])
    assert_pools(AveragePool(1, 3), [1, 2, 3, 4, 5], [1, 4], [1, 0, 0, 2, 0])


def test_padding_is_no_maximum_and_does_not_count_in_the_mean() -> None:
    assert_pools(MaxPool(2, padding="same"), [-1, -2, -3], [-1, -3], [1, 0, 2])
    assert_pools(AveragePool(2, padding="same"), [1, 2, 4], [1.5, 4], [0.5, 0.5, 2])
    assert_pools(AveragePool(3, 2, "same"), [1, 2, 3, 4], [2, 3.5], [1 / 3, 1 / 3, 1 / 3 + 1, 1])


def test_a_window_larger_than_the_input_fits_with_same_padding() -> None:
    assert_pools(AveragePool(5, 1, "same"), [1, 3], [2, 2], [1.5, 1.5])


@pytest.mark.parametrize("layer", [MaxPool(3, 2), AveragePool((2, 3), 1, "same"), GlobalAveragePool()])
def test_init_says_the_shape_of_the_output(layer: Layer) -> None:
    params, shape = layer.init(RNG, (7, 6, 2))
    y, _ = layer.forward(params, RNG.standard_normal((3, 7, 6, 2)))
    assert y.shape == (3, *shape)


@pytest.mark.parametrize("dtype", [np.int64, bool, np.float32])
def test_the_global_average_of_a_sequence_looks_at_its_data_only(dtype: Any) -> None:
    x = RNG.standard_normal((3, 4, 2)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype)
    y, cache = GlobalAveragePool().forward({}, x, Mode(mask=mask))
    np.testing.assert_allclose(y, np.stack([x[0].mean(0), x[1, 0], np.zeros(2)]), rtol=1e-6)
    dx, _ = GlobalAveragePool().backward(cache, np.ones_like(y))
    assert dx is not None and y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(dx[:, :, 0], np.array([[0.25] * 4, [1, 0, 0, 0], [0] * 4]))


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (MaxPool(3), (4, 2, 5, 1), r"MaxPool's window \(3, 3\) is larger than the input, which is \(2, 5\): take a sm"),
        (AveragePool(9), (4, 8, 1), r"AveragePool's window \(9,\) is larger than the input, which is \(8,\)"),
        (MaxPool(2), (4, 5), r"MaxPool takes inputs of shape \(batch, time, channels\) or .* shape \('batch', 5\)"),
        (GlobalAveragePool(), (4, 5), r"GlobalAveragePool takes inputs of shape .* \('batch', 5\)\. Reshape it"),
        (MaxPool((2, 2)), (4, 6, 1), r"MaxPool's window must be one number or one for each of the 1 axes .* \(2, 2\)"),
    ],
)
def test_inputs_that_do_not_fit(layer: Layer, shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(InputError, match=text):
        layer.init(RNG, shape[1:])
    with pytest.raises(InputError, match=text):
        layer.forward({}, np.zeros(shape))


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(
        InputError, match="MaxPool takes window as a whole number of at least 1, or one for each axis, but window=0"
    ):
        MaxPool(0)
    with pytest.raises(InputError, match=r"AveragePool takes stride .*, but stride=\(2, 0\)\. Entry 1 is 0\."):
        AveragePool(2, stride=(2, 0))
    with pytest.raises(InputError, match="MaxPool takes padding as 'valid' or 'same', but padding='full'"):
        MaxPool(2, padding="full")


def test_a_mask_for_another_number_of_steps() -> None:
    with pytest.raises(InputError, match=r"the input has shape \(2, 3, 1\), but the mask has \(2, 6\)\. A layer befo"):
        GlobalAveragePool().forward({}, np.zeros((2, 3, 1)), Mode(mask=np.ones((2, 6))))


class FirstExampleOnly(MaxPool):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        return super().backward(cache, dy * (np.arange(len(dy)) == 0).reshape(-1, 1, 1, 1))


class NotDivided(AveragePool):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        return super().backward(cache, 4 * dy)


class NotAddedUp(MaxPool):
    """Where windows overlap, takes the mean of their gradients."""

    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        ones, _ = super().backward(cache, np.ones_like(dy))
        dx, _ = super().backward(cache, dy)
        assert ones is not None and dx is not None
        return dx / np.maximum(ones, 1), {}


@pytest.mark.parametrize("layer", [FirstExampleOnly(2), NotDivided(2), NotAddedUp(2, 1)])
def test_known_mistakes_are_rejected(layer: Layer) -> None:
    x = RNG.standard_normal((2, 4, 5, 2))
    assert not cr.gradcheck(layer, x)
    right = type(layer).__mro__[1](2)
    assert cr.gradcheck(right, x)
