"""`chainrule serve`: a saved model as a web service."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import typer

from chainrule.cli.inputs import ModelArgument, loaded
from chainrule.common.console import say

EXAMPLE = "Example: chainrule serve digits.safetensors --port 8000"


def run(
    model: ModelArgument,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 takes a free one.")] = 8000,
) -> None:
    """Answer requests with what a saved model predicts, until Ctrl-C.

    POST /predict takes JSON rows or a picture. In a browser, the address shows a page to try the model, and
    /openapi.json, /health and /metrics are for programs. There is no password, so only this machine is let in unless
    --host says otherwise.

    Requests that arrive together are computed together. When it is stopped, requests that run are answered first.
    """
    from chainrule.serve import server

    server.check_installed()
    from chainrule.serve.app import application
    from chainrule.serve.bodies import Limits

    network, table = loaded(model)
    limits = Limits()
    with server.listening(host, port) as listener:
        say("{model} is served at {url} (Ctrl-C stops it).", model=model, url=server.address(listener))
        if not _is_loopback(listener.getsockname()[0]):
            say("Whoever reaches this machine can use it: there is no password.")
        server.run(application(network if table is None else table, model.name, limits), listener, limits.answering)
    say("The service has stopped.")


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback
