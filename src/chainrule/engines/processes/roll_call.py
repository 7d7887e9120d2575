"""Who is there, before JAX starts: JAX ends a process without a sentence when another one does not come.

Process 0 listens at the coordinator's address; the others say who they are, and all hear the same answer.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

from chainrule.common.atomic import reason
from chainrule.common.errors import ProcessError
from chainrule.common.texts import tr

SECONDS = 40.0
"""For all processes to come: whoever waits longer is told within a minute."""

_ANSWER = 5.0  # seconds more, for the answer of process 0 after its own waiting
_LONGEST = 2**16  # bytes of what a process says


class Place(NamedTuple):
    """Where a process stands among the others."""

    coordinator: str
    """The host and port at which process 0 listens; an IPv6 address is in brackets."""
    total: int
    number: int

    @property
    def address(self) -> tuple[str, int]:
        """The coordinator's host and port."""
        host, _, port = self.coordinator.rpartition(":")
        return host.strip("[]"), int(port)


def call_roll(place: Place, facts: dict[str, Any]) -> None:
    """Return when all processes are there and say the same facts.

    Raises
    ------
    ProcessError
        One is missing, there twice, counts otherwise or says other facts; the port is taken; nobody answers. All
        processes that are there raise with the same sentence.
    """
    here = {"number": place.number, "count": place.total, "facts": facts}
    if place.number:
        _answer_roll(place, here)
    else:
        _hold_roll(place, here)


def _hold_roll(place: Place, own: dict[str, Any]) -> None:
    """Wait for the others, as process 0, and tell them what is wrong, if anything."""
    deadline = time.monotonic() + SECONDS
    said = {0: own}
    with ExitStack() as stack:
        listener = stack.enter_context(_listening(place))
        connections, wrong = [], ""
        while len(said) < place.total and not wrong:
            listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                wrong = _missing(place, said)
                break
            stack.enter_context(connection)
            other = _heard(connection)
            if other is not None:  # else a stranger
                connections.append(connection)
                wrong = _wrong(place, said, other)
                said[other["number"]] = other
        for connection in connections:
            with suppress(OSError):
                connection.sendall(json.dumps({"wrong": wrong}).encode() + b"\n")
    if wrong:
        raise ProcessError(wrong)


def _listening(place: Place) -> socket.socket:
    _, port = place.address
    both = socket.has_dualstack_ipv6()  # an IPv6 socket that hears IPv4, too
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, backlog=place.total, dualstack_ipv6=both)
    except OSError as error:
        raise ProcessError(
            "Process 0 of {count} cannot listen at port {port}: {reason}. Name another port with --coordinator "
            "HOST:PORT, the same for all processes.",
            count=place.total,
            port=port,
            reason=reason(error),
        ) from error


def _answer_roll(place: Place, own: dict[str, Any]) -> None:
    """Say who this process is, and wait for what process 0 says."""
    deadline = time.monotonic() + SECONDS + _ANSWER
    answer = None
    while answer is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(place.address, timeout=5) as connection:
                connection.sendall(json.dumps(own).encode() + b"\n")
                answer = _heard(connection, deadline - time.monotonic())
        except OSError:
            pass
        if answer is None:
            time.sleep(0.2)
    if answer is None:
        raise ProcessError(
            "Process {number} of {count} got no answer from process 0 at {coordinator} within {seconds:.0f} s: process "
            "0 was not started, ended at once, or another program has the port.",
            number=place.number,
            count=place.total,
            coordinator=place.coordinator,
            seconds=SECONDS,
        )
    if answer["wrong"]:
        raise ProcessError(answer["wrong"])


def _heard(connection: socket.socket, seconds: float = 5.0) -> dict[str, Any] | None:
    """Return what the other side says; None if it says nothing that one of our processes would."""
    connection.settimeout(max(0.1, seconds))
    try:
        with connection.makefile("rb") as stream:
            said = json.loads(stream.readline(_LONGEST))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and ("wrong" in said or {"number", "count", "facts"} <= set(said)) else None


def _missing(place: Place, said: dict[int, Any]) -> str:
    return tr(
        "Of {count} processes, these did not come to {coordinator} within {seconds:.0f} s: {missing}. Start them with "
        "the same --coordinator and --processes, each with its own --process-id, and see what they said.",
        count=place.total,
        coordinator=place.coordinator,
        seconds=SECONDS,
        missing=", ".join(str(number) for number in range(place.total) if number not in said),
    )


def _wrong(place: Place, said: dict[int, Any], other: dict[str, Any]) -> str:
    """Return what is wrong with a process that came, if anything."""
    number = other["number"]
    if other["count"] != place.total:
        return tr(
            "Process {number} was started as one of {other}, but process 0 as one of {count}: give all the same "
            "--processes.",
            number=number,
            other=other["count"],
            count=place.total,
        )
    if number in said or not 0 < number < place.total:
        return tr(
            "Two processes say that they are process {number} of {count}: give each its own --process-id, from 0 to "
            "{last}.",
            number=number,
            count=place.total,
            last=place.total - 1,
        )
    return difference(0, said[0]["facts"], number, other["facts"])


def difference(first: int, facts: dict[str, Any], number: int, other: dict[str, Any]) -> str:
    """Return what two processes say otherwise, in one sentence; nothing if they say the same."""
    for name in [*facts, *(name for name in other if name not in facts)]:
        mine, theirs = facts.get(name), other.get(name)
        if mine != theirs:
            return tr(
                "Process {number} has another {name} than process {first}: {theirs:.200} there, {mine:.200} here. "
                "Start all processes with the same code, data and settings.",
                number=number,
                first=first,
                name=tr(name),
                theirs=str(theirs),
                mine=str(mine),
            )
    return ""
