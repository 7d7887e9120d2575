"""What is built, in the words of the page: the layers' shapes, what they cost, and the examples."""

from __future__ import annotations

from typing import Any

from chainrule.common.texts import tr
from chainrule.lab.blueprint import BlueprintError, LayerPlan
from chainrule.lab.data_sets import Examples
from chainrule.lab.session import Session


def built(session: Session) -> dict[str, Any]:
    """Return the blueprint of a session as plain data, with what its layers are and the examples."""
    blueprint = session.blueprint
    examples = session.sets.examples(blueprint.data)  # the session's own may be newer by now
    plans = blueprint.shapes(examples)
    total = sum(entry.parameters for entry in plans)
    return {
        "blueprint": blueprint.json(),
        "layers": [_layer(entry) for entry in plans],
        "total": tr("{count:,} parameters", count=total),
        "loss": type(blueprint.loss_for(examples)).__name__,
        "examples": about(examples),
    }


def draft(error: BlueprintError, examples: Examples) -> dict[str, Any]:
    """Return what there is of a network that does not fit: the layers before the one that breaks it, and where."""
    return {
        "layers": [_layer(entry) for entry in error.plans],
        "inside": list(error.inside),
        "branches": _of_branches(error.branches),
        "examples": about(examples),
    }


def about(examples: Examples) -> dict[str, Any]:
    """Return what the page says of examples."""
    return {
        "title": str(examples.title),
        "task": examples.task,
        "classes": list(map(str, examples.classes)),
        "names": list(map(str, examples.names)),
        "shape": _shape(examples.input_shape),
        "count": f"{len(examples.X):,}",
        "count_val": "0" if examples.X_val is None else f"{len(examples.X_val):,}",
        "channels": _channels(examples),
        "units": examples.input_shape[-1],
    }


def _channels(examples: Examples) -> int:
    """Return how many inputs there are to draw: a picture is one, whatever its pixels."""
    if examples.is_picture and not examples.input_shape[2:]:
        return 1
    return examples.input_shape[-1]


def _layer(entry: LayerPlan) -> dict[str, Any]:
    return {
        "label": entry.label,
        "input": _shape(entry.input_shape),
        "output": _shape(entry.output_shape),
        "units": entry.output_shape[-1],
        "parameters": f"{entry.parameters:,}",
        "products": f"{entry.multiply_adds:,}",
        "branches": _of_branches(entry.branches),
    }


def _of_branches(branches: tuple[tuple[LayerPlan, ...], ...]) -> list[list[dict[str, Any]]]:
    return [[_layer(entry) for entry in branch] for branch in branches]


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
