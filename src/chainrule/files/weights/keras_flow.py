"""The flow of a model of Keras, as its configuration says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chainrule.files.weights.flow import ANYTHING, INPUT, Flow, Node, Operation

_ACTIVATIONS = {
    "elu": ("elu", {"alpha": 1.0}),
    "gelu": ("gelu_exact", {}),
    "gelu_tanh": ("gelu", {}),
    "leaky_relu": ("leaky_relu", {"alpha": 0.2}),
    "swish": ("silu", {}),
    **{
        name: (name, {})
        for name in (
            *("log_softmax", "mish", "relu", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "step"),
            "tanh",
        )
    },
}
"""Keras's activations by name: what they are here, with their usual settings."""
_LEFT_OUT = {
    *("InputLayer", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "Flatten"),
    *("AlphaDropout", "ActivityRegularization", "Identity", "Reshape"),
}
"""Layers that change no number when it is predicted."""
_MERGES = {"Add", "Concatenate"}
_POOLS = {
    **{f"MaxPooling{axes}D": "MaxPool" for axes in (1, 2)},
    **{f"AveragePooling{axes}D": "AveragePool" for axes in (1, 2)},
    **{f"GlobalAveragePooling{axes}D": "GlobalAveragePool" for axes in (1, 2)},
    **{f"GlobalMaxPooling{axes}D": "GlobalMaxPool" for axes in (1, 2)},
}


def keras_flow(config: Any, weighted: set[str]) -> Flow | None:
    """Return what a model computes between its layers with weights; None if its configuration does not say it.

    Parameters
    ----------
    config
        What a .keras file has in config.json.
    weighted
        The names of the layers that have weights.
    """
    nodes: dict[str, Node] = {}
    try:
        output = _model(config, (INPUT,), nodes, weighted)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None  # a class of someone's own, or layers that are used twice
    return Flow(nodes, output)


def _model(layer: Any, before: tuple[str, ...], nodes: dict[str, Node], weighted: set[str]) -> str:
    """Add a layer, or those of a model; return the name of the last one."""
    config = layer["config"]
    inner = config.get("layers")
    if inner is None:
        return _leaf(layer, before, nodes, weighted)
    if layer["class_name"] == "Sequential":
        for one in inner:
            before = (_model(one, before, nodes, weighted),)
        (name,) = before
        return name
    ends: dict[str, str] = {}
    for one in inner:
        name = one.get("name", one["config"]["name"])
        if one["class_name"] == "InputLayer":
            (ends[name],) = before
            continue
        (call,) = one["inbound_nodes"]
        sources = tuple(ends[source] for source in _sources(call["args"]))
        ends[name] = _model(one, sources, nodes, weighted)
    (output,) = _names(config["output_layers"])
    return ends[output]


def _sources(arguments: Any) -> Iterator[str]:
    """Yield the names of the layers whose outputs a layer is called with."""
    if isinstance(arguments, Mapping):
        if "keras_history" in arguments:
            yield arguments["keras_history"][0]
        else:
            for value in arguments.values():
                yield from _sources(value)
    elif isinstance(arguments, list):
        for value in arguments:
            yield from _sources(value)


def _names(layers: Sequence[Any]) -> list[str]:
    """Return the names of the output layers: [name, 0, 0], or a list of such."""
    return [layers[0]] if isinstance(layers[0], str) else [layer[0] for layer in layers]


def _leaf(layer: Any, before: tuple[str, ...], nodes: dict[str, Node], weighted: set[str]) -> str:
    kind, config = layer["class_name"], layer["config"]
    name = str(config["name"])
    if name in nodes:
        raise ValueError(name)  # of two layers in models inside of one another
    if name in weighted:
        nodes[name] = Node(
            before, tuple(_after(kind, config, name)), tuple(_padding(kind, config, name)), weighted=True
        )
    elif kind in _MERGES:
        nodes[name] = Node(before)
    else:
        nodes[name] = Node(before, tuple(_operations(kind, config, name)))
    return name


