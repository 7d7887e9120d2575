"""What the commands share: choices, paths to write to, scores and JSON."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from chainrule import Network
from chainrule.common.errors import InputError
from chainrule.common.number_text import number_text
from chainrule.common.text_table import text_table
from chainrule.common.texts import tr
from chainrule.training.progress import scores_text

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else, for scripts.")]


def print_json(value: Any) -> None:
    """Print a value as one line of JSON, which has no NaN or infinity."""
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise InputError(
            "The result holds NaN or infinity, which JSON has no number for; see it without --json."
        ) from error
    print(text)


def one_of(kind: str, name: str, known: Collection[str]) -> str:
    """Return the name if it is known, else raise an error that suggests the closest one.

    >>> one_of("data set", "moon", ["moons", "sine"])
    Traceback (most recent call last):
    ...
    chainrule.common.errors.InputError: There is no data set 'moon'. Did you mean 'moons'? Known: moons, sine.
    """
    if name in known:
        return name
    raise InputError(
        "There is no {kind} {name!r}.{suggestion} Known: {known}.",
        kind=tr(kind),
        name=name,
        suggestion=suggested(name, known),
        known=", ".join(known),
    )


def suggested(name: str, known: Collection[str]) -> str:
    """Return the sentence that asks for the closest name, after a space; "" if none is close."""
    close = difflib.get_close_matches(name, known, n=1)
    return " " + tr("Did you mean {name!r}?", name=close[0]) if close else ""


def test(network: Network, X: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
    """Return the scores on a test part, or raise an error if they are not finite."""
    scores = network.evaluate(X, y)
    if not all(map(math.isfinite, scores.values())):
        raise InputError(
            "The scores on the test part are not finite ({scores}): the weights are too large for these inputs. "
            "Train again with a smaller learning rate.",
            scores=scores_text(scores),
        )
    return scores


def scores_line(scores: Mapping[str, float], examples: int) -> str:
    """Return the scores on a test part in one line.

    >>> scores_line({"loss": 0.1512, "accuracy": 0.956}, 2000)
    'test accuracy 0.9560  (loss 0.1512, 2,000 examples)'
    """
    (name, value) = next((name, value) for name, value in scores.items() if name != "loss")
    return tr(
        "test {name} {value}  (loss {loss}, {examples:,} examples)",
        name=tr(name),
        value=number_text(value),
        loss=number_text(scores["loss"]),
        examples=examples,
    )


def scores_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return the scores of several models as a table with a row for each.

    >>> print(scores_table({"this network": {"mae": 1.5}, "mean": {"mae": 12.0}}))
                     mae
    this network  1.5000
    mean           12.00
    """
    names = list(dict.fromkeys(name for values in scores.values() for name in values))
    rows = [
        [tr(model), *(number_text(values[name]) if name in values else "" for name in names)]
        for model, values in scores.items()
    ]
    return text_table(["", *map(tr, names)], rows)
