"""The process that listens: a socket, and uvicorn, which ends after the requests that run are answered."""

from __future__ import annotations

import contextlib
import os
import socket
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from chainrule.common.atomic import reason
from chainrule.common.errors import InputError, missing_extra
from chainrule.common.texts import later

_WAITING = 2048  # connections that the system keeps until they are accepted
_PACKAGES = ("starlette", "uvicorn", "python-multipart")


def check_installed(what: str = later("Serving a model"), extra: str = "serve") -> None:
    """Raise an error if a package that serving needs is missing, with what needs it and the extra that has it."""
    for package in _PACKAGES:
        try:
            version(package)
        except PackageNotFoundError as error:
            raise missing_extra(what, package, extra) from error


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises
    ------
    InputError
        If the address cannot be taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only if the protocol is said; else each waits 40 ms for the client's system.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let a second server take the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_WAITING)
    except (OSError, UnicodeError) as error:
        listener.close()
        raise InputError(
            "Nothing can listen at {host!r}, port {port}: {reason}. Say another --port (0 takes a free one), or a "
            "--host of this machine.",
            host=host,
            port=port,
            reason=reason(error) if isinstance(error, OSError) else error,
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """Return the URL at which a socket listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def prepared(app: Any, seconds: float) -> Any:
    """Return uvicorn's server for an application; when it ends, requests that run have some seconds."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=round(seconds),
        )
    )


def run(app: Any, listener: socket.socket, seconds: float) -> None:
    """Serve until Ctrl-C or SIGTERM; then let requests that run have some seconds to end."""
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal once more when it has ended
        prepared(app, seconds).run([listener])
