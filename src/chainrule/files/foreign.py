"""What a file is that is no model file, told by its first bytes, and what reads it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from chainrule.common.texts import later

_HTML = (b"<!doctype", b"<html")
TORCH = later(
    "weights of PyTorch: chainrule.files.from_torch(network, path) puts them into a network of the same layers"
)
KERAS = later(
    "a model of Keras: chainrule.files.from_keras(network, path) puts its weights into a network of the same layers"
)
_TABLE = later("a table: a model learns from it with chainrule train TABLE --target COLUMN --out MODEL")
_STARTS = (
    (
        b"\x89HDF\r\n\x1a\n",
        later("an HDF5 file: weights of Keras are read by chainrule.files.from_keras(network, path), others by h5py"),
    ),
    (b"\x93NUMPY", later("a NumPy array: read it with numpy.load")),
    (b"\x1f\x8b", later("packed by gzip: unpack it first, with gunzip")),
    (b"\0\0", later("perhaps a data set in the IDX format: read it with chainrule.datasets.read_idx")),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", TORCH),  # as it wrote them before version 1.6
    (
        b"PAR1",
        later(
            "a table: a model learns from it with chainrule train TABLE --target COLUMN --out MODEL, or give it to fit "
            "as chainrule.sources.Parquet"
        ),
    ),
    (b"ARROW1", _TABLE),
    (b"\x89PNG", later("a picture")),
    (b"\xff\xd8\xff", later("a picture")),
    (
        b"version https://git-lfs",
        later("a note of Git LFS in place of the file: get the file itself with git lfs pull"),
    ),
)
PICKLE = later(
    "a pickle, which may run anything when it is loaded: the book's weights, and any other dict of arrays, are read "
    "safely by chainrule.files.load_book_weights, PyTorch's weights by chainrule.files.from_torch(network, path), and "
    "an MLP of scikit-learn, once it is loaded, becomes a network by chainrule.files.from_sklearn"
)
ONNX = later("a model in the ONNX format: chainrule.files.from_onnx(path) makes a network of it")
_ZIPPED = (
    ("xl/workbook.xml", _TABLE),
    ("code/__torch__.py", later("a program of TorchScript: save its state_dict from Python with torch.save, and that")),
    ("data.pkl", TORCH),
    ("model.weights.h5", KERAS),
    (".npy", later("arrays of NumPy: read them with numpy.load, and put them into network.params")),
)
_SUFFIXES = {".pt": "data.pkl", ".pth": "data.pkl", ".bin": "data.pkl", ".keras": "model.weights.h5", ".npz": ".npy"}
"""What an archive that is damaged would hold: its name is all that tells then."""
_TEXT_OF_PICKLE = re.compile(rb"\([dl]p\d+\n|c[\w.]+\n[\w.]+\n|[\]}\(]q\0|\([dl]q")
"""How pickles of the protocols 0 and 1 begin, which do not say that they are some."""
_AFTER_ONNX_VERSION = (b"\x12", b"\x1a", b"\x22", b"\x3a", b"\x42")  # producer, its version, domain, graph, operators


def is_like_a_model(start: bytes) -> bool:
    """Return whether a file that starts so may be a safetensors file: the length of the header, and the header."""
    return start[8:9] == b"{" and start[4:8] == bytes(4)


def kind_of(path: Path) -> str | None:
    """Return what a file is and what reads it, in English for `tr`; None if it is a safetensors file or unknown.

    Its content tells. Its name counts only where the content is unknown.

    >>> kind_of(Path(__file__))
    'a text file'
    """
    with path.open("rb") as file:
        start = file.read(256)
    if not start:
        return later("empty")
    if is_like_a_model(start):
        return None
    if start.lower().lstrip().startswith(_HTML):
        return later("a web page: what should have been downloaded was not there")
    for beginning, answer in _STARTS:
        if start.startswith(beginning):
            return answer
    if start.startswith(b"PK"):
        return _zipped(path)
    if (start[0] == 0x80 and start[1:2] < b"\x06") or _TEXT_OF_PICKLE.match(start):
        return PICKLE
    if _is_text(start):
        return _TABLE if path.suffix.lower() in (".csv", ".tsv") else later("a text file")
    if path.suffix == ".onnx" or (start[0] == 0x08 and start[1:2] < b"\x80" and start[2:3] in _AFTER_ONNX_VERSION):
        return ONNX
    return None


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        names = [_SUFFIXES.get(path.suffix, "")]
    for end, answer in _ZIPPED:
        if any(name.endswith(end) for name in names):
            return answer
    return later("a ZIP archive")


def _is_text(start: bytes) -> bool:
    """Return whether bytes are UTF-8, but for a character that the end cuts, without control characters."""
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:
            return False
        text = start[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\n\r\f" for character in text)
