"""The running lab: a socket, the application behind it, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainrule.common.atomic import reason
from chainrule.common.errors import InputError
from chainrule.common.texts import later
from chainrule.lab.desk import Desk
from chainrule.serve import server

PORT = 8899
_HOST = "127.0.0.1"
_LEAVING = 1.0  # seconds that requests have to end


def check_installed() -> None:
    """Raise an error if a package of the extra `lab` is missing."""
    server.check_installed(later("The lab"), "lab")


def listening(port: int | None) -> socket.socket:
    """Return a socket that listens on this machine alone: at a port, or for None at the usual one or any that is free.

    Raises
    ------
    InputError
        If the port cannot be taken.
    """
    try:
        return server.listening(_HOST, PORT if port is None else port)
    except InputError as error:
        if port is None:
            return server.listening(_HOST, 0)
        cause = error.__cause__
        raise InputError(
            "The lab cannot listen at port {port}: {reason}. Say another --port, or none: then a free one is taken.",
            port=port,
            reason=reason(cause) if isinstance(cause, OSError) else cause,
        ) from error


def address(desk: Desk, listener: socket.socket) -> str:
    """Return the address of the page, with its token."""
    return f"{server.address(listener)}/{desk.token}/"


def run(desk: Desk, listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal once more when it has ended
        running = _prepared(desk)
        with _ending_quietly(running):
            running.run([listener])


@contextmanager
def serving(desk: Desk, port: int | None = 0) -> Iterator[str]:
    """Serve from a thread of this process, for notebooks and tests; give the address of the page."""
    with listening(port) as listener:
        running = _prepared(desk)
        thread = threading.Thread(target=running.run, args=([listener],), name="chainrule-lab")
        with _ending_quietly(running):
            thread.start()
            try:
                yield address(desk, listener)
            finally:
                running.should_exit = True
                thread.join()


@contextmanager
def _ending_quietly(running: Any) -> Iterator[None]:
    """Keep uvicorn from reporting what it cuts off when it ends: whoever ends the lab wants that."""

    def tells(_record: logging.LogRecord) -> bool:
        return not running.should_exit

    logger = logging.getLogger("uvicorn.error")
    logger.addFilter(tells)
    try:
        yield
    finally:
        logger.removeFilter(tells)


def _prepared(desk: Desk) -> Any:
    from chainrule.lab.server import application

    running = server.prepared(application(desk), _LEAVING)
    desk.ending = lambda: running.should_exit
    return running
