"""What the page offers: everything can be built as it is offered, and each setting has its rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chainrule.common.languages import speaking
from chainrule.equations.losses import LOSSES
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.files.descriptions import rebuilt
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.choices import choices
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.layers import LAYERS

# Made of layers as nobody needs to on the page, or for other inputs than the lab has.
NOT_OFFERED = {"Embedding", "Graph", "NTKDense", "ParametricActivation", "RandomDense", "Scale", "Sequential"}
OFFERED = choices()
ENTRIES = [entry for group in OFFERED["layers"] for entry in group["entries"]]
ENTRIES += [entry for kind in ("losses", "optimizers", "schedules") for entry in OFFERED[kind]]


def test_choices_are_plain_data_in_both_languages() -> None:
    for lang in "en", "ko":
        with speaking(lang):
            json.dumps(choices(), allow_nan=False)


def test_all_layers_losses_and_optimizers_are_offered() -> None:
    layers = {entry["type"] for group in OFFERED["layers"] for entry in group["entries"]}
    assert layers == set(LAYERS) - NOT_OFFERED
    assert {entry["type"] for entry in OFFERED["losses"]} == {kind.__name__ for kind in LOSSES.values()}
    assert len(OFFERED["optimizers"]) == len(OPTIMIZERS)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry["type"]))
def test_each_is_built_as_it_is_offered(no_type_checks: None, entry: dict[str, Any]) -> None:
    settings = {setting["name"]: setting["default"] for setting in entry["settings"]}
    assert type(rebuilt({"type": entry["type"], **settings})).__name__ == entry["type"]
    assert entry["title"]
    assert entry["about"].endswith(".")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry["type"]))
def test_each_setting_says_how_it_is_asked_for(entry: dict[str, Any]) -> None:
    for setting in entry["settings"]:
        assert setting["about"]
        assert setting["title"]
        if setting["kind"] == "choice":
            assert setting["default"] in [choice["value"] for choice in setting["choices"]]
        elif setting["kind"] in ("whole", "number"):
            assert "least" in setting
        else:
            assert setting["kind"] in ("flag", "sizes", "layer", "layers", "branches")
        assert setting["optional"] or setting["default"] is not None


def test_equations_are_those_of_the_docstrings() -> None:
    dense = next(entry for entry in ENTRIES if entry["type"] == "Dense")
    assert dense["equation"][0] == "Z = A W + b"
    assert all(entry["equation"] for entry in OFFERED["optimizers"])
    assert all(entry["equation"] for entry in OFFERED["activations"])


def test_data_sets_are_there_as_they_are_offered() -> None:
    sets = DataSets()
    for entry in OFFERED["data"]:
        if entry["kind"] not in ("table", "points", "curve", "drawn_digits"):
            sets.examples(DataChoice(entry["kind"], entry["name"]))


def test_networks_to_begin_with_fit_data_of_their_kind(no_type_checks: None) -> None:
    sets = DataSets()
    data = {
        1: DataChoice("toy", "moons"),
        2: DataChoice("sequence", "waves"),
        3: DataChoice("digits", "mnist-small", form="picture"),
    }
    for preset in OFFERED["presets"]:
        for axes in preset["axes"]:
            blueprint = Blueprint.from_json({"data": data[axes].json(), **preset["blueprint"]})
            blueprint.shapes(sets.examples(data[axes]))
