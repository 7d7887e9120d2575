"""The book's pickles: arrays come back exactly, anything else is refused and does not run."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.common.errors import DataUnavailableError, FileFormatError
from chainrule.files.pickles import load_book_weights

DATA = Path(os.environ.get("CHAINRULE_DATA") or Path(__file__).resolve().parents[2] / "shared/data")
BOOK = DATA / "book/sample_weight.pkl"

WEIGHTS: dict[str, np.ndarray[Any, Any]] = {
    "W1": np.arange(6, dtype=np.float32).reshape(2, 3),
    "W2": np.asfortranarray(np.linspace(-1, 1, 6).reshape(3, 2)),
    "W3": np.arange(24, dtype=">f8").reshape(2, 3, 4).transpose(1, 0, 2),
    "strided": np.arange(10, dtype=np.int64)[::3],
    "bytes": np.arange(256, dtype=np.uint8),
    "scalar": np.array(2.5),
}


def load(content: bytes, folder: Path) -> dict[str, Any]:
    path = folder / "weights.pkl"
    path.write_bytes(content)
    return load_book_weights(path)


def refused(content: bytes, folder: Path, match: str) -> None:
    with pytest.raises(FileFormatError, match=match) as caught:
        load(content, folder)
    assert str(folder / "weights.pkl") in str(caught.value)


def test_book() -> None:
    if not BOOK.exists():
        pytest.skip(f"{BOOK} is not there")
    weights = load_book_weights(BOOK)
    shapes = {name: weights[name].shape for name in sorted(weights)}
    assert shapes == {
        "W1": (784, 50),
        "W2": (50, 100),
        "W3": (100, 10),
        "b1": (50,),
        "b2": (100,),
        "b3": (10,),
    }
    assert all(array.dtype == np.float32 for array in weights.values())
    # The bytes of the last array, as they stand at the end of the file.
    assert weights["b3"].tobytes() in BOOK.read_bytes()[-80:]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_come_back(tmp_path: Path, protocol: int) -> None:
    loaded = load(pickle.dumps(WEIGHTS, protocol), tmp_path)
    assert list(loaded) == list(WEIGHTS)
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
        assert loaded[name].flags.writeable


@pytest.mark.parametrize("protocol", [0, 2, 3])
def test_old_module_names(tmp_path: Path, protocol: int) -> None:
    content = pickle.dumps(WEIGHTS, protocol).replace(b"numpy._core", b"numpy.core")
    assert b"numpy.core.multiarray" in content
    np.testing.assert_array_equal(load(content, tmp_path)["W1"], WEIGHTS["W1"])


class Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_foreign_functions_do_not_run(tmp_path: Path, protocol: int) -> None:
    witness = tmp_path / "witness"
    command = f"touch '{witness}'"
    for function, arguments, name in [
        (os.system, (command,), "posix.system"),
        (eval, (f"open({str(witness)!r}, 'w')",), "eval"),
        (np.load, (str(tmp_path / "other.npy"),), "numpy.load"),
        (np.fromfile, (str(tmp_path / "other"),), "numpy.fromfile"),
    ]:
        content = pickle.dumps({"W1": Calls(function, *arguments)}, protocol)
        refused(content, tmp_path, f"the global '.*{name}'.*nothing in it has run")
    assert not witness.exists()
    os.system(command)  # the command would have left its trace
    assert witness.exists()


class Subclass(np.ndarray[Any, Any]):
    pass


HUGE = b"(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n%sC\x01btR"
FLOAT = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4K\x00K\x01tR"
STATE = b"\x80\x03}X\x01\x00\x00\x00W" + ARRAY % b"K\x00\x85" + b"(K\x01%b%b\x89%btbs."
MANY = b"".join(b"X\x03\x00\x00\x00%03dh\x01" % i for i in range(999))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (pickle.dumps({"W": np.array([[1], "a"], dtype=object)}), "element type 'O8'"),
        (pickle.dumps({"W": np.array(["a"])}), "element type 'U1'"),
        (pickle.dumps({"W": np.zeros(2, [("a", "f4")])}), "element type 'V4'"),
        (pickle.dumps({"W": np.zeros(2, np.complex64)}), "element type 'c8'"),
        (pickle.dumps({"W": np.ones(1).view(Subclass)}), r"the global '.*\.Subclass'"),
        (pickle.dumps({"W": 1.5}), "the instruction BINFLOAT"),
        (pickle.dumps({"W": 1}), "something under 'W' that is not an array"),
        (pickle.dumps({"W": {"W": np.ones(1)}}), "something under 'W' that is not an array"),
        (pickle.dumps({1: np.ones(1)}), "a int where a name is expected"),
        (pickle.dumps([np.ones(1)]), "the instruction EMPTY_LIST"),
        (pickle.dumps(np.ones(1)), "holds something other than a dict"),
        (b"\x80\x03}X\x01\x00\x00\x00WPos.system\ns.", "the instruction PERSID"),
        (b"\x80\x03}X\x01\x00\x00\x00WK\x01Qs.", "the instruction BINPERSID"),
        (b"\x80\x03}X\x01\x00\x00\x00W(ios\nsystem\ns.", "the instruction INST"),
        (b"\x80\x03}X\x01\x00\x00\x00W\x82\x01s.", "the instruction EXT1"),
        # An array of 2**62 elements, by the class itself, by _reconstruct, and by a state.
        (b"\x80\x03}X\x01\x00\x00\x00Wcnumpy\nndarray\n" + HUGE + b"\x85Rs.", "a call of something"),
        (b"\x80\x03}X\x01\x00\x00\x00W" + ARRAY % HUGE + b"s.", "under 'W' that is not an array"),
        (STATE % (HUGE, FLOAT, b"C\x00"), "truncated or damaged"),
        # Sizes, bytes and element type that are none.
        (STATE % (b"I-1\n\x85", FLOAT, b"C\x04abcd"), "whose shape is not a tuple of sizes"),
        (STATE % (b"K\x01\x85", FLOAT, b"X\x04\x00\x00\x00abcd"), "not made of bytes and an element type"),
        (STATE % (b"K\x01\x85", b"N", b"C\x04abcd"), "not made of bytes and an element type"),
        (STATE % (b"\x8a\x0d" + b"\x7f" * 13 + b"\x85", FLOAT, b"C\x04abcd"), "truncated or damaged"),
        (b"\x80\x03}X\x01\x00\x00\x00Wc\\u\nx\ns.", "the global"),
        # 999 names for one array.
        (
            b"\x80\x03}(X\x01\x00\x00\x00W" + ARRAY % b"K\x00\x85" + b"(K\x01K\x40\x85" + FLOAT
            + b"\x89B\x00\x01\x00\x00" + bytes(256) + b"tbq\x01" + MANY + b"u.",
            "fewer bytes than its arrays claim",
        ),
        # A state would become attributes of a function if this were Python's own machine.
        (b"\x80\x03cnumpy\ndtype\n}X\x01\x00\x00\x00WK\x01sb.", "a state for something"),
        (b"\x80\x03K\x01K\x01K\x02s.", "an entry for something that is not a dict"),
        (b"\x80\x03}c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00idna.tR0.", "not written as latin1"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, content: bytes, match: str) -> None:
    refused(content, tmp_path, match)


def test_short_files_cannot_exhaust_the_machine(tmp_path: Path) -> None:
    """Python's own unpickler takes gigabytes for the first and never ends with the second."""
    assert load(b"\x80\x02}r\xff\xff\xff\x7f.", tmp_path) == {}
    doubled = b"".join(b"q%ch%c\x86" % (i, i) for i in range(100))
    refused(b"\x80\x02})" + doubled + b"K\x01s.", tmp_path, "a tuple where a name is expected")


def test_damaged(tmp_path: Path) -> None:
    content = pickle.dumps({"W": np.ones((2, 3))}, 3)
    refused(b"", tmp_path, "is empty; expected a pickled dict of arrays")
    refused(b"W1: 0.5", tmp_path, "is not a pickle: it is a text file")
    for end in range(1, len(content)):
        refused(content[:end], tmp_path, "truncated or damaged")
    with pytest.raises(DataUnavailableError, match=r"nowhere\.pkl cannot be read: No such file"):
        load_book_weights(tmp_path / "nowhere.pkl")


@given(st.data())
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever is done to a file, the result is a dict of arrays or a FileFormatError."""
    protocol = data.draw(st.integers(0, 5))
    content = bytearray(pickle.dumps({"W": np.ones((2, 3)), "b": np.ones(3, np.float32)}, protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = load(bytes(content), tmp_path_factory.getbasetemp())
    except FileFormatError:
        return
    assert all(isinstance(array, np.ndarray) and array.dtype.kind in "iuf" for array in loaded.values())
