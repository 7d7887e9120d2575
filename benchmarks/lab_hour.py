"""Play in the lab what an hour of use does, as fast as it goes, and watch the memory.

Run with: python -m benchmarks.lab_hour
A page asks for 20 frames a second, so an hour has 72,000 of them. Between them comes what people do: play and pause,
other knobs and their undo, other networks and data, steps back, passes with their questions and changes by hand, the
diagnosis, and tabs that are opened and closed. Nobody waits, so it takes minutes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
import urllib.request
from collections.abc import Callable, Iterator

from benchmarks.lab import WORK, resident
from benchmarks.machine import machine
from chainrule.lab.advice import advice
from chainrule.lab.desk import Desk
from chainrule.lab.frames import PARTS, Frames
from chainrule.lab.routes import passes, touch
from chainrule.lab.running import serving

FRAMES = 72_000
_BETWEEN = 40  # frames between two things that somebody does: two seconds
_LOOKS = 3  # frames that a tab reads


def an_hour(frames: int = FRAMES, parts: int = 12) -> Iterator[tuple[int, int, float]]:
    """Play an hour of so many frames, and yield after each part of it the frames, the steps, and the memory in MiB."""
    desk = Desk()
    with serving(desk) as url:
        acts = itertools.cycle(_acts(desk, url))
        page, seen, steps = Frames(desk.session), dict[str, int](), 0
        for number in range(1, frames + 1):
            frame = page.frame(seen, set(PARTS))
            seen = frame["seen"]
            json.dumps(frame)
            if number % _BETWEEN == 0:
                steps += desk.session.state().step
                next(acts)()
            if number % (frames // parts) == 0:
                yield number, steps, resident() / 2**20
    desk.close()


def _acts(desk: Desk, url: str) -> list[Callable[[], object]]:
    """Return what people do, one after the other."""
    session = desk.session
    acts: list[Callable[[], object]] = []
    for blueprint in WORK.values():
        acts += [
            lambda blueprint=blueprint: session.build(blueprint),  # type: ignore[misc]
            session.play,
            lambda: session.knob("lr", 0.02),
            lambda: _tab(url),
            session.undo,
            lambda: session.back("batch"),
            lambda: session.run("epoch"),
            lambda: _pass(desk),
            session.play,
            lambda: session.knob("batch_size", 8),
            lambda: advice(session),
            session.pause,
            lambda: _pass(desk),
            session.undo,
            session.redo,
            session.reset,
        ]
    return acts


def _pass(desk: Desk) -> None:
    """Run the pass of a batch, ask why a weight is what it is, and set it to another number."""
    told = passes.run(desk, {"examples": [0, 1, 2, 3]}, {})
    one = desk.passes.get(told["id"])
    name = next(name for name, quantity in one.known.items() if quantity.kind == "parameter")
    path = f"{name}[{', '.join('0' * one.known[name].array.ndim)}]"
    passes.why(desk, {"id": told["id"], "path": path, "difference": True}, {})
    touch.number(desk, {"id": told["id"], "path": path, "value": 0.5}, {})


def _tab(url: str) -> None:
    """Open the page in another tab, let it read some frames, and close it."""
    urllib.request.urlopen(url).read()
    with urllib.request.urlopen(f"{url}api/events?wants={','.join(PARTS)}") as stream:
        for _ in range(2 * _LOOKS):  # with an empty line after each
            stream.readline()


def main() -> None:
    """Print the memory twelve times in the hour."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES, help="of an hour, 72,000")
    frames = parser.parse_args().frames
    print(machine())
    began = time.perf_counter()
    for number, steps, memory in an_hour(frames):
        print(f"{number:8,} frames  {steps:12,} steps seen  {memory:8.1f} MiB", flush=True)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
