"""A method that calls a helper of another file is not blamed for what that has wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.checker.running.sandbox import check_file
from tests.checker.corpus import text


@pytest.mark.parametrize(("added", "status"), [("+=", "ok"), ("=", "unchecked")])
def test_a_wrong_col2im_of_another_file_is_not_held_against_a_layer(added: str, status: str, tmp_path: Path) -> None:
    code = text("right/book_convolution.py")
    begin, end = code.index("def im2col"), code.index("class ")
    helpers = code[begin:end]
    assert "] += " in helpers
    (tmp_path / "windows.py").write_text("import numpy as np\n\n" + helpers.replace("] += ", f"] {added} "), "utf-8")
    layers = code[:begin] + "from windows import im2col, col2im\n\n\n" + code[end:]
    (tmp_path / "layers.py").write_text(layers, "utf-8")
    report = check_file(tmp_path / "layers.py")
    statuses = {checked.function: checked.status for checked in report.checked}
    assert statuses["Convolution.backward"] == status and not [f for f in report.findings if f.severity == "error"]
