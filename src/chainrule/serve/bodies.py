"""The body of a request: read within limits of size and time, and taken apart as JSON rows or a picture."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from chainrule.common.texts import tr
from chainrule.serve.errors import RequestError

_THROWN_AWAY = 10  # times the largest body: what is read of one that is too large


@dataclass(frozen=True)
class Limits:
    """What a request may take.

    Attributes
    ----------
    body
        Bytes of its body.
    rows
        Rows in it.
    sending
        Seconds until the body must be there.
    answering
        Seconds for the rest.
    open
        Predictions that are read or computed at the same time; others are told to come again.
    """

    body: int = 10_000_000
    rows: int = 10_000
    sending: float = 10.0
    answering: float = 30.0
    open: int = 256


@dataclass(frozen=True)
class Picture:
    """A picture that a request brings."""

    content: bytes
    name: str


async def body_of(request: Request, limits: Limits) -> bytes:
    """Return the body of a request.

    Many clients send all of a body before they read what is answered, so one that is too large is read to its end and
    thrown away, if it has one within reason: else they would know of a broken connection alone.

    Raises
    ------
    RequestError
        413 if it is too large, whether the header says so or not; 408 if it takes too long to come.
    """
    announced = request.headers.get("content-length", "")
    too_large = announced.isdecimal() and int(announced) > limits.body
    if too_large and request.headers.get("expect", "").lower() == "100-continue":
        raise _too_large(limits)  # such a client sends nothing before it is told to
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(limits.sending):
            async for chunk in request.stream():
                size += len(chunk)
                too_large = too_large or size > limits.body
                if size > _THROWN_AWAY * limits.body:
                    break
                if too_large:
                    body.clear()
                else:
                    body += chunk
    except TimeoutError as error:
        if not too_large:
            raise RequestError(
                "The body of the request was not there within {seconds:g} seconds: send it again, on a faster line or "
                "in smaller pieces.",
                status=408,
                seconds=limits.sending,
            ) from error
    if too_large:
        raise _too_large(limits)
    return bytes(body)


def _too_large(limits: Limits) -> RequestError:
    return RequestError(
        "The body of the request is larger than {most:,} bytes: send fewer rows at a time, or a smaller picture.",
        status=413,
        most=limits.body,
    )


async def content_of(request: Request, body: bytes) -> bytes | Picture:
    """Return the JSON text that a body is, or the picture in it.

    Raises
    ------
    RequestError
        415 if it is neither; 400 if it is no form, though its header says so.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return body
    if kind.startswith("image/"):
        return Picture(body, tr("The picture"))
    if kind == "multipart/form-data":
        return await _picture_of_form(request, body)
    raise RequestError(
        "The Content-Type must be application/json, image/png (or another picture) or multipart/form-data, but it is "
        "{kind!r:.80}. With curl: --json '{example}', or --form image=@digit.png.",
        status=415,
        kind=kind,
        example='{"rows": [...]}',
    )


async def _picture_of_form(request: Request, body: bytes) -> Picture:
    """Return the first file of a form."""

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, replay).form(max_files=1, max_fields=10) as form:
            for part in form.values():
                if isinstance(part, UploadFile):
                    return Picture(await part.read(), (part.filename or tr("The picture"))[-80:])
    except HTTPException as error:
        raise RequestError("The body is no form with a file: {reason:.200}", status=400, reason=error.detail) from error
    raise RequestError("The form has no file: send the picture as one, as in image=@digit.png.", status=400)


def rows_of(body: bytes, limits: Limits) -> list[Any]:
    """Return the rows in a JSON text.

    Raises
    ------
    RequestError
        400 if it is no JSON, or has no rows; 413 if there are too many.
    """
    try:
        content = json.loads(body, parse_constant=_refuse, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise RequestError("The body is no JSON: {error!s:.200}", status=400, error=error) from error
    rows = content.get("rows") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows:
        raise RequestError(
            "The body must be an object with at least one row, as in {example}, but it is {got}.",
            status=400,
            example='{"rows": [...]}',
            got=body[:60].decode(errors="replace"),
        )
    if len(rows) > limits.rows:
        raise RequestError(
            "The request has {count:,} rows, but at most {most:,} are answered at a time: send them in several "
            "requests.",
            status=413,
            count=len(rows),
            most=limits.rows,
        )
    return rows


def _refuse(constant: str) -> NoReturn:
    raise ValueError(tr("{constant} is no number of JSON", constant=constant))


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(tr("an object has {name!r:.80} more than once", name=twice))
    return content
