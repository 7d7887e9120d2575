"""The flow of a module of PyTorch, where it is known: in chains. Of what stands elsewhere, what each module says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from chainrule.files.weights.flow import ANYTHING, INPUT, Flow, Node, Operation

_ACTIVATIONS = {
    "LogSoftmax": "log_softmax",
    "Mish": "mish",
    "ReLU": "relu",
    "SELU": "selu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softsign": "softsign",
    "Step": "step",
    "Tanh": "tanh",
}
_LEFT_OUT = {
    *("AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "FeatureAlphaDropout", "Flatten", "Identity", "Unflatten"),
    *("Permute", "Reshape"),
}
"""Modules that change no number when it is predicted."""
KNOWN = "torch.nn.modules."
_OURS = "chainrule.export.torch_modules"


def kind_of_module(module: Any) -> str:
    """Return the name of PyTorch's class that a module is, or of one that `export.to_torch` makes; "" if none."""
    kind: type[Any] = type(module)
    if kind.__module__ == _OURS and not any(base.__name__ in ("RNN", "LSTM", "GRU") for base in kind.__mro__[1:]):
        return kind.__name__
    named = next((base for base in kind.__mro__ if base.__module__.startswith(KNOWN)), None)
    return "" if named is None or named.__name__ in ("Module", "ModuleList", "ModuleDict") else str(named.__name__)


class Said(NamedTuple):
    """What a module says of itself besides its arrays."""

    epsilon: float | None
    settings: Mapping[str, Any]  # those that change numbers, by our names
    layer: str  # the class here that computes what it does, or PyTorch's class if none does; "" if nobody knows


_LAYERS = {
    **{f"BatchNorm{axes}d": "BatchNorm" for axes in (1, 2, 3)},
    "Conv1d": "Conv1D",
    "Conv2d": "Conv2D",
    "Embedding": "Embedding",
    "GRU": "GRU",
    "GroupNorm": "GroupNorm",
    **{f"InstanceNorm{axes}d": "GroupNorm" for axes in (1, 2)},
    "LSTM": "LSTM",
    "LayerNorm": "LayerNorm",
    "Linear": "Dense",
    "RMSNorm": "RMSNorm",
    "RNN": "RNN",
    "SyncBatchNorm": "BatchNorm",
}
_SETTINGS = {
    **{name: name for name in ("dilation", "groups", "max_norm", "padding_mode", "reverse", "sequence", "stride")},
    "nonlinearity": "activation",
    "num_groups": "groups",
}


def said_of(module: Any) -> Said:
    """Return what a module says of itself."""
    settings = {own: getattr(module, name) for name, own in _SETTINGS.items() if hasattr(module, name)}
    kinds = [kind.__name__ for kind in type(module).__mro__]
    if any(kind.startswith("InstanceNorm") for kind in kinds):
        settings["groups"] = module.num_features
    epsilon = getattr(module, "eps", None)
    if "RMSNorm" in kinds and epsilon is None:
        import torch

        epsilon = torch.finfo(module.weight.dtype).eps if module.weight is not None else None
    layer = next((_LAYERS[kind] for kind in kinds if kind in _LAYERS), kind_of_module(module))
    return Said(epsilon, settings, layer)


def torch_flow(root: Any) -> Flow:
    """Return what a module computes between those with weights, by their names."""
    nodes: dict[str, Node] = {}
    ends = _visit(root, "", (INPUT,), nodes) if _is_chain(root) else ()
    for name, module in root.named_modules():
        if name and _is_chain(module) and not any(known.startswith(f"{name}.") for known in nodes):
            _visit(module, name, (), nodes)
    for name, module in root.named_modules():  # what stands in no chain
        if name not in nodes and not _is_chain(module) and _is_weighted(module):
            nodes[name] = Node((), (), tuple(_padding(module, name)), weighted=True)
    return Flow(nodes, next(iter(ends), None))


def activations_outside_of_chains(root: Any) -> Iterator[Operation]:
    """Yield the activations that are modules, but of which nobody says what they follow."""
    in_chains = {id(inner) for module in root.modules() if _is_chain(module) for inner in module.children()}
    for name, module in root.named_modules():
        if id(module) not in in_chains and type(module).__module__ == f"{KNOWN}activation":
            yield from (operation for operation in _operations(module, name) if operation.kind != ANYTHING)


def _is_chain(module: Any) -> bool:
    """Return whether modules follow one another in the order of their names: a Sequential with its own forward."""
    sequential = next((base for base in type(module).__mro__ if base.__name__ == "Sequential"), None)
    return sequential is not None and type(module).forward is getattr(sequential, "forward", None)


def _is_weighted(module: Any) -> bool:
    arrays = (*module.parameters(recurse=False), *module.buffers(recurse=False))
    return len(arrays) > 0


