"""The PyTorch engine: no autograd, devices by their names, and what it says where PyTorch is missing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import INFERENCE, leaves, map_leaves
from chainrule.common.errors import InputError, MissingExtraError
from chainrule.engines.compiled import numpy_rule
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.layers import Layer
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase
from tests.engines import NO_TORCH

torch = pytest.importorskip("torch", reason=NO_TORCH)
pytest.importorskip("array_api_compat", reason=NO_TORCH)

from chainrule.arrays import pytorch  # noqa: E402
from chainrule.engines.torch import tensor_rule  # noqa: E402

X, Y = cr.datasets.blobs(seed=0)


def network(*layers: Any, **options: Any) -> cr.Network:
    return cr.Network([*layers, cr.Dense(int(Y.max()) + 1)], "categorical_cross_entropy", input_shape=(2,), **options)


def test_nothing_is_recorded_for_autograd(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def noting(method: Any) -> Any:
        def noted(self: Layer, *arguments: Any, **options: Any) -> Any:
            result = method(self, *arguments, **options)
            tensors = [a for _, a in leaves((arguments, result)) if isinstance(a, torch.Tensor)]
            if tensors:
                seen.append(torch.is_grad_enabled() or any(a.requires_grad or a.grad_fn is not None for a in tensors))
            return result

        return noted

    for name in ("forward", "backward"):
        monkeypatch.setattr(cr.Dense, name, noting(getattr(cr.Dense, name)))
    net = network(cr.Dense(8), cr.BatchNorm(), cr.ReLU())
    with torch.enable_grad():
        net.fit(X, Y, epochs=1, validation_data=(X, Y), engine="torch:cpu", verbose=False)
        net.predict(X, engine="torch:cpu")
    assert seen and not any(seen)


def test_dropout_draws_what_numpy_draws() -> None:
    nets = [network(cr.Dense(16), cr.ReLU(), cr.Dropout(0.5), cr.SpatialDropout(0.2)) for _ in range(2)]
    rows = [
        net.fit(X, Y, epochs=3, optimizer=cr.SGD(0.1), engine=engine, verbose=False).rows
        for net, engine in zip(nets, ("numpy", "torch:cpu"), strict=True)
    ]
    assert [row["loss"] for row in rows[1]] == pytest.approx([row["loss"] for row in rows[0]], rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_predicts_and_evaluates(dtype: Any) -> None:
    net = cr.Network(
        [cr.Conv2D(4, 3, padding="same", stride=2), cr.ReLU(), cr.MaxPool(2), cr.Flatten(), cr.Dense(3)],
        "categorical_cross_entropy",
        input_shape=(9, 9, 2),
        dtype=dtype,
    )
    pictures = np.random.default_rng(0).standard_normal((2000, 9, 9, 2)).astype(dtype)
    labels = np.arange(len(pictures)) % 3
    pictures.flags.writeable = False
    predicted = net.predict(pictures, engine="torch:cpu")
    assert predicted.dtype == dtype and isinstance(predicted, np.ndarray)
    np.testing.assert_allclose(predicted, net.predict(pictures), rtol=1e-5, atol=1e-6)
    assert net.evaluate(pictures, labels, engine="torch") == pytest.approx(net.evaluate(pictures, labels), rel=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("decay", [False, True])
def test_an_optimizer_on_another_device_is_that_of_the_cpu(name: str, decay: bool) -> None:
    rule: Any = OPTIMIZERS[name](weight_decay=0.1)
    rng = np.random.default_rng(0)
    p = rng.standard_normal(50)
    state = [np.zeros(50) for _ in rule.state._fields]
    tensors = pytorch.beside((p.copy(), tuple(a.copy() for a in state)), "cpu")
    on_cpu, elsewhere = numpy_rule(rule, p.dtype), tensor_rule(rule)
    for t in range(1, 5):
        g = rng.standard_normal(50)
        on_cpu(p, g, state, t, decay)
        elsewhere(tensors[0], torch.from_numpy(g), tensors[1], t, decay)
    for numbers, expected in zip((tensors[0], *tensors[1]), (p, *state), strict=True):
        np.testing.assert_allclose(numbers.numpy(), expected, rtol=1e-12)


def test_small_batches_keep_to_one_thread_and_the_number_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, seen = torch.get_num_threads(), []

    forward = cr.Dense.forward

    def noting(self: cr.Dense, params: Any, x: Any, mode: Any = INFERENCE) -> Any:
        if isinstance(x, torch.Tensor):
            seen.append(torch.get_num_threads())
        return forward(self, params, x, mode)

    monkeypatch.setattr(cr.Dense, "forward", noting)
    torch.set_num_threads(2)
    try:
        for shared in (2**22, 1):
            monkeypatch.setattr("chainrule.arrays.machine.TORCH_SHARED", shared)
            network().fit(X, Y, epochs=1, validation_data=(X, Y), engine="torch:cpu", verbose=False)
            assert set(seen) == {1 if shared > 1 else 2} and torch.get_num_threads() == 2
            seen.clear()
    finally:
        torch.set_num_threads(threads)


# What users wrote computes with NumPy, as they wrote it.


@dataclass(frozen=True)
class Gain(cr.Layer):
    """A parameter, and a running statistic that nothing uses: the largest input so far."""

    statistics = ("most",)

    def init(self, rng: Any, input_shape: Any, dtype: Any = np.float32) -> Any:
        return {"a": np.ones(input_shape, dtype), "most": np.zeros(1, dtype)}, input_shape

    def forward(self, params: Any, x: Any, mode: Any = INFERENCE) -> Any:
        return np.multiply(params["a"], x), {"x": x, "a": params["a"]}

    def backward(self, cache: Any, dy: Any, *, input_gradient: bool = True) -> Any:
        return np.multiply(cache["a"], dy), {"a": np.sum(dy * cache["x"], axis=0)}

    def update_statistics(self, params: Any, cache: Any) -> Any:
        return params | {"most": np.maximum(params["most"], np.max(cache["x"]))}


class Halves:
    def init(self, rng: Any, input_shape: Any) -> Any:
        return {}, input_shape

    def forward(self, params: Any, x: Any) -> Any:
        return np.divide(x, 2), x

    def backward(self, cache: Any, dy: Any) -> Any:
        return np.divide(dy, 2), {}


@dataclass(frozen=True)
class LogCosh(cr.losses.Loss):
    task = "regression"

    def __call__(self, Z: Any, Y: Any, weights: Any = None) -> Any:
        E = Z - Y.reshape(Z.shape)
        return cr.losses.weighted_mean(np.log(np.cosh(E)), np.tanh(E), weights)


@pytest.mark.usefixtures("no_type_checks")
def test_layers_and_losses_of_ones_own_need_not_know_of_tensors() -> None:
    own: Any = Halves()
    layers = [cr.Dense(4), cr.Residual([Gain(), own]), cr.Graph({"a": (Gain(), "input")}), cr.Dense(1)]
    nets = [cr.Network(layers, LogCosh(), input_shape=(2,)) for _ in range(2)]
    options: dict[str, Any] = {"epochs": 2, "optimizer": cr.SGD(0.1), "sample_weight": 1.0 + Y, "verbose": False}
    rows = [
        net.fit(X, Y, engine=engine, validation_data=(X, Y), **options).rows
        for net, engine in zip(nets, ("numpy", "torch:cpu"), strict=True)
    ]
    assert rows[1] == [pytest.approx(row, rel=1e-4) for row in rows[0]]
    paths = {path for path, _ in leaves(nets[0].params)}
    assert any("most" in path for path in paths)
    for (path, p), (_, q) in zip(leaves(nets[0].params), leaves(nets[1].params), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-3, atol=1e-5, err_msg=path)
    np.testing.assert_allclose(nets[1].predict(X, engine="torch:cpu"), nets[1].predict(X), rtol=1e-4, atol=1e-5)
    assert type(nets[1].body.layers[2].parts[0]) is Gain


# Devices.


@pytest.mark.parametrize(
    ("device", "reason"), [("cuda:99", r"cuda|CUDA|device"), ("moon", "moon"), ("meta", "no data"), (":", "':'")]
)
def test_a_device_that_is_not_there(device: str, reason: str) -> None:
    message = rf'PyTorch cannot compute with float32 on the device .*{device}.* of engine="torch:{device}" .*{reason}'
    for call in (network().fit, network().evaluate):
        with pytest.raises(InputError, match=message):
            call(X, Y, engine=f"torch:{device}")


@pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
def test_whatever_a_layer_makes_lies_on_the_device_of_its_input(case: LayerCase) -> None:
    """PyTorch's device without numbers stands for those that are not here: operations with the CPU's arrays fail."""
    if case.integers:
        pytest.skip("looks at its input's numbers, of which there are none on this device")

    def away(tree: Any) -> Any:
        return map_leaves(lambda a: a.to("meta") if isinstance(a, torch.Tensor) else a, pytorch.beside(tree, "cpu"))

    params, x, mode = away((case.params(), case.input(), case.mode))
    y, cache = case.layer.forward(params, x, mode)
    gradients = case.layer.backward(cache, torch.empty_like(y))
    assert all(a.device.type == "meta" for _, a in leaves((y, gradients)) if a is not None)


# Without PyTorch.


@pytest.mark.parametrize(("module", "package"), [("torch", "torch"), ("array_api_compat.torch", "array-api-compat")])
def test_what_is_missing_is_said(module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chainrule.engines.torch", "chainrule.arrays.pytorch"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("chainrule.arrays.pytorch")
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"^The PyTorch engine needs {package}, which is not installed: pip install 'chainrule\[torch\]'$"
    with pytest.raises(MissingExtraError, match=message):
        network().fit(X, Y, engine="torch", verbose=False)
