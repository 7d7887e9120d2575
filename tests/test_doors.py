"""The one door for data: what people hold numbers in, and what is refused there in a sentence with the fix."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse

import chainrule as cr
from chainrule.arrays import Mode
from chainrule.common.errors import InputError
from chainrule.data.convert import as_array
from tests.engines import TORCH

NUMBERS = [[1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]
X = np.random.default_rng(0).standard_normal((20, 2))
Y = np.arange(20) % 2

HELD = {
    "lists": NUMBERS,
    "tuples": tuple(map(tuple, NUMBERS)),
    "objects": np.array(NUMBERS, object),
    "decimals": [[Decimal(str(v)) for v in row] for row in NUMBERS],
    "masked array that hides nothing": np.ma.masked_array(np.array(NUMBERS)),
    "matrix": np.asmatrix(NUMBERS),
    "frame": pd.DataFrame(NUMBERS, columns=["a", "b"]),
    "frame with a column of truth values": pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [False, True, False]}),
    "frame of nullable numbers": pd.DataFrame({"a": [1, 2, 3], "b": [0, 1, 0]}).astype("Int64"),
    "frame of nullable truth values": pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0, 1, 0]}).astype({"b": "boolean"}),
    "frame of Arrow's numbers": pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0, 1, 0]}).convert_dtypes(
        dtype_backend="pyarrow"
    ),
    "frame of objects that are numbers": pd.DataFrame(NUMBERS, columns=["a", "b"], dtype=object),
    "get_dummies": pd.get_dummies(pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": list("xyx")})).iloc[:, [0, 2]],
    "polars": pl.DataFrame({"a": [1, 2, 3], "b": [False, True, False]}),
}


@pytest.mark.parametrize("how", HELD)
def test_the_same_numbers_in_any_form(how: str) -> None:
    array = as_array("X", HELD[how])
    np.testing.assert_array_equal(array, NUMBERS)
    assert array.dtype.kind in "fiu"


@pytest.mark.parametrize("how", ["frame with a column of truth values", "polars", "lists", "objects"])
def test_all_faces_take_what_fit_takes(how: str) -> None:
    network = cr.Network.mlp([2, 4, 2])
    network.fit(HELD[how], [0, 1, 0], epochs=1, verbose=False)
    expected = network.predict(np.array(NUMBERS))
    np.testing.assert_array_equal(network.predict(HELD[how]), expected)
    assert network.evaluate(HELD[how], [0, 1, 0]) == network.evaluate(np.array(NUMBERS), np.array([0, 1, 0]))


def test_series_are_targets() -> None:
    for y in (pd.Series([0, 1, 0], dtype="Int64"), pl.Series([0, 1, 0]), pd.DataFrame({"y": [0, 1, 0]})):
        assert len(cr.Network.mlp([2, 2]).fit(NUMBERS, y, epochs=1, verbose=False)) == 1


REFUSED: dict[str, tuple[Any, str]] = {
    "hidden values": (
        np.ma.masked_array(np.array(NUMBERS), np.array([[0, 1]] * 3)),
        r"hides . values, .* X\.filled\(0\)",
    ),
    "sparse matrix": (scipy.sparse.csr_matrix(NUMBERS), r"X is sparse \(csr_matrix\).*X\.toarray\(\)"),
    "sparse array": (scipy.sparse.coo_array(NUMBERS), r"X is sparse \(coo_array\).*X\.toarray\(\)"),
    "ragged": ([[1.0, 2.0], [3.0]], "Row 0 has 2 numbers, but row 1 has 1 numbers: make all rows equally long"),
    "text": ([["1", "2"]], "X must hold numbers, but it has dtype <U1"),
    "a file's name": ("data.csv", "must be an array, a data frame or lists of numbers, but it is of type str"),
    "complex": (np.array([[1j]]), "it has dtype complex128, such as .* Give the real and the imaginary part"),
    "categories": (
        pd.DataFrame({"a": [1.0], "b": pd.Categorical(["x"])}),
        "has category in column 'b'. Encode it as numbers first, such as with pandas.get_dummies",
    ),
    "dates": (pd.DataFrame({"b": pd.to_datetime(["2020-01-01"])}), "in column 'b'"),
    "text in a frame": (pd.DataFrame({"a": [1.0, 2.0], "b": [1, "x"]}), "it has 'x' at row 1 in column 'b'"),
    "missing, nullable": (
        pd.DataFrame({"a": [1.0, 2.0], "b": pd.array([1, None], "Int64")}),
        "has 1 missing values in column 'b', the first in row 1. Fill them in",
    ),
    "missing, polars": (pl.DataFrame({"a": [1, None]}), "has 1 missing values in column 'a', the first in row 1"),
    "columns of one name": (pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), "has several columns named 'a'"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("face", ["fit", "predict", "evaluate", "predict_classes", "trace"])
def test_what_is_refused_at_every_face(what: str, face: str) -> None:
    data, message = REFUSED[what]
    network = cr.Network.mlp([2, 2])
    with pytest.raises(InputError, match=message):
        if face == "fit":
            network.fit(data, [0, 1], epochs=1, verbose=False)
        elif face == "evaluate":
            network.evaluate(data, [0, 1])
        else:
            getattr(network, face)(data)


SHAPES: dict[str, tuple[Any, Any, str]] = {
    "columns are examples": (X.T, Y, r"inputs of shape .* If the examples are its columns, write X\.T"),
    "one row": (X[0], Y[:1], r"one example write X\[None\]"),
    "a row of targets": (X, Y[None], r"same length, .* Write y\.T"),
    "one example too few": (X[1:], Y, "X has 19 examples and y has 20"),
}


@pytest.mark.parametrize("what", SHAPES)
def test_shapes_that_people_mix_up(what: str) -> None:
    inputs, targets, message = SHAPES[what]
    with pytest.raises(InputError, match=message):
        cr.Network.mlp([2, 4, 2]).fit(inputs, targets, epochs=1, verbose=False)


def test_columns_as_examples_of_a_network_that_is_not_built() -> None:
    with pytest.raises(InputError, match=r"If the examples are the columns of X, write X\.T"):
        cr.Network([cr.Dense(2)], "categorical_cross_entropy").fit(X.T, Y, epochs=1, verbose=False)


def test_pictures_need_to_be_flattened() -> None:
    pictures = np.zeros((20, 4, 4))
    with pytest.raises(InputError, match=r"X\.reshape\(len\(X\), 16\), or begin the network with cr\.Flatten"):
        cr.Network.mlp([16, 2]).fit(pictures, Y, epochs=1, verbose=False)
    with pytest.raises(InputError, match=r"need cr\.Flatten\(\) before Dense"):
        cr.Network([cr.Dense(2)], "categorical_cross_entropy").fit(pictures, Y, epochs=1, verbose=False)


def test_targets_with_an_axis_of_one() -> None:
    a, b = (cr.Network.mlp([2, 2]).fit(X, y, epochs=2, verbose=False) for y in (Y, Y[:, None]))
    assert a.rows == b.rows


# Column names.


def test_columns_are_put_in_order_by_name() -> None:
    frame = pd.DataFrame(X, columns=["a", "b"])
    network = cr.Network.mlp([2, 4, 2])
    network.fit(frame, Y, epochs=1, verbose=False)
    assert network.feature_names == ("a", "b")
    expected = network.predict(frame)
    np.testing.assert_array_equal(network.predict(frame[["b", "a"]]), expected)
    np.testing.assert_array_equal(network.predict(pl.DataFrame({"b": X[:, 1], "a": X[:, 0]})), expected)
    assert network.evaluate(frame[["b", "a"]], Y) == network.evaluate(frame, Y)
    np.testing.assert_array_equal(network.predict(X), expected)  # an array has no names to compare
    with pytest.raises(InputError, match="with the columns 'a', 'b', but this frame lacks 'b' and also has 'c'"):
        network.predict(frame.rename(columns={"b": "c"}))
    with pytest.raises(InputError, match="also has 'c'"):
        network.fit(frame.assign(c=1.0), Y, epochs=1, verbose=False)


def test_a_second_fit_on_reordered_columns_is_the_same() -> None:
    frame = pd.DataFrame(X, columns=["a", "b"])
    histories = []
    for second in (frame, frame[["b", "a"]]):
        network = cr.Network.mlp([2, 4, 2])
        network.fit(frame, Y, epochs=1, verbose=False)
        histories.append(network.fit(second, Y, epochs=1, verbose=False).rows)
    assert histories[0] == histories[1]


def test_validation_data_is_put_in_the_order_of_the_training_data() -> None:
    frame = pd.DataFrame(X, columns=["a", "b"])
    rows = []
    for validation in (frame, frame[["b", "a"]]):
        network = cr.Network.mlp([2, 4, 2])
        rows.append(network.fit(frame, Y, epochs=1, validation_data=(validation, Y), verbose=False).rows)
    assert rows[0] == rows[1]
    with pytest.raises(InputError, match=r"In validation_data, .* this frame lacks 'a'"):
        network.fit(frame, Y, epochs=1, validation_data=(frame[["b"]], Y), verbose=False)


def test_numbered_columns_are_in_the_order_of_their_numbers() -> None:
    network = cr.Network.mlp([2, 2])
    network.fit(pd.DataFrame(X), Y, epochs=1, verbose=False)
    assert network.feature_names is None
    expected = network.predict(X)
    np.testing.assert_array_equal(network.predict(pd.DataFrame(X)[[1, 0]]), expected)
    turned = pd.DataFrame({1: X[:, 1], 0: X[:, 0].astype(np.float32)})  # of two dtypes
    np.testing.assert_allclose(network.predict(turned), expected, rtol=1e-6)


def test_columns_of_other_names_are_remembered_as_texts() -> None:
    frame = pd.DataFrame(X, columns=["a", 7])
    network = cr.Network.mlp([2, 2])
    network.fit(frame, Y, epochs=1, verbose=False)
    assert network.feature_names == ("a", "7")
    np.testing.assert_array_equal(network.predict(frame[[7, "a"]]), network.predict(X))


@pytest.mark.parametrize("table", [lambda frame: frame, pa.Table.from_pandas, pl.from_pandas])
def test_frames_in_batches_are_put_in_order_too(table: Any) -> None:
    frame = pd.DataFrame(X, columns=["a", "b"])
    turned = table(frame[["b", "a"]])
    a, b = cr.Network.mlp([2, 2]), cr.Network.mlp([2, 2])
    a.fit([(table(frame), Y), (turned, Y)], epochs=2, verbose=False, validation_data=[(turned, Y)])
    b.fit([(X, Y), (X, Y)], epochs=2, verbose=False, validation_data=(X, Y))
    assert a.history.rows == b.history.rows and a.feature_names == ("a", "b")
    for data in (turned, [(turned, Y)]):
        np.testing.assert_array_equal(a.predict(data), b.predict(X))
    assert a.evaluate([(turned, Y)]) == a.evaluate(turned, Y) == b.evaluate(X, Y)


class Loader:
    def __iter__(self) -> Any:
        return iter([(X, Y), (X, Y)])

    def __len__(self) -> int:
        return 2


@pytest.mark.parametrize("batches", [Loader(), [[X, Y], [X, Y]], ((X, Y), (X, Y))])
def test_batches_of_any_kind_are_predicted(batches: Any) -> None:
    network = cr.Network.mlp([2, 2])
    network.fit(batches, epochs=1, verbose=False)
    np.testing.assert_array_equal(network.predict(batches), np.concatenate([network.predict(X)] * 2))


def test_balanced_classes_are_counted_alike_in_memory_and_stored(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", X)
    stored, weights = np.load(tmp_path / "X.npy", mmap_mode="r"), np.ones(20)
    weights[:10] = 0

    def trained(X: Any, y: Any) -> Any:
        network = cr.Network.mlp([2, 2])
        network.fit(X, y, sample_weight=weights, class_weight="balanced", epochs=1, batch_size=20, verbose=False)
        return network.params[0]["W"]

    y = np.arange(20) % 3 // 2
    for garbage in (99, -7):
        np.testing.assert_allclose(trained(stored, np.where(weights, y, garbage)), trained(X, y), rtol=1e-6)
    with pytest.raises(InputError, match="so y needs that shape"):
        trained(stored, np.ones((20, 7)))


def test_a_mask_of_another_shape_beside_balanced_classes(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", np.zeros((20, 5, 3)))
    stored, y = np.load(tmp_path / "X.npy", mmap_mode="r"), np.tile(np.arange(5) % 2, (20, 1))
    network = cr.Network([cr.LSTM(4, sequence=True), cr.Dense(2)], "categorical_cross_entropy")
    mask = np.tile([1, 1, 0], (20, 1))
    with pytest.raises(InputError, match=r"mask.* \(20, 3\)"):
        network.fit(stored, y, mask=mask, class_weight="balanced", epochs=1, verbose=False)


@pytest.mark.parametrize("dtype", ["i8", ">i4", ">i8", "u8", ">f4"])
@pytest.mark.parametrize("other", ["xla", TORCH])
def test_whole_numbers_of_any_width_and_order_are_the_same_on_every_engine(dtype: str, other: str) -> None:
    large = np.array([2_000_000_000, 1, 2, 2_100_000_000]) * (2 if dtype[-1] == "8" else 1)
    for X, y in ((large.astype(dtype)[:, None], np.arange(4.0)), (np.arange(4.0)[:, None], large.astype(dtype))):
        losses = []
        for engine in ("numpy", other):
            network = cr.Network([cr.Dense(1)], "mean_squared_error")
            history = network.fit(
                X, y, epochs=1, batch_size=4, optimizer=cr.SGD(1e-25), engine=engine, verbose=False,
                sample_weight=np.ones(4, ">i4"),
            )  # fmt: skip
            losses.append(history["loss"][0])
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("before", [cr.Sequential([cr.Reshape((2,))]), cr.Dropout(0.0)])
def test_words_that_became_floats_are_refused_where_nobody_can_check_them(before: Any) -> None:
    layers = [before, cr.Embedding(10, 2), cr.GlobalAveragePool(), cr.Dense(2)]
    for engine, message in (("numpy", "input holds 2.5"), ("xla", "Begin the network with it")):
        network = cr.Network(layers, "categorical_cross_entropy")
        with pytest.raises(InputError, match=message):
            network.fit(np.array([[9, 1], [2, 2.5]]), [0, 1], epochs=1, engine=engine, verbose=False)


@pytest.mark.parametrize("engine", ["numpy", "xla", TORCH])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_class_weights_of_pixels(engine: str, weight: float) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 4, 5, 2)), rng.integers(0, 3, (20, 4, 5))
    y[0] = 0
    layers = [cr.Conv2D(4, 3), cr.BatchNorm(), cr.Dense(3)]
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=X.shape[1:], dtype=np.float64)
    y = y[:, 1:-1, 1:-1]
    weights = np.array([weight, 2.0, 3.0])[y]
    counted = weights.any(axis=(1, 2))  # a picture without weight is left out of the batch's statistics, too
    Z, _ = network.body.forward(network.params, X[counted], Mode(training=True))
    first, _ = network.loss(Z, y[counted], weights[counted])
    history = network.fit(
        X, y, class_weight={0: weight, 1: 2.0, 2: 3.0}, epochs=2, engine=engine, verbose=False, optimizer=cr.Adam(0.01)
    )
    assert history["loss"][0] == pytest.approx(float(first), rel=1e-12) and history["loss"][1] < history["loss"][0]


ODD: dict[str, tuple[Any, str]] = {
    "masked rows": ([np.ma.array([1.0, 2.0], mask=[False, True])], "hides 1 values"),
    "lists in polars": (
        pl.DataFrame({"a": [[1.0], [2.0]], "b": [1, 2]}),
        "X must hold numbers, but it has array.* in column 'a'",
    ),
    "records in polars": (pl.DataFrame({"a": [{"c": 1}, {"c": 2}], "b": [1, 2]}), "row in column 'a'"),
    "lazy": (pl.DataFrame({"a": [1, 2], "b": [1, 2]}).lazy(), r"write X\.collect\(\)"),
    "too large": (pd.DataFrame({"a": [10**400, 1], "b": [1, 2]}, dtype=object), "at row 0 of column 'a'"),
    "a row of a frame": (pd.DataFrame(X).iloc[0], r"frame\.iloc\[\[0\]\]"),
}


@pytest.mark.filterwarnings("ignore:Determining the column names")
@pytest.mark.parametrize("what", ODD)
def test_what_holds_no_numbers_is_named(what: str) -> None:
    network = cr.Network.mlp([2, 2])
    network.fit(pd.DataFrame(X, columns=["a", "b"]), Y, epochs=1, verbose=False)
    with pytest.raises(InputError, match=ODD[what][1]):
        network.predict(ODD[what][0])


def test_a_file_of_hdf5_is_no_dataset(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("X", data=X)
        weights = file.create_dataset("w", data=np.ones(20))
        stored = file.create_dataset("large", data=X)
        with pytest.raises(InputError, match=r"name one, as in file\['X'\]"):
            cr.Network.mlp([2, 2]).fit(file, Y)
    np.save(tmp_path / "X.npy", X)
    with pytest.raises(InputError, match=r"sample_weight is a dataset of an HDF5 file that is closed"):
        cr.Network.mlp([2, 2]).fit(np.load(tmp_path / "X.npy", mmap_mode="r"), Y, sample_weight=weights)
    assert not stored


def test_an_iterator_brings_its_own_targets() -> None:
    with pytest.raises(InputError, match="leave out y"):
        cr.Network.mlp([2, 2]).fit(iter([(X, Y)]), Y)
    with pytest.raises(InputError, match=r"write \(X, y\) instead of \[X, y\]"):
        cr.Network.mlp([2, 2]).fit(X, Y, validation_data=[X, Y])


def test_the_row_of_a_wrong_word_is_counted_from_the_first() -> None:
    words = np.zeros((3000, 3), int)
    words[2500, 1] = 77
    layers = [cr.Embedding(10, 2), cr.GlobalAveragePool(), cr.Dense(2)]
    with pytest.raises(InputError, match=r"X holds 77 at index \(2500, 1\)"):
        cr.Network(layers, "categorical_cross_entropy", input_shape=(3,)).predict(words)


def test_parquet_without_a_target_is_predicted(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame(X, columns=["a", "b"]).to_parquet(path)
    network = cr.Network.mlp([2, 2])
    network.fit(pd.DataFrame(X, columns=["a", "b"]), Y, epochs=1, verbose=False)
    np.testing.assert_array_equal(network.predict(cr.sources.Parquet(path)), network.predict(X))
    pq.write_table(pa.table([[1.0], [2.0], [3]], names=["a", "a", "y"]), path)
    with pytest.raises(InputError, match="several columns named 'a'"):
        cr.sources.Parquet(path, "y")


def test_scores_of_all_rows_need_no_weights_in_every_batch() -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((8, 5, 3)), rng.integers(0, 2, (8, 5))
    network = cr.Network([cr.Dense(1)], "binary_cross_entropy", input_shape=(5, 3))
    ones = np.ones((8, 5))
    mixed = network.evaluate([(X, Y), (X, Y, ones, ones)], metrics=["roc_auc"])
    assert mixed == pytest.approx(network.evaluate([(X, Y), (X, Y)], metrics=["roc_auc"]))


def test_a_bad_number_is_named_by_row_and_place() -> None:
    frame = pd.DataFrame({"age": [1.0, 2.0, np.nan], "size": [1.0, 2.0, 3.0]})
    with pytest.raises(InputError, match=r"1 of its 6 values is NaN or infinite \(nan at row 2 of column 'age'\)"):
        cr.Network.mlp([2, 2]).fit(frame, [0, 1, 0], epochs=1, verbose=False)


# Files.


def write(path: Path, **columns: Any) -> Path:
    pd.DataFrame({"a": X[:, 0], "b": X[:, 1], **columns}).sample(frac=1, random_state=0).to_parquet(path)
    return path


def test_the_index_that_pandas_writes_is_no_feature(tmp_path: Path) -> None:
    assert cr.sources.Parquet(write(tmp_path / "t.parquet", label=Y), target="label").columns == ("a", "b")


def test_partitions_are_named(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1.0, 2.0], "label": [0, 1], "year": [1, 2]}).to_parquet(tmp_path, partition_cols=["year"])
    with pytest.raises(InputError, match=r"is partitioned: its files are in subfolders, such as year=1.*"):
        cr.sources.Parquet(tmp_path, target="label")


def test_parquet_is_predicted_and_put_in_order(tmp_path: Path) -> None:
    stored = cr.sources.Parquet(write(tmp_path / "t.parquet", label=Y), target="label")
    network = cr.Network.mlp([2, 4, 2])
    network.fit(stored, epochs=1, verbose=False)
    assert network.feature_names == ("a", "b")
    frame = pd.read_parquet(tmp_path / "t.parquet")
    expected = network.predict(frame[["a", "b"]])
    np.testing.assert_allclose(network.predict(stored), expected, rtol=1e-6)
    frame[["label", "b", "a"]].to_parquet(tmp_path / "other.parquet")
    other = cr.sources.Parquet(tmp_path / "other.parquet", target="label")
    np.testing.assert_allclose(network.predict(other), expected, rtol=1e-6)
    assert network.evaluate(other)["loss"] == pytest.approx(network.evaluate(stored)["loss"])
    frame[["label", "a"]].to_parquet(tmp_path / "less.parquet")
    with pytest.raises(InputError, match="the Parquet files lack b"):
        network.predict(cr.sources.Parquet(tmp_path / "less.parquet", target="label"))


def test_a_closed_file_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        data = file.create_dataset("X", data=X)
    network = cr.Network.mlp([2, 2])
    for call in (lambda: network.fit(data, Y), lambda: network.predict(data), lambda: network.evaluate(X, data)):
        with pytest.raises(InputError, match=r"is a dataset of an HDF5 file that is closed"):
            call()


def test_all_weights_zero_is_a_sentence_on_every_source(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", X)
    stored, w = np.load(tmp_path / "X.npy", mmap_mode="r"), np.zeros(20)
    for data in ((X, Y, w), (stored, Y, w)):
        with pytest.raises(InputError, match="so there is nothing to average"):
            cr.Network.mlp([2, 2]).fit(data[0], data[1], sample_weight=w, epochs=1, verbose=False)
        with pytest.raises(InputError, match="so there is nothing to average"):
            cr.Network.mlp([2, 2]).evaluate(data[0], data[1], sample_weight=w)
    for call in (cr.Network.mlp([2, 2]).fit, cr.Network.mlp([2, 2]).evaluate):
        with pytest.raises(InputError, match="so there is nothing to average"):
            call([(X, Y, w)])


# Batches.


def endless() -> Any:
    while True:
        yield X[:8], Y[:8]


def test_steps_per_epoch_ends_the_epochs_of_an_endless_generator() -> None:
    network = cr.Network.mlp([2, 2])
    steps: list[int] = []

    class Steps(cr.Callback):
        def epoch_end(self, run: Any) -> None:
            steps.append(run.step)

    network.fit(endless(), epochs=3, steps_per_epoch=5, callbacks=[Steps()], verbose=False)
    network.fit(endless, epochs=1, steps_per_epoch=2, callbacks=[Steps()], verbose=False)
    assert steps == [5, 10, 15, 17]
    with pytest.raises(InputError, match="steps_per_epoch=9 batches, but the batches ended after 1"):
        network.fit([(X, Y)], epochs=1, steps_per_epoch=9, verbose=False)
    with pytest.raises(InputError, match="steps_per_epoch is for batches"):
        network.fit(X, Y, epochs=1, steps_per_epoch=9, verbose=False)


def test_an_iterator_goes_on_from_epoch_to_epoch() -> None:
    seen: list[float] = []

    def numbered() -> Any:
        for i in range(100):
            seen.append(i)
            yield X[:8] + i, Y[:8]

    cr.Network.mlp([2, 2]).fit(numbered(), epochs=2, steps_per_epoch=3, verbose=False)
    assert seen[:6] == [0, 1, 2, 3, 4, 5]


# Integers.


@pytest.mark.parametrize("engine", ["numpy", "fast", "xla", TORCH])
@pytest.mark.parametrize("bad", [-1, 10, 3.5])
def test_words_that_are_none_are_refused_on_every_engine(engine: str, bad: float) -> None:
    words = np.arange(12.0).reshape(-1, 1) % 10
    words[3] = bad
    network = cr.Network(
        [cr.Embedding(10, 4), cr.Flatten(), cr.Dense(2)], "categorical_cross_entropy", input_shape=(1,)
    )
    for call in (lambda: network.fit(words, np.arange(12) % 2, engine=engine), lambda: network.predict(words)):
        with pytest.raises(InputError, match=rf"whole numbers from 0 to 9 .* but X holds {bad}.* at index \(3, 0\)"):
            call()


def test_large_vocabularies_keep_their_words() -> None:
    class Looked(cr.Embedding):
        def init(self, rng: Any, input_shape: Any, dtype: Any = np.float32) -> Any:
            return {"W": np.zeros((4, self.units), dtype)}, (*input_shape, self.units)

        def forward(self, params: Any, x: Any, mode: Any = None) -> Any:
            seen.extend(x.ravel().tolist())
            return super().forward(params, x % 4)

    seen: list[int] = []
    words = np.array([[2**24 + 1], [2**24 + 3]])
    network = cr.Network([Looked(2**25, 2), cr.Flatten(), cr.Dense(1)], "huber", input_shape=(1,))
    network.fit(words, [0.0, 1.0], epochs=1, verbose=False)
    assert set(seen) <= {0, 2**24 + 1, 2**24 + 3} and 2**24 + 1 in seen  # 0: the example whose memory is measured


def test_an_embedding_beside_a_dense_layer_shares_whole_numbers() -> None:
    both = cr.Concatenate([[cr.Embedding(9, 2), cr.Flatten()], cr.Dense(3)])
    network = cr.Network([both, cr.Dense(1)], "huber", input_shape=(4,))
    words = np.random.default_rng(0).integers(0, 9, (20, 4))
    a = network.predict(words)
    assert a.dtype == np.float32
    np.testing.assert_array_equal(a, network.predict(words.astype(float)))
    np.testing.assert_allclose(network.predict(words, engine="xla"), a, rtol=1e-5)


# Numbers that become too large.


def test_what_overflows_in_the_cast_is_named() -> None:
    large = X.copy()
    large[7, 1] = 1e300
    network = cr.Network.mlp([2, 4, 2])
    for call in (lambda: network.fit(large, Y), lambda: network.predict(large), lambda: network.evaluate(large, Y)):
        with pytest.raises(InputError, match=r"X must be finite in float32, .* \(1e\+300\) at index \(7, 1\)"):
            call()
    cr.Network.mlp([2, 4, 2], dtype=np.float64).predict(large / 1e200)
    targets = np.full(20, 1e300)
    with pytest.raises(InputError, match=r"y must be finite in float32"):
        cr.Network([cr.Dense(1)], "mean_squared_error").fit(X, targets, verbose=False)
