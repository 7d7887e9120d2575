"""What can be done about a finding by one click: changes of the blueprint, or of a knob."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chainrule.common.errors import InputError
from chainrule.common.settings import shown
from chainrule.common.texts import later, tr
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.session import Session
from chainrule.layers import LSTM, RNN, Activation, BatchNorm, Dense, Layer, LayerNorm
from chainrule.trace.diagnosis.finding import Finding

_BATCH = 32
_CLIP = 1.0


class Remedy(NamedTuple):
    """Something to do.

    Attributes
    ----------
    kind, value
        What, and with which value; the page sends both back.
    text
        What its button says.
    """

    kind: str
    value: Any
    text: str

    def json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"kind": self.kind, "value": self.value, "text": self.text}


def remedies(finding: Finding, blueprint: Blueprint) -> list[Remedy]:
    """Return what can be done about a finding, the likeliest first; nothing if it is up to the user."""
    found = _BY_FINDING.get(finding.key)
    return [] if found is None else [remedy for remedy in found(finding, blueprint) if _can(remedy, blueprint)]


def after_divergence(rate: float, blueprint: Blueprint) -> list[Remedy]:
    """Return what can be done after numbers blew up, with a learning rate that does not let them."""
    text = tr("Back to the last good state, with a learning rate of {rate:g}", rate=rate)
    return [Remedy("good", rate, text), *(remedy for remedy in [_clip()] if _can(remedy, blueprint))]


def after_worse(rate: float, blueprint: Blueprint) -> list[Remedy]:
    """Return what can be done after training made a network worse, with a learning rate that does not."""
    text = tr("Start anew with a learning rate of {rate:g}", rate=rate)
    return [Remedy("anew", rate, text), *(remedy for remedy in [_clip()] if _can(remedy, blueprint))]


def apply(session: Session, kind: Any, value: Any) -> None:
    """Do what a remedy says.

    Raises
    ------
    InputError
        There is no such remedy, or its value breaks a rule; the network stays as it is.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("good", "anew") and is_number:
        (session.good if kind == "good" else session.reset)()
        session.knob("lr", float(value))
    elif kind == "batch" and is_number:
        session.knob("batch_size", value)
    elif kind in ("rate", "clip") and is_number:
        session.knob("lr" if kind == "rate" else "clip_norm", float(value))
    elif isinstance(kind, str) and kind in _OF_LAYERS and _is_place(value, session.blueprint):
        layers = _OF_LAYERS[kind](list(session.blueprint.layers), value)
        session.build(dataclasses.replace(session.blueprint, layers=tuple(layers)))
    else:
        raise InputError(
            "There is no remedy {kind} for {value}. Diagnose again: the network has changed.",
            kind=shown(kind),
            value=shown(value),
        )


def _is_place(value: Any, blueprint: Blueprint) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= len(blueprint.layers)


def _can(remedy: Remedy, blueprint: Blueprint) -> bool:
    """Return whether a remedy changes anything."""
    if remedy.kind == "clip":
        return blueprint.optimizer.clip_norm is None or blueprint.optimizer.clip_norm > remedy.value
    if remedy.kind == "batch":
        return bool(blueprint.batch_size < remedy.value)
    if remedy.kind not in _OF_LAYERS:
        return True
    if not _is_place(remedy.value, blueprint):
        return False
    layers = list(blueprint.layers)
    return _OF_LAYERS[remedy.kind](list(layers), remedy.value) != layers


# Changes of the layers: each takes the list and a place in it.


def _removed(layers: list[Layer], at: int) -> list[Layer]:
    return layers[:at] + layers[at + 1 :]


def _normalized_first(layers: list[Layer], at: int) -> list[Layer]:
    return layers if layers and isinstance(layers[0], BatchNorm) else [BatchNorm(), *layers]


def _normalized(layers: list[Layer], at: int) -> list[Layer]:
    return [*layers[:at], BatchNorm(), *layers[at:]]


def _per_example(layers: list[Layer], at: int) -> list[Layer]:
    return [LayerNorm() if i == at and isinstance(layer, BatchNorm) else layer for i, layer in enumerate(layers)]


def _activation(name: str) -> Callable[[list[Layer], int], list[Layer]]:
    def changed(layers: list[Layer], at: int) -> list[Layer]:
        return [
            Activation(name) if i == at and isinstance(layer, Activation) else layer for i, layer in enumerate(layers)
        ]

    return changed


def _relus(layers: list[Layer], at: int) -> list[Layer]:
    """Return the layers with ReLU for each bounded activation, and the initializer that suits it."""
    bounded = ("sigmoid", "tanh")
    changed: list[Layer] = []
    for i, layer in enumerate(layers):
        following = layers[i + 1] if i + 1 < len(layers) else None
        if isinstance(layer, Activation) and layer.function in bounded:
            changed.append(Activation("relu"))
        elif isinstance(layer, Dense) and isinstance(following, Activation) and following.function in bounded:
            changed.append(dataclasses.replace(layer, initializer="he"))
        else:
            changed.append(layer)
    return changed


