"""Examples that do not fit in memory: every row once, in an order that can be entered anywhere, read ahead."""

import gc
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import chainrule as cr
from chainrule.arrays import Array, machine
from chainrule.common.errors import DataUnavailableError, FileFormatError, InputError, MissingExtraError
from chainrule.data import sources
from chainrule.data.batches import Arrays, Block, BlockSize, Data, Source, cuts
from chainrule.data.checks import all_fit
from chainrule.data.sources import Batches, Parquet, Stored, read_ahead

SIZE = BlockSize(2**18, 256)
N = 1003  # rows whose first feature, target, weight and mask are all the number of the row


def checked(data: Data) -> Data:
    all_fit("X", data.X, np.float64)
    return data


def make(X: Any, y: Any = None, batch_size: int = 10, **more: Any) -> Any:
    prepare, steps, names = more.pop("prepare", checked), more.pop("steps", None), more.pop("names", None)
    return sources.source(sources.Held(X, y, **more), sources.Cutting(batch_size, 5, steps), prepare, names)


def table(rows: Array) -> Array:
    return np.stack([rows, rows % 7, rows % 3], axis=1).astype(np.float32)


def memmap(folder: Path) -> Source:
    np.save(folder / "X.npy", table(np.arange(N)))
    np.save(folder / "y.npy", np.arange(N))
    X, y = (np.load(folder / name, mmap_mode="r") for name in ("X.npy", "y.npy"))
    source: Source = make(X, y, weights=list(range(N)), mask=np.arange(N)[:, None])
    return source


def hdf5(folder: Path) -> Source:
    file = h5py.File(folder / f"{len(list(folder.iterdir()))}.h5", "w")
    X = file.create_dataset("X", data=table(np.arange(N)), chunks=(50, 2), compression="gzip")
    source: Source = make(X, np.arange(N), mask=file.create_dataset("mask", data=np.arange(N)[:, None]))
    return source


def row_groups(folder: Path) -> Source:
    for number, rows in enumerate((np.arange(400), np.arange(400, N))):
        columns = {"label": rows, **{f"x{i}": x for i, x in enumerate(table(rows).T)}}
        parquet.write_table(pa.table(columns), folder / f"{number}.parquet", row_group_size=90)
    source: Source = make(Parquet(folder, target="label"))
    return source


KINDS = pytest.mark.parametrize("kind", [memmap, hdf5, row_groups])


