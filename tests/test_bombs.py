"""Small files that claim or unpack to very much: refused with a sentence, in memory like that of the file."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.cli import main as command
from chainrule.common.errors import DataUnavailableError, FileFormatError
from chainrule.datasets import load_mnist, mnist, read_idx
from chainrule.datasets.idx import LARGEST
from chainrule.datasets.npy import read_npy
from chainrule.files import load_book_weights


def idx(*shape: int, content: bytes = b"") -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


def npy(shape: Any, content: bytes = bytes(24), dtype: str = "<f8") -> bytes:
    """Three numbers in a .npy file whose header says this."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


ZEROS = bytes(2**26)
ENCODE = b"c_codecs\nencode\nq\x01" + b"X\x00\x00\x01\x00" + b"a" * 2**16 + b"q\x02"
MANY = b"h\x01h\x02X\x06\x00\x00\x00latin1\x86R" * 4000
DEEP: Any = ()
for _ in range(500):
    DEEP = (DEEP,)

BOMBS: dict[str, tuple[Callable[[Path], Any], bytes, str]] = {
    "gzip behind a small IDX": (read_idx, gzip.compress(idx(3, content=ZEROS)), r"too long: shape \(3,\) .* or more"),
    "gzip of what is no IDX": (read_idx, gzip.compress(b"a" + ZEROS), "is not an IDX file: it starts with 61 00"),
    "gzip that claims more than is unpacked": (
        read_idx,
        gzip.compress(idx(2**16, 2**16, content=ZEROS)),
        rf"unpacks to 4,294,967,308 bytes, but no more than {LARGEST:,} are unpacked here: use gunzip first",
    ),
    "gzip that claims what it does not hold": (read_idx, gzip.compress(idx(2**16, 2**14)), "is truncated"),
    "IDX that claims terabytes": (read_idx, idx(2**31, 2**31), "is truncated"),
    ".npy that claims terabytes": (
        read_npy,
        npy((300_000_000_000,)),
        "after the header there are 24",
    ),
    ".npy of less than it claims": (read_npy, npy((4,)), "makes 32 bytes, but .* are 24"),
    ".npy of more than it claims": (read_npy, npy((2,)), "makes 16 bytes, but .* are 24"),
    ".npy with a size below zero": (read_npy, npy((-3,)), "is damaged"),
    ".npy of many axes": (read_npy, npy((1,) * 99 + (3,)), "that NumPy cannot hold"),
    ".npy whose header is deep": (read_npy, npy(DEEP), "or it is damaged"),
    ".npy of texts": (read_npy, npy((6,), dtype="<U1"), "its dtype is <U1"),
    ".npy of complex numbers": (read_npy, npy((1,), bytes(16), "<c16"), "its dtype is complex128"),
    "pickle that encodes a text again and again": (
        load_book_weights,
        b"\x80\x02" + ENCODE + MANY + b".",
        "holds more encoded bytes than it has itself",
    ),
    "pickle of many instructions": (
        load_book_weights,
        b"\x80\x02" + b"}" * 100_001 + b".",
        "holds more than 100,000 instructions",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_memory(name: str, tmp_path: Path) -> None:
    read, content, match = BOMBS[name]
    path = tmp_path / "bomb"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match=match) as caught:
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert peak < 2**22 + 100 * len(content)


def test_mnist_in_place_of_which_lies_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in mnist.FILES:
        (tmp_path / file.name).write_bytes(gzip.compress(bytes(2**26)))
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match="is not MNIST's train-images"):
            load_mnist()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.2 * 60_000 * 28 * 28


@pytest.mark.parametrize("read", [read_idx, read_npy, load_book_weights])
def test_what_never_ends_is_not_read(read: Callable[[Path], Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in Path("/dev/zero"), tmp_path / "pipe", tmp_path:
        with pytest.raises(DataUnavailableError, match=r"it is a folder, a device or a pipe\. Name a file"):
            read(path)
    with pytest.raises(DataUnavailableError, match=r"missing cannot be read: No such file or directory\."):
        read(tmp_path / "missing")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(4, dtype=">i4"),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.array(2.5),
    ],
)
def test_arrays_come_back(array: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array)
    loaded = read_npy(tmp_path / "a.npy")
    np.testing.assert_array_equal(loaded, array)
    assert loaded.dtype == array.dtype.newbyteorder("=") and loaded.flags.writeable


def test_the_command_says_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.npy").write_bytes(npy((300_000_000_000,)))
    (tmp_path / "sample_weight.pkl").write_bytes(pickle.dumps({"W": np.ones(2)}))
    assert command(["train", "xor", "--layers", "2", "--epochs", "1", "--json", "--out", str(tmp_path / "m")]) == 0
    for arguments, sentence in (
        (["predict", str(tmp_path / "m"), str(tmp_path / "a.npy")], "a.npy is damaged: shape (300000000000,)"),
        (["predict", str(tmp_path / "sample_weight.pkl"), "--samples", "1"], "chainrule.files.load_book_weights"),
        (["evaluate", str(tmp_path)], "is a folder. Name the model file in it"),
    ):
        capsys.readouterr()
        assert command(arguments) == 2
        err = capsys.readouterr().err
        assert sentence in err and err.startswith("chainrule: ") and err.count("\n") == 1
