"""Train on a table that stays in its file: time against the prepared arrays alone in memory, and peak memory.

Run with: python -m benchmarks.large_table [--rows 1000000] [--folder DIR]

The table has a million rows of 20 columns, 14 of numbers, 5 of categories and one of classes, as CSV and as Parquet;
it is deleted afterwards. Each run is a process of its own, and its time counts from the path of the file to the trained
network: recognition, preparation and all epochs. The arrays are what the table is prepared to, and are in memory before
the time begins.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import in_own_process, machine, peak_memory

NUMBERS, CATEGORIES = 14, 5
MODULE = "benchmarks.large_table"
_PIECE = 100_000  # rows written at a time
WAYS = ("arrays", "csv", "parquet")


def write(folder: Path, rows: int) -> None:
    """Write made-up rows as CSV and as Parquet."""
    import polars

    rng = np.random.default_rng(0)
    weights = rng.normal(size=NUMBERS)
    with (folder / "table.csv").open("wb") as file:
        for start in range(0, rows, _PIECE):
            x = rng.normal(size=(min(_PIECE, rows - start), NUMBERS)).round(4)
            levels = rng.integers(8, size=(len(x), CATEGORIES))
            answer = x @ weights + levels.sum(axis=1) / 4 + rng.logistic(size=len(x)) > CATEGORIES
            frame = polars.DataFrame(
                {f"x{i}": x[:, i] for i in range(NUMBERS)}
                | {f"c{i}": np.array(list("abcdefgh"))[levels[:, i]] for i in range(CATEGORIES)}
                | {"y": np.where(answer, "yes", "no")}
            )
            frame.write_csv(file, include_header=start == 0)
    polars.scan_csv(folder / "table.csv").sink_parquet(folder / "table.parquet")


def prepare(folder: Path) -> None:
    """Write the arrays that the table is prepared to."""
    import chainrule as cr
    from chainrule.tables import preparation

    frame = cr.tables.read(folder / "table.parquet")
    X = preparation.fit(frame, cr.tables.columns(frame), "y").prepare(frame).X
    np.savez(folder / "arrays.npz", X=X, y=(frame["y"] == "yes").to_numpy().astype(int))


def train(folder: Path, way: str) -> dict[str, float]:
    """Train in this process; return the seconds, those of processors in all, the epochs and the peak memory."""
    import chainrule as cr
    from chainrule.common.texts import Note
    from chainrule.tables import networks
    from chainrule.tables.targets import Target

    if way == "arrays":
        with np.load(folder / "arrays.npz") as file:
            X, y = file["X"], file["y"]
        start = time.perf_counter()
        network = networks.network(X.shape[1:], Target("y", "classification", Note(""), ("no", "yes")), (128, 64), 0)
        stop = cr.EarlyStopping(5)
        network.fit(X, y, verbose=False, validation_split=0.2, **networks.settings(len(X), {"callbacks": [stop]}))
    else:
        start = time.perf_counter()
        network = cr.TableModel.fit(cr.tables.scan(folder / f"table.{way}"), "y", verbose=False).network
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "cpu": time.process_time(),
        "epochs": len(network.history.rows),
        "memory": peak_memory(),
    }


def main() -> None:
    """Write, train in each way, delete."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the table is written")
    parser.add_argument("--way", choices=[*WAYS, "prepare"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        if options.way == "prepare":
            prepare(options.folder)
        print(json.dumps({} if options.way == "prepare" else train(options.folder, options.way)))
        return
    print(machine())
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        write(folder, options.rows)
        in_own_process(MODULE, "--folder", str(folder), "--way", "prepare")
        print(f"{options.rows:,} rows of {NUMBERS + CATEGORIES + 1} columns, {_megabytes(folder / 'table.csv')} as CSV")
        print(f"{'':>8}  seconds  of processors  epochs  against arrays  peak memory")
        measured = {way: in_own_process(MODULE, "--folder", str(folder), "--way", way) for way in WAYS}
        for way, run in measured.items():
            ratio = run["seconds"] / run["epochs"] / (measured["arrays"]["seconds"] / measured["arrays"]["epochs"])
            print(
                f"{way:>8}  {run['seconds']:7.1f}  {run['cpu']:13.1f}  {run['epochs']:6.0f}  {ratio:14.2f}  "
                f"{run['memory'] / 1e6:8.0f} MB",
                flush=True,
            )


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