@pytest.fixture(autouse=True)
def small_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of 40 rows or a chunk, pools of 2 to 5 runs."""
    monkeypatch.setattr(machine, "RUN_BYTES", 40 * 12)
    monkeypatch.setattr(machine, "POOL_BYTES", 200 * 12)


def batches(source: Source, epoch: int = 1, first: int = 0) -> list[Data]:
    """The batches of an epoch, after a look at how they are numbered."""
    found: list[Data] = []
    for block in source.blocks(epoch, first, BlockSize(4 * 10 * 12, 256)):  # blocks begin and end inside pools
        assert block.first == first + len(found)
        data = source.take(block, np.float64)
        assert block.cuts[-1] == len(data.X)
        for start, stop in zip(block.cuts, block.cuts[1:], strict=False):
            found.append(Data(*(None if a is None else a[start:stop] for a in data)))
    return found


def rows_of(found: list[Data]) -> list[int]:
    return [int(x) for data in found for x in data.X[:, 0]]


# The order of stored rows.


@KINDS
def test_an_epoch_has_every_row_once_and_whole(kind: Callable[[Path], Source], tmp_path: Path) -> None:
    source = kind(tmp_path)
    found = batches(source)
    assert [len(data.X) for data in found] == np.diff(cuts(N, 10)).tolist()
    assert len(found) == source.batches
    assert sorted(rows_of(found)) == list(range(N))
    for data in found:
        rows = data.X[:, 0]
        np.testing.assert_array_equal(data.X, table(rows))
        np.testing.assert_array_equal(data.Y, rows)
        assert data.X.dtype == np.float64 and data.Y.dtype.kind == "i"
        if data.weights is not None:
            np.testing.assert_array_equal(data.weights, rows)
        if data.mask is not None:
            np.testing.assert_array_equal(data.mask[:, 0], rows)


def test_weights_and_mask_come_along(tmp_path: Path) -> None:
    for data in batches(memmap(tmp_path)):
        assert data.weights is not None and data.mask is not None


@KINDS
def test_the_order_is_new_each_epoch_and_the_same_each_time(kind: Callable[[Path], Source], tmp_path: Path) -> None:
    source = kind(tmp_path)
    first = rows_of(batches(source, epoch=1))
    assert rows_of(batches(source, epoch=1)) == first == rows_of(batches(kind(tmp_path), epoch=1))
    second = rows_of(batches(source, epoch=2))
    assert np.mean(np.equal(first, second)) < 0.05
    assert set(first[:200]) != set(second[:200])  # the first pool has other runs


def test_rows_mix_over_places_of_the_file(tmp_path: Path) -> None:
    order = np.array(rows_of(batches(memmap(tmp_path))))
    runs_in_batch = [len(set(order[i : i + 10] // 40)) for i in range(0, 1000, 10)]
    assert np.mean(runs_in_batch) > 3  # of the five runs in a pool
    assert abs(np.corrcoef(order, np.arange(N))[0, 1]) < 0.5


@KINDS
@pytest.mark.parametrize("first", [1, 7, 57, 99, 100])
def test_an_epoch_can_be_entered_at_any_batch(kind: Callable[[Path], Source], first: int, tmp_path: Path) -> None:
    source = kind(tmp_path)
    assert rows_of(batches(source, first=first)) == rows_of(batches(source)[first:])


def test_entering_late_reads_no_pools_before(tmp_path: Path) -> None:
    read = []

    def prepare(data: Data) -> Data:
        read.append(len(data.X))
        return data

    X = np.lib.format.open_memmap(tmp_path / "X", "w+", np.float32, (N, 3))
    source = make(X, np.arange(N), prepare=prepare)
    batches(source, first=90)
    assert sum(read) <= 303  # the pools of 200 rows that hold the last 103


@pytest.mark.parametrize("examples", [1, 2, 10, 11, 12, 21, 200, 201, 211])
def test_the_last_batch_is_cut_as_for_arrays(examples: int, tmp_path: Path) -> None:
    X = np.lib.format.open_memmap(tmp_path / "X", "w+", np.float32, (examples, 3))
    stored = make(X, np.arange(examples))
    sizes = [len(data.X) for data in batches(stored)]
    assert sizes == [len(data.X) for data in batches(make(np.array(X), np.arange(examples)))]
    assert stored.batches == len(sizes)


@KINDS
def test_ordered_gives_the_rows_of_the_file(kind: Callable[[Path], Source], tmp_path: Path) -> None:
    parts = list(kind(tmp_path).ordered(1024))
    assert rows_of(parts) == list(range(N))
    assert len(parts) > 1


def test_ordered_gives_at_most_1024_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "RUN_BYTES", 2**20)
    X = np.lib.format.open_memmap(tmp_path / "X", "w+", np.float32, (2500, 1))
    assert [len(data.X) for data in make(X, np.zeros(2500)).ordered(1024)] == [1024, 1024, 452]


def test_runs_are_whole_chunks(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        X = file.create_dataset("X", data=np.zeros((300, 3), np.float32), chunks=(64, 3))
        assert list(make(X, np.zeros(300))._runs.starts) == [0, 64, 128, 192, 256, 300]


def test_prepare_may_give_other_targets_and_weights(tmp_path: Path) -> None:
    def prepare(data: Data) -> Data:
        return data._replace(Y=np.eye(2)[data.Y % 2], weights=data.X[:, 0] / 2)

    np.save(tmp_path / "X.npy", table(np.arange(N)))
    for data in batches(make(np.load(tmp_path / "X.npy", mmap_mode="r"), np.arange(N), prepare=prepare)):
        assert data.weights is not None
        np.testing.assert_array_equal(data.weights, data.X[:, 0] / 2)
        np.testing.assert_array_equal(data.Y[:, 1], data.X[:, 0] % 2)


# Memory.


def test_a_large_file_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "RUN_BYTES", 2**18)
    monkeypatch.setattr(machine, "POOL_BYTES", 2**21)
    X = np.lib.format.open_memmap(tmp_path / "X", "w+", np.float32, (2**13, 1024))  # 32 MiB, a sparse file
    source = make(X, np.zeros(len(X), np.int8))
    tracemalloc.start()
    rows = sum(len(source.take(block, np.float32).X) for block in source.blocks(1, 0, SIZE))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == len(X)
    assert 2**21 < peak < 4 * 2**21  # one pool in use, one being read


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell mapped from other memory")
def test_pages_of_the_file_do_not_stay_in_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mapped() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile"))

    monkeypatch.setattr(machine, "RUN_BYTES", 2**20)
    X = np.lib.format.open_memmap(tmp_path / "X", "w+", np.float32, (2**14, 1024))  # 64 MiB
    source = make(X[1:], np.zeros(len(X) - 1, np.int8))
    before = mapped()
    assert sum(len(data.X) for data in source.ordered(1024)) == len(X) - 1
    assert mapped() - before < 2**23
    assert X[:, 0].sum() == 0 and mapped() - before > 2**23  # as it is without


def test_changes_to_a_copy_on_write_map_stay(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", table(np.arange(N)))
    X = np.load(tmp_path / "X.npy", mmap_mode="c")
    X[:, 1] = -1
    assert all((data.X[:, 1] == -1).all() for data in batches(make(X, np.arange(N))))


# Which source for what.


class Lazy:
    """Something sliceable that is no NumPy array, as zarr's arrays are."""

    shape, dtype = (20, 3), np.dtype(np.float32)

    def __getitem__(self, rows: slice) -> Array:
        return table(np.arange(20))[rows]


