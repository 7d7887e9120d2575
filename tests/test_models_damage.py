"""Model files that claim what is not so: found before anything is drawn or allocated, and told in a sentence."""

from __future__ import annotations

import gzip
import json
import pickle
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common import tensors
from chainrule.common.errors import FileFormatError, InputError
from chainrule.equations.initializers import INITIALIZERS
from chainrule.equations.shapes_only import ShapesOnly
from chainrule.layers import LAYERS, Layer
from tests.cases import LAYER_CASES
from tests.cases.form import LayerCase

LOSS = {"type": "MeanSquaredError"}


def written(path: Path, layers: Any, arrays: dict[str, Any] | None = None, /, **change: Any) -> Path:
    """Write a file whose description is this, without a digest."""
    description = {"format": 1, "layers": layers, "loss": LOSS, "input_shape": [2], "dtype": "float32"} | change
    arrays = {"0.W": np.zeros((1, 1), np.float32)} if arrays is None else arrays
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"chainrule": json.dumps(description)}))
    return path


def refused(path: Path, match: str) -> None:
    with pytest.raises(FileFormatError, match=match) as caught:
        cr.load(path)
    assert str(path) in str(caught.value)


# Shapes without values.


@pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
def test_shapes_are_known_without_drawing(case: LayerCase) -> None:
    params, output_shape = case.layer.init(np.random.default_rng(0), case.shape[1:], np.float32)
    rng = ShapesOnly()
    before = rng.bit_generator.state
    shapes, same_output_shape = case.layer.init(rng, case.shape[1:], np.float32)
    assert rng.bit_generator.state == before, "it draws by itself: call first_values"
    assert same_output_shape == output_shape
    claims, expected = ({name: (p.shape, p.dtype) for name, p in leaves(tree)} for tree in (shapes, params))
    assert claims == expected
    assert all(not any(p.strides) for _, p in leaves(shapes)), "it allocates by itself: call first_values"


def test_every_layer_with_parameters_has_a_case() -> None:
    assert {type(case.layer) for case in LAYER_CASES} >= set(LAYERS.values()) - {Layer}


def test_loading_draws_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [cr.LSTM(4, sequence=True), cr.Bidirectional(cr.GRU(3)), cr.BatchNorm(), cr.Dense(2)]
    network = cr.Network(layers, "mean_squared_error", input_shape=(3, 2))
    cr.save(network, tmp_path / "a")

    def draw(*_: Any) -> None:
        raise AssertionError("drawn")

    for name in INITIALIZERS:
        monkeypatch.setitem(INITIALIZERS, name, draw)
    loaded = cr.load(tmp_path / "a")
    for (_, left), (_, right) in zip(leaves(loaded.params), leaves(network.params), strict=True):
        np.testing.assert_array_equal(left, right)
        assert left.flags.writeable


HUGE = {
    "Dense": ([{"type": "Dense", "units": 30_000}], [20_000]),
    "Dense of 10**15": ([{"type": "Dense", "units": 10**15}], [10**6]),
    "LSTM": ([{"type": "LSTM", "units": 4000}], [2, 2]),
    "GRU both ways": ([{"type": "Bidirectional", "layer": {"type": "GRU", "units": 4000}}], [2, 2]),
    "Conv2D": ([{"type": "Conv2D", "filters": 10**5, "kernel": 99}], [100, 100, 64]),
    "Embedding": ([{"type": "Embedding", "vocabulary": 10**9, "units": 300}], [5]),
    "BatchNorm": ([{"type": "BatchNorm"}], [10**9]),
    "LayerNorm of a flat picture": ([{"type": "Flatten"}, {"type": "LayerNorm"}], [10**6, 10**6]),
    "RMSNorm": ([{"type": "Upsample", "factor": 10**6}, {"type": "Flatten"}, {"type": "RMSNorm"}], [10, 10, 3]),
    "RandomDense": ([{"type": "RandomDense", "units": 10**6, "density": 1.0, "seed": 0}], [10**6]),
    "many": ([{"type": "Dense", "units": 3}] * 2_000, [3]),
    "no example": ([{"type": "Dense", "units": 10**9}], [0]),
}


