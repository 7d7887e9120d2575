"""From a request to an answer: plain functions of a desk, a body and a query, run in a thread, errors as sentences."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from typing import Any, NoReturn, TypeVar

import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from chainrule.common.errors import ChainruleError, InputError
from chainrule.common.texts import tr
from chainrule.lab.desk import Desk
from chainrule.serve.bodies import Limits, body_of

T = TypeVar("T")
Query = Mapping[str, str]
Asked = Callable[[Desk, dict[str, Any], Query], Any]

LIMITS = Limits(body=1_000_000)
_MOST_DIGITS = 300  # of a whole number
UPLOADS = Limits(body=60_000_000, sending=120.0)
_LOOK = 0.2  # seconds, after which who waits for a body looks whether the lab ends


def answering(function: Asked) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a function.

    Parameters
    ----------
    function
        Takes the desk, the body's JSON object (empty for GET), and the query; returns what JSON can say, or a response
        such as that of `download`. It runs in a thread, in the language of the request; errors of chainrule become
        answers with a sentence.
    """

    async def endpoint(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        body = json_of(await body_within(request, LIMITS)) if request.method == "POST" else {}
        query = dict(request.query_params)
        try:
            answer = await beside(None, lambda: function(desk, body, query))
        except ChainruleError as error:
            return refused(error)
        return answer if isinstance(answer, Response) else as_json(answer)

    return endpoint


async def body_within(request: Request, limits: Limits) -> bytes:
    """Return the body of a request; who is still sending it when the lab ends is not waited for.

    Raises
    ------
    RequestError
        It is too large, or takes too long to come.
    ClientDisconnect
        The lab ends.
    """
    desk: Desk = request.app.state.desk
    reading = asyncio.ensure_future(body_of(request, limits))
    while not (await asyncio.wait({reading}, timeout=_LOOK))[0]:
        if desk.ending():
            reading.cancel()
            raise ClientDisconnect
    return reading.result()


async def beside(threads: Executor | None, work: Callable[[], T]) -> T:
    """Return what some work gives; meanwhile others are answered, and its errors speak this request's language.

    Numbers that are not finite are told on the page, so NumPy writes no warnings of them into the console.
    """

    def quietly() -> T:
        with np.errstate(all="ignore"):
            return work()

    return await asyncio.get_running_loop().run_in_executor(threads, copy_context().run, quietly)


def as_json(content: Any, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(encoded(content), status, media_type="application/json")


def encoded(content: Any) -> bytes:
    """Return content as JSON; a number that is none is a mistake of ours, and raises."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def download(content: bytes, name: str, media_type: str) -> Response:
    """Return a file to be kept under a name of plain letters."""
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def refused(error: ChainruleError, status: int = 422, **more: Any) -> Response:
    """Return an error as an answer, with what else helps; it names the layer if the error does."""
    return as_json({"error": str(error), "layer": getattr(error, "layer", None), **more}, status)


def json_of(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body; an empty body is an empty one.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        content = json.loads(body or b"{}", parse_constant=_refuse, parse_int=_whole, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise InputError("The body is no JSON: {error!s:.200}", error=error) from error
    if not isinstance(content, dict):
        raise InputError(
            "The body must be a JSON object, as in {example}, but it is {got}.",
            example='{"name": "lr", "value": 0.1}',
            got=body[:60].decode(errors="replace"),
        )
    return content


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:  # which as a float would be infinite
        _refuse(f"{digits[:20]}...")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        _refuse(digits if len(digits) < _MOST_DIGITS else f"{digits[:20]}...")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(tr("{constant} is no number of JSON", constant=constant))
