"""A network as a module of PyTorch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.common.errors import InputError, missing_extra
from chainrule.export.checks import check_network
from chainrule.files.weights.rules import Rules, theirs
from chainrule.files.weights.torch_rules import PYTORCH, state_name
from chainrule.files.weights.walk import Layout, Step, chain, feeds_dense, merged
from chainrule.layers import Concatenate, Flatten, Graph, Residual
from chainrule.network import Network


def to_torch(network: Network) -> Any:
    """Return a network as a ``torch.nn.Module`` that computes the same numbers.

    Parameters
    ----------
    network
        A network with parameters. Layers of your own, and those that PyTorch lacks, cannot be written.

    Returns
    -------
    torch.nn.Sequential
        Modules of PyTorch with copies of the parameters, in evaluation mode; call its ``train()`` to train it on. It
        takes inputs as the network does, channels last, and returns what ``network.logits`` does, as PyTorch's losses
        want it. Inside, pictures and what is convolved have their channels first: where this changes is a module
        ``Permute``. Without the first one it takes pictures as PyTorch has them. `files.from_torch` reads its state
        dict.

    Raises
    ------
    InputError
        There are no parameters yet, or a layer has no counterpart.
    MissingExtraError
        PyTorch is not installed.

    Notes
    -----
    Masks are left out: sequences of different length have to be of the same length there.

    Examples
    --------
    ::

        module = cr.export.to_torch(network)
        torch.save(module.state_dict(), "weights.pt")
    """
    try:
        import torch  # noqa: F401 - to say what is missing
    except ModuleNotFoundError as error:
        raise missing_extra("to_torch", "PyTorch", "torch") from error
    check_network("to_torch", network)
    assert network.input_shape is not None
    module, _ = _chained(list(chain(network.body, network.params, "")), Layout.of_input(network.input_shape))
    return module.eval()


def _chained(steps: list[Step], layout: Layout) -> tuple[Any, Layout]:
    """Return the module of a chain, which takes and returns channels last; and the layout at its end inside of it."""
    from torch import nn

    modules = _Chain()
    modules.move("input", replace(layout, channels_first=False), layout.channels_first)
    for i, step in enumerate(steps):
        name = step.path.replace(".", "_") or "0"
        if isinstance(step.layer, Residual | Concatenate | Graph):
            modules.move(name, layout, False)
            module, layout = _branches(step, layout)
            modules.named[name] = module
            modules.move(f"{name}_output", replace(layout, channels_first=False), layout.channels_first)
            continue
        first = layout.wanted_by(step.layer)
        if isinstance(step.layer, Flatten):
            first = first and feeds_dense(steps[i + 1 :])
        layout = modules.move(name, layout, first)
        modules.named[name] = _module(step, layout)
        layout = layout.after(step.layer)
    modules.move("output", layout, False)
    return nn.Sequential(OrderedDict(modules.named)), layout


class _Chain:
    """Modules one after another, by name."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}

    def move(self, name: str, layout: Layout, first: bool) -> Layout:
        """Add what moves the channels first or last, unless they are there; return the layout then."""
        from chainrule.export.torch_modules import Permute

        last = len(layout.shape)
        if layout.channels_first != first and last > 1:
            axes = (0, last, *range(1, last)) if first else (0, *range(2, last + 1), 1)
            self.named[f"{name}_channels_{'first' if first else 'last'}"] = Permute(*axes)
        return replace(layout, channels_first=first)


def _module(step: Step, layout: Layout) -> Any:
    """Return the module of a layer, with its parameters."""
    import torch

    from chainrule.export.torch_layers import MAKERS

    maker, rules = MAKERS.get(type(step.layer)), PYTORCH.rules_of(step.layer, step.params)
    if maker is None or (step.params and rules is None):
        raise InputError(
            "PyTorch has no layer that computes what {layer} does, so the network cannot be written for it.",
            layer=f"{step.path} {step.layer.label}",
        )
    module = maker(step.layer, layout)
    if step.params and rules is not None:
        own = module[-1] if isinstance(module, torch.nn.Sequential) else module  # after what pads its input
        arrays = {name: torch.tensor(np.ascontiguousarray(a)) for name, a in _state(rules, step, layout).items()}
        state = own.to(next(iter(arrays.values())).dtype).state_dict()  # of float64 networks, float64
        for name, array in arrays.items():
            state[name].copy_(array)
    return module


def _state(rules: Rules, step: Step, layout: Layout) -> Mapping[str, Array]:
    arrays = dict(leaves(step.params))
    if layout.order is not None:
        back = np.argsort(layout.order)
        arrays = {own: a if own == "b" else a[back] for own, a in arrays.items()}
    return {state_name(name): array for name, array in theirs(rules, arrays).items()}


def _branches(step: Step, layout: Layout) -> tuple[Any, Layout]:
    """Return the module of layers side by side, which takes and returns channels last."""
    from chainrule.export import torch_modules

    composite: Any = step.layer
    if isinstance(composite, Graph):
        return _graph(step, layout)
    parts = zip(composite.parts, step.params, strict=True)
    modules, ends = zip(*(_chained(list(chain(part, p, "")), layout) for part, p in parts), strict=True)
    kind = torch_modules.Add if isinstance(composite, Residual) else torch_modules.Concatenate
    return kind(modules), merged(composite.merge, ends)


def _graph(step: Step, layout: Layout) -> tuple[Any, Layout]:
    from chainrule.export.torch_modules import Graph as Module

    graph: Any = step.layer
    layouts, modules = {"input": layout}, {}
    for node in graph.nodes:
        before = [layouts[name] for name in node.inputs]
        if node.merges:
            layouts[node.name] = merged(node.layer, before)
        else:
            steps = list(chain(node.layer, step.params[node.name], ""))
            modules[f"node_{node.name}"], layouts[node.name] = _chained(steps, before[0])
    nodes = [(node.name, node.inputs, node.operation if node.merges else None) for node in graph.nodes]
    return Module(modules, nodes), layouts[graph.nodes[-1].name]
