"""A blueprint as a Python script, which runs as shown and gives the numbers of the lab."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from chainrule import layers
from chainrule.common.settings import Checked, whole
from chainrule.common.texts import tr
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.code_of_data import code_of_data
from chainrule.lab.data_sets import DataSets
from chainrule.layers import Activation
from chainrule.metrics import default


def python_code(blueprint: Blueprint, sets: DataSets, epochs: int = 100, *, model: str | None = None) -> str:
    """Return the script, which makes the data, builds the network, and trains it for so many epochs.

    Its numbers are those of the lab to the last bit, as long as no knob is turned and nothing is changed by hand.

    Parameters
    ----------
    blueprint
        What was built.
    sets
        Where the examples come from.
    epochs
        How long it trains.
    model
        The file that the first parameters come from, if they were loaded.

    Raises
    ------
    BlueprintError, InputError
        The blueprint breaks a rule.
    """
    epochs = whole("python_code", "epochs", epochs, least=0)
    examples = sets.examples(blueprint.data)
    blueprint.shapes(examples)
    loss = blueprint.loss_for(examples)
    data, imports = code_of_data(blueprint.data, examples)
    validation = examples.validation is not None
    fit = _fit(blueprint, epochs, validation)
    network = _network(blueprint, examples.outputs, loss, examples.input_shape)
    if model is not None:
        network = f"network = cr.load({model!r})"
    score = default(loss).name
    texts = [
        tr("What it learns from."),
        tr("The network: the loss owns the output activation."),
        tr("The training: the same batches in the same order as in the lab."),
    ]
    parts = [
        f'"""{tr("Built in the lab of chainrule.")}"""',
        "\n".join(["import numpy as np", "", "import chainrule as cr", *imports]),
        *(f"# {text}\n{lines}" for text, lines in zip(texts, (data, network, fit), strict=True)),
        f'scores = network.evaluate({"X_val, y_val" if validation else "X, y"})\nprint(f"{_report(score)}")',
    ]
    return "\n\n".join(parts) + "\n"


def _report(score: str) -> str:
    """Return the places of the line that the script prints."""
    return f"loss {{scores['loss']:.6g}}, {score} {{scores['{score}']:.6g}}"


def _network(blueprint: Blueprint, outputs: int, loss: Checked, input_shape: tuple[int, ...]) -> str:
    lines = [f"        {call_of(layer)}," for layer in blueprint.layers]
    if blueprint.head:
        lines.append(f'        cr.Dense({outputs}, initializer="xavier"),')
    return "\n".join(
        [
            "network = cr.Network(",
            "    [",
            *lines,
            "    ],",
            f"    loss={call_of(loss)},",
            f"    input_shape={input_shape},",
            f"    seed={blueprint.seed},",
            f'    dtype="{blueprint.dtype}",',
            ")",
        ]
    )


def _fit(blueprint: Blueprint, epochs: int, validation: bool) -> str:
    lines = [
        "network.fit(",
        "    X,",
        "    y,",
        f"    epochs={epochs},",
        f"    batch_size={blueprint.batch_size},",
        f"    optimizer={call_of(blueprint.optimizer)},",
        *(["    validation_data=(X_val, y_val),"] if validation else []),
        f"    seed={blueprint.seed},",
        ")",
    ]
    return "\n".join(lines)


def call_of(value: Any) -> str:
    """Return what one writes to make a layer, a loss, an optimizer or a schedule; usual settings are left out.

    >>> from chainrule.layers import Conv2D
    >>> call_of(Conv2D(8, kernel=3)), call_of(Activation("relu"))
    ('cr.Conv2D(8, 3)', 'cr.ReLU()')
    """
    if isinstance(value, tuple):
        return f"[{', '.join(map(call_of, value))}]" if any(isinstance(v, Checked) for v in value) else repr(value)
    if not isinstance(value, Checked):
        return f'"{value}"' if isinstance(value, str) else repr(value)
    if isinstance(value, Activation) and value.alpha is None and value.function in _named_activations():
        return f"cr.{_named_activations()[value.function]}()"
    arguments, named = [], False
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        setting = getattr(value, field.name)
        required = field.default is dataclasses.MISSING
        if not required and setting == field.default:
            named = True
            continue
        named = named or not required
        text = call_of(setting)
        arguments.append(f"{field.name}={text}" if named else text)
    return f"cr.{type(value).__name__}({', '.join(arguments)})"


@cache
def _named_activations() -> dict[str, str]:
    """Return the public name of each activation that has one and no settings."""
    public = {name: getattr(layers, name) for name in dir(layers) if name != "LAYERS"}
    makers = {name: make for name, make in public.items() if callable(make) and not isinstance(make, type)}
    return {layer.function: name for name, make in makers.items() if isinstance(layer := make(), Activation)}