def frame() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(table(np.arange(20)), columns=["a", "b", "c"])


def jax_array() -> Any:
    import jax.numpy as jnp

    return jnp.asarray(table(np.arange(20)))


@pytest.mark.parametrize("X", [table(np.arange(20)), table(np.arange(20)).tolist(), frame, jax_array])
def test_what_is_in_memory(X: Any) -> None:
    X = X() if callable(X) else X
    source = make(X, list(range(20)))
    assert isinstance(source, Arrays)
    np.testing.assert_array_equal(source.data.X, table(np.arange(20)))
    assert type(source.data.X) is type(source.data.Y) is np.ndarray


def test_what_is_sliced() -> None:
    source = make(Lazy(), np.arange(20))
    assert isinstance(source, Stored) and source.shape == (3,) and source.examples == 20
    assert sorted(rows_of(batches(source))) == list(range(20))


def test_in_memory_examples_are_prepared_at_once() -> None:
    assert make([[1.0]], [2], prepare=lambda data: data._replace(Y=data.Y + 1)).data.Y == [3]


@pytest.mark.parametrize("make_one", [memmap, hdf5, row_groups])
def test_stored_sources_are_sources(make_one: Callable[[Path], Source], tmp_path: Path) -> None:
    source = make_one(tmp_path)
    assert isinstance(source, Source) and source.shape == (3,)