def _visit(module: Any, name: str, before: tuple[str, ...], nodes: dict[str, Node]) -> tuple[str, ...]:
    """Add a module, or those of a chain; return the name of the last one, or none if nobody knows it."""
    if _is_chain(module):
        for inner, child in module.named_children():
            before = _visit(child, f"{name}.{inner}" if name else inner, before, nodes)
        return before
    if _is_weighted(module):
        nodes[name] = Node(before, (), tuple(_padding(module, name)), weighted=True)
    elif next(module.children(), None) is None or kind_of_module(module) in _OTHERS:
        nodes[name] = Node(before, tuple(_operations(module, name)))
    else:  # a class of someone's own, which may do anything with its modules
        nodes[name] = Node(before, weighted=True)
        return ()
    return (name,)


def _padding(module: Any, name: str) -> Iterator[Operation]:
    """Yield how a convolution pads its input."""
    if hasattr(module, "padding_mode"):
        yield Operation("ZeroPad", {"padding": _pairs(module.padding, len(module.kernel_size))}, name)


def _pairs(padding: Any, axes: int) -> Any:
    """Return the zeros at both ends of each axis, or the word for them."""
    if isinstance(padding, str):
        return padding
    return tuple((n, n) for n in ((padding,) * axes if isinstance(padding, int) else padding))


def _operations(module: Any, name: str) -> Iterator[Operation]:
    """Yield what a module without weights computes."""
    kind = kind_of_module(module)
    if kind in _LEFT_OUT:
        return
    if kind in ("Softmax", "LogSoftmax") and module.dim == 0:
        yield Operation(f"{kind}(dim=0)", name=name)
    elif kind in _ACTIVATIONS:
        yield Operation(_ACTIVATIONS[kind], name=name)
    elif kind in _OTHERS:
        yield _OTHERS[kind](module, name)
    elif type(module).__module__ == f"{KNOWN}activation":
        yield Operation(kind, name=name)
    else:
        yield Operation(ANYTHING, name=f"{name} ({type(module).__name__})")


def _softplus(module: Any, name: str) -> Operation:
    return Operation("softplus" if module.beta == 1 else f"Softplus(beta={module.beta:g})", name=name)


def _gelu(module: Any, name: str) -> Operation:
    return Operation("gelu" if module.approximate == "tanh" else "gelu_exact", name=name)


def _pool(kind: str, axes: int) -> Callable[[Any, str], Operation]:
    def operation(module: Any, name: str) -> Operation:
        if getattr(module, "dilation", 1) not in (1, (1,) * axes) or getattr(module, "divisor_override", None):
            return Operation(repr(module), name=name)
        settings: dict[str, Any] = {
            "window": module.kernel_size,
            "stride": module.stride,
            "padding": _pairs(module.padding, axes),
            "ceil_mode": module.ceil_mode,
        }
        if kind == "AveragePool":
            settings["counts_padding"] = module.count_include_pad
        return Operation(kind, settings, name)

    return operation


def _adaptive(kind: str) -> Callable[[Any, str], Operation]:
    def operation(module: Any, name: str) -> Operation:
        to_one = module.output_size in (1, (1,), (1, 1))
        return Operation(kind, name=name) if to_one else Operation(ANYTHING, name=f"{name} ({module!r})")

    return operation


def _padded_average(module: Any, name: str) -> Operation:
    ends = list(module.widths)  # the last axis first
    padding = tuple(zip(ends[0::2], ends[1::2], strict=True))[::-1]
    pool = module.pool
    return Operation("AveragePool", {"window": pool.kernel_size, "stride": pool.stride, "padding": padding}, name)


def _zero_pad(module: Any, name: str) -> Operation:
    value = getattr(module, "value", 0.0)
    if value not in (0, float("-inf")):
        return Operation(f"padding with {value:g}", name=name)
    ends = list(module.padding)  # the last axis first
    return Operation("ZeroPad", {"padding": tuple(zip(ends[0::2], ends[1::2], strict=True))[::-1]}, name)


def _upsample(module: Any, name: str) -> Operation:
    if module.mode != "nearest" or module.scale_factor is None:
        return Operation(ANYTHING, name=f"{name} ({module!r})")
    return Operation("Upsample", {"factor": module.scale_factor}, name)


_OTHERS: Mapping[str, Callable[[Any, str], Operation]] = {
    "ELU": lambda module, name: Operation("elu", {"alpha": module.alpha}, name),
    "GELU": _gelu,
    "LeakyReLU": lambda module, name: Operation("leaky_relu", {"alpha": module.negative_slope}, name),
    "Mean": lambda module, name: Operation("GlobalAveragePool", name=name),
    "PaddedAverage": _padded_average,
    "Softplus": _softplus,
    "Upsample": _upsample,
    **{f"AdaptiveAvgPool{axes}d": _adaptive("GlobalAveragePool") for axes in (1, 2)},
    **{f"AdaptiveMaxPool{axes}d": _adaptive("GlobalMaxPool") for axes in (1, 2)},
    **{f"AvgPool{axes}d": _pool("AveragePool", axes) for axes in (1, 2)},
    **{f"ConstantPad{axes}d": _zero_pad for axes in (1, 2)},
    **{f"MaxPool{axes}d": _pool("MaxPool", axes) for axes in (1, 2)},
    **{f"ZeroPad{axes}d": _zero_pad for axes in (1, 2)},
}