def _initializer(name: str) -> Callable[[list[Layer], int], list[Layer]]:
    def changed(layers: list[Layer], at: int) -> list[Layer]:
        last = max((i for i, layer in enumerate(layers[: at + 1]) if _has_initializer(layer)), default=-1)
        return [
            dataclasses.replace(layer, initializer=name) if i == last else layer  # type: ignore[type-var]
            for i, layer in enumerate(layers)
        ]

    return changed


def _has_initializer(layer: Layer) -> bool:
    return any(setting.name == "initializer" for setting in dataclasses.fields(layer))  # type: ignore[arg-type]


def _gated(layers: list[Layer], at: int) -> list[Layer]:
    changed = list(layers)
    layer = changed[at]
    if isinstance(layer, RNN):
        changed[at] = LSTM(layer.units, sequence=layer.sequence, reverse=layer.reverse)
    return changed


def _larger(layers: list[Layer], at: int) -> list[Layer]:
    """Return the layers with twice the units in the last hidden Dense, or with a first hidden layer."""
    last = max((i for i, layer in enumerate(layers) if isinstance(layer, Dense)), default=None)
    if last is None:
        return [*layers, Dense(8, initializer="he"), Activation("relu")]
    layer: Any = layers[last]
    return [*layers[:last], dataclasses.replace(layer, units=2 * layer.units), *layers[last + 1 :]]


_OF_LAYERS: dict[str, Callable[[list[Layer], int], list[Layer]]] = {
    "remove": _removed,
    "normalize-inputs": _normalized_first,
    "normalize": _normalized,
    "per-example": _per_example,
    "relu": _activation("relu"),
    "leaky-relu": _activation("leaky_relu"),
    "relus": _relus,
    "he": _initializer("he"),
    "xavier": _initializer("xavier"),
    "gated": _gated,
    "larger": _larger,
}
_TEXTS = {
    "remove": later("Leave this layer out"),
    "normalize-inputs": later("Put BatchNorm before the first layer"),
    "normalize": later("Put BatchNorm before this layer"),
    "per-example": later("Take LayerNorm here"),
    "relu": later("Take ReLU here"),
    "leaky-relu": later("Take LeakyReLU here"),
    "relus": later("Take ReLU in all hidden layers, with he"),
    "he": later('Begin with initializer="he"'),
    "xavier": later('Begin with initializer="xavier"'),
    "gated": later("Take LSTM here"),
    "larger": later("Take twice as many units"),
}


def _of_layers(*kinds: str) -> Callable[[Finding, Blueprint], list[Remedy]]:
    def found(finding: Finding, blueprint: Blueprint) -> list[Remedy]:
        at = layer_of(finding)
        return [Remedy(kind, at or 0, tr(_TEXTS[kind])) for kind in kinds]

    return found


def layer_of(finding: Finding) -> int | None:
    """Return which layer a finding is about; None if it is about none."""
    number = finding.layer.removeprefix("layer").partition(".")[0]
    return int(number) if number.isdigit() else None


def rate_of(finding: Finding) -> float:
    """Return the learning rate that a finding has tried and found better, as people write it."""
    return float(f"{float(finding.numbers['better']):.6g}")


def _rate(rate: float) -> Remedy:
    return Remedy("rate", rate, tr("Take a learning rate of {rate:g}", rate=rate))


def _clip() -> Remedy:
    return Remedy("clip", _CLIP, tr("Limit the gradient's norm to {norm:g}", norm=_CLIP))


def _batch() -> Remedy:
    return Remedy("batch", _BATCH, tr("Take batches of {count}", count=_BATCH))


def _rates(finding: Finding, blueprint: Blueprint) -> Sequence[Remedy]:
    better = [_rate(rate_of(finding))]
    return [*better, _clip()] if finding.key == "high-learning-rate" else better


_BY_FINDING: dict[str, Callable[[Finding, Blueprint], Sequence[Remedy]]] = {
    "high-learning-rate": _rates,
    "low-learning-rate": _rates,
    "large-inputs": _of_layers("normalize-inputs"),
    "small-inputs": _of_layers("normalize-inputs"),
    "uneven-columns": _of_layers("normalize-inputs"),
    "doubled-activation": _of_layers("remove"),
    "unreachable-targets": _of_layers("remove"),
    "limited-logits": _of_layers("remove"),
    "few-batch-values": lambda finding, blueprint: [_batch(), *_of_layers("per-example")(finding, blueprint)],
    "symmetric-units": _of_layers("he", "xavier"),
    "dead-units": _of_layers("leaky-relu", "he"),
    "saturated-units": _of_layers("relu", "xavier", "normalize"),
    "vanishing-gradients": _of_layers("relus", "normalize"),
    "exploding-gradients": lambda finding, blueprint: [_clip(), *_of_layers("he")(finding, blueprint)],
    "vanishing-in-time": _of_layers("gated"),
    "exploding-in-time": lambda finding, blueprint: [_clip()],
    "no-gradient": _of_layers("relus"),
    "start-too-high": _of_layers("normalize-inputs"),
    "nothing-learned": _of_layers("larger"),
    "worse-than-constant": _of_layers("larger"),
}