@pytest.mark.parametrize("name", HUGE)
def test_what_a_small_file_claims_takes_no_memory(name: str, tmp_path: Path) -> None:
    layers, input_shape = HUGE[name]
    path = written(tmp_path / "a", layers, input_shape=input_shape)
    cr.load(written(tmp_path / "small", [], {}))  # with its imports
    tracemalloc.start()
    try:
        refused(path, "can build")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**20 + 40 * path.stat().st_size


def nested(depth: int) -> Any:
    layer: dict[str, Any] = {"type": "ReLU"}
    for _ in range(depth):
        layer = {"type": "Residual", "layers": [layer], "shortcut": None}
    return [layer]


def test_nesting_is_bounded_where_a_file_is_written_and_where_it_is_read(tmp_path: Path) -> None:
    layer: Layer = cr.Dense(2)
    for _ in range(60):
        layer = cr.Sequential([layer])
    with pytest.raises(InputError, match="nested more than 50 deep"):
        cr.save(cr.Network([layer], "mean_squared_error", input_shape=(2,)), tmp_path / "a")
    for depth in 51, 400:
        refused(written(tmp_path / "a", nested(depth)), "nested more than 50 deep")
    text = json.dumps({"format": 1, "layers": 7}).replace("7", "[" * 10**5 + "]" * 10**5)
    (tmp_path / "a").write_bytes(safetensors.numpy.save({}, metadata={"chainrule": text}))
    refused(tmp_path / "a", "its description is damaged: maximum recursion depth")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"format": 2}, "a newer version of chainrule wrote it, in format 2, and this version reads format 1"),
        ({"units_of_time": "s"}, "it describes units_of_time, which this version does not know"),
        ({"input_shape": [-2]}, "its input_shape is .-2., which is no list of sizes"),
        ({"input_shape": [2.0]}, "no list of sizes"),
        ({"input_shape": 2}, "no list of sizes"),
        ({"dtype": ["float32"]}, "networks have float32 or float64"),
        ({"dtype": "float16"}, "networks have float32 or float64"),
        ({"loss": {"type": "Dense", "units": 2}}, "its loss is none"),
        ({"loss": None}, "its loss is none"),
        ({"layers": {}}, "its layers are no list"),
        ({"layers": [{"type": "Network"}]}, "'Network' is no layer or loss of this version"),
        ({"layers": [LOSS]}, "can build"),
        ({"layers": [3]}, "can build"),
        ({"layers": [{"type": "Reshape", "shape": [0, -1]}]}, "can build"),
        ({"layers": [{"type": "Dense", "units": "9" * 10**6}]}, "can build"),
    ],
)
def test_descriptions_that_nobody_would_write(change: dict[str, Any], match: str, tmp_path: Path) -> None:
    refused(written(tmp_path / "a", [{"type": "Dense", "units": 1}], **change), match)


def test_the_first_arrays_that_differ_are_named(tmp_path: Path) -> None:
    arrays = {"0.W": np.zeros((2, 4), np.float64), "0.c": np.zeros(4, np.float32)}
    path = written(tmp_path / "a", [{"type": "Dense", "units": 4}], arrays)
    refused(path, r"needs? the arrays \{'0.W': 'float32 \(2, 4\)', '0.b': .*holds \{'0.W': 'float64 \(2, 4\)', '0.c'")


@pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3", "F8_E5M2", "I64", "BOOL", "F16", "C64"])
@pytest.mark.parametrize("ours", [True, False])
def test_foreign_element_types(dtype: str, ours: bool, tmp_path: Path) -> None:
    size = {"I64": 8, "C64": 8, "BF16": 2, "F16": 2}.get(dtype, 1)
    header: dict[str, Any] = {"0.W": {"dtype": dtype, "shape": [2, 4], "data_offsets": [0, 8 * size]}}
    description = {"format": 1, "layers": [{"type": "Dense", "units": 4, "bias": False}], "loss": LOSS}
    description |= {"input_shape": [2], "dtype": "float32"}
    header["__metadata__"] = {"chainrule": json.dumps(description)} if ours else {"format": "pt"}
    text = json.dumps(header).encode()
    (tmp_path / "a").write_bytes(struct.pack("<Q", len(text)) + text + bytes(8 * size))
    refused(tmp_path / "a", "0.W" if ours else "that chainrule did not write")


# The digest.


