"""What a user takes home: code, weights and pictures of the network as it is now."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from chainrule import export
from chainrule.common.settings import choice
from chainrule.files import models
from chainrule.lab.code import python_code
from chainrule.lab.session import Session
from chainrule.network import Network

_SMALL = 5_000  # parameters; more of them stand in a file beside the script


class Taken(NamedTuple):
    """A file: its name, its kind and its bytes."""

    name: str
    media_type: str
    data: bytes


def taken(session: Session, kind: str) -> Taken:
    """Return the network as it is now as a file.

    Parameters
    ----------
    session
        Whose network.
    kind
        "code" for the Python code that builds and trains it, "numpy" for a script that predicts with NumPy alone,
        "safetensors" for chainrule's model file, or "onnx".

    Raises
    ------
    InputError
        There is no such kind, or the network cannot be written so.
    MissingExtraError
        The package that writes the kind is not installed.
    """
    return _KINDS[choice("The lab", "kind", kind, _KINDS)](session)


def _code(session: Session) -> Taken:
    epochs = max(session.state().epoch, 1)
    return Taken("lab.py", "text/x-python", python_code(session.blueprint, session.sets, epochs).encode())


def _numpy(session: Session) -> Taken:
    network = session.network
    single = network.summary().parameters <= _SMALL
    files = _written(network, "net.py", lambda path: export.numpy(network, path, single=single))
    if single:
        return Taken("net.py", "text/x-python", files["net.py"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return Taken("net.zip", "application/zip", packed.getvalue())


def _safetensors(session: Session) -> Taken:
    network = session.network
    files = _written(network, "net.safetensors", lambda path: models.save(network, path))
    return Taken("net.safetensors", "application/octet-stream", files["net.safetensors"])


def _onnx(session: Session) -> Taken:
    network = session.network
    files = _written(network, "net.onnx", lambda path: export.onnx(network, path))
    return Taken("net.onnx", "application/octet-stream", files["net.onnx"])


def _written(network: Network, name: str, write: Callable[[Path], None]) -> dict[str, bytes]:
    """Return what is written into a folder, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


_KINDS: dict[str, Callable[[Session], Taken]] = {
    "code": _code,
    "numpy": _numpy,
    "safetensors": _safetensors,
    "onnx": _onnx,
}
KINDS = tuple(_KINDS)
