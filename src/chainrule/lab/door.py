"""The door of the lab: who has no token gets nothing, and what all answers have in common."""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainrule.common.languages import LANGUAGES, language, speaking
from chainrule.lab.front_page import policy

_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine; another name that leads here is a page from elsewhere that wants to speak for itself."""


class Door:
    """An application behind a token, in the language that each request asks for, else in that of the command.

    The token is the first part of the path, as in the address of the page (so all that the page asks for has it), or
    the header X-Lab-Token, or the query's `token`.

    Parameters
    ----------
    app
        Answers.
    token
        Who has it is let in.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application begin and end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        inside = self._let_in(scope, headers, query.get("token", [""])[0])
        if inside is None:
            await Response(status_code=403)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _careful(MutableHeaders(scope=message))
            await send(message)

        with speaking(_language_of(headers, query.get("lang", [""])[0])):
            await self._app(inside, receive, answer)

    def _let_in(self, scope: Scope, headers: Headers, asked: str) -> Scope | None:
        """Return the request as the application sees it; None without the token or under another name."""
        if headers.get("host", "").rpartition(":")[0] not in _HOSTS and headers.get("host") not in _HOSTS:
            return None
        first, _, _ = scope["path"].removeprefix("/").partition("/")
        if self._is_token(first):
            return {**scope, "root_path": f"{scope.get('root_path', '')}/{first}"}
        return scope if self._is_token(headers.get("x-lab-token", "")) or self._is_token(asked) else None

    def _is_token(self, text: str) -> bool:
        return compare_digest(text.encode(), self._token.encode())


def _language_of(headers: Headers, asked: str) -> str | None:
    wanted = asked or headers.get("x-lab-language", "")
    return wanted if wanted in LANGUAGES else None


def _careful(headers: MutableHeaders) -> None:
    headers["content-language"] = language()
    headers["x-content-type-options"] = "nosniff"
    headers["referrer-policy"] = "no-referrer"
    headers["cross-origin-opener-policy"] = "same-origin"
    headers["cross-origin-resource-policy"] = "same-origin"
    headers["content-security-policy"] = policy()
    headers.setdefault("cache-control", "no-cache")
