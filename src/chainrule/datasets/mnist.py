"""MNIST: the full set (local, cached or downloaded) and the subset that ships with the package."""

from __future__ import annotations

import hashlib
import os
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.common.atomic import reason
from chainrule.common.errors import DataUnavailableError, FileFormatError
from chainrule.common.texts import Note, tr
from chainrule.datasets.download import cached
from chainrule.datasets.idx import parse_idx, read_idx, read_unzipped

Examples: TypeAlias = tuple[NDArray[Any], NDArray[Any]]


class OfficialFile(NamedTuple):
    """One of the four files of MNIST, with the SHA-256 of the download and of what is inside it."""

    name: str
    sha256: str
    content_sha256: str


FILES = (
    OfficialFile(
        "train-images-idx3-ubyte.gz",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    OfficialFile(
        "train-labels-idx1-ubyte.gz",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    OfficialFile(
        "t10k-images-idx3-ubyte.gz",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    OfficialFile(
        "t10k-labels-idx1-ubyte.gz",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
PIXEL_SCALE = 1 / 255  # from the gray levels of a file to 0..1
_NAMED = 10  # files that an error names
_LARGEST = 16 + 60_000 * 28 * 28  # bytes of the largest one, unpacked
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)


def load_mnist(normalize: bool = True, flatten: bool = True, one_hot_label: bool = False) -> tuple[Examples, Examples]:
    """Load all of MNIST: 60,000 training and 10,000 test digits.

    The four files are taken from the folder that the environment variable ``CHAINRULE_DATA`` names (or its
    subfolder ``mnist``); if it is not set, from the user's cache; if they are not there, they are downloaded
    into it (11 MB). Wherever they come from, their digests are checked. In ``CHAINRULE_DATA`` they may be unpacked
    or not, and named ``train-images-idx3-ubyte`` or, as on Kaggle, ``train-images.idx3-ubyte``.

    Parameters
    ----------
    normalize
        Pixels as float32 in 0..1 instead of uint8 in 0..255.
    flatten
        Images of shape ``(784,)`` instead of ``(28, 28, 1)``.
    one_hot_label
        Labels as float32 rows of shape ``(10,)`` with a single one, instead of int64 classes.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)

    Raises
    ------
    DataUnavailableError
        ``CHAINRULE_DATA`` names a folder that lacks a file, or no mirror could be reached.
    FileFormatError
        A file in ``CHAINRULE_DATA`` is not the official one.
    MissingExtraError
        pooch, which downloads and keeps the cache, is not installed.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998).
    """
    x_train, y_train, x_test, y_test = [_read_official(file) for file in FILES]
    return (
        _in_form(x_train, y_train, normalize, flatten, one_hot_label),
        _in_form(x_test, y_test, normalize, flatten, one_hot_label),
    )


def load_mnist_small(
    normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[Examples, Examples]:
    """Load the part of MNIST that ships with chainrule: 10,000 training and 2,000 test digits.

    They were drawn at random from the official training and test parts, respectively; the license and the
    way of drawing are in ``datasets/mnist_small/LICENSE``. Arguments and result are those of `load_mnist`.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_mnist_small()
    >>> x_train.shape, y_test.shape
    ((10000, 784), (2000,))
    """
    x_train, y_train, x_test, y_test = [_read_shipped(file.name) for file in FILES]
    return (
        _in_form(x_train, y_train, normalize, flatten, one_hot_label),
        _in_form(x_test, y_test, normalize, flatten, one_hot_label),
    )


def where_mnist_is() -> Note:
    """Say where `load_mnist` would take the files from, without reading or downloading them."""
    folder = os.environ.get("CHAINRULE_DATA")
    if folder:
        try:
            paths = [_find(file.name, Path(folder).expanduser()) for file in FILES]
            return Note("in {folder}", {"folder": paths[0].parent})
        except DataUnavailableError:
            return Note("not in {folder} (CHAINRULE_DATA)", {"folder": folder})
    try:
        import pooch
    except ImportError:
        return Note("to download (pip install 'chainrule[data]')")
    cache = Path(pooch.os_cache("chainrule")) / "mnist"
    kept = all((cache / file.name).is_file() for file in FILES)
    return Note("in {folder}", {"folder": cache}) if kept else Note("to download")


def _read_shipped(name: str) -> NDArray[Any]:
    with resources.as_file(resources.files("chainrule.datasets") / "mnist_small" / name) as path:
        return read_idx(path)


def _read_official(file: OfficialFile) -> NDArray[Any]:
    folder = os.environ.get("CHAINRULE_DATA")
    path = _find(file.name, Path(folder).expanduser()) if folder else _fetch(file)
    content = read_unzipped(path, _LARGEST)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.content_sha256:
        raise FileFormatError(
            "{path} is not MNIST's {name}: the SHA-256 of its content is {digest}, not {expected}. "
            "Replace the file, or unset CHAINRULE_DATA to download it.",
            path=path,
            name=file.name,
            digest=digest,
            expected=file.content_sha256,
        )
    return parse_idx(content, str(path))


def _find(name: str, folder: Path) -> Path:
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")  # as Kaggle and some unpackers have it
    names = [name, plain, f"{dotted}.gz", dotted]
    for place in folder, folder / "mnist":
        for path in [place / known for known in names]:
            if path.is_file():
                return path
    raise DataUnavailableError(
        "CHAINRULE_DATA is {folder}, but neither this folder nor its subfolder mnist holds {names} or {dotted}: "
        "{content}. Put MNIST's four files there, or unset CHAINRULE_DATA to download them.",
        folder=folder,
        names=", ".join(names[:-1]),
        dotted=dotted,
        content=_content(folder),
    )


def _content(folder: Path) -> str:
    """Say what is in a folder, for an error that tells what is missing there."""
    try:
        names = sorted(path.name for path in folder.iterdir())
        if (folder / "mnist").is_dir():
            names += sorted(f"mnist/{path.name}" for path in (folder / "mnist").iterdir())
    except OSError as error:
        return tr("the folder cannot be read ({reason})", reason=reason(error))
    if not names:
        return tr("it is empty")
    named = ", ".join(names[:_NAMED])
    if len(names) <= _NAMED:
        return tr("it holds {names}", names=named)
    return tr("it holds {names} and {count} more", names=named, count=len(names) - _NAMED)


def _fetch(file: OfficialFile) -> Path:
    try:
        return cached(file.name, "mnist", file.sha256, MIRRORS)
    except DataUnavailableError as error:
        raise DataUnavailableError(
            "{error} Three ways out: set CHAINRULE_DATA to a folder that holds MNIST's four files; connect to the "
            "network and try again (the files are then kept); or use the digits that ship with chainrule: "
            "load_mnist_small(), or `chainrule train mnist-small`.",
            error=error,
        ) from error


def _in_form(
    images: NDArray[Any], labels: NDArray[Any], normalize: bool, flatten: bool, one_hot_label: bool
) -> Examples:
    x = images.reshape(len(images), -1) if flatten else images[..., np.newaxis]
    y = np.eye(10, dtype=np.float32)[labels] if one_hot_label else labels.astype(np.int64)
    return x / np.float32(255) if normalize else x, y
