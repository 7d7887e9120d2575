"""Files of a learner's own that another one imports, and what stands for those that are not there."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.checker.running import courseware
from chainrule.checker.running.child import run
from chainrule.checker.running.definitions import definitions
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


def test_the_dots_of_a_relative_import_are_followed_from_file_to_file(tmp_path: Path) -> None:
    files = {
        "nets/heads/net.py": "from ..pieces import double\ndef f(x): return double(x)",
        "nets/pieces.py": "from .layers import twice\ndef double(x): return twice(x)",
        "nets/layers.py": "def slowly(x): return x * 2\ntwice = slowly",
        "nets/heads/layers.py": "def twice(x): return x * 3",  # not the one that is meant
    }
    _write(tmp_path, files)
    source = read(tmp_path / "nets/heads/net.py")
    others = beside(source)
    assert {name: other.path for name, other in others.items()} == {
        "pieces": tmp_path / "nets/pieces.py",
        "layers": tmp_path / "nets/layers.py",
    }
    learner, failed = run(definitions(source.tree or ast.Module([], [])), source, None, others)
    assert (learner.call("f", 4), failed) == (8, [])  # and not the layers that the book has under that name


def test_the_layers_of_the_books_second_volume_have_lists_of_their_parameters() -> None:
    names = courseware.names_in("common.layers") or {}
    affine = names["Affine"](np.ones((3, 2)), np.zeros(2))
    affine.forward(np.ones((4, 3)))
    affine.backward(np.ones((4, 2)))
    assert [gradient.tolist() for gradient in affine.grads] == [[[4.0, 4.0]] * 3, [4.0, 4.0]]
    assert names["Relu"]().params == [] and names["Relu"]().params is not names["Relu"]().params


@pytest.mark.parametrize(
    ("axis", "keepdims", "shape"),
    [(None, False, ()), (0, False, (3, 4)), ((0, -1), False, (3,)), (1, True, (2, 1, 4)), (-1, False, (2, 3))],
)
def test_what_the_third_volume_uses_undoes_a_sum(axis: Any, keepdims: bool, shape: tuple[int, ...]) -> None:
    names = courseware.names_in("dezero.utils") or {}
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    total = x.sum(axis=axis, keepdims=keepdims)
    assert total.shape == shape
    back = names["reshape_sum_backward"](total, x.shape, axis, keepdims)
    np.testing.assert_allclose(np.broadcast_to(back, x.shape)[0, 0, 0], x.sum(axis=axis, keepdims=True)[0, 0, 0])


def test_what_the_third_volume_uses_of_shapes() -> None:
    names = courseware.names_in("dezero.utils") or {}
    x = np.random.default_rng(1).standard_normal((2, 3, 4))
    np.testing.assert_allclose(names["sum_to"](x, (3, 1)), x.sum(axis=(0, 2)).reshape(3, 1))
    np.testing.assert_allclose(names["logsumexp"](x + 1000, axis=2), names["logsumexp"](x, axis=2) + 1000)
    assert names["max_backward_shape"](x, -1 + 3) == [2, 3, 1] and names["max_backward_shape"](x, None) == [1, 1, 1]
    assert names["pair"](3) == names["pair"]((3, 3)) == (3, 3)
    windows = names["get_conv_outsize"](9, 3, 2, 1)
    assert windows == 5 and names["get_deconv_outsize"](windows, 3, 2, 1) == 9


def test_files_of_the_books_chapters_are_known() -> None:
    for module, name in (("ch03.activation", "softmax"), ("ch04.loss", "cross_entropy"), ("book.ch4.gradient", "relu")):
        assert name in (courseware.names_in(module) or {})
    assert courseware.names_in("src.loss") is None and courseware.names_in("ch05.layers") is None