def test_a_change_of_any_part_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    network = cr.Network([cr.Dense(4), cr.LeakyReLU(0.25), cr.Dense(4)], "mean_squared_error", input_shape=(4,))
    cr.save(network, path)
    whole = path.read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")  # of the header
    header, data = whole[8:end], whole[end:]
    swapped = header.replace(b'"0.W"', b'"x"').replace(b'"2.W"', b'"0.W"').replace(b'"x"', b'"2.W"')
    parts = [(swapped, data), (header, data[:-1] + bytes([data[-1] ^ 1]))]
    for old, new in (b"0.25", b"0.75"), (b"MeanSquaredError", b"MeanAbsoluteError"), (b"digest", b"digesu"):
        assert old in header
        parts.append((header.replace(old, new), data))
    for header, data in parts:
        path.write_bytes(struct.pack("<Q", len(header)) + header + data)
        with pytest.raises(FileFormatError, match=r"its digest is wrong|describes digesu"):
            cr.load(path)
    path.write_bytes(whole)
    cr.load(path)


def test_a_file_of_an_earlier_version_has_no_digest(tmp_path: Path) -> None:
    arrays = {"0.W": np.ones((2, 3), np.float32), "0.b": np.ones(3, np.float32)}
    network = cr.load(written(tmp_path / "a", [{"type": "Dense", "units": 3}], arrays))
    np.testing.assert_array_equal(network.predict(np.ones((1, 2))), [[3, 3, 3]])


def test_the_digest_covers_what_could_be_exchanged() -> None:
    A, B = np.arange(4, dtype=np.float32), np.arange(4, 8, dtype=np.float32)
    variants: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"a": 1}, {"A": A, "B": B}),
        ({"a": 2}, {"A": A, "B": B}),
        ({"b": 1}, {"A": A, "B": B}),
        ({"a": 1}, {"A": B, "B": A}),
        ({"a": 1}, {"A": A, "C": B}),
        ({"a": 1}, {"A": A}),
        ({"a": 1}, {"A": A.reshape(2, 2), "B": B}),
        ({"a": 1}, {"A": A.view(np.int32), "B": B}),
        ({"a": 1}, {"A": np.concatenate([A, B]), "B": B[:0]}),
    ]
    assert len({tensors.digest(*variant) for variant in variants}) == len(variants)
    assert tensors.digest({}, {"A": A.reshape(2, 2).T}) == tensors.digest({}, {"A": A.reshape(2, 2).T.copy()})


# The bytes.

WHOLE_NUMBERS = [f"{kind}int{bits}" for kind in ("", "u") for bits in (8, 16, 32, 64)]
CONTENTS: dict[str, dict[str, Any]] = {
    "none": {},
    "empty": {"0.W": np.ones((0, 3), np.float32)},
    "of every type": {
        f"{dtype}.가{n}": np.arange(n).reshape((n, 1) if n else ()).astype(dtype) if n else np.ones((), dtype)
        for dtype in ("float16", "float32", "float64", "bool", *WHOLE_NUMBERS)
        for n in (0, 1, 3)
    },
    "large, with a digest of another thread": {"0.W": np.ones((700, 600), np.float32).T, "0.b": np.arange(3.0)},
}


@pytest.mark.parametrize("content", CONTENTS)
def test_files_are_those_of_safetensors(content: str, tmp_path: Path) -> None:
    arrays, description = CONTENTS[content], {"a": 'é"\\가', "digest of none": "0" * 64}
    tensors.write(tmp_path / "a", "chainrule", description, arrays)
    text = json.dumps({**description, "digest": tensors.digest(description, arrays)})
    whole = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    assert (tmp_path / "a").read_bytes() == safetensors.numpy.save(whole, metadata={"chainrule": text})
    with tensors.opened(tmp_path / "a") as file:
        assert file.describe("chainrule") == description
        loaded = file.arrays()
    assert loaded.keys() == arrays.keys()
    for name, array in loaded.items():
        assert array.dtype == arrays[name].dtype
        assert array.flags.writeable
        np.testing.assert_array_equal(array, arrays[name])


