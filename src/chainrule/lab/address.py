"""A blueprint as a short text for the page's address, so that a link holds what was built, and back again."""

from __future__ import annotations

from chainrule.lab.blueprint import Blueprint


def text_of(blueprint: Blueprint) -> str:
    """Return a blueprint as a text of letters, digits, - and _, with its version in front."""
    raise NotImplementedError


def blueprint_of(text: str) -> Blueprint:
    """Return the blueprint that a text of `text_of` says.

    Raises
    ------
    InputError
        If it is no such text, or of a version that this chainrule does not know.
    """
    raise NotImplementedError