@pytest.mark.parametrize(
    ("X", "y", "more", "match"),
    [
        (Lazy(), np.arange(19), {}, r"X and y must have the same length, but X has 20 .* y has shape \(19,\)"),
        (Lazy(), np.arange(20), {"weights": [1]}, r"X and sample_weight must .* sample_weight has shape \(1,\)"),
        (Lazy(), np.arange(20), {"mask": 1}, r"X and mask must .* mask has shape \(\)"),
        (Lazy(), None, {}, r"X of shape \(20, 3\) needs y, the target of each example"),
        (np.zeros((4, 2)), None, {}, r"X of shape \(4, 2\) needs y"),
        ([(1, 2)], None, {"weights": [1]}, r"bring their own targets, so leave out y, sample_weight and mask"),
        (3, None, {}, "X must be an array, a data frame, Parquet, or an iterable of batches .*, but it is 3"),
        ([[0.0, 1.0, 2.0, 3.0, 4.0]], None, {}, r"A batch is \(X, y\), .* but this is a list. .* needs y as well"),
        ([np.zeros(3)], None, {}, "but this is a ndarray"),
        ([], None, {}, "There is no batch, or none is left"),
    ],
)
def test_refuses(X: Any, y: Any, more: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        make(X, y, **more)


def test_refuses_a_file_without_rows(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "rows.h5", "w") as file, pytest.raises(InputError, match=r"at least one .* \(0, 3\)"):
        make(file.create_dataset("X", (0, 3), "f4"), np.zeros(0))


def test_an_error_says_which_rows(tmp_path: Path) -> None:
    X = table(np.arange(N))
    X[85, 1] = np.nan
    np.save(tmp_path / "X.npy", X)
    source = make(np.load(tmp_path / "X.npy", mmap_mode="r"), np.arange(N))
    for rows in (lambda: batches(source), lambda: list(source.ordered(1024))):
        with pytest.raises(InputError, match=r"^In rows 80 to 119 of X \(counted from 0 in .*NaN .* at index \(5, 1\)"):
            rows()


# Parquet.


def write(path: Path, rows: int = 20, **columns: Any) -> Path:
    parquet.write_table(pa.table({"a": np.arange(rows), **columns}), path, row_group_size=8)
    return path


def test_parquet_columns_in_the_order_they_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.parquet", b=np.arange(20) * 0.5, c=np.arange(20) > 9, text=["no"] * 20)
    source = make(Parquet([str(path)], target="a", columns=["c", "b"]))
    data = next(source.ordered(1024))
    assert data.X.tolist() == [[0, i / 2] for i in range(8)] and data.Y.tolist() == list(range(8))
    assert source.shape == (2,) and source.examples == 20


def test_parquet_files_of_different_types_agree_on_the_wider(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", y=np.arange(20))
    write(tmp_path / "1.parquet", y=np.arange(20) + 0.5)
    targets = [y for data in batches(make(Parquet(tmp_path, target="y"))) for y in data.Y]
    assert sorted(targets) == [i / 2 for i in range(40)]


def test_parquet_errors_say_which_rows_of_which_file(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", y=np.arange(20))
    write(tmp_path / "1.parquet", y=[0.0] * 9 + [None] + [0.0] * 10)
    with pytest.raises(InputError, match=r"In rows 8 to 15 of .*1\.parquet .*: column 'y' has 1 missing values. Fill"):
        batches(make(Parquet(tmp_path, target="y")))


def test_parquet_refuses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There are no rows in the Parquet files of"):
        Parquet(tmp_path, target="y")
    path = write(tmp_path / "rows.parquet", text=["no"] * 20)
    with pytest.raises(InputError, match=r"rows\.parquet has no column 'y'; its columns are a, text\."):
        Parquet(path, target="y", columns=["a"])
    with pytest.raises(InputError, match=r"Column 'text' of .* must hold numbers, but its type is string\. .*columns="):
        Parquet(path, target="a")
    with pytest.raises(InputError, match="the target 'a' is among them"):
        Parquet(path, target="a", columns=["a"])
    with pytest.raises(InputError, match="bring their own targets"):
        make(Parquet(path, columns=["a"]), np.arange(20))
    with pytest.raises(InputError, match=r"need targets: say which column they are, Parquet\(path, target=\.\.\.\)"):
        make(Parquet(path, columns=["a"]))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is no file: Parquet is read from files"):
        Parquet(tmp_path / "pipe", target="a")
    path.write_bytes(b"no Parquet at all")
    with pytest.raises(FileFormatError, match=r"rows\.parquet cannot be read as Parquet"):
        Parquet(path, target="a")


def test_parquet_skips_row_groups_without_rows(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", rows=0, y=np.zeros(0))
    write(tmp_path / "1.parquet", rows=20, y=np.arange(20.0))
    assert len(batches(make(Parquet(tmp_path, target="y")))) == 2


def test_parquet_needs_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"Reading Parquet needs pyarrow.*chainrule\[data\]"):
        Parquet("rows.parquet", target="y")


# Damage.


def test_parquet_that_is_damaged_after_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"a": np.arange(20.0), "y": np.arange(20)}), path, row_group_size=8)
    whole = path.read_bytes()
    source = make(Parquet(path, target="y"))
    path.write_bytes(whole[:100])
    with pytest.raises(FileFormatError, match=r"rows .* of .*rows\.parquet .* cannot be read: .*truncated or damaged"):
        batches(source)
    path.unlink()
    with pytest.raises(DataUnavailableError, match=r"rows\.parquet .* cannot be read: .*No such file"):
        batches(source)
    with pytest.raises(DataUnavailableError, match=r"rows\.parquet cannot be read as Parquet: .*No such file"):
        Parquet(path, target="y")


def test_a_page_checksum_is_looked_at(tmp_path: Path) -> None:
    path, values = tmp_path / "rows.parquet", np.arange(20) * 1.25e-7
    table = pa.table({"a": values, "y": np.arange(20)})
    parquet.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=True)
    content = path.read_bytes()
    place = content.index(values[3].tobytes())
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(FileFormatError, match=r"(?i)crc"):
        batches(make(Parquet(path, target="y")))


def _without_a_row(read: Callable[[int], Data], run: int) -> Data:
    return Data(*(None if a is None else a[1:] for a in read(run)))


def test_fewer_rows_than_were_promised_are_no_rows_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet_source = Parquet(write(tmp_path / "rows.parquet", y=np.arange(20)), target="y")
    for runs in parquet_source, sources.Slices(np.zeros((30, 2)), np.zeros(30)):
        monkeypatch.setattr(runs, "read", partial(_without_a_row, runs.read))
        stored = Stored(runs, 10, 0, lambda data: data)
        with pytest.raises(FileFormatError, match=r"are damaged: there should be \d+ of them, but \d+ are there"):
            list(stored.ordered(1024))


