"""Writers that are killed at random moments leave the old file or the new one, and nothing that grows."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path

import numpy as np
import pytest

from tests.killed_saves import KINDS, write_for_ever

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="needs a server that forks"),
]
KILLS = 200


@pytest.mark.parametrize("name", KINDS)
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(name: str, tmp_path: Path) -> None:
    kind, rng, last = KINDS[name], random.Random(0), 0
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.killed_saves"])
    for _ in range(KILLS):
        ours, told = processes.Pipe(duplex=False)
        writer = processes.Process(target=write_for_ever, args=(name, tmp_path, last + 1, told))
        writer.start()
        told.close()
        last = ours.recv()  # the first file is whole
        time.sleep(rng.uniform(0, 0.02))
        writer.kill()
        writer.join()
        try:
            while True:
                last = ours.recv()
        except EOFError:
            ours.close()
        assert sum(path.name.endswith(".partial") for path in tmp_path.iterdir()) <= 1
        numbers = np.unique(kind.read(tmp_path))
        assert numbers.tolist() in ([last], [last + 1])
        last = int(numbers[0])
    kind.writer(tmp_path)(last + 1)
    names = [path.name for path in tmp_path.iterdir()]
    assert not any(name.endswith(".partial") for name in names)
    assert len([name for name in names if not name.startswith(".")]) <= kind.files
