"""What all answers have in common: their language, a count, and headers that keep a browser careful."""

from __future__ import annotations

from time import perf_counter
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainrule.common.languages import LANGUAGES, known, language, speaking
from chainrule.serve.errors import RequestError
from chainrule.serve.metrics import Metrics

PATHS = ("/", "/predict", "/openapi.json", "/health", "/metrics")
"""What the service answers at; other paths are counted as one, or whoever asks for many would fill the memory."""
_LEFT = 499  # the client went away before it was answered
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src blob:"


class Front:
    """An application with the language of each request, and its answers counted.

    Parameters
    ----------
    app
        Answers.
    metrics
        Counts.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application begin and end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), _LEFT

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["content-language"] = language()
                headers["vary"] = "Accept-Language"
                headers["x-content-type-options"] = "nosniff"
                headers["content-security-policy"] = _POLICY
            await send(message)

        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [None])[0]
        lang = None if asked is None else known(asked)
        app = self._app if asked is None or lang is not None else _unknown(asked)
        wanted = Headers(scope=scope).get("accept-language", "")
        try:
            with speaking(lang or accepted(wanted)):
                await app(scope, receive, answer)
        finally:
            path = scope["path"] if scope["path"] in PATHS else "other"
            self._metrics.answered(path, status, perf_counter() - started)


def _unknown(lang: str) -> ASGIApp:
    error = RequestError(
        "There is no language {lang!r}. Known: {known}.", status=400, lang=lang[:20], known=", ".join(LANGUAGES)
    )
    return JSONResponse(error.content(), error.status)


def accepted(header: str) -> str | None:
    """Return which of our languages a header Accept-Language likes best; None if it names none of them.

    >>> accepted("fr, en;q=0.5, ko-KR;q=0.9")
    'ko'
    """
    best: tuple[float, str | None] = (0.0, None)
    for entry in header.split(","):
        tag, _, quality = entry.partition(";")
        lang = known(tag)
        try:
            weight = float(quality.partition("=")[2] or 1)
        except ValueError:
            continue
        if lang is not None and weight > best[0]:
            best = weight, lang
    return best[1]
