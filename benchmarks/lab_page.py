"""Time the lab's page in a browser: from asking for it to the first picture that is painted.

Run with: python -m benchmarks.lab_page
It needs playwright and Debian's chromium; other work on the machine is in the numbers.
"""

from __future__ import annotations

import shutil
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.machine import machine
from chainrule.lab.desk import Desk
from chainrule.lab.running import serving

OPENINGS = 10
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WATCH = """new MutationObserver((_, watching) => {
    if (!document.querySelector('.train-map canvas')) return;
    watching.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.firstPicture = performance.now(); }));
}).observe(document, {childList: true, subtree: true});"""
"""The second frame begins when the first one, with the picture in it, is painted."""


def first_picture(browser: Any, url: str) -> float:
    """Return the milliseconds to the first picture, with nothing kept from visits before."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(url)
    while (came := page.evaluate("window.firstPicture")) is None:
        page.wait_for_timeout(20)
    context.close()
    return float(came)


def main() -> None:
    """Open the page some times, and print the median and the range."""
    desk = Desk()
    with serving(desk) as url, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        first_picture(browser, url)  # what the server does once
        times = [first_picture(browser, url) for _ in range(OPENINGS)]
        browser.close()
    desk.close()
    print(machine())
    print(
        f"first picture: median {median(times):.0f} ms, {min(times):.0f} to {max(times):.0f} ms in {OPENINGS} openings"
    )


if __name__ == "__main__":
    main()