@pytest.mark.parametrize("rows", [(20, [8, 8, 5]), (20, [-8, 8, 20])])
def test_metadata_that_contradicts_itself(
    rows: tuple[int, list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "rows.parquet", y=np.arange(20))
    schema, (total, groups) = parquet.read_metadata(path).schema, rows

    def metadata(_: Path) -> Any:
        row_group = [SimpleNamespace(num_rows=n) for n in groups].__getitem__
        return SimpleNamespace(schema=schema, num_rows=total, num_row_groups=len(groups), row_group=row_group)

    monkeypatch.setattr("pyarrow.parquet.read_metadata", metadata)
    with pytest.raises(
        FileFormatError, match=r"rows\.parquet cannot be read as Parquet: its row groups do not have the r"
    ):
        Parquet(path, target="y")


def test_hdf5_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "rows.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("X", data=np.arange(60.0).reshape(20, 3), chunks=(10, 3), compression="gzip")
        place = file["X"].id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[place : place + 8] = b"\xff" * 8
    path.write_bytes(content)
    with (
        h5py.File(path) as file,
        pytest.raises(FileFormatError, match=r"rows 0 to 19 of X .*cannot be read: .*damaged"),
    ):
        batches(make(file["X"], np.zeros(20)))
    with pytest.raises(FileFormatError, match="cannot be read"):
        cr.Network.mlp([3, 2]).fit(h5py.File(path)["X"], np.zeros(20), epochs=1, verbose=False)


# Batches.


def some_batches() -> Iterator[tuple[Any, ...]]:
    for i in range(4):
        yield np.full((3, 2), i), [i] * 3, [0.5] * 3


@pytest.mark.parametrize("X", [some_batches, list(some_batches())])
def test_batches_in_their_own_order(X: Any) -> None:
    source = make(X)
    assert isinstance(source, Source) and isinstance(source, Batches)
    assert source.shape == (2,) and source.batches == (None if callable(X) else 4)
    for epoch in (1, 2):
        found = batches(source, epoch)
        assert [data.X[0, 0] for data in found] == [data.Y[0] for data in found] == [0, 1, 2, 3]
        assert found[0].X.dtype == np.float64
        np.testing.assert_array_equal(found[0].weights, [0.5] * 3)
    assert [data.Y[0] for data in batches(source, first=2)] == [2, 3]
    assert [data.Y[0] for data in source.ordered(1024)] == [0, 1, 2, 3]


def test_an_iterator_serves_one_epoch() -> None:
    source = make(some_batches())
    assert source.shape == (2,) and len(batches(source)) == 4
    with pytest.raises(InputError, match=r"an iterator can be gone through only once. Pass a list, .* or a function"):
        batches(source, epoch=2)


def test_an_error_says_which_batch() -> None:
    source = make([([[1.0]], [1]), ([[np.inf]], [1])])
    with pytest.raises(InputError, match=r"^In batch 1: X must be finite"):
        batches(source)
    source = make([([[1.0]], [1]), 5])
    with pytest.raises(InputError, match=r"^In batch 1: A batch is \(X, y\).* but this is a int"):
        batches(source)


# Reading ahead.


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("chainrule-read-ahead")]


def test_the_next_item_is_made_while_this_one_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for i, event in enumerate(made):
            event.set()
            yield i

    ahead = read_ahead(items())
    assert next(ahead) == 0
    assert made[1].wait(10)
    assert not made[2].is_set()  # two items in memory, not more
    assert list(ahead) == [1, 2]
    assert not readers()


def test_an_error_in_the_thread_arrives_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise MyError("from the thread")

    ahead = read_ahead(items())
    assert next(ahead) == 0
    with pytest.raises(MyError, match="from the thread"):
        next(ahead)
    assert not readers()


class MyError(Exception):
    pass


def test_the_thread_ends_when_the_loop_is_left(tmp_path: Path) -> None:
    blocks = memmap(tmp_path).blocks(1, 0, SIZE)
    assert isinstance(next(blocks), Block) and readers()
    blocks.close()
    assert not readers()


def test_the_thread_ends_after_ctrl_c(tmp_path: Path) -> None:
    def interrupted() -> None:
        for _ in memmap(tmp_path).blocks(1, 0, SIZE):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    gc.collect()
    assert not readers()


def test_the_interpreter_exits_in_the_middle() -> None:
    code = "from chainrule.sources import read_ahead; items = read_ahead(iter(int, 1)); print(next(items))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "0\n", "")


def test_examples_that_lie_in_columns_are_copied_once() -> None:
    columns = np.asfortranarray(table(np.arange(N)))
    arrays = make(columns, np.arange(N))
    assert arrays.data.X.flags.c_contiguous  # a batch gathers runs of rows
    np.testing.assert_array_equal(arrays.data.X, columns)
