"""A blueprint as a short text for the page's address, so that a link holds what was built, and back again."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.lab.blueprint import Blueprint

VERSION = "1"
LONGEST = 100_000
"""Characters of a text; a longer address is cut off by mail and chat programs, if not by browsers."""
_LARGEST = 2_000_000  # bytes of what a text unfolds to
_TEXT = re.compile(r"(\d{1,6})\.([\w-]+)", re.ASCII)

# What most blueprints say, so that it costs nothing. A text of VERSION can only be read with these very bytes.
_USUAL = (
    b'{"type":"GlobalAveragePool"},{"reverse":false,"sequence":false,"type":"LSTM","units":16},{"reverse":false,"seq'
    b'uence":false,"type":"GRU","units":16},{"epsilon":1e-05,"type":"LayerNorm"},{"epsilon":1e-05,"momentum":0.9,"ty'
    b'pe":"BatchNorm"},{"rate":0.5,"type":"Dropout"},{"bias":true,"dilation":1,"filters":8,"groups":1,"initializer":'
    b'"he","kernel":3,"padding":"same","stride":1,"type":"Conv2D"},{"alpha":null,"function":"relu","type":"Activatio'
    b'n"},{"padding":"valid","stride":2,"type":"MaxPool","window":2},{"type":"Flatten"},"kind":"digits","name":"digi'
    b'ts","kind":"gate","name":"and","kind":"points","points":[[-0.5,0.5,1],"kind":"curve","form":"picture","form":"'
    b'rows","moons","circles","spirals","blobs","flower","sine","count":1000,"noise":0.1,"split":0.2,"seed":1,"elu",'
    b'"leaky_relu","softmax","sigmoid",{"beta1":0.9,"beta2":0.999,"clip_norm":null,"epsilon":1e-08,"lr":0.001,"type"'
    b':"AdamW","weight_decay":0.01},{"beta":0.9,"clip_norm":null,"epsilon":1e-08,"lr":0.001,"type":"RMSProp","weight'
    b'_decay":0.0},{"beta":0.9,"clip_norm":null,"lr":0.01,"type":"Momentum","weight_decay":0.0},{"clip_norm":null,"l'
    b'r":0.1,"type":"SGD","weight_decay":0.0},{"bias":true,"initializer":"he","type":"Dense","units":8},{"alpha":nul'
    b'l,"function":"relu","type":"Activation"},{"batch_size":16,"data":{"kind":"toy","name":"xor"},"dtype":"float64"'
    b',"head":true,"layers":[{"bias":true,"initializer":"xavier","type":"Dense","units":4},{"alpha":null,"function":'
    b'"tanh","type":"Activation"}],"loss":null,"optimizer":{"beta1":0.9,"beta2":0.999,"clip_norm":null,"epsilon":1e-'
    b'08,"lr":0.05,"type":"Adam","weight_decay":0.0},"seed":0}'
)


def text_of(blueprint: Blueprint) -> str:
    """Return a blueprint as a text of letters, digits, - and _, with its version in front.

    Raises
    ------
    InputError
        If it learns from an uploaded table, or is too long for an address.
    """
    if blueprint.data.token is not None:
        raise InputError(
            "An address cannot hold an uploaded table. Give the table along with the Python code; networks on all "
            "other data go into the address."
        )
    content = json.dumps(blueprint.json(), sort_keys=True, separators=(",", ":"))
    packing = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=_USUAL)
    packed = packing.compress(content.encode()) + packing.flush()
    text = f"{VERSION}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"
    if len(text) > LONGEST:
        raise InputError(
            "The address would have {count:,} characters, and browsers and mails cut such a link off: up to {most:,} "
            "are taken. Draw fewer points or digits.",
            count=len(text),
            most=LONGEST,
        )
    return text


def blueprint_of(text: Any) -> Blueprint:
    """Return the blueprint that a text of `text_of` says.

    Raises
    ------
    InputError
        If it is no such text, or of a version that this chainrule does not know.
    """
    match = _TEXT.fullmatch(text) if isinstance(text, str) and len(text) <= LONGEST else None
    if match is None:
        raise _damaged(tr("it is no text of the lab's"))
    if match[1] != VERSION:
        raise InputError(
            "The link is of version {got}, and this chainrule reads version {expected}. Install the one that made it: "
            "pip install --upgrade chainrule",
            got=match[1],
            expected=VERSION,
        )
    data = _unpacked(match[2])
    blueprint = Blueprint.from_json(data)
    if blueprint.data.token is not None:
        raise _damaged(tr("it names a table that was uploaded elsewhere"))
    return blueprint


def _unpacked(packed: str) -> Any:
    """Return the plain data in a text."""
    unpacking = zlib.decompressobj(-15, zdict=_USUAL)
    try:
        content = unpacking.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), _LARGEST)
        if not unpacking.eof or unpacking.unused_data:
            raise _damaged(tr("it is cut off, or something follows it"))
        return json.loads(content.decode(), parse_constant=_refuse)
    except (ValueError, zlib.error, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise _damaged(tr("it is cut off, or something follows it")) from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _damaged(reason: str) -> InputError:
    return InputError("The link does not say what was built: {reason}. Copy it anew, as a whole.", reason=reason)