def test_arrays_that_lie_at_odd_places_are_moved(tmp_path: Path) -> None:
    header = b'{"W":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    odd = header + b" " * (1 + len(header) % 2)
    content = len(odd).to_bytes(8, "little") + odd + np.array([1, 2], "<f4").tobytes()
    beside = (
        b'{"A":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"W":{"dtype":"F32","shape":[2],"data_offsets":[3,11]}}'
    )
    for name, whole in [
        ("a", content),
        ("b", len(beside).to_bytes(8, "little") + beside + b"abc" + np.array([1, 2], "<f4").tobytes()),
    ]:
        (tmp_path / name).write_bytes(whole)
        with tensors.opened(tmp_path / name) as file:
            W = file.arrays()["W"]
        assert W.flags.aligned
        np.testing.assert_array_equal(W, [1, 2])


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path, arrays = tmp_path / "a", {"W": np.ones(9, np.float32)}
    tensors.write(path, "chainrule", {}, arrays)
    whole = path.read_bytes()
    tensors.write(tmp_path / "b", "chainrule", {}, {"V": np.ones(9, np.float32)})
    wider = (tmp_path / "b").read_bytes().replace(b'"V"', b'"W"').replace(b"[9]", b"[7]").replace(b"36]", b"28]")
    for other in (whole[:-4], (tmp_path / "b").read_bytes(), wider, b"", b"\xff" * 20):
        path.write_bytes(whole)
        with pytest.raises(tensors.DamagedError, match="it changed while it was read"), tensors.opened(path) as file:
            claims = file.claims()
            path.write_bytes(other)
            tensors._read(path, claims)


# What is not saved.


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(value: float, tmp_path: Path) -> None:
    network = cr.Network.mlp([3, 4, 2])
    network.params[2]["W"][1, 1] = value
    kind = "NaN" if np.isnan(value) else "infinity"
    with pytest.raises(InputError, match=f"not saved: 2.W holds {kind}"):
        cr.save(network, tmp_path / "a")
    assert not list(tmp_path.iterdir())
    arrays = {"0.W": np.full((2, 1), value, np.float32), "0.b": np.zeros(1, np.float32)}
    refused(written(tmp_path / "a", [{"type": "Dense", "units": 1}], arrays), f"0.W holds {kind}")


def _large(network: cr.Network) -> None:
    network.params[0]["W"][:] = 3e38  # whose sum is infinite


def _float64(network: cr.Network) -> None:
    network.params[0]["W"] = np.zeros((3, 4))


def _other_shape(network: cr.Network) -> None:
    network.params[0]["W"] = network.params[0]["W"][:2]


def _one_missing(network: cr.Network) -> None:
    del network.params[0]["b"]


