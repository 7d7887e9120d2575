"""`chainrule lab`: a page on which networks are built, trained, and seen number by number."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from chainrule.common.console import say

EXAMPLE = "Example: chainrule lab week4.py"


def run(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A model, a table, or your own .py or .ipynb.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="N", help="By default 8899, or a free one if that is taken.", show_default=False
        ),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
) -> None:
    """Open the lab in the browser: build a network, train it, and see every number of its passes, until Ctrl-C.

    With a model or a table, the lab begins with that; your own functions run beside the right ones, in a sandbox. The
    page is on this machine alone, and its address holds a key: who does not have it is not let in.
    """
    from chainrule.lab import running

    running.check_installed()
    from chainrule.lab.opening import desk_for

    desk = desk_for(file)
    try:
        with running.listening(port) as listener:
            url = running.address(desk, listener) + ("" if desk.learner is None else "#room=code")
            say("The lab is at {url} (Ctrl-C ends it).", url=url)
            if not no_open:
                threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
            running.run(desk, listener)
    finally:
        desk.close()
    say("The lab has ended.")
