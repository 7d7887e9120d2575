"""PyTorch: eager, with channels last, torch.compile, and that on a CUDA card in bfloat16; Adam is the fused one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.contenders.prediction import Prediction
from benchmarks.machine import cores
from benchmarks.workloads import CHECKED, LEARNING_RATE, Workload, order
from chainrule.layers import Activation, Conv2D, Dense, Flatten, MaxPool


class LastState:
    """Return the last state of nn.LSTM, as a layer does."""

    def __init__(self, lstm: Any) -> None:
        self._lstm = lstm

    def __call__(self, x: Any) -> Any:
        """Return H of the last step."""
        return self._lstm(x)[0][:, -1]


def _put(parameter: Any, values: Any) -> None:
    with torch.no_grad():
        parameter.copy_(torch.tensor(np.ascontiguousarray(values)))


def modules(network: cr.Network, device: str = "cpu") -> tuple[list[Callable[[Any], Any]], list[Any]]:
    """Return the network's layers as PyTorch's, channels first, and their trained parameters."""
    layers: list[Callable[[Any], Any]] = []
    trained: list[Any] = []
    assert network.input_shape is not None
    shape, rows_of_flat = network.input_shape, None
    for layer, p in zip(network.body.layers, network.params, strict=True):
        _, out = layer.init(np.random.default_rng(0), shape)
        if isinstance(layer, Dense):
            W = p["W"]
            if rows_of_flat is not None:  # what was flattened here is channels first
                W, rows_of_flat = W[rows_of_flat], None
            made = torch.nn.Linear(*W.shape)
            _put(made.weight, W.T)
            _put(made.bias, p["b"])
        elif isinstance(layer, Conv2D):
            made = torch.nn.Conv2d(shape[-1], layer.filters, layer.kernel, padding=_padding(layer))
            _put(made.weight, np.transpose(p["W"], (3, 2, 0, 1)))
            _put(made.bias, p["b"])
        elif isinstance(layer, cr.LSTM):
            made = torch.nn.LSTM(shape[-1], layer.units, batch_first=True)
            _put(made.weight_ih_l0, p["Wx"].T)
            _put(made.weight_hh_l0, p["Wh"].T)
            _put(made.bias_ih_l0, p["b"])
            _put(made.bias_hh_l0, np.zeros_like(p["b"]))
            made.bias_hh_l0.requires_grad = False  # a second bias would learn twice as fast
        elif isinstance(layer, MaxPool):
            made = torch.nn.MaxPool2d(layer.window)
        elif isinstance(layer, Flatten):
            made = torch.nn.Flatten()
            rows_of_flat = np.arange(np.prod(shape)).reshape(shape).transpose(2, 0, 1).ravel()
        else:
            assert isinstance(layer, Activation) and layer.function == "relu"
            made = torch.nn.ReLU()
        made.to(device)
        trained += [parameter for parameter in made.parameters() if parameter.requires_grad]
        layers.append(LastState(made) if isinstance(layer, cr.LSTM) else made)
        shape = out
    return layers, trained


def _padding(layer: Conv2D) -> int:
    return layer.padding if isinstance(layer.padding, int) else 0


def _stacked(layers: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def forward(x: Any) -> Any:
        for layer in layers:
            x = layer(x)
        return x

    return forward


def _tensor(X: Any, variant: str) -> Any:
    if X.ndim < 4 or variant == "channels-last":
        return torch.from_numpy(X)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(X, -1, 1)))


class Training:
    """The usual loop, on tensors made once; the loss is read at the end of the epoch."""

    def __init__(self, workload: Workload, variant: str) -> None:
        self._workload, self._variant = workload, variant
        self._device = "cuda" if variant == "cuda" else "cpu"
        self._X, self._y = self._tensors(*workload.examples())
        self._start()

    def _tensors(self, X: Any, y: Any) -> tuple[Any, Any]:
        return _tensor(X, self._variant).to(self._device), torch.from_numpy(y).to(self._device)

    def _start(self) -> None:
        layers, parameters = modules(self._workload.network(), self._device)
        if self._variant == "channels-last":
            layers = [m.to(memory_format=torch.channels_last) if isinstance(m, torch.nn.Conv2d) else m for m in layers]
            layers.insert(0, lambda x: x.permute(0, 3, 1, 2))  # channels second by name, still last in memory
        forward = _stacked(layers)
        F = torch.nn.functional

        def loss(x: Any, y: Any) -> Any:
            with torch.autocast("cuda", torch.bfloat16, enabled=self._device == "cuda"):
                if self._workload.outputs == 1:
                    return F.binary_cross_entropy_with_logits(forward(x)[:, 0], y)
                return F.cross_entropy(forward(x), y)

        self._loss = torch.compile(loss) if self._variant in ("compile", "cuda") else loss
        self._adam = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)

    def _step(self, x: Any, y: Any) -> Any:
        self._adam.zero_grad()
        loss = self._loss(x, y)
        loss.backward()
        self._adam.step()
        return loss.detach()

    def first(self) -> list[float]:
        """Return the losses of the first steps."""
        X, y = self._tensors(*self._workload.examples(CHECKED))
        return [float(self._step(X[rows], y[rows])) for rows in self._batches(1, len(X))]

    def _batches(self, epoch: int, rows: int) -> Any:
        return torch.from_numpy(order(epoch, rows)).to(self._device).split(self._workload.batch)

    def run(self, epoch: int) -> None:
        """Train for an epoch."""
        total = torch.zeros((), device=self._device)
        for rows in self._batches(epoch, len(self._X)):
            total += self._step(self._X[rows], self._y[rows])
        total.item()


def predictor(workload: Workload) -> Callable[[Any], Any]:
    """Return inference from NumPy to NumPy."""
    forward = _stacked(modules(workload.network())[0])

    def predict(x: Any) -> Any:
        with torch.inference_mode():
            return torch.softmax(forward(torch.from_numpy(x)), dim=1).numpy()

    return predict


def make(workload: Workload, variant: str) -> Contender:
    """Return a contender: eager, one-thread, channels-last or compile."""
    torch.set_num_threads(1 if variant == "one-thread" else cores())
    return Prediction(workload, predictor(workload)) if workload.inference else Training(workload, variant)
