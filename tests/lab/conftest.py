"""A lab for the tests: its desk, a client without a network, a running server, and its pages in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chainrule.lab.desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A lab with the network that learns XOR."""
    made = Desk()
    yield made
    made.close()


@pytest.fixture
def lab(desk: Desk) -> Iterator[str]:
    """The address of a running lab, with its token."""
    for package in "starlette", "uvicorn", "python_multipart":
        pytest.importorskip(package, reason=f"the lab needs {package}, which is not installed")
    from chainrule.lab.running import serving

    with serving(desk) as url:
        yield url


@pytest.fixture
def client(desk: Desk, lab: str) -> Iterator[Any]:
    """Ask with the token, in English: client.post("/api/do", json={...})."""
    httpx = pytest.importorskip("httpx", reason="the lab's tests need httpx, which is not installed")
    headers = {"X-Lab-Token": desk.token, "X-Lab-Language": "en"}
    with httpx.Client(base_url=lab.removesuffix(f"/{desk.token}/"), headers=headers, timeout=30) as asking:
        yield asking


@pytest.fixture
def open_page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Open the lab's page: open_page("build", lang="ko", width=375, dark=True); errors in its console fail the test.

    What the server refuses is no error, nor is a server that is gone: tests provoke that.
    """
    contexts, errors = [], []

    def opened(room: str = "train", *, lang: str = "en", width: int = 1440, dark: bool = False, url: str = "") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if is_error(message) else None)
        page.goto(f"{url or request.getfixturevalue('lab')}?lang={lang}#room={room}")
        page.wait_for_selector("#room > :not(.faint)")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def is_error(message: Any) -> bool:
    """Return whether a line of the browser's console is an error of the page."""
    expected = ("422", "403", "net::ERR")
    return message.type == "error" and not any(text in message.text for text in expected)
