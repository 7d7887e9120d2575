"""Data sets: the IDX reader, MNIST from every place it may come from, the shipped digits, the toys."""

import gzip
import hashlib
import http.server
import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import datasets
from chainrule.common.errors import DataUnavailableError, FileFormatError, InputError, MissingExtraError
from chainrule.datasets import DATASETS, load_mnist, load_mnist_small, mnist, read_idx

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("CHAINRULE_DATA") or ROOT.parent / "shared/data")
needs_mnist = pytest.mark.skipif(
    not any((folder / mnist.FILES[0].name).exists() for folder in (DATA, DATA / "mnist")),
    reason=f"MNIST is not in {DATA}",
)

IDX = bytes([0, 0, 0x0C, 2, 0, 0, 0, 2, 0, 0, 0, 1]) + b"\0\0\1\0" + b"\xff\xff\xff\xff"


# The IDX reader.


def idx(content: bytes, folder: Path) -> np.ndarray[Any, Any]:
    path = folder / "numbers"
    path.write_bytes(content)
    return read_idx(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    array = idx(pack(IDX), tmp_path)
    assert array.tolist() == [[256], [-1]]
    assert array.dtype == np.dtype("i4") and array.dtype.isnative and array.flags.writeable


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, ">u1"), (0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
def test_idx_element_types(tmp_path: Path, code: int, dtype: str) -> None:
    expected = np.array([3, 100, 7], dtype)
    np.testing.assert_array_equal(idx(bytes([0, 0, code, 1, 0, 0, 0, 3]) + expected.tobytes(), tmp_path), expected)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is empty; an IDX file starts with a header"),
        (b"\x89PNG\r\n", "is not an IDX file: it starts with 89 50 4e 47"),
        (b"\0\0", "is not an IDX file: it starts with 00 00,"),
        (b"\1" + IDX[1:], "is not an IDX file: it starts with 01 00 0c 02"),
        (b"\0\0\x0a\1" + IDX[4:], "is not an IDX file: it starts with 00 00 0a 01"),
        (b"\0\0\x08\0\1", "is not an IDX file: it starts with 00 00 08 00"),
        (IDX[:10], "is truncated: its header has 12 bytes, the whole file 10"),
        (IDX[:-1], r"is truncated: shape \(2, 1\) of 4-byte elements makes 20 bytes with the header, .* 19"),
        (IDX + b"\0", "is too long: .* 20 bytes with the header, but there are 21"),
        (bytes([0, 0, 8, 70]) + b"\0\0\0\1" * 70 + b"\0", "has a shape that NumPy cannot hold"),
        (bytes([0, 0, 8, 3]) + bytes(4) + b"\xff" * 8, "has a shape that NumPy cannot hold"),
        (gzip.compress(IDX, mtime=0)[:-9], "is damaged gzip"),
        (gzip.compress(IDX, mtime=0)[:-8] + bytes(8), "is damaged gzip"),
        (b"\x1f\x8b" + bytes(20), "is damaged gzip"),
        (gzip.compress(IDX, mtime=0)[:10] + b"\xff" * 20, "is damaged gzip"),
    ],
)
def test_idx_refuses(tmp_path: Path, content: bytes, match: str) -> None:
    with pytest.raises(FileFormatError, match=match) as caught:
        idx(content, tmp_path)
    assert str(tmp_path / "numbers") in str(caught.value)


def test_idx_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailableError, match="nowhere cannot be read: No such file"):
        read_idx(tmp_path / "nowhere")


@given(st.binary(max_size=40))
def test_idx_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever follows the two zero bytes, the result is an array or a FileFormatError."""
    try:
        array = idx(b"\0\0" + content, tmp_path_factory.getbasetemp())
    except FileFormatError:
        return
    assert len(content) + 2 == 4 + 4 * array.ndim + array.nbytes


# MNIST from a folder, from the cache, from the network.


@needs_mnist
def test_full_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(DATA))
    (x_train, y_train), (x_test, y_test) = load_mnist()
    assert x_train.shape == (60000, 784) and x_test.shape == (10000, 784)
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    # The mean and standard deviation of the training pixels that everyone quotes.
    assert x_train.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert x_train.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)


@pytest.fixture
def little_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Four small files in the place of MNIST's, in a folder that nothing points to; an empty cache."""
    import pooch

    folder = tmp_path / "server"
    folder.mkdir()
    contents = [
        bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes(range(256)) * 6 + bytes(32),
        bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]),
    ] * 2
    files = []
    for file, content in zip(mnist.FILES, contents, strict=True):
        packed = gzip.compress(content, mtime=0)
        (folder / file.name).write_bytes(packed)
        digests = [hashlib.sha256(data).hexdigest() for data in (packed, content)]
        files.append(mnist.OfficialFile(file.name, *digests))
    monkeypatch.setattr(mnist, "FILES", tuple(files))
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


