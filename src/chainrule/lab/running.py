"""The running lab: a socket, the application behind it, and an end that leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.lab.desk import Desk
from chainrule.lab.server import application
from chainrule.serve import server

_LEAVING = 2.0  # seconds that requests have to end


@contextmanager
def serving(desk: Desk, port: int) -> Iterator[str]:
    """Serve a lab from a thread of this process; give the address of its page."""
    with server.listening("127.0.0.1", port) as listener:
        running = server.prepared(application(desk), _LEAVING)
        desk.ending = lambda: running.should_exit
        thread = threading.Thread(target=running.run, args=([listener],), name="chainrule-lab")
        thread.start()
        try:
            yield f"{server.address(listener)}/{desk.token}/"
        finally:
            running.should_exit = True
            thread.join()
