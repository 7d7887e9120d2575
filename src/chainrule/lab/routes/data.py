"""Data: small pictures of the sets, and tables of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from chainrule.common.errors import ChainruleError, InputError
from chainrule.lab.answers import UPLOADS, answering, as_json, beside, body_within, refused
from chainrule.lab.data_sets import DataChoice
from chainrule.lab.data_sets.choice import GATES, TOYS
from chainrule.lab.desk import Desk
from chainrule.lab.frames.shown import points

_POINTS = 90  # of a small picture


def routes(desk: Desk) -> list[Route]:
    """Return the routes of data."""
    return [
        Route("/api/data/pictures", answering(_pictures)),
        Route("/api/data/upload", _upload, methods=["POST"]),
        Route("/api/data/columns", answering(_columns), methods=["POST"]),
    ]


def _pictures(desk: Desk, _body: dict[str, Any], _query: Mapping[str, str]) -> dict[str, Any]:
    """Return the points of each toy set and gate, as a small picture shows them."""
    toys = [DataChoice("toy", name, count=_POINTS, split=0.0) for name in TOYS]
    gates = [DataChoice("gate", name) for name in GATES]
    return {"pictures": [_picture(desk, chosen) for chosen in (*toys, *gates)]}


def _picture(desk: Desk, chosen: DataChoice) -> dict[str, Any]:
    shown = points(desk.sets.examples(chosen))
    return {
        "kind": chosen.kind,
        "name": chosen.name,
        "points": {key: shown[key] for key in ("task", "X", "y", "bounds")},
    }


async def _upload(request: Request) -> Response:
    """Keep a table; answer its token and its columns."""
    desk: Desk = request.app.state.desk
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > UPLOADS.body:
        return refused(_too_large(), 413)
    name, content = await _file_of(request)
    try:
        return as_json(await beside(None, lambda: _kept(desk, name, content)))
    except ChainruleError as error:
        return refused(error)


def _kept(desk: Desk, name: str, content: bytes) -> dict[str, Any]:
    token = desk.sets.upload(name, content)
    return {"token": token, "name": name, "columns": desk.sets.columns(token)}


def _columns(desk: Desk, body: dict[str, Any], _query: Mapping[str, str]) -> dict[str, Any]:
    return {"columns": desk.sets.columns(str(body.get("token")))}


async def _file_of(request: Request) -> tuple[str, bytes]:
    """Return the name and the content of the file that a form brings."""
    body = await body_within(request, UPLOADS)

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, replay).form(max_files=1, max_fields=1) as form:
            for entry in form.values():
                if isinstance(entry, UploadFile):
                    return (entry.filename or "table.csv")[-80:], await entry.read()
    except HTTPException as error:
        raise InputError("The body is no form with a file: {reason:.200}", reason=error.detail) from error
    raise InputError("The form has no file: choose a table, such as a .csv.")


def _too_large() -> InputError:
    return InputError(
        "The file has more than {most:,} bytes, which is more than the lab keeps. Take a part of its rows; "
        "chainrule train reads larger tables.",
        most=UPLOADS.body,
    )
