"""Safetensors files that describe themselves: what they claim is known before an array is read; a digest covers all.

The description is a JSON object in the metadata. Its "digest" is the SHA-256 of everything else: of the description,
and of the name, dtype, shape and bytes of every array.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from chainrule.common.errors import FileFormatError

_DTYPES = {
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
    **{f"{sign}{bits}": f"{kind}{bits}" for sign, kind in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)},
    "BOOL": "bool",
}
"""NumPy's names of the element types that it has; safetensors knows others, such as BF16 and F8_E4M3."""

_LONGEST = 2**24  # characters of a description


class DamagedError(FileFormatError):
    """The bytes are not those of a safetensors file."""


class Claim(NamedTuple):
    """What the header of a file says of an array."""

    shape: tuple[int, ...]
    dtype: str


class TensorFile:
    """A file that is open for reading.

    Attributes
    ----------
    metadata
        The texts beside the arrays.
    digest
        What the description says the digest is, or None; known after `describe`.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self.metadata: dict[str, str] = file.metadata() or {}
        self.digest: str | None = None
        self._description: dict[str, Any] = {}

    def describe(self, key: str) -> dict[str, Any]:
        """Return the description, which the metadata holds under that key."""
        text = self.metadata[key]
        if len(text) > _LONGEST:
            raise FileFormatError(
                "its description has {length:,} characters, more than the {most:,} allowed.",
                length=len(text),
                most=_LONGEST,
            )
        try:
            description = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileFormatError("its description is damaged: {error}.", error=error) from error
        if not isinstance(description, dict):
            raise FileFormatError("its description is damaged: it is no JSON object.")
        self.digest, self._description = description.pop("digest", None), description
        return description

    def claims(self) -> dict[str, Claim]:
        """Return what the header says of each array; the sizes add up to that of the file."""
        return {name: _claim(name, self._file.get_slice(name)) for name in self._file.keys()}

    def arrays(self) -> dict[str, Any]:
        """Read the arrays; raise FileFormatError if there is a digest, but of something else."""
        arrays = {name: self._file.get_tensor(name) for name in self.claims()}
        if self.digest is not None and self.digest != digest(self._description, arrays):
            raise FileFormatError("its digest is wrong: something in it has changed since it was written.")
        return arrays


@contextmanager
def opened(path: Path) -> Iterator[TensorFile]:
    """Open a file for reading.

    Raises
    ------
    DamagedError
        If it is no safetensors file or is damaged, here or inside of the block. The text is a part of a sentence,
        without the path.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            yield TensorFile(file)
    except SafetensorError as error:
        raise DamagedError("safetensors says {text!r}.", text=str(error)) from None


def content(key: str, description: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    """Return the bytes of a file; the digest is added to the description."""
    import safetensors.numpy

    text = json.dumps({**description, "digest": digest(description, arrays)})
    return safetensors.numpy.save({name: np.asarray(a, order="C") for name, a in arrays.items()}, metadata={key: text})


def digest(description: dict[str, Any], arrays: dict[str, Any]) -> str:
    """Return the SHA-256 of a description and of arrays with their names, dtypes and shapes."""
    total = hashlib.sha256(json.dumps(description).encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        total.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()


def _claim(name: str, tensor: Any) -> Claim:
    dtype, shape = tensor.get_dtype(), tuple(tensor.get_shape())
    if dtype not in _DTYPES:
        raise FileFormatError(
            "{name} holds {dtype} numbers, which NumPy has no type for. Convert them to float32.",
            name=name,
            dtype=dtype,
        )
    return Claim(shape, _DTYPES[dtype])