def is_little_mnist(loaded: mnist.Examples) -> bool:
    x, y = loaded
    return x.shape == (2, 784) and y.tolist() == [7, 3]


@pytest.mark.parametrize("subfolder", [".", "mnist"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dot", ["-idx", ".idx"])  # the latter as on Kaggle
def test_folder(
    little_mnist: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, subfolder: str, packed: bool, dot: str
) -> None:
    place = tmp_path / "data" / subfolder
    place.mkdir(parents=True)
    for path in little_mnist.iterdir():
        content = path.read_bytes()
        name = (path.name if packed else path.stem).replace("-idx", dot)
        (place / name).write_bytes(content if packed else gzip.decompress(content))
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "data"))
    train, test = load_mnist()
    assert is_little_mnist(train) and is_little_mnist(test)


def test_forms(little_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(little_mnist))
    pixels = np.frombuffer(bytes(range(256)) * 6 + bytes(32), np.uint8)

    (x, y), _ = load_mnist()
    assert x.dtype == np.float32 and y.dtype == np.int64
    np.testing.assert_array_equal(x, (pixels / np.float32(255)).reshape(2, 784))
    (x, y), _ = load_mnist(normalize=False, flatten=False, one_hot_label=True)
    assert x.dtype == np.uint8 and x.shape == (2, 28, 28, 1)
    np.testing.assert_array_equal(x.ravel(), pixels)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, np.eye(10)[[7, 3]])


def test_folder_without_a_file(little_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(little_mnist))
    (little_mnist / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataUnavailableError) as caught:
        load_mnist()
    assert str(caught.value) == (
        f"CHAINRULE_DATA is {little_mnist}, but neither this folder nor its subfolder mnist holds "
        "t10k-labels-idx1-ubyte.gz, t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte.gz or t10k-labels.idx1-ubyte: it "
        "holds t10k-images-idx3-ubyte.gz, train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz. "
        "Put MNIST's four files there, or unset CHAINRULE_DATA to download them."
    )
    monkeypatch.setenv("CHAINRULE_DATA", str(little_mnist / "nowhere"))
    with pytest.raises(
        DataUnavailableError, match=r"nowhere, but .* holds train-images-idx3-ubyte\.gz.* cannot be read"
    ):
        load_mnist()


def test_a_folder_with_other_names_is_described(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    with pytest.raises(DataUnavailableError, match="ubyte: it is empty"):
        load_mnist()
    (tmp_path / "mnist").mkdir()
    for number in range(12):
        (tmp_path / f"mnist/{number:02d}.csv").touch()
    with pytest.raises(
        DataUnavailableError, match=r": it holds mnist, mnist/00\.csv, .*, mnist/08\.csv and 3 more\. Put"
    ):
        load_mnist()


def test_folder_with_other_content(little_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(little_mnist))
    (little_mnist / "train-labels-idx1-ubyte.gz").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 4]))
    with pytest.raises(FileFormatError, match=r"is not MNIST's train-labels-idx1-ubyte\.gz: the SHA-256"):
        load_mnist()


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


class TruncatingHandler(Handler):
    def copyfile(self, source: Any, outputfile: Any) -> None:
        outputfile.write(source.read(20))


def serve(folder: Path, handler: type[Handler] = Handler) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