def _setting(value: Any) -> Callable[[cr.Network], None]:
    # Around the checks of the layer itself.
    return lambda network: object.__setattr__(network.body.layers[0], "units", value)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (_float64, r"not saved: .*'0.W': 'float32 \(3, 4\)'.*'float64 \(3, 4\)'"),
        (_other_shape, r"not saved: .*float32 \(3, 4\).*float32 \(2, 4\)"),
        (_one_missing, r"not saved: .*'0.b'"),
        (_setting(np.int64(4)), r"Dense.units, which is .*4.* \(int64\): settings"),
        (_setting(float("nan")), r"Dense.units, which is nan \(float\)"),
        (_setting(len), "Dense.units, which is <built-in function len>"),
        (_setting({4}), r"Dense.units, which is \{4\} \(set\)"),
        (_setting(0), "not saved"),
    ],
)
def test_what_could_not_be_loaded_again_is_not_saved(
    spoil: Callable[[cr.Network], None], match: str, tmp_path: Path
) -> None:
    network = cr.Network.mlp([3, 4, 2])
    spoil(network)
    with pytest.raises(InputError, match=match):
        cr.save(network, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_setting_that_would_come_back_as_another_is_not_saved(tmp_path: Path) -> None:
    network = cr.Network([cr.Reshape((4,))], "mean_squared_error", input_shape=(2, 2))
    object.__setattr__(network.body.layers[0], "shape", [4])  # comes back as a tuple
    with pytest.raises(InputError, match=r"would give back Reshape\(shape=\(4,\)\) in place of Reshape\(shape=\[4\]\)"):
        cr.save(network, tmp_path / "a")


def test_large_weights_are_no_infinite_ones(tmp_path: Path) -> None:
    network = cr.Network.mlp([3, 4, 2])
    _large(network)
    cr.save(network, tmp_path / "a")
    assert cr.load(tmp_path / "a").params[0]["W"].max() == np.float32(3e38)


def test_arguments_that_are_none() -> None:
    # In a process of its own, without the tests' checks of types.
    code = """
import chainrule as cr
network = cr.Network.mlp([3, 2])
for path in (None, 3, b"a", ["a"], "a\\0b"):
    for call in lambda: cr.save(network, path), lambda: cr.load(path):
        try:
            call()
        except cr.errors.InputError as error:
            assert "takes the path of a file, but got" in str(error)
try:
    cr.save(cr.Dense(3), "a")
except cr.errors.InputError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("save takes a Network, but got a Dense.\n", "")


# What else a file may be.


def _zip(*names: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"content")

    return write


def _bytes(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


FOREIGN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "empty": (_bytes(b""), "it is empty"),
    "one byte, with which ONNX begins": (_bytes(b"\x08"), "header too small"),
    "weights.h5": (
        _bytes(b"\x89HDF\r\n\x1a\n" + bytes(600)),
        r"HDF5.*chainrule.files.from_keras\(.*h5py",
    ),
    "a.keras": (_zip("metadata.json", "model.weights.h5"), r"Keras.*chainrule.files.from_keras\(network, path\)"),
    "b.keras": (_bytes(b"PK\x03\x04" + bytes(200)), "Keras"),
    "a.pt": (_zip("archive/data.pkl"), r"PyTorch: chainrule.files.from_torch\(network, path\)"),
    "b.pth": (_bytes(b"PK\x03\x04" + b"a" * 99), "PyTorch"),
    "a.npz": (_zip("W.npy"), "numpy.load"),
    "b.npz": (_bytes(b"PK\x03\x04"), "numpy.load"),
    "a.zip": (_zip("read.me"), "a ZIP archive"),
    "sample_weight.pkl": (_bytes(pickle.dumps({"W": np.ones(1)})), "chainrule.files.load_book_weights"),
    "old": (_bytes(pickle.dumps({"W": np.ones(1)}, 2)), "chainrule.files.load_book_weights"),
    "oldest.pkl": (_bytes(pickle.dumps({"W": 1}, 0)), "chainrule.files.load_book_weights"),
    "named-otherwise.safetensors": (_zip("archive/data.pkl"), "PyTorch"),
    "old-weights": (_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."), "PyTorch"),
    "without-producer": (_bytes(b"\x08\x0a\x3a\x1f\x0a\x05" + bytes(20)), "ONNX"),
    "a.npy": (lambda path: np.save(path, np.ones(3)), "numpy.load"),
    "a.gz": (_bytes(gzip.compress(b"model")), "gunzip"),
    "a.onnx": (_bytes(b"\x08\x07\x12\x07pytorch"), r"ONNX.*chainrule.files.from_onnx\(path\)"),
    "b": (_bytes(b"\x08\x08\x12\x0cpytorch1.2.3"), "ONNX"),
    "train-images": (_bytes(b"\0\0\x08\x03" + bytes(12)), "read_idx"),
    "a.parquet": (_bytes(b"PAR1" + bytes(20)), "a table: .*chainrule train TABLE"),
    "a.png": (_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20)), "a picture"),
    "notes.txt": (_bytes("안녕하세요, this is a text.\n".encode() * 20), "a text"),
    "page": (_bytes(b"\n<!DOCTYPE html><html>404"), "a web page"),
    "pointer": (_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
    "noise": (_bytes(bytes(range(255, 0, -1))), "safetensors says"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_are_named_with_what_reads_them(name: str, tmp_path: Path) -> None:
    write, match = FOREIGN[name]
    write(tmp_path / name)
    refused(tmp_path / name, f"is not a model file, or it is truncated or damaged: .*{match}")


def test_folders_and_checkpoints_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"is a folder. Name the model file in it; checkpoints are for fit\(checkpoint"
    ):
        cr.load(tmp_path)
    X, y = cr.datasets.xor(seed=0)
    cr.Network.mlp([2, 2, 1]).fit(X, y, epochs=1, checkpoint=tmp_path, verbose=False)
    refused(max(tmp_path.glob("checkpoint-*")), r"is a checkpoint of a run: give its folder to fit\(checkpoint=")
