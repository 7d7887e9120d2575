"""What a user takes home: code, weights and pictures of the network as it is now."""

from __future__ import annotations

from typing import NamedTuple

from chainrule.lab.session import Session


class Taken(NamedTuple):
    """A file: its name, its kind and its bytes."""

    name: str
    media_type: str
    data: bytes


KINDS = ("code", "numpy", "safetensors", "onnx")
PICTURES = ("png", "svg")


def taken(session: Session, kind: str) -> Taken:
    """Return the network as it is now as a file of a kind: "code", "numpy", "safetensors" or "onnx"."""
    raise NotImplementedError


def picture(session: Session, name: str, form: str) -> Taken:
    """Return a picture of what is on the page, drawn by `chainrule.plots`, as "png" or "svg"."""
    raise NotImplementedError
