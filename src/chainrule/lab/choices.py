"""All that can be chosen on the page, with the rule of each setting, from the classes' own tables."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

from chainrule.common.formulas import equations_in
from chainrule.common.settings import Checked, Each, Either, Flag, Maybe, Number, OneOf, Rule, Whole
from chainrule.common.texts import tr
from chainrule.equations import losses, optimizers, schedules
from chainrule.equations.activations import ACTIVATIONS
from chainrule.equations.optimizers import SGD, Adam, Optimizer
from chainrule.files.descriptions import plain
from chainrule.lab import choice_texts as texts
from chainrule.lab.choice_texts import Words
from chainrule.lab.data_sets.choice import GATES, MOST_CLASSES, MOST_EXAMPLES
from chainrule.lab.data_sets.sequences import SEQUENCES_BY_NAME
from chainrule.lab.data_sets.toys import TOYS_BY_NAME
from chainrule.layers import LAYERS, LSTM, RNN, Conv2D, Dense, Flatten, Layer, MaxPool, ReLU

_SUGGESTED: dict[str, Any] = {
    "units": 8, "function": "relu", "filters": 8, "kernel": 3, "window": 2, "groups": 4, "shape": [28, 28, 1],
    "rate": 0.05, "steps": 1000, "every": 500, "after": 0.05, "layer": {"type": "LSTM", "units": 8},
    "body": [{"type": "Activation", "function": "relu"}],
    "bodies": [[{"type": "Activation", "function": "relu"}], None],
}  # fmt: skip
"""What a setting without a usual value begins with."""


def choices() -> dict[str, Any]:
    """Return groups of layers, losses, optimizers, schedules, initializers and data sets, as plain data, told."""
    of_losses = {kind.__name__: kind for kind in losses.LOSSES.values()}
    return {
        "layers": [
            {"group": tr(group), "entries": [_entry(LAYERS[name], words) for name, words in entries.items()]}
            for group, entries in texts.LAYERS.items()
        ],
        "losses": [
            {**_entry(of_losses[name], words), "task": of_losses[name].task} for name, words in texts.LOSSES.items()
        ],
        "optimizers": [_entry(getattr(optimizers, name), words) for name, words in texts.OPTIMIZERS.items()],
        "schedules": [_entry(getattr(schedules, name), words) for name, words in texts.SCHEDULES.items()],
        "initializers": _named(texts.INITIALIZERS),
        "activations": [{"value": name, "label": name, "equation": _equations_of(name)} for name in ACTIVATIONS],
        "data": _data(),
        "presets": _presets(),
        "forms": _named(texts.FORMS),
        "limits": {"classes": MOST_CLASSES, "examples": MOST_EXAMPLES},
    }


def _entry(kind: type[Any], words: Words) -> dict[str, Any]:
    """Return a class with its settings."""
    return {
        "type": kind.__name__,
        "title": tr(words.title),
        "about": tr(words.about),
        "settings": [_setting(kind, field) for field in dataclasses.fields(kind)],
        "equation": list(equations_in(kind.__doc__)),
    }


def _setting(kind: type[Checked], field: dataclasses.Field[Any]) -> dict[str, Any]:
    rule = kind.rules[field.name]
    usual = _SUGGESTED.get(field.name) if field.default is dataclasses.MISSING else field.default
    return {
        "name": field.name,
        "title": tr(texts.SETTINGS[field.name]),
        "about": rule.told(),
        "meaning": tr(rule.meaning) if rule.meaning else "",
        "default": usual,
        **_form(rule),
    }


def _form(rule: Rule) -> dict[str, Any]:
    """Return how a setting is asked for: its kind, and bounds or choices."""
    if isinstance(rule, Maybe):
        return {**_form(rule.rule), "optional": True}
    if isinstance(rule, Flag):
        return {"kind": "flag", "optional": False}
    if isinstance(rule, OneOf):
        return {"kind": "choice", "choices": _options(list(rule.names)), "optional": False}
    if isinstance(rule, Whole | Number):
        most = getattr(rule, "most", None)
        return {"kind": _KINDS[type(rule)], "least": rule.least, "most": most, "optional": False}
    if isinstance(rule, Either):
        return _form_of_several(rule)
    if isinstance(rule, Each):
        return {"kind": _SEVERAL.get(_form(rule.rule)["kind"], "sizes"), "optional": False}
    return {"kind": "layer", "optional": False}


_KINDS = {Whole: "whole", Number: "number"}
_SEVERAL = {"layer": "layers", "layers": "branches"}


def _form_of_several(rule: Either) -> dict[str, Any]:
    """Return how a setting of several kinds is asked for: sizes, a choice, layers, or a number."""
    first = rule.rules[0]
    others = [form for form in map(_form, rule.rules) if form["kind"] in ("choice", "layers")]
    if others:
        return others[0]
    return {**_form(first), "kind": "sizes" if isinstance(first, Whole) else _form(first)["kind"]}


def _options(names: list[str]) -> list[dict[str, str]]:
    known = texts.INITIALIZERS
    return [
        {"value": name, "label": tr(known[name].title) if name in known else name}
        for name in names
        if not (name == "glorot" and "xavier" in names)
    ]


def _named(table: Mapping[str, Words]) -> list[dict[str, str]]:
    return [{"value": name, "label": tr(words.title), "about": tr(words.about)} for name, words in table.items()]


def _equations_of(activation: str) -> list[str]:
    function = ACTIVATIONS[activation].value
    return list(equations_in(inspect.getdoc(function)))


def _data() -> list[dict[str, Any]]:
    """Return the data sets, each with the settings that choose it."""
    group = {name: tr(text) for name, text in texts.DATA.items()}
    toys = [
        _set("toy", name, tr(texts.TITLES[name]), str(toy.title), group["toy"])
        | {"noise": toy.noise, "count": 200, "classed": toy.classed}
        for name, toy in TOYS_BY_NAME.items()
    ]
    gates = [
        _set("gate", name, name.upper(), tr("the four rows of its truth table"), group["gate"]) | {"noise": 0.0}
        for name in GATES
    ]
    digits = [_set("digits", "mnist-small", tr("Digits"), tr("handwritten digits of MNIST"), group["digits"])]
    sequences = [
        _set("sequence", name, tr(texts.TITLES[name]), str(kind.title), group["sequence"])
        | {"noise": kind.noise, "count": 400}
        for name, kind in SEQUENCES_BY_NAME.items()
    ]
    own = [_set(kind, kind, tr(words.title), tr(words.about), group["own"]) for kind, words in texts.OWN.items()]
    return [*toys, *gates, *digits, *sequences, *own]


def _set(kind: str, name: str, title: str, about: str, group: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "title": title, "about": about, "group": group}


def _presets() -> list[dict[str, Any]]:
    """Return networks to begin with: layers, and for which inputs they are, by the number of axes of an example."""
    return [
        {
            "name": name,
            "title": tr(texts.TITLES[name]),
            "axes": list(axes),
            "blueprint": {"layers": plain(layers, "layers"), "optimizer": plain(optimizer, "optimizer")},
        }
        for name, axes, layers, optimizer in _PRESETS
    ]


_PRESETS: tuple[tuple[str, tuple[int, ...], tuple[Layer, ...], Optimizer], ...] = (
    ("linear", (1,), (), SGD(lr=0.1)),
    ("mlp", (1,), (Dense(16), ReLU(), Dense(16), ReLU()), Adam(lr=0.01)),
    (
        "conv",
        (3,),
        (Conv2D(8, kernel=3), ReLU(), MaxPool(2), Conv2D(16, kernel=3), ReLU(), MaxPool(2), Flatten()),
        Adam(),
    ),
    ("rnn", (2,), (RNN(16),), Adam(lr=0.01)),
    ("lstm", (2,), (LSTM(16),), Adam(lr=0.01)),
)
