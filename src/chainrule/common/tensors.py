"""Safetensors files that describe themselves: what they claim is known before an array is read; a digest covers all.

The description is a JSON object in the metadata. Its "digest" is the SHA-256 of everything else: of the description,
and of the name, dtype, shape and bytes of every array.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np

from chainrule.common import atomic
from chainrule.common.errors import FileFormatError

_DTYPES = {
    **{"U64": "uint64", "I64": "int64", "F64": "float64", "F32": "float32", "U32": "uint32", "I32": "int32"},
    **{"F16": "float16", "U16": "uint16", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"},
}
"""NumPy's names of the element types that it has, in the order in which a file has its arrays: wide ones first, so that
all lie at multiples of their width. safetensors knows others, such as BF16 and F8_E4M3."""

_SHORT = {name: short for short, name in _DTYPES.items()}
_LONGEST = 2**24  # characters of a description
_PLACE = "0" * 64  # of a digest that is not known yet
_AFTER_DIGEST = len('\\"}"')  # characters of a quoted description
_APART = 2**20  # bytes from which another thread computes the digest


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

    def __init__(self, path: Path, file: Any) -> None:
        self._path, self._file = path, file
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
        arrays = _read(self._path, self.claims())
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
            yield TensorFile(path, file)
    except SafetensorError as error:
        raise DamagedError("safetensors says {text!r}.", text=str(error)) from None


def write(path: Path, key: str, description: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write a file whole, as `atomic.write` does; the digest is added to the description.

    The bytes are those that safetensors writes. The digest stands in front of the arrays that it is of, so it is put
    there last, and another thread computes it while they are written.
    """
    arrays = {name: np.asarray(a, order="C") for name, a in arrays.items()}
    order = sorted(arrays, key=lambda name: (list(_SHORT).index(arrays[name].dtype.name), name))
    header, place = _header(key, json.dumps({**description, "digest": _PLACE}), {name: arrays[name] for name in order})
    with atomic.writing(path) as file:
        total = _digest_apart(description, arrays)
        file.write(header)
        for name in order:
            file.write(_bytes(arrays[name]))
        file.seek(place)
        file.write(total().encode())


def _digest_apart(description: dict[str, Any], arrays: dict[str, Any]) -> Callable[[], str]:
    """Return what gives the digest, which another thread computes meanwhile if that pays."""
    alone = partial(digest, description, arrays)
    if sum(a.nbytes for a in arrays.values()) < _APART:
        return alone
    results: list[str] = []
    thread = Thread(target=lambda: results.append(alone()))
    try:
        thread.start()
    except RuntimeError:  # where the program ends, no thread can begin any more
        return alone

    def of_the_thread() -> str:
        thread.join()
        return results[0]

    return of_the_thread


def _header(key: str, text: str, arrays: dict[str, Any]) -> tuple[bytes, int]:
    """Return what stands before the arrays, and the place of the digest in it."""
    entries, end = {}, 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        entries[name] = {"dtype": _SHORT[array.dtype.name], "shape": array.shape, "data_offsets": [begin, end]}
    before = f'{{"__metadata__":{{{json.dumps(key)}:'.encode()
    quoted = json.dumps(text).encode()
    rest = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    header = before + quoted + (b"}," + rest[1:] if entries else b"}}")
    header += b" " * (-len(header) % 8)
    place = 8 + len(before) + len(quoted) - _AFTER_DIGEST - len(_PLACE)
    return len(header).to_bytes(8, "little") + header, place


def _read(path: Path, claims: dict[str, Claim]) -> dict[str, Any]:
    """Return the arrays that a file holds as it claims: they lie in memory as they lie in the file.

    Raises
    ------
    DamagedError
        If the file is another one than that whose header safetensors has looked at.
    """
    try:
        with path.open("rb") as file:
            entries = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            places = {name: slice(*entries[name]["data_offsets"]) for name in claims}
            content = np.empty(max((place.stop for place in places.values()), default=0), np.uint8)
            if file.readinto(content.data) < len(content):
                raise EOFError
        return {name: _array(content[places[name]], claim) for name, claim in claims.items()}
    except (EOFError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError("it changed while it was read.") from error


def _array(content: Any, claim: Claim) -> Any:
    """Return bytes as the array that they are; in place, if it lies at a multiple of its width, as in our files."""
    array = content.view(np.dtype(claim.dtype).newbyteorder("<")).reshape(claim.shape)
    return array if array.flags.aligned and array.dtype.isnative else array.astype(claim.dtype)


def digest(description: dict[str, Any], arrays: dict[str, Any]) -> str:
    """Return the SHA-256 of a description and of arrays with their names, dtypes and shapes."""
    total = hashlib.sha256(json.dumps(description).encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        total.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        total.update(_bytes(array))
    return total.hexdigest()


def _bytes(array: Any) -> memoryview:
    return array.reshape(-1).view(np.uint8).data  # type: ignore[no-any-return]


def _claim(name: str, tensor: Any) -> Claim:
    dtype, shape = tensor.get_dtype(), tuple(tensor.get_shape())
    if dtype not in _DTYPES:
        raise FileFormatError(
            "{name} holds {dtype} numbers, which NumPy has no type for. Convert them to float32.",
            name=name,
            dtype=dtype,
        )
    return Claim(shape, _DTYPES[dtype])
