"""A blueprint as a text in the page's address: back as it was, short, and nothing else is believed."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.lab import address
from chainrule.lab.address import LONGEST, blueprint_of, text_of
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice

CONV = Blueprint(
    data=DataChoice(kind="digits", name="digits", form="picture", count=500),
    layers=(cr.Conv2D(8, 3), cr.ReLU(), cr.MaxPool(2), cr.Flatten(), cr.Dense(32), cr.Dropout(0.2)),
    optimizer=cr.SGD(lr=cr.StepDecay(0.1, 5), weight_decay=1e-4),
    batch_size=32,
    seed=7,
    dtype="float32",
)
DRAWN = Blueprint(
    data=DataChoice(kind="points", name="points", points=((0.25, -0.5, 0), (1.0, 0.125, 1), (-0.3, 0.7, 2)))
)
BLUEPRINTS = {"as usual": Blueprint(), "conv net": CONV, "drawn points": DRAWN}


def packed(content: str, version: str = address.VERSION) -> str:
    """A text as the lab makes it, of any content."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=address._USUAL)
    data = packing.compress(content.encode()) + packing.flush()
    return f"{version}.{base64.urlsafe_b64encode(data).decode().rstrip('=')}"


@pytest.mark.parametrize("blueprint", BLUEPRINTS.values(), ids=BLUEPRINTS)
def test_it_comes_back_as_it_was(blueprint: Blueprint) -> None:
    assert blueprint_of(text_of(blueprint)) == blueprint


def test_links_are_short() -> None:
    assert len(text_of(Blueprint())) < 30
    assert len(text_of(CONV)) < 250
    points = tuple((i / 256, -i / 512, i % 2) for i in range(200))
    assert len(text_of(Blueprint(data=DataChoice(kind="points", points=points)))) < 6000


def test_an_old_link_still_says_the_same() -> None:
    """The words that texts refer to are a part of the format: with others, this one could not be read."""
    assert blueprint_of("1.Gw1YGgUsAA") == Blueprint()


def test_a_table_stays_where_it_was_uploaded() -> None:
    with pytest.raises(InputError, match="An address cannot hold an uploaded table"):
        text_of(Blueprint(data=DataChoice(kind="table", name="own.csv", token="t")))
    stolen = Blueprint().json() | {"data": {"kind": "table", "name": "own.csv", "token": "t"}}
    with pytest.raises(InputError, match="a table that was uploaded elsewhere"):
        blueprint_of(packed(json.dumps(stolen)))


def test_what_browsers_would_cut_off_is_refused() -> None:
    rng = np.random.default_rng(0)
    points = tuple((*map(float, place), 0) for place in rng.random((10_000, 2)))
    with pytest.raises(InputError, match=r"The address would have [\d,]+ characters"):
        text_of(Blueprint(data=DataChoice(kind="points", points=points)))


HOSTILE = {
    "nothing": "",
    "no text": 5,
    "a list": ["1.Gw1YGgUsAA"],
    "no version": "Gw1YGgUsAA",
    "other letters": "1.Gw1YGg\nUsAA",
    "other digits": "\u0661.Gw1YGgUsAA",
    "cut off": "1.Gw1YGg",
    "something behind it": "1.Gw1YGgUsAAAA",
    "endless": "1." + "A" * LONGEST,
    "a bomb": packed(" " * 50_000_000),
    "no JSON": packed("{"),
    "deep": packed("[" * 100_000),
    "NaN": packed('{"seed": NaN}'),
    "no object": packed("[1, 2]"),
    "unknown settings": packed('{"__class__": "os"}'),
    "unknown layers": packed('{"layers": [{"type": "System", "command": "ls"}]}'),
    "wrong settings": packed('{"batch_size": -4}'),
    "a huge number": packed('{"seed": ' + "9" * 5000 + "}"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_refused_in_a_sentence(text: object) -> None:
    with pytest.raises(InputError) as refused:
        blueprint_of(text)
    assert str(refused.value)


def test_a_newer_version_is_named() -> None:
    with pytest.raises(InputError, match="The link is of version 2, and this chainrule reads version 1"):
        blueprint_of(packed("{}", "2"))
