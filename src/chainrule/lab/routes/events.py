"""The stream of frames: what changed since the last one, at most 20 times a second; a slow page skips frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chainrule.lab.answers import beside, encoded
from chainrule.lab.desk import Desk
from chainrule.lab.frames import PARTS, Frames
from chainrule.lab.plans import built

_APART = 0.05  # seconds between two frames
_LOOK = 0.2  # seconds, after which who waits for a change looks whether the lab ends
_BEAT = 1.0  # seconds after which a page hears that the server is there
_MOST = 16  # streams at the same time, a thread each; all tabs of a browser in one language share one


def routes(desk: Desk) -> list[Route]:
    """Return the route of the stream."""
    return [Route("/api/events", _events)]


class _Listeners:
    """The pages that listen to one lab."""

    def __init__(self, _: Desk) -> None:
        self.count = 0
        self.threads = ThreadPoolExecutor(_MOST, "chainrule-frames")


async def _events(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    listeners = desk.keep(_Listeners)
    wants = {want for want in request.query_params.get("wants", "").split(",") if want in PARTS}
    # A page cannot read why a stream was refused, so that is told by the stream itself.
    stream = _stream(desk, listeners, wants) if listeners.count < _MOST else _full()
    return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _full() -> AsyncIterator[bytes]:
    yield b"event: full\ndata: {}\n\n"


async def _stream(desk: Desk, listeners: _Listeners, wants: set[str]) -> AsyncIterator[bytes]:
    page = _Page(desk, wants)
    listeners.count += 1
    try:
        while not desk.ending():
            began = monotonic()
            content = await beside(listeners.threads, page.next)
            yield b"event: beat\ndata: {}\n\n" if content is None else b"data: " + encoded(content) + b"\n\n"
            await asyncio.sleep(max(0.0, began + _APART - monotonic()))
        yield b"event: ended\ndata: {}\n\n"
    finally:
        listeners.count -= 1


class _Page:
    """What one page has seen."""

    def __init__(self, desk: Desk, wants: set[str]) -> None:
        self._desk, self._frames, self._wants = desk, Frames(desk.session), wants
        self._version, self._seen, self._blueprint = -1, {}, None  # type: tuple[int, dict[str, int], Any]

    def next(self) -> dict[str, Any] | None:
        """Wait for a change, and return what the page has not seen yet; None if nothing changes for a while."""
        session, waited_until = self._desk.session, monotonic() + _BEAT
        while session.wait(self._version, _LOOK) <= self._version:
            if self._desk.ending() or monotonic() > waited_until:
                return None
        content: dict[str, Any] = {}
        blueprint = session.blueprint
        if blueprint is not self._blueprint:
            content["built"], self._blueprint = built(session), blueprint
        content |= self._frames.frame(self._seen, self._wants)
        self._seen, self._version = content.pop("seen"), content["version"]
        return content
