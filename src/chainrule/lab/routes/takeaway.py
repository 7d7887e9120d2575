"""Files to take home, and links to what was built."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from chainrule.common.errors import InputError, missing_extra
from chainrule.common.texts import later
from chainrule.lab.address import blueprint_of, text_of
from chainrule.lab.answers import answering, download
from chainrule.lab.desk import Desk
from chainrule.lab.pictures import FORMS, picture, pictures
from chainrule.lab.takeaway import KINDS, Taken, taken

Body = dict[str, Any]
Query = Mapping[str, str]
_EXTRAS = {"onnx": (later("Writing ONNX"), "onnx", "onnx"), "pictures": (later("Drawing"), "matplotlib", "plot")}


def routes(desk: Desk) -> list[Route]:
    """Return the routes of what is taken home."""
    return [
        Route("/api/take", answering(_offer)),
        Route("/api/take/link", answering(_link)),
        Route("/api/take/open", answering(_open), methods=["POST"]),
        *(Route(f"/api/take/{kind}", answering(_file_of(kind))) for kind in KINDS),
        *(Route(f"/api/take/{form}", answering(_picture_of(form))) for form in FORMS),
    ]


def _offer(desk: Desk, _body: Body, _query: Query) -> Body:
    """Return what can be taken: the code to read, the pictures, and a sentence where an extra is missing."""
    lacking = {name: str(missing_extra(*extra)) for name, extra in _EXTRAS.items() if find_spec(extra[1]) is None}
    try:
        code = {"text": taken(desk.session, "code").data.decode()}
    except InputError as error:
        code = {"problem": str(error)}
    return {"code": code, "pictures": pictures(desk.session), "lacking": lacking}


def _link(desk: Desk, _body: Body, _query: Query) -> Body:
    return {"text": text_of(desk.session.blueprint)}


def _open(_desk: Desk, body: Body, _query: Query) -> Body:
    return {"blueprint": blueprint_of(body.get("text")).json()}


def _file_of(kind: str) -> Any:
    return lambda desk, _body, _query: _sent(taken(desk.session, kind))


def _picture_of(form: str) -> Any:
    def drawn(desk: Desk, _body: Body, query: Query) -> Response:
        return _sent(picture(desk.session, query.get("picture", ""), form))

    return drawn


def _sent(file: Taken) -> Response:
    return download(file.data, file.name, file.media_type)
