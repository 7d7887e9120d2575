"""PyTorch: eager, with channels last, torch.compile, and that on a CUDA card in bfloat16; Adam is the fused one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

import chainrule as cr
from benchmarks.contenders import Contender
from benchmarks.contenders.prediction import Prediction
from benchmarks.machine import cores
from benchmarks.workloads import CHECKED, LEARNING_RATE, Workload, order


def module_of(network: cr.Network, device: str = "cpu") -> Any:
    """Return the network as PyTorch's modules, to be trained; pictures go in as the variant of `_tensor` has them."""
    module = cr.export.to_torch(network).train().to(device)
    for part in module.modules():
        if isinstance(part, torch.nn.LSTM | torch.nn.RNN):
            for name, parameter in part.named_parameters():
                if name.startswith("bias_hh"):
                    parameter.requires_grad = False  # a second bias would learn twice as fast
    if len(network.input_shape or ()) == 3:
        return module[1:]  # without what moves the channels
    return module


def _tensor(X: Any, variant: str) -> Any:
    """Return inputs as a tensor; the channels of pictures are second, and in memory, too, unless they shall be last."""
    tensor = torch.from_numpy(X)
    if X.ndim < 4:
        return tensor
    tensor = tensor.permute(0, 3, 1, 2)
    return tensor if variant == "channels-last" else tensor.contiguous()


def _adam(module: Any, *, sparse: bool) -> list[Any]:
    """Return Adam for what is trained; if the gradients of embeddings are sparse, these have an Adam of their own."""
    looked_up = []
    for part in module.modules():
        if sparse and isinstance(part, torch.nn.Embedding):
            part.sparse = True
            looked_up.append(part.weight)
    others = [p for p in module.parameters() if p.requires_grad and not any(p is q for q in looked_up)]
    rules = [torch.optim.Adam(others, lr=LEARNING_RATE, fused=True)]
    return rules + ([torch.optim.SparseAdam(looked_up, lr=LEARNING_RATE)] if looked_up else [])


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
        forward = module_of(self._workload.network(), self._device)
        if self._variant == "channels-last":
            forward = forward.to(memory_format=torch.channels_last)
        F = torch.nn.functional

        def loss(x: Any, y: Any) -> Any:
            with torch.autocast("cuda", torch.bfloat16, enabled=self._device == "cuda"):
                if self._workload.outputs == 1:
                    return F.binary_cross_entropy_with_logits(forward(x)[:, 0], y)
                return F.cross_entropy(forward(x), y)

        self._loss = torch.compile(loss) if self._variant in ("compile", "cuda") else loss
        self._rules = _adam(forward, sparse=self._variant == "sparse")

    def _step(self, x: Any, y: Any) -> Any:
        for rule in self._rules:
            rule.zero_grad()
        loss = self._loss(x, y)
        loss.backward()
        for rule in self._rules:
            rule.step()
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
    forward = module_of(workload.network()).eval()

    def predict(x: Any) -> Any:
        with torch.inference_mode():
            return torch.softmax(forward(torch.from_numpy(x)), dim=1).numpy()

    return predict


def make(workload: Workload, variant: str) -> Contender:
    """Return a contender: eager, one-thread, channels-last, sparse or compile."""
    torch.set_num_threads(1 if variant == "one-thread" else cores())
    return Prediction(workload, predictor(workload)) if workload.inference else Training(workload, variant)
