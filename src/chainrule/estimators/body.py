"""The layers of a network for a table, from an estimator's settings."""

from __future__ import annotations

from typing import Any

from chainrule.common.errors import InputError
from chainrule.equations.initializers import SUITED
from chainrule.layers import Activation, Dense, Dropout, Layer


def layers_of(settings: Any, outputs: int) -> list[Layer]:
    """Return the layers from input to logits.

    Raises
    ------
    InputError
        There is neither one activation or rate for all hidden layers nor one for each.
    """
    last = Dense(outputs, initializer="xavier")
    if settings.layers is not None:
        return [*settings.layers, last]
    sizes = settings.hidden_layer_sizes
    activations = _per_layer("activation", settings.activation, sizes)
    rates = _per_layer("dropout", settings.dropout, sizes)
    layers: list[Layer] = []
    for units, activation, rate in zip(sizes, activations, rates, strict=True):
        layers += [Dense(units, initializer=SUITED.get(activation, "he")), Activation(activation)]
        if rate:
            layers.append(Dropout(rate))
    return [*layers, last]


def _per_layer(name: str, value: Any, sizes: tuple[int, ...]) -> tuple[Any, ...]:
    """Return a setting of every hidden layer, of one for all or one for each."""
    if not isinstance(value, tuple):
        return (value,) * len(sizes)
    if len(value) != len(sizes):
        raise InputError(
            "{name} is one for all hidden layers or one for each, but hidden_layer_sizes={sizes} has {expected} "
            "layers, and {name} {got} entries.",
            name=name,
            sizes=sizes,
            expected=len(sizes),
            got=len(value),
        )
    return value
