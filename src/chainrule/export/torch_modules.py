"""Modules that PyTorch lacks; this file needs PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class Permute(nn.Module):  # type: ignore[misc]
    """Put the axes in another order."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Any) -> Any:
        """Return a view."""
        return x.permute(self.axes)

    def extra_repr(self) -> str:
        """Return the axes."""
        return str(self.axes)


class Reshape(nn.Module):  # type: ignore[misc]
    """Give each example another shape."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Any) -> Any:
        """Return x in the shape."""
        return x.reshape(len(x), *self.shape)


class Mean(nn.Module):  # type: ignore[misc]
    """Take the mean over axes."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Any) -> Any:
        """Return the mean."""
        return x.mean(self.axes)


class Step(nn.Module):  # type: ignore[misc]
    """1 above 0, and 0 elsewhere."""

    def forward(self, x: Any) -> Any:
        """Return 0 or 1 for each number."""
        return (x > 0).to(x.dtype)


class PaddedAverage(nn.Module):  # type: ignore[misc]
    """Take the mean of each window, in which cells of padding do not count."""

    def __init__(self, window: Sequence[int], stride: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        self.pool = (nn.AvgPool1d if len(window) == 1 else nn.AvgPool2d)(window, stride)
        self.widths = widths

    def forward(self, x: Any) -> Any:
        """Return the means."""
        share = self.pool(F.pad(torch.ones_like(x[:1, :1]), self.widths))
        return self.pool(F.pad(x, self.widths)) / share


class _OneResult:
    """A recurrent module that returns one tensor: all states, or the last one."""

    def __init__(self, *sizes: int, sequence: bool, reverse: bool = False, **settings: Any) -> None:
        super().__init__(*sizes, batch_first=True, **settings)  # type: ignore[call-arg]
        self.sequence, self.reverse = sequence, reverse

    def forward(self, x: Any) -> Any:
        """Return the states (batch, time, units), or the last one, (batch, units)."""
        states, last = super().forward(x.flip(1) if self.reverse else x)  # type: ignore[misc]
        if self.sequence:
            return states.flip(1) if self.reverse else states
        last = last[0] if isinstance(last, tuple) else last
        return torch.cat(tuple(last), -1)  # of both ways, if there are two


class RNN(_OneResult, nn.RNN):  # type: ignore[misc]
    """The simple recurrent network."""


class LSTM(_OneResult, nn.LSTM):  # type: ignore[misc]
    """Long short-term memory."""


class GRU(_OneResult, nn.GRU):  # type: ignore[misc]
    """The gated recurrent unit."""


class Add(nn.ModuleList):  # type: ignore[misc]
    """Give all modules the same input, and add their outputs."""

    def forward(self, x: Any) -> Any:
        """Return the sum."""
        return sum(module(x) for module in self)


class Concatenate(nn.ModuleList):  # type: ignore[misc]
    """Give all modules the same input, and join their outputs along the last axis."""

    def forward(self, x: Any) -> Any:
        """Return the outputs side by side."""
        return torch.cat([module(x) for module in self], -1)


class Graph(nn.ModuleDict):  # type: ignore[misc]
    """Modules and merges by the names of a graph's nodes.

    Parameters
    ----------
    modules
        The nodes that are modules.
    nodes
        Each node's name and the names of its inputs, in order of computation; and how they are merged, if they are.
    """

    def __init__(self, modules: dict[str, Any], nodes: Sequence[tuple[str, Sequence[str], str | None]]) -> None:
        super().__init__(modules)
        self.nodes = nodes

    def forward(self, x: Any) -> Any:
        """Return the last node's output."""
        values = {"input": x}
        for name, inputs, merge in self.nodes:
            taken = [values[i] for i in inputs]
            if merge is None:
                values[name] = self[f"node_{name}"](*taken)
            else:
                values[name] = sum(taken) if merge == "add" else torch.cat(taken, -1)
        return values[self.nodes[-1][0]]
