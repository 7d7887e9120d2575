"""Passes: one is run, its arrays are looked at, and any of its numbers is asked why it is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from starlette.routing import Route

from chainrule.common.settings import flag
from chainrule.lab.answers import answering
from chainrule.lab.desk import Desk
from chainrule.lab.explained import explained
from chainrule.lab.passes import MOST_EXAMPLES, Batch, Conditions, chosen_rows, typed_input, windows
from chainrule.lab.storyboard import told
from chainrule.lab.touch import touchable

Query = Mapping[str, str]


def routes(desk: Desk) -> list[Route]:
    """Return the routes of passes."""
    return [
        Route("/api/pass", answering(run), methods=["POST"]),
        Route("/api/pass/step", answering(step), methods=["POST"]),
        Route("/api/pass/arrays", answering(arrays), methods=["POST"]),
        Route("/api/why", answering(why), methods=["POST"]),
    ]


def run(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Run a pass of the network of this moment: of examples, of an input that was typed, or of the next batch.

    It runs as in training, with the random numbers of the next batch, or with ``"training": false`` as in prediction.
    """
    training = flag("A pass", "training", body.get("training", True))
    with desk.lock:
        version, seed = desk.session.version, desk.session.blueprint.seed
        moment, examples = desk.session.seen()
    wanted = desk.session.next_rows() if body.get("next") else body.get("examples", [0])
    rows = chosen_rows(wanted, len(examples.X))
    X, y = examples.X[rows], examples.y[rows]
    if body.get("input") is not None:
        X = np.stack([typed_input(body["input"], examples.X[0])])
        rows, y = rows[:1], y[:1]
    batch = Batch(X, y, tuple(rows), examples.pixel_shape, tuple(map(str, examples.classes)))
    one = desk.passes.start(moment.network, moment.optimizer, batch, Conditions(training, seed, *moment.coming))
    return told(one) | {"version": version, "last": len(examples.X) - 1, "most": MOST_EXAMPLES}


def step(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Train on the next batch, and run the pass of the one after it."""
    desk.session.run("batch", wait=True)
    return run(desk, {"next": True}, query)


def arrays(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return windows onto arrays of a pass."""
    return windows(desk.passes.get(body.get("id")), body.get("names"), body.get("places"))


def why(desk: Desk, body: dict[str, Any], query: Query) -> dict[str, Any]:
    """Return why a number of a pass is what it is."""
    one, path = desk.passes.get(body.get("id")), body.get("path")
    opened, difference, everything = body.get("open", ()), bool(body.get("difference")), bool(body.get("all"))
    why = explained(one, path, opened, difference=difference, everything=everything)
    return why | touchable(one, str(path))
