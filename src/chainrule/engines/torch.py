"""The PyTorch engine: the same equations on tensors, on whatever device PyTorch has; its autograd is not used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import Array, Mode, Params, leaves, machine
from chainrule.common.errors import InputError, missing_extra
from chainrule.engines.compiled import Apply, numpy_rule
from chainrule.engines.vector import VectorEngine
from chainrule.equations.losses import Loss
from chainrule.equations.optimizers import Optimizer
from chainrule.layers import Sequential

try:
    import torch

    from chainrule.arrays import pytorch
    from chainrule.engines.torch_own import body_on_tensors, is_own, with_numpy
except ImportError as error:
    package = "array-api-compat" if "array_api_compat" in str(error) else "torch"
    raise missing_extra("The PyTorch engine", package, "torch") from None


def device_of(name: str, dtype: Any) -> Any:
    """Return a device by its name; for "", the accelerator that there is, else the CPU.

    Raises
    ------
    InputError
        PyTorch cannot compute with numbers of the dtype there.
    """
    if not name:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        pytorch.numpy(pytorch.tensor(np.ones(1, dtype), device))
    except (RuntimeError, AssertionError, TypeError) as error:
        raise InputError(
            'PyTorch cannot compute with {dtype} on the device {name!r} of engine="torch:{name}" ({reason}). Take one '
            'that it has here, such as "torch:cuda:0" or "torch:cpu", or another dtype for the network.',
            name=name,
            dtype=np.dtype(dtype).name,
            reason=str(error).partition("\n")[0],
        ) from error
    return device


def tensor_rule(optimizer: Optimizer) -> Apply:
    """Return the rule as PyTorch computes it, on whatever device the tensors are."""

    def apply(p: Array, g: Array, state: Any, t: int, decay: bool) -> None:
        new, moments = optimizer.update(p, g, optimizer.state(*state), optimizer.scalars(t), decay=decay)
        for old, now in zip((p, *state), (new, *moments), strict=True):
            old.copy_(now)

    return apply


class TorchEngine(VectorEngine):
    """One network being trained with PyTorch's tensors: forward, backward and update as they are written.

    Layers and losses that users wrote get NumPy's arrays, and so may do what they do with the NumPy engine. On the CPU,
    the optimizer is that of the NumPy engine, on the memory that the tensors share with NumPy's arrays.

    Parameters
    ----------
    body, loss, optimizer, params
        As for `VectorEngine`.
    device
        The device's name, as PyTorch has it; "" for the best.
    **settings
        The others of `VectorEngine`.
    """

    def __init__(
        self, body: Sequential, loss: Loss, optimizer: Optimizer, params: Params, *, device: str = "", **settings: Any
    ) -> None:
        self._device = device_of(device, _dtype(params))
        self._work: int | None = None  # multiply-adds of forward for one example
        super().__init__(body, loss, optimizer, params, **settings)
        self._body = body_on_tensors(body)
        self._loss = with_numpy(loss, "__call__") if is_own(loss) else loss
        if self._device.type == "cpu":
            rule = numpy_rule(optimizer, self.dtype)
            self._parts = [(p.numpy(), [a.numpy() for a in state], decay) for p, state, decay in self._parts]
            self._rule = lambda p, g, state, t, decay: rule(p, g.numpy(), state, t, decay)
        else:
            self._rule = tensor_rule(optimizer)

    def _placed(self, array: Array) -> Array:
        return pytorch.tensor(array.copy(), self._device)

    def _copied(self, array: Array) -> Array:
        copy: Array = pytorch.numpy(array).copy()
        return copy

    def _joined(self, vectors: list[Array]) -> Array:
        return vectors[0] if len(vectors) == 1 else torch.cat(vectors)

    @property
    def params(self) -> Params:
        """The current parameters as NumPy arrays."""
        params: Params = pytorch.numpy(self._params)
        return params

    def step(
        self, X: Array, Y: Array, weights: Array | None, key: tuple[int, ...], mask: Array | None = None
    ) -> tuple[float, Array]:
        """Do one step of training on a batch; return the loss and the logits before the step.

        If the loss is NaN or infinite the parameters stay as they are.
        """
        with self._threads(X), torch.inference_mode():
            X, Y, weights, mask = pytorch.beside((X, Y, weights, mask), self._device)
            J, Z = super().step(X, Y, weights, key, mask)
        return J, pytorch.numpy(Z)

    def forward(self, X: Array, mask: Array | None = None) -> Array:
        """Return the logits of a batch."""
        with self._threads(X):
            return _forward(self._body, self._params, self._device, X, mask)

    def _threads(self, X: Array) -> AbstractContextManager[None]:
        """Keep PyTorch to one thread for small batches: its threads wait for each other at every operation."""
        if self._work is None:
            self._work = self.body.multiply_adds(self.params, X.shape[1:])
        return nullcontext() if len(X) * self._work >= machine.TORCH_SHARED else _one_thread()


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _forward(body: Sequential, params: Params, device: Any, X: Array, mask: Array | None) -> Array:
    X, mask = pytorch.beside((X, mask), device)
    with torch.inference_mode():
        Z: Array = pytorch.numpy(body.forward(params, X, Mode(mask=mask))[0])
    return Z


def predictor(body: Sequential, params: Params, device: str) -> Callable[[Array, Array | None], Array]:
    """Return the function from inputs and mask to logits."""
    place = device_of(device, _dtype(params))
    return partial(_forward, body_on_tensors(body), pytorch.beside(params, place), place)


def _dtype(params: Params) -> Any:
    return next((p.dtype for _, p in leaves(params)), np.dtype(np.float32))
