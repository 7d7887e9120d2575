"""Write recurrent.npz: PyTorch's outputs and autograd gradients of RNN, LSTM and GRU, in the layout of chainrule.

Run with an interpreter that has torch; the tests read the file and need none:

    python tests/reference/make_recurrent.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

BATCH, TIME, FEATURES, UNITS = 3, 5, 4, 2


def module(kind: str, bidirectional: bool) -> Any:
    """Return PyTorch's layer; its name for rnn_relu is an option of RNN."""
    options = {"batch_first": True, "bidirectional": bidirectional}
    if kind.startswith("rnn"):
        return torch.nn.RNN(FEATURES, UNITS, nonlinearity=kind.removeprefix("rnn_"), **options)
    return {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](FEATURES, UNITS, **options)


def ours(kind: str, arrays: dict[str, Any], gradient: bool) -> dict[str, Any]:
    """Return one direction's weights, or their gradients, in our layout: transposed, and with one bias or GRU's two."""
    params = {"Wx": arrays["weight_ih"].T, "Wh": arrays["weight_hh"].T}
    if kind == "gru":
        return params | {"bx": arrays["bias_ih"], "bh": arrays["bias_hh"]}
    # The two biases are added up, so each of them has the gradient of their sum.
    return params | {"b": arrays["bias_ih"] if gradient else arrays["bias_ih"] + arrays["bias_hh"]}


def directions(kind: str, arrays: dict[str, Any], gradient: bool) -> dict[str, Any]:
    """Return both directions by path, ahead.Wx and back.Wx, or the only one, Wx."""
    split: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        part = "back." if name.endswith("_reverse") else "ahead."
        split.setdefault(part, {})[name.removesuffix("_reverse").removesuffix("_l0")] = array
    each = {part + name: a for part, p in split.items() for name, a in ours(kind, p, gradient).items()}
    return each if len(split) == 2 else {name.removeprefix("ahead."): a for name, a in each.items()}


def by_direction(states: tuple[Any, ...]) -> list[Any]:
    """Return h and c of the forward layer, then those of its twin; PyTorch stacks the directions."""
    return [s[d] for d in range(len(states[0])) for s in states]


def record(kind: str, bidirectional: bool, sequence: bool) -> dict[str, Any]:
    """Return everything of one run, by name."""
    layer = module(kind, bidirectional)
    n = 2 if bidirectional else 1
    x = torch.randn(BATCH, TIME, FEATURES, requires_grad=True)
    states = tuple(torch.randn(n, BATCH, UNITS, requires_grad=True) for _ in range(2 if kind == "lstm" else 1))
    H, last = layer(x, states if kind == "lstm" else states[0])
    h_n = last[0] if kind == "lstm" else last
    y = H if sequence else torch.cat(list(h_n), dim=-1)
    dy = torch.randn(y.shape)
    (y * dy).sum().backward()
    weights = {name: p.detach() for name, p in layer.named_parameters()}
    grads = {name: p.grad for name, p in layer.named_parameters()}
    result = {"x": x, "y": y, "dy": dy, "dx": x.grad}
    result |= {f"state.{i}": s for i, s in enumerate(by_direction(states))}
    result |= {f"dstate.{i}": s for i, s in enumerate(by_direction(tuple(s.grad for s in states)))}
    result |= {f"params.{path}": p for path, p in directions(kind, weights, gradient=False).items()}
    return result | {f"grads.{path}": g for path, g in directions(kind, grads, gradient=True).items()}


def main() -> None:
    """Write the file."""
    torch.manual_seed(3)
    arrays = {}
    for kind in ("rnn_tanh", "rnn_relu", "lstm", "gru"):
        for bidirectional in (False, True):
            for sequence in (False, True):
                name = f"{kind}/{'both' if bidirectional else 'one'}/{'sequence' if sequence else 'last'}"
                for key, a in record(kind, bidirectional, sequence).items():
                    arrays[f"{name}/{key}"] = a.detach().numpy().astype(np.float32)
    np.savez_compressed(Path(__file__).with_name("recurrent.npz"), **arrays)


if __name__ == "__main__":
    main()
