"""The application of one lab: its page, its routes, and how errors are answered."""

from __future__ import annotations

import mimetypes

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from chainrule.common.errors import ChainruleError, InputError
from chainrule.common.languages import language
from chainrule.lab.answers import refused
from chainrule.lab.desk import Desk
from chainrule.lab.door import Door
from chainrule.lab.front_page import PAGE, page_in
from chainrule.lab.routes import all_routes
from chainrule.serve.errors import RequestError


def application(desk: Desk) -> ASGIApp:
    """Return the web application (ASGI) of a lab.

    Parameters
    ----------
    desk
        What it is about. Only requests with its token are answered.
    """
    for ending in ".js", ".mjs":  # Windows may know another type, and browsers run no module of that
        mimetypes.add_type("text/javascript", ending)
    app = Starlette(
        routes=[Route("/", _page), *all_routes(desk), Mount("/", StaticFiles(directory=PAGE))],
        exception_handlers={
            RequestError: _not_read,
            ChainruleError: _refused,
            ClientDisconnect: _left,
            HTTPException: _no_such_path,
            Exception: _failed,
        },
    )
    app.state.desk = desk
    return Door(app, desk.token)


async def _page(_: Request) -> Response:
    return HTMLResponse(page_in(language()))


async def _not_read(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    answer = refused(error, error.status)
    answer.headers["connection"] = "close"  # the rest of the body is not read
    return answer


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ChainruleError)
    return refused(error)


async def _left(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)


async def _no_such_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = InputError("{method} is not answered at {path:.80}.", method=request.method, path=request.url.path)
    return refused(text, error.status_code)


async def _failed(_: Request, error: Exception) -> Response:  # the server logs the error itself
    return refused(InputError("The lab failed: {kind}. Its console says more.", kind=type(error).__name__), 500)
