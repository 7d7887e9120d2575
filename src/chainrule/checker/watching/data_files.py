"""Made-up data files in place of those that are not here, of the kind that their names and the program say."""

from __future__ import annotations

import gzip
import json
import pickle
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FILE = re.compile(
    r"[^\n]{0,200}?([^\n/\\\\]{0,100}\.(csv|tsv|txt|data|dat|h5|hdf5|npy|npz|pkl|pickle|json|gz|mat|png|jpe?g)"
    r"|[\w.-]*idx[13]-ubyte)",
    re.IGNORECASE,
)
PIXELS, SIDE = 784, 28
_KEYS = re.compile(r"(?:\[|drop\()((?:\s*b?(?:'[\w ]+'|\"[\w ]+\")\s*,?)+)[\],)]")
_TEXT = re.compile(r"['\"]([\w ]+)['\"]")
Arrays = Callable[[str, str], Any]


class DataFiles:
    """Writes files that a program may read.

    Parameters
    ----------
    source
        The text of the program: which columns and keys it asks for says what the files hold.
    folder
        Where the files are written.
    rows
        How many examples they hold.
    arrays
        Makes an array for a name, as a call would return it.
    """

    def __init__(self, source: str, folder: Path, rows: int, arrays: Arrays) -> None:
        self._source, self._folder, self._rows, self._arrays = source, folder, rows, arrays
        self.is_used = False
        """Whether the program names a file of data."""
        self._keys = list(dict.fromkeys(key for keys in _KEYS.findall(source) for key in _TEXT.findall(keys)))[:30]
        self._writers: dict[str, Callable[[Path, str], None]] = {
            **dict.fromkeys(("csv", "tsv", "data", "dat"), self._table),
            **dict.fromkeys(("h5", "hdf5"), self._hdf),
            **dict.fromkeys(("pkl", "pickle"), self._pickle),
            **dict.fromkeys(("png", "jpg", "jpeg"), self._image),
            **{"txt": self._text, "json": self._json, "npy": self._npy, "npz": self._npz, "gz": self._zipped},
            **{"mat": self._mat, "ubyte": self._idx},
        }

    def path(self, name: str) -> str | None:
        """Return where a file of this name is, made up if it was not yet; None if the name is none of a data file."""
        match = FILE.fullmatch(name)
        if match is None:
            return None
        self.is_used = True
        kind = (match[2] or "ubyte").lower()
        path = self._folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)}.{kind}"
        if not path.exists():
            self._writers[kind](path, name)
        return str(path)

    def _table(self, path: Path, name: str) -> None:
        rng = np.random.default_rng(0)
        text = re.sub(r"\s", "", self._source)
        comma = "\t" if path.suffix == ".tsv" else ","
        if self._keys and self._keys != ["label"] and "mnist" not in name.lower():
            lines = [[f"{number:.4f}" for number in rng.random(len(self._keys))] for _ in range(self._rows)]
            first = self._keys
        else:
            lines = [[f"{row % 10}", *map(str, rng.integers(0, 256, PIXELS))] for row in range(self._rows)]
            first = ["label", *(f"pixel{position}" for position in range(PIXELS))]
        heading = "header=None" not in text and not re.search(r"loadtxt\((?!.*skiprows)", text)
        written = [first, *lines] if heading else lines
        path.write_text("\n".join(comma.join(line) for line in written) + "\n", encoding="utf-8")

    def _text(self, path: Path, name: str) -> None:
        if "loadtxt" in self._source or "genfromtxt" in self._source:
            np.savetxt(path, np.random.default_rng(0).random((self._rows, 3)))
        else:
            path.write_text("the quick brown fox jumps over the lazy dog\n" * 30, encoding="utf-8")

    def _json(self, path: Path, name: str) -> None:
        path.write_text(json.dumps({key: [0.5, 0.25] for key in self._keys}), encoding="utf-8")

    def _npy(self, path: Path, name: str) -> None:
        np.save(path, self._arrays(path.stem, "load_data"))

    def _npz(self, path: Path, name: str) -> None:
        keys = self._keys or ["x_train", "y_train", "x_test", "y_test"]
        np.savez(path, **{key: self._arrays(key, "mnist.load_data") for key in keys})

    def _pickle(self, path: Path, name: str) -> None:
        rng = np.random.default_rng(0)
        sizes = {"W1": (PIXELS, 50), "b1": (50,), "W2": (50, 100), "b2": (100,), "W3": (100, 10), "b3": (10,)}
        path.write_bytes(pickle.dumps({key: rng.standard_normal(size) * 0.1 for key, size in sizes.items()}))

    def _hdf(self, path: Path, name: str) -> None:
        try:
            import h5py
        except ImportError:
            return
        with h5py.File(path, "w") as file:
            for key in self._keys:
                file[key] = np.squeeze(self._arrays(key, "load_dataset"))

    def _mat(self, path: Path, name: str) -> None:
        from scipy.io import savemat

        savemat(path, {key: self._arrays(key, "load_planar_dataset") for key in self._keys if key.isidentifier()})

    def _idx(self, path: Path, name: str) -> None:
        path.write_bytes(self._idx_bytes(name))

    def _zipped(self, path: Path, name: str) -> None:
        path.write_bytes(gzip.compress(self._idx_bytes(name), 1))

    def _idx_bytes(self, name: str) -> bytes:
        """Return what MNIST's own files hold."""
        if "label" in name or "idx1" in name:
            return struct.pack(">II", 2049, self._rows) + bytes(row % 10 for row in range(self._rows))
        pixels = np.random.default_rng(0).integers(0, 256, self._rows * PIXELS).astype(np.uint8)
        return struct.pack(">IIII", 2051, self._rows, SIDE, SIDE) + pixels.tobytes()

    def _image(self, path: Path, name: str) -> None:
        """Write a small picture (PNG, whatever the name says: who opens it looks at the first bytes)."""
        rows = np.random.default_rng(0).integers(0, 256, (16, 1 + 3 * 16)).astype(np.uint8)
        rows[:, 0] = 0  # no filter
        chunks = (
            (b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows.tobytes())),
            (b"IEND", b""),
        )
        parts = [
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        ]
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
