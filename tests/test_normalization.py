"""Normalization: PyTorch's numbers, digits in float32, running statistics in training, rejected mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import INFERENCE, Array, Mode
from chainrule.common.errors import InputError
from chainrule.layers import Layer
from chainrule.layers.normalization import BatchNorm, GroupNorm, LayerNorm, RMSNorm
from chainrule.training.callbacks import Callback
from tests.reference.compare import arrays_of, assert_close, assert_equals_pytorch, starting_with

TRAINING = Mode(training=True)
X, Y = cr.datasets.blobs(seed=0)
CLASSES = int(Y.max()) + 1


@pytest.mark.parametrize(
    ("case", "layer", "mode"),
    [
        ("batch_norm", BatchNorm(), TRAINING),
        ("batch_norm_2d", BatchNorm(), TRAINING),
        ("batch_norm_inference", BatchNorm(), INFERENCE),
        ("layer_norm", LayerNorm(), INFERENCE),
        ("group_norm_1", GroupNorm(1), INFERENCE),
        ("group_norm_2", GroupNorm(2), INFERENCE),
        ("group_norm_4", GroupNorm(4), INFERENCE),
        ("rms_norm", RMSNorm(), INFERENCE),
    ],
)
def test_output_gradients_and_statistics_equal_pytorch(case: str, layer: Layer, mode: Mode) -> None:
    params = assert_equals_pytorch("layers.npz", case, layer, mode)
    after = starting_with("after.", arrays_of("layers.npz", case))
    assert_close({name: params[name] for name in after}, after)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (BatchNorm(), (256, 3)),
        (BatchNorm(), (64, 24, 24, 3)),
        (GroupNorm(2), (2, 64, 64, 4)),
        (LayerNorm(), (3, 5000)),
    ],
)
def test_float32_keeps_its_digits_around_1000(layer: Layer, shape: tuple[int, ...]) -> None:
    x = (1000 + np.random.default_rng(0).standard_normal(shape)).astype(np.float32)
    params, _ = layer.init(np.random.default_rng(0), shape[1:])
    exact, _ = layer.forward(params, x.astype(np.float64), TRAINING)
    y, _ = layer.forward(params, x, TRAINING)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, exact, rtol=0, atol=1e-5)


def test_statistics_move_towards_the_batch_and_only_in_training() -> None:
    layer = BatchNorm(momentum=0.75)
    params, _ = layer.init(np.random.default_rng(0), (2,))
    x = np.random.default_rng(1).standard_normal((5, 3, 2))
    _, cache = layer.forward(params, x, TRAINING)
    new = layer.update_statistics(params, cache)
    np.testing.assert_allclose(new["running_mean"], 0.25 * x.mean((0, 1)))
    np.testing.assert_allclose(new["running_variance"], 0.75 + 0.25 * x.var((0, 1), ddof=1))
    np.testing.assert_array_equal(params["running_mean"], 0)
    _, cache = layer.forward(params, x)
    assert layer.update_statistics(params, cache) is params


def network() -> cr.Network:
    layers = [cr.Dense(8), BatchNorm(), cr.ReLU(), cr.Dense(CLASSES)]
    return cr.Network(layers, "categorical_cross_entropy", input_shape=X.shape[1:])


def fit(net: cr.Network, **options: Any) -> Any:
    return net.fit(X, Y, **{"verbose": False, "optimizer": cr.Adam(0.01), **options})


def test_a_network_learns_and_its_statistics_follow_the_data() -> None:
    net = network()
    history = fit(net, epochs=30)
    assert history["loss"][-1] < history["loss"][0] / 2 and net.evaluate(X, Y)["accuracy"] > 0.9
    params = net.params[1]
    Z, _ = net.body.layers[0].forward(net.params[0], X.astype(np.float32))
    np.testing.assert_allclose(params["running_mean"], Z.mean(0), atol=0.3 * Z.std())
    np.testing.assert_allclose(params["running_variance"], Z.var(0), rtol=0.3)
    assert params["running_mean"].dtype == np.float32


def test_ctrl_c_brings_back_the_statistics_of_the_best_epoch() -> None:
    stopped, undisturbed = network(), network()
    fit(undisturbed, epochs=2)

    class Interrupt(Callback):
        def batch_end(self, run: Any) -> None:
            if run.epoch == 3:
                raise KeyboardInterrupt

    fit(stopped, epochs=3, callbacks=[Interrupt()])
    for name, expected in undisturbed.params[1].items():
        np.testing.assert_array_equal(stopped.params[1][name], expected, err_msg=name)


@pytest.mark.parametrize("layer", [BatchNorm(), GroupNorm(1), LayerNorm(), RMSNorm()])
def test_another_number_of_features(layer: Layer) -> None:
    params, _ = layer.init(np.random.default_rng(0), (5,))
    with pytest.raises(InputError, match=rf"{layer.label} expects 5 features, but the input has shape \(4, 6\)"):
        layer.forward(params, np.zeros((4, 6)))


def test_one_group_of_a_flat_example_is_layer_normalization() -> None:
    x = np.random.default_rng(0).standard_normal((4, 6))
    params, _ = LayerNorm().init(np.random.default_rng(0), (6,), np.float64)
    np.testing.assert_allclose(GroupNorm(1).forward(params, x)[0], LayerNorm().forward(params, x)[0], rtol=1e-12)


def test_groups_are_normalized_as_if_there_were_no_padding() -> None:
    layer, rng = GroupNorm(2), np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 3, 5, 2, 4))
    params = {"gamma": rng.standard_normal(4), "beta": rng.standard_normal(4)}
    y, cache = layer.forward(params, x, Mode(mask=np.arange(5) < [[5], [2], [0]]))
    dx, grads = layer.backward(cache, dy)
    alone = [layer.forward(params, x[i : i + 1, :steps]) for i, steps in ((0, 5), (1, 2))]
    gradients: Any = [layer.backward(alone[i][1], dy[i : i + 1, :steps]) for i, steps in ((0, 5), (1, 2))]
    assert dx is not None
    for i, steps in (0, 5), (1, 2):
        np.testing.assert_allclose(y[i, :steps], alone[i][0][0], rtol=1e-12)
        np.testing.assert_allclose(dx[i, :steps], gradients[i][0][0], rtol=1e-9)
        assert not y[i, steps:].any() and not dx[i, steps:].any()
    assert not y[2].any() and not dx[2].any()
    for name, g in grads.items():
        np.testing.assert_allclose(g, gradients[0][1][name] + gradients[1][1][name], rtol=1e-12)


def test_channels_that_no_number_of_groups_divides() -> None:
    text = r"channels evenly among its groups, but 6 channels do not divide by groups=4\. Take a divisor of 6"
    with pytest.raises(InputError, match=text):
        cr.Network([GroupNorm(4)], "mean_squared_error", input_shape=(3, 6))
    with pytest.raises(InputError, match=r"examples of shape \(6,\) have one for each of groups=6\. Take fewer groups"):
        cr.Network([GroupNorm(6)], "mean_squared_error", input_shape=(6,))


def test_the_variance_of_one_value() -> None:
    layer = BatchNorm()
    params, _ = layer.init(np.random.default_rng(0), (3,))
    text = r"more than one value per channel, because the variance of one value is 0, but the input has shape \(1, 3\)"
    with pytest.raises(InputError, match=text):
        layer.forward(params, np.zeros((1, 3)), TRAINING)
    layer.forward(params, np.zeros((1, 2, 3)), TRAINING)
    layer.forward(params, np.zeros((1, 3)))


def test_settings_that_make_no_sense() -> None:
    for layer, options in (BatchNorm, {}), (GroupNorm, {"groups": 2}), (LayerNorm, {}), (RMSNorm, {}):
        with pytest.raises(
            InputError, match=rf"{layer.__name__} takes epsilon, .* as a number above 0, but epsilon=0\.0"
        ):
            layer(epsilon=0.0, **options)
    with pytest.raises(InputError, match=r"momentum, the share of the old statistics to keep, .*, but momentum=1\.5"):
        BatchNorm(momentum=1.5)


class ConstantStatistics(BatchNorm):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        return super().backward(cache._replace(batch=None), dy)


class ConstantVariance(BatchNorm):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        _, grads = super().backward(cache, dy)
        return (dy - dy.mean(0)) * cache.gamma * cache.scale, grads


class ConstantScale(LayerNorm):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        _, grads = super().backward(cache, dy)
        dX_hat = dy * cache.gamma
        return (dX_hat - dX_hat.mean(-1, keepdims=True)) * cache.scale, grads


@pytest.mark.parametrize("layer", [ConstantStatistics(), ConstantVariance(), ConstantScale()])
def test_known_mistakes_are_rejected(layer: Layer) -> None:
    x = np.random.default_rng(0).standard_normal((6, 3))
    assert not cr.gradcheck(layer, x, mode=TRAINING)
    assert cr.gradcheck(type(layer).__mro__[1](), x, mode=TRAINING)
