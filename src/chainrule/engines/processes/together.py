"""How processes begin together and end together."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chainrule.common.errors import ChainruleError, InputError, ProcessError, missing_extra
from chainrule.common.texts import later, tr
from chainrule.engines.processes import sentinel
from chainrule.engines.processes.roll_call import Place, call_roll

HEARTBEAT = 20
"""Seconds without a sign of life after which JAX takes a process for dead."""

_LOOK = 2.0  # seconds between two questions who is alive
_GRACE = 10.0  # seconds in which a process that waits for a lost one may end by itself
_LAST = 3.0  # seconds that process 0 stays, so that the others hear from it who is gone


@contextmanager
def together(coordinator: str | None = None, count: int | None = None, number: int | None = None) -> Iterator[None]:
    """Be one of several processes in which ``fit(..., engine="xla", devices="all")`` trains one network.

    Parameters
    ----------
    coordinator
        "HOST:PORT" of process 0, as all processes reach it; an IPv6 address stands in brackets. What is None comes from
        mpirun, Slurm or Kubernetes.
    count, number
        How many processes there are, and which this is, from 0.

    Raises
    ------
    InputError
        It is not said where this process stands, and nothing that started it says so.
    ProcessError
        A process is missing or different, or one was lost.
    """
    place, devices = _place(coordinator, count, number)
    call_roll(place, _code())
    _connect(place, devices)
    watch = _Watch(place)
    try:
        yield
        watch.end()
    except ChainruleError:
        watch.leave()
        raise
    except Exception as error:
        lost = watch.verdict()
        if not lost:
            raise
        raise ProcessError(lost) from error


def _place(coordinator: str | None, count: int | None, number: int | None) -> tuple[Place, Any]:
    """Return where this process stands, and which devices of its host are its own, if that is said."""
    try:
        from jax._src.clusters import ClusterEnv
    except ImportError as error:
        raise missing_extra("A run of several processes", "jax", "xla") from error
    devices = None
    if None in (coordinator, count, number):
        coordinator, count, number, devices = ClusterEnv.auto_detect_unset_distributed_params(
            coordinator, count, number, None, None, int(HEARTBEAT)
        )
    if coordinator is None or count is None or number is None:
        raise InputError(
            "Nothing says which of several processes this is: start them with mpirun, srun or in a Kubernetes job, or "
            "give each --coordinator HOST:PORT --processes N --process-id I, with I from 0."
        )
    if not 0 <= number < count:
        raise InputError(
            "--process-id counts from 0 to {last} in a run of {count} processes, but it is {number}.",
            last=count - 1,
            count=count,
            number=number,
        )
    host, _, port = coordinator.rpartition(":")
    if not port.isdecimal() or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        raise InputError(
            "--coordinator is HOST:PORT of process 0, such as 10.0.0.1:1234 or [fd00::1]:1234, but it is "
            "{coordinator}.",
            coordinator=coordinator,
        )
    return Place(coordinator, count, number), devices


def _code() -> dict[str, Any]:
    """Return what must be the same for processes to compute the same."""
    package = hashlib.blake2b(digest_size=8)
    root = Path(sys.modules["chainrule"].__path__[0])
    for path in sorted(root.rglob("*.py")):
        package.update(path.read_bytes())
    versions = {name: version(name) for name in ("numpy", "jax", "jaxlib")}
    return {
        later("version of Python"): ".".join(platform.python_version_tuple()[:2]),
        later("list of versions"): versions,
        later("code of chainrule"): package.hexdigest(),
        later("program"): _program(),
    }


def _program() -> str:
    """Return a digest of the program's file, without the line that says where its Python is."""
    path = getattr(sys.modules["__main__"], "__file__", None)
    if path is None or not Path(path).is_file():
        return ""
    first, _, rest = Path(path).read_bytes().partition(b"\n")
    return hashlib.blake2b(rest if first.startswith(b"#!") else first + rest, digest_size=8).hexdigest()


def _connect(place: Place, devices: Any) -> None:
    import jax
    from jax.experimental.multihost_utils import sync_global_devices

    sentinel.set_up(_gone(place, [0]))
    # Else JAX ends all processes when one is gone, and takes SIGTERM for itself.
    for name, value in (("jax_enable_recoverability", True), ("jax_enable_preemption_service", False)):
        jax.config.update(name, value)  # type: ignore[no-untyped-call]
    jax.distributed.initialize(
        place.coordinator,
        place.total,
        place.number,
        local_device_ids=devices,
        cluster_detection_method="deactivate",
        initialization_timeout=60,
        heartbeat_timeout_seconds=HEARTBEAT,
        shutdown_timeout_seconds=HEARTBEAT,
    )
    with _quiet_output():
        sync_global_devices("chainrule begins")


@contextmanager
def _quiet_output() -> Iterator[None]:
    """Let what C++ prints go to the standard error: Gloo says on the output, where results go, that it is connected."""
    sys.stdout.flush()
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)


def _gone(place: Place, lost: list[int]) -> str:
    return tr(
        "Process {lost} of {count} ended before the others or is out of reach; its own output says why. So process "
        "{number} ends, too. With checkpoints, the same command goes on from the last one, with any number of "
        "processes.",
        lost=", ".join(map(str, lost)),
        count=place.total,
        number=place.number,
    )


class _Watch:
    """A thread that asks JAX which processes are alive, and ends this one if it waits for one that is not.

    Attributes
    ----------
    over
        Whether others may be gone: this process is done.
    """

    def __init__(self, place: Place) -> None:
        from jax._src.distributed import global_state

        self._place = place
        self._client: Any = global_state.client
        self.over = False
        self._lost = ""
        self._found = threading.Event()
        self._thread = threading.Thread(target=self._look, name="chainrule-processes", daemon=True)
        self._thread.start()

    def _alive(self) -> list[int]:
        """Return who is alive; JAX answers when all that are have asked."""
        try:
            return list(self._client.get_live_nodes(list(range(self._place.total))))
        except Exception:  # whatever JAX raises when process 0, which knows, does not answer
            return list(range(1, self._place.total))

    def _look(self) -> None:
        while not self.over:
            alive = self._alive()
            lost = [number for number in range(self._place.total) if number not in alive]
            if lost and not self.over:
                self._lost = _gone(self._place, lost)
                self._found.set()
                self._end_anyway()
                return
            time.sleep(_LOOK)

    def _end_anyway(self) -> None:
        """End the process if it does not do so itself, such as one that waits in a sum over devices for ever."""
        time.sleep(_GRACE)
        if not self.over:
            with suppress(OSError):
                os.write(2, f"chainrule: {self._lost}\n".encode())
            os._exit(2)

    def verdict(self) -> str:
        """Return who is gone, in a sentence, when that is known; nothing if all are alive."""
        self._found.wait(HEARTBEAT + 2 * _LOOK)
        self.leave()
        return self._lost

    def leave(self) -> None:
        """Leave because of an error; the others, which may have it, too, have a moment to say it."""
        self.over = True
        if not self._place.number:
            time.sleep(_LAST)

    def end(self) -> None:
        """Leave together: process 0, which connects the others, is the last."""
        import jax
        from jax.experimental.multihost_utils import sync_global_devices

        sync_global_devices("chainrule ends")
        self.over = True
        if not self._place.number:
            deadline = time.monotonic() + HEARTBEAT
            while len(self._alive()) > 1 and time.monotonic() < deadline:
                time.sleep(0.1)
        jax.distributed.shutdown()  # type: ignore[no-untyped-call]
