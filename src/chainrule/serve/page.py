"""The page on which a person tries a model: one file without anything from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from chainrule.arrays import leaves
from chainrule.common.languages import language
from chainrule.common.texts import tr
from chainrule.serve.served import Served


def page(model: Served, name: str) -> str:
    """Return the page of a model, in the language of the context."""
    form = {**model.form(), "lang": language(), "texts": _texts()}
    headings = {
        "title": tr("Try {name}", name=name),
        "about": tr(
            "A network with {count:,} parameters. What you enter is sent to this service alone.",
            count=_parameters(model),
        ),
        "predict": tr("Predict"),
        "answer": tr("Prediction"),
        "api": tr("For programs"),
    }
    # "</script" would end it wherever it stands, so no name may bring a "<".
    data = json.dumps(form, ensure_ascii=False).replace("<", "\\u003c")
    texts = {place: escape(text) for place, text in headings.items()}
    return _template().substitute(texts, lang=language(), data=data)


def _texts() -> dict[str, str]:
    """Return what the page's script says."""
    return {
        "draw": tr("Draw a digit here, or choose a picture of one."),
        "clear": tr("Clear"),
        "choose": tr("Choose a picture"),
        "rows": tr("Rows as JSON"),
        "none": tr("There is no picture yet."),
        "wrong": tr("This is no JSON."),
        "offline": tr("The service does not answer. Is it still running?"),
        "more": tr("and more in the answer to a program"),
    }


def _parameters(model: Served) -> int:
    return sum(array.size for _, array in leaves(model.network.params))


@cache
def _template() -> Template:
    return Template(files("chainrule.serve").joinpath("page.html").read_text("utf-8"))