def _after(kind: str, config: Mapping[str, Any], name: str) -> Iterator[Operation]:
    """Yield what a layer with weights does after these."""
    if kind in ("SimpleRNN", "LSTM", "GRU"):
        if config.get("go_backwards") and config.get("return_sequences"):
            yield Operation("Flip", name=f"{name} (go_backwards, return_sequences)")
    elif kind != "Bidirectional":
        yield from _activation(config.get("activation"), name)


def _padding(kind: str, config: Mapping[str, Any], name: str) -> Iterator[Operation]:
    if isinstance(config.get("padding"), str) and kind not in _POOLS:
        yield Operation("ZeroPad", {"padding": config["padding"]}, name)


def _operations(kind: str, config: Mapping[str, Any], name: str) -> Iterator[Operation]:
    """Yield what a layer without weights computes."""
    if kind in _LEFT_OUT or kind.startswith("Random"):
        return
    activation = config.get("activation") if kind == "Activation" else kind.lower()  # of keras.ops, where it was called
    if kind in _OTHERS:
        yield _OTHERS[kind](config, name)
    elif kind in _POOLS:
        yield _pool(_POOLS[kind], config, name)
    elif kind == "Activation" or activation in _ACTIVATIONS:
        yield from _activation(activation, name)
    else:
        yield Operation(ANYTHING, name=f"{name} ({kind})")


def _activation(activation: Any, name: str) -> Iterator[Operation]:
    """Yield an activation by its name, or by what is kept of a function."""
    own = isinstance(activation, Mapping)
    if isinstance(activation, Mapping):
        activation = activation.get("config")
    if activation in (None, "linear"):
        return
    if isinstance(activation, str) and activation in _ACTIVATIONS:
        kind, settings = _ACTIVATIONS[activation]
        yield Operation(kind, settings, name)
    else:
        yield Operation(ANYTHING if own else str(activation), name=f"{name} ({activation!s:.80})" if own else name)


def _relu(config: Mapping[str, Any], name: str) -> Operation:
    slope, most, threshold = (config.get(key) or 0 for key in ("negative_slope", "max_value", "threshold"))
    if most or threshold:
        return Operation(f"ReLU(max_value={most:g}, threshold={threshold:g})", name=name)
    return Operation("leaky_relu", {"alpha": slope}, name) if slope else Operation("relu", name=name)


def _softmax(config: Mapping[str, Any], name: str) -> Operation:
    axis = config.get("axis", -1)
    return Operation("softmax" if axis == -1 else f"Softmax(axis={axis})", name=name)


def _upsample(config: Mapping[str, Any], name: str) -> Operation:
    if config.get("interpolation", "nearest") != "nearest":
        return Operation(f"UpSampling(interpolation={config['interpolation']!r})", name=name)
    return Operation("Upsample", {"factor": config["size"]}, name)


def _flip(config: Mapping[str, Any], name: str) -> Operation:
    steps = config.get("axis") == 1
    return Operation("Flip", name=name) if steps else Operation(ANYTHING, name=f"{name} (Flip)")


def _pool(kind: str, config: Mapping[str, Any], name: str) -> Operation:
    if config.get("data_format") == "channels_first":
        return Operation(f"{kind}(data_format='channels_first')", name=name)
    if kind.startswith("Global"):
        return Operation(kind, name=name)
    window = config["pool_size"]
    named = {"window": window, "stride": config.get("strides") or window, "padding": config["padding"]}
    return Operation(kind, named, name)


_OTHERS: Mapping[str, Callable[[Mapping[str, Any], str], Operation]] = {
    "ELU": lambda config, name: Operation("elu", {"alpha": config["alpha"]}, name),
    "Flip": _flip,
    "LeakyReLU": lambda config, name: Operation("leaky_relu", {"alpha": config["negative_slope"]}, name),
    "ReLU": _relu,
    "Softmax": _softmax,
    "UpSampling1D": _upsample,
    "UpSampling2D": _upsample,
    "ZeroPadding1D": lambda config, name: Operation("ZeroPad", {"padding": (config["padding"],)}, name),
    "ZeroPadding2D": lambda config, name: Operation("ZeroPad", {"padding": config["padding"]}, name),
}
"""What makes an operation of a layer's settings, for layers without weights."""
