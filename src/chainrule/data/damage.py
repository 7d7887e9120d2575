"""Stored data that is damaged: whatever a library raises becomes one error, and what a file claims is compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.common.errors import ChainruleError, DataUnavailableError, FileFormatError
from chainrule.common.texts import tr
from chainrule.data.batches import Data


@contextmanager
def readable(failure: str) -> Iterator[None]:
    """Turn what reading a file inside of the block raises into an error of ours, which begins with `failure`."""
    try:
        yield
    except ChainruleError:
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DataUnavailableError("{failure}: {reason}.", failure=failure, reason=error.strerror or error) from error
    # Damage shows as whatever h5py and pyarrow meet first.
    except (ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise FileFormatError(
            "{failure}: {error!s:.300}. If it is a file, it is truncated or damaged: get or write it again.",
            failure=failure,
            error=error,
        ) from error


def read_run(runs: Any, run: int) -> Data:
    """Return the rows of a run of stored examples, all that were promised."""
    rows = runs.where(run)
    with readable(tr("{rows} cannot be read", rows=rows)):
        data: Data = runs.read(run)
    promised = runs.starts[run + 1] - runs.starts[run]
    for array in data:
        if array is not None and len(array) != promised:
            raise FileFormatError(
                "{rows} are damaged: there should be {expected} of them, but {count} are there.",
                rows=rows,
                expected=promised,
                count=len(array),
            )
    return data


def parquet_metadata(file: Path) -> Any:
    """Return the metadata of a Parquet file whose numbers of rows agree with one another."""
    from pyarrow import parquet

    with readable(tr("{file} cannot be read as Parquet", file=file)):
        metadata = parquet.read_metadata(file)
        metadata.schema.to_arrow_schema()
        # No more than the numbers of rows: asking for a damaged column here would end the process (pyarrow 26).
        rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        if min(rows, default=0) < 0 or metadata.num_rows != sum(rows):
            raise ValueError(tr("its row groups do not have the rows that it claims"))
        return metadata
