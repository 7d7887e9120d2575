"""The chapters of the book, and the figures that their cells draw."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from chainrule.common.errors import missing_extra
from chainrule.common.fonts import with_hangul

_CELL = re.compile(r"^```\{code-cell\} python\n(.*?)^```$", re.M | re.S)


def chapters(lang: str) -> list[Path]:
    """Return the chapters in a language, in their order.

    They are installed with the package; in a checkout they lie where they are written.
    """
    installed = Path(__file__).parents[1] / "chapters"
    folder = installed if installed.is_dir() else Path(__file__).parents[3] / "docs/book"
    return sorted(path for path in folder.glob("*.md") if path.name.endswith(".ko.md") == (lang == "ko"))


def figures(chapter: Path) -> Iterator[Any]:
    """Run the cells of a chapter, as its notebook does, and return the figures that they show.

    What the cells print is not shown, and a cell that fails raises as it would in the notebook.

    Parameters
    ----------
    chapter
        One of `chapters`.

    Yields
    ------
    matplotlib.figure.Figure
        As it was when its cell ended, with letters for Korean where it has any.

    Raises
    ------
    InputError
        No font on this machine has the Korean letters of a figure.
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise missing_extra("Drawing", "matplotlib", "plot") from error

    pyplot.switch_backend("agg")  # no windows
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in _CELL.findall(chapter.read_text("utf-8")):
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            value = _last_value(cell, names)
        shown = [pyplot.figure(number) for number in pyplot.get_fignums()]
        if hasattr(value, "savefig"):
            shown.append(value)
        for figure in shown:
            if figure.get_layout_engine() is None:
                figure.set_layout_engine("constrained")  # else labels are cut off, which a notebook trims around
            yield with_hangul(figure)
        pyplot.close("all")


def _last_value(cell: str, names: dict[str, Any]) -> Any:
    """Run a cell; return the value of its last line if that is an expression."""
    tree = ast.parse(cell)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<cell>", "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
