"""A network as a model of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Params, leaves
from chainrule.common.errors import InputError, MissingExtraError, missing_extra
from chainrule.common.texts import tr
from chainrule.equations.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss, Poisson
from chainrule.export.checks import check_loss, check_network
from chainrule.files.weights.keras_rules import KERAS, joined
from chainrule.files.weights.rules import theirs
from chainrule.layers import AveragePool, Bidirectional, Concatenate, Graph, Layer, Residual, Sequential
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.sliding import SlidingWindow
from chainrule.layers.spatial import per_axis, same_padding
from chainrule.network import Network

_OUTPUTS: dict[type[Loss], str] = {
    BinaryCrossEntropy: "sigmoid",
    CategoricalCrossEntropy: "softmax",
    Poisson: "exponential",
}
"""Keras's name of the output activation that a loss owns."""


def to_keras(network: Network) -> Any:
    """Return a network as a ``keras.Model`` that predicts the same numbers.

    Parameters
    ----------
    network
        A network with parameters. Layers of your own, and those that Keras lacks, cannot be written.

    Returns
    -------
    keras.Model
        A functional model of Keras 3 with copies of the parameters. ``model.predict(X)`` is ``network.predict(X)``: it
        ends with the output activation, which the loss owns here. It is not compiled. `files.from_keras` reads it.

    Raises
    ------
    InputError
        There are no parameters yet, or a layer or a setting has no counterpart.
    MissingExtraError
        Keras, or the library that it computes with, is not installed.

    Notes
    -----
    Masks are left out: sequences of different length have to be of the same length there.

    Examples
    --------
    ::

        model = cr.export.to_keras(network)
        model.save("model.keras")
    """
    try:
        import keras
    except ModuleNotFoundError as error:
        if error.name != "keras":
            raise MissingExtraError(
                "Keras computes with {package}, which is not installed: install it, or set KERAS_BACKEND to one that "
                "is, torch or jax.",
                package=error.name,
            ) from error
        raise missing_extra("to_keras", "Keras", "keras") from error
    check_network("to_keras", network)
    check_loss(network)
    looks_up = network.body.vocabulary_of_input is not None
    dtype = np.dtype(network.dtype).name
    x = keras.Input(network.input_shape, dtype="int32" if looks_up else dtype)
    y = _applied(network.body, network.params, "layer", x, dtype)
    activation = _OUTPUTS.get(type(network.loss))
    if activation is not None:
        y = keras.layers.Activation(activation, name="output", dtype=dtype)(y)
    return keras.Model(x, y)


def _applied(layer: Layer, params: Params, name: str, x: Any, dtype: str) -> Any:
    """Return what a layer makes of a tensor of Keras; the layers that Keras gets for it begin with the name."""
    from keras import layers as kl

    if isinstance(layer, Sequential):
        for i, (inner, p) in enumerate(zip(layer.parts, params, strict=True)):
            x = _applied(inner, p, f"{name}_{i}", x, dtype)
        return x
    if isinstance(layer, Graph):
        return _graph(layer, params, name, x, dtype)
    if isinstance(layer, Residual | Concatenate):
        parts = enumerate(zip(layer.parts, params, strict=True))
        outputs = [_applied(part, p, f"{name}_{i}", x, dtype) for i, (part, p) in parts]
        merge = kl.Add if isinstance(layer, Residual) else kl.Concatenate
        return outputs[0] if len(outputs) == 1 else merge(name=name, dtype=dtype)(outputs)
    return _leaf(layer, params, name, x, dtype)


def _graph(layer: Graph, params: Params, name: str, x: Any, dtype: str) -> Any:
    from keras import layers as kl

    graph: Any = layer
    values = {"input": x}
    for node in graph.nodes:
        inputs, own = [values[i] for i in node.inputs], f"{name}_{node.name}"
        if not node.merges:
            values[node.name] = _applied(node.layer, params[node.name], own, inputs[0], dtype)
        elif len(inputs) == 1:
            values[node.name] = inputs[0]
        else:
            merge = kl.Add if node.operation == "add" else kl.Concatenate
            values[node.name] = merge(name=own, dtype=dtype)(inputs)
    return values[graph.nodes[-1].name]


def _leaf(layer: Layer, params: Params, name: str, x: Any, dtype: str) -> Any:
    """Return what a layer that is made of no others makes of a tensor."""
    from chainrule.export.keras_layers import MAKERS, flipped, zero_padding

    maker, rules = MAKERS.get(type(layer)), KERAS.rules_of(layer, params)
    if maker is None or (params and rules is None):
        raise _refusal(layer, name)
    axes = len(x.shape) - 2
    _check_average(layer, x.shape[1:-1], name)
    if isinstance(layer, SlidingWindow) and not isinstance(layer.padding, str):
        x = zero_padding(layer.per_axis("padding"), axes, name=f"{name}_padding", dtype=dtype)(x)
    try:
        module = maker(layer, axes, name=name, dtype=dtype)
        y = module(x)
    except ValueError as error:
        raise _refusal(layer, name, str(error)) from error
    if rules is not None and params:
        arrays = theirs(rules, dict(leaves(params)))
        module.set_weights(_in_order(layer, arrays))
    return flipped(y) if isinstance(layer, Recurrent) and layer.reverse and layer.sequence else y


def _check_average(layer: Layer, lengths: tuple[int, ...], name: str) -> None:
    """Raise an error for means that Keras computes wrongly on PyTorch: it repeats the last cells as padding there."""
    import keras

    if not isinstance(layer, AveragePool) or layer.padding != "same" or keras.backend.backend() != "torch":
        return
    sizes = (per_axis(layer.label, n, getattr(layer, n), len(lengths)) for n in ("window", "stride"))
    if any(before != after for before, after in map(same_padding, lengths, *sizes)):
        raise _refusal(layer, name, tr("on PyTorch it counts padding at one end only. Set KERAS_BACKEND=jax."))


def _in_order(layer: Layer, arrays: dict[str, Any]) -> list[Any]:
    """Return arrays as Keras lists a layer's weights: those of a bidirectional one half by half."""
    if not isinstance(layer, Bidirectional):
        return list(joined(arrays).values())
    halves = ("forward.", "backward.")
    named = [{n.removeprefix(half): a for n, a in arrays.items() if n.startswith(half)} for half in halves]
    return [array for half in named for array in joined(half).values()]


def _refusal(layer: Layer, name: str, reason: str = "") -> InputError:
    place = name.removeprefix("layer_").replace("_", ".")
    if reason:
        return InputError(
            "Keras refuses {layer}, so the network cannot be written for it: {reason}",
            layer=f"{place} {layer.label}",
            reason=reason,
        )
    return InputError(
        "Keras has no layer that computes what {layer} does, so the network cannot be written for it.",
        layer=f"{place} {layer.label}",
    )
