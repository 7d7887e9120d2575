"""A few damaged files of every kind; `make fuzz-files` takes thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz_files import KINDS, fuzz

COUNTS = {
    "models": 300,
    "crafted": 150,
    "checkpoints": 150,
    "numbers": 300,
    "parquet": 100,
    "hdf5": 100,
    "pickles": 400,
}


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_give_a_right_answer_or_a_sentence(name: str, tmp_path: Path) -> None:
    results = fuzz(name, COUNTS[name], tmp_path)
    assert sum(results.values()) == COUNTS[name] and len(results) > 1  # neither all refused nor all taken
