"""Files of a learner's own that another one imports, and what stands for those that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chainrule.checker.running import courseware
from chainrule.checker.running.source import beside, read


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, code in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")


@pytest.mark.parametrize(
    ("statement", "module"),
    [
        ("from common.layers import MatMul", "common.layers"),  # after sys.path.append("..")
        ("from book.common import layers", "book.common.layers"),  # started at the top of a package
        ("from . import helper", "helper"),
        ("import helper", "helper"),
    ],
)
def test_modules_are_found_in_the_folders_above(statement: str, module: str, tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "book/ch03/net.py": f"{statement}\ndef f(): pass",
            "book/ch03/helper.py": "x = 1",
            "book/common/layers.py": "class MatMul: pass",
        },
    )
    assert list(beside(read(tmp_path / "book/ch03/net.py"))) == [module]


def test_the_layers_of_the_books_second_volume_have_lists_of_their_parameters() -> None:
    names = courseware.names_in("common.layers") or {}
    affine = names["Affine"](np.ones((3, 2)), np.zeros(2))
    affine.forward(np.ones((4, 3)))
    affine.backward(np.ones((4, 2)))
    assert [gradient.tolist() for gradient in affine.grads] == [[[4.0, 4.0]] * 3, [4.0, 4.0]]
    assert names["Relu"]().params == [] and names["Relu"]().params is not names["Relu"]().params
