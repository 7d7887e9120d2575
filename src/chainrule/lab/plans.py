"""What is built, in the words of the page: the layers' shapes, what they cost, and the examples."""

from __future__ import annotations

from typing import Any

from chainrule.common.texts import tr
from chainrule.lab.blueprint import Blueprint, LayerPlan
from chainrule.lab.data_sets import Examples
from chainrule.lab.session import Session


def built(session: Session) -> dict[str, Any]:
    """Return the blueprint of a session as plain data, with its plan."""
    blueprint, examples = session.blueprint, session.examples
    return {"blueprint": blueprint.json(), **plan(blueprint, examples)}


def plan(blueprint: Blueprint, examples: Examples) -> dict[str, Any]:
    """Return what the layers of a blueprint will be for some examples, and the examples.

    Raises
    ------
    BlueprintError
        If layers do not fit the examples or each other.
    """
    plans = blueprint.shapes(examples)
    total = sum(entry.parameters for entry in plans)
    return {
        "layers": [_layer(entry) for entry in plans],
        "total": tr("{count:,} parameters", count=total),
        "loss": type(blueprint.loss_for(examples)).__name__,
        "examples": about(examples),
    }


def about(examples: Examples) -> dict[str, Any]:
    """Return what the page says of examples."""
    return {
        "title": tr(examples.title) if examples.title else "",
        "task": examples.task,
        "classes": list(examples.classes),
        "names": list(examples.names),
        "shape": _shape(examples.input_shape),
        "count": f"{len(examples.X):,}",
        "count_val": "0" if examples.X_val is None else f"{len(examples.X_val):,}",
        "plane": examples.is_plane,
        "curve": examples.is_curve,
        "picture": examples.is_picture,
        "sequence": examples.is_sequence,
    }


def _layer(entry: LayerPlan) -> dict[str, Any]:
    return {
        "label": entry.label,
        "input": _shape(entry.input_shape),
        "output": _shape(entry.output_shape),
        "units": entry.output_shape[-1],
        "parameters": f"{entry.parameters:,}",
        "products": f"{entry.multiply_adds:,}",
    }


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
