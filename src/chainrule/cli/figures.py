"""`chainrule figures`: the figures of the book, for slides and handouts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainrule.common import drawing
from chainrule.common.console import say
from chainrule.common.languages import language
from chainrule.lessons.chapters import chapters, figures

EXAMPLE = "Example: chainrule figures slides --lang ko"


def run(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write; it is made if there is none.")],
) -> None:
    """Draw every figure of the book as SVG, for slides and handouts.

    The cells of each chapter are run anew, which takes a minute or two. A file is named after its chapter, and one from
    an earlier time is replaced.
    """
    for chapter in chapters(language()):
        for number, figure in enumerate(figures(chapter), 1):
            path = folder / f"{chapter.name.partition('.')[0]}-{number}.svg"
            drawing.write(figure, path)
            say("saved to {file}", file=path)