@pytest.fixture
def server(little_mnist: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    with serve(little_mnist) as server:
        yield server
        server.shutdown()


def address(server: http.server.ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/"


DEAD = "http://127.0.0.1:9/"


def in_cache(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache").rglob("*") if path.is_file())


def test_second_mirror_then_cache(
    server: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (DEAD, address(server)))
    train, _ = load_mnist()
    assert is_little_mnist(train)
    assert in_cache(tmp_path) == sorted(file.name for file in mnist.FILES)

    monkeypatch.setattr(mnist, "MIRRORS", (DEAD,))
    train, _ = load_mnist()
    assert is_little_mnist(train)


def test_no_mirror(little_mnist: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (DEAD, DEAD))
    with pytest.raises(DataUnavailableError) as caught:
        load_mnist()
    text = str(caught.value)
    assert text.startswith("train-images-idx3-ubyte.gz could not be downloaded from http://127.0.0.1:9/ (")
    assert text.count("Connection refused") == 2
    for way_out in "set CHAINRULE_DATA to a folder", "try again", "load_mnist_small()", "train mnist-small":
        assert way_out in text
    assert in_cache(tmp_path) == []


def test_mirror_with_other_content(
    server: http.server.ThreadingHTTPServer,
    little_mnist: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (little_mnist / mnist.FILES[0].name).write_bytes(b"other")
    monkeypatch.setattr(mnist, "MIRRORS", (address(server),))
    with pytest.raises(DataUnavailableError, match="does not match the known hash"):
        load_mnist()
    assert in_cache(tmp_path) == []


def test_interrupted_download(little_mnist: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serve(little_mnist, TruncatingHandler) as server:
        monkeypatch.setattr(mnist, "MIRRORS", (address(server),))
        with pytest.raises(DataUnavailableError, match="20 bytes read"):
            load_mnist()
        server.shutdown()
    assert in_cache(tmp_path) == []


def test_ctrl_c_during_download(
    server: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from rich.progress import Progress

    def interrupt(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "MIRRORS", (address(server),))
    monkeypatch.setattr(Progress, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_mnist()
    assert in_cache(tmp_path) == []


def test_progress_bar(
    server: http.server.ThreadingHTTPServer,
    little_mnist: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes the output for a terminal
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(mnist, "MIRRORS", (address(server),))
    load_mnist()
    output = capsys.readouterr()
    size = (little_mnist / mnist.FILES[0].name).stat().st_size
    assert f"{size}/{size} bytes" in output.err
    assert output.out == ""


def test_without_pooch(little_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"train-images.*pip install 'chainrule\[data\]'"):
        load_mnist()
    monkeypatch.setenv("CHAINRULE_DATA", str(little_mnist))
    assert is_little_mnist(load_mnist()[0])


def test_import_is_light() -> None:
    code = "import chainrule.datasets, sys; print({'pooch', 'PIL', 'h5py', 'rich'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "set()"


# The digits that ship.

SHIPPED = {
    "train-images-idx3-ubyte.gz": "638f5afe249c477b1db39d924bad83afde90092af1c6770a9c894cbceda6f9fc",
    "train-labels-idx1-ubyte.gz": "e172cd40e9f9265b3f13977a23237bdcd789e29616fa037721ff08c522e2d855",
    "t10k-images-idx3-ubyte.gz": "4fb56624c58bb1c08f18db2dd44d9f8d8c13bfdf606396713b7e4f7a334677b2",
    "t10k-labels-idx1-ubyte.gz": "02bb69a59b1854fc26f31eaccf901b905d65b0a27d4e60f66181f8fade92fb43",
}
FOLDER = Path(datasets.__file__).parent / "mnist_small"


def test_shipped_content() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*SHIPPED, "LICENSE"}
    license_text = (FOLDER / "LICENSE").read_text("utf-8")
    for name, digest in SHIPPED.items():
        assert hashlib.sha256(gzip.decompress((FOLDER / name).read_bytes())).hexdigest() == digest
        assert digest in license_text
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000


def test_shipped_digits() -> None:
    (x_train, y_train), (x_test, y_test) = load_mnist_small(flatten=False, one_hot_label=True)
    assert x_train.shape == (10000, 28, 28, 1) and x_test.shape == (2000, 28, 28, 1)
    assert y_train.shape == (10000, 10) and y_test.shape == (2000, 10)
    for y in y_train, y_test:
        share = y.mean(axis=0)
        assert share.min() > 0.08 and share.max() < 0.13
    # No digit twice, and none in both parts.
    digits = {image.tobytes() for image in np.concatenate([x_train, x_test])}
    assert len(digits) == 12000


@needs_mnist
def test_shipped_digits_are_official(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(DATA))
    for (x, y), (x_small, y_small) in zip(load_mnist(False), load_mnist_small(False), strict=True):
        official = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
        assert [official.get(image.tobytes()) for image in x_small] == y_small.tolist()


@needs_mnist
def test_shipped_digits_are_reproducible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(DATA))
    contents = runpy.run_path(str(ROOT / "tools/make_mnist_small.py"))["contents"]()
    assert {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()} == SHIPPED


# The toys.


def test_xor() -> None:
    X, y = datasets.xor(n=400, noise=0.05, seed=1)
    corners = X.round().astype(int)
    np.testing.assert_array_equal(y, corners[:, 0] ^ corners[:, 1])
    assert len(np.unique(corners, axis=0)) == 4


def test_spirals() -> None:
    X, y = datasets.spirals(n=300, classes=4, noise=0.0)
    t = np.hypot(X[:, 0], X[:, 1]).astype(np.float64)
    angle = 2 * np.pi * (t + y / 4)
    np.testing.assert_allclose(X, np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1), atol=2e-6)
    assert t.min() < 0.05 and 0.95 < t.max() <= 1


def test_moons() -> None:
    X, y = datasets.moons(n=300, noise=0.0)
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=1e-6)
    assert upper[:, 1].min() >= 0 and lower[:, 1].max() <= 0.5
    assert upper[:, 0].min() < -0.9 and lower[:, 0].max() > 1.9


def test_circles() -> None:
    X, y = datasets.circles(n=300, noise=0.0)
    np.testing.assert_allclose(np.hypot(*X.T), np.where(y == 0, 1, 0.5), atol=1e-6)
    assert X.min() < -0.9 and X.max() > 0.9


def test_blobs() -> None:
    X, y = datasets.blobs(n=6000, classes=3, noise=0.25)
    for k in range(3):
        cloud = X[y == k]
        center = [np.cos(2 * np.pi * k / 3), np.sin(2 * np.pi * k / 3)]
        np.testing.assert_allclose(cloud.mean(axis=0), center, atol=0.03)
        np.testing.assert_allclose(cloud.std(axis=0), 0.25, atol=0.02)


def test_sine() -> None:
    X, y = datasets.sine(n=5000, noise=0.1)
    assert X.shape == y.shape == (5000, 1) and y.dtype == np.float32
    assert X.min() < -3.1 and X.max() > 3.1
    assert (y - np.sin(X)).std() == pytest.approx(0.1, abs=0.005)


TOYS: list[Callable[..., mnist.Examples]] = [
    datasets.xor,
    datasets.spirals,
    datasets.moons,
    datasets.circles,
    datasets.blobs,
    datasets.sine,
]


@pytest.mark.parametrize("toy", TOYS)
def test_toys(toy: Callable[..., mnist.Examples]) -> None:
    X, y = toy(n=50, seed=3)
    again, _ = toy(n=50, seed=3)
    other, _ = toy(n=50, seed=4)
    np.testing.assert_array_equal(X, again)
    assert not np.array_equal(X, other)
    assert X.dtype == np.float32 and len(X) == len(y) == 50
    with pytest.raises(InputError, match=f"{toy.__name__} takes n as a whole number of at least 1, but n=0"):
        toy(n=0)
    with pytest.raises(InputError, match=r"noise as a number of at least 0, but noise=-0\.1"):
        toy(noise=-0.1)


@pytest.mark.parametrize("toy", [datasets.spirals, datasets.blobs])
def test_toys_need_two_classes(toy: Callable[..., mnist.Examples]) -> None:
    with pytest.raises(InputError, match="classes as a whole number of at least 2, but classes=1"):
        toy(classes=1)


@pytest.mark.parametrize("name", sorted(set(DATASETS) - {"mnist"}))
def test_table(name: str) -> None:
    dataset = DATASETS[name]
    assert dataset.name == name and dataset.summary
    (X_train, y_train), (X_test, y_test) = dataset.load(5)
    assert len(X_train) == len(y_train) > len(X_test) == len(y_test)
    assert X_train.ndim == 2 and X_train.dtype == np.float32
    if dataset.task == "regression":
        assert y_train.shape == (len(X_train), 1) and y_train.dtype == np.float32
    else:
        classes = np.arange({"binary": 2}.get(dataset.task) or y_train.max() + 1)
        np.testing.assert_array_equal(np.unique(y_train), classes)
        np.testing.assert_array_equal(np.unique(y_test), classes)
        assert (dataset.task == "binary") == (len(classes) == 2)
    np.testing.assert_array_equal(dataset.load(5)[1][0], X_test)


def test_table_is_complete() -> None:
    assert list(DATASETS) == ["mnist", "mnist-small", "xor", "spirals", "moons", "circles", "blobs", "sine"]
