"""Learners' code for the checker: right implementations, and the mistakes that are planted in three of them."""

from tests.checker.corpus.planted import CORPUS, Planted, text
from tests.checker.corpus.planted_apart import APART
from tests.checker.corpus.planted_book import BOOK
from tests.checker.corpus.planted_course import COURSE
from tests.checker.corpus.planted_more import MORE
from tests.checker.corpus.planted_rows import ROWS

__all__ = ["APART", "CORPUS", "MISTAKES", "MORE", "RIGHT", "Planted", "text"]

MISTAKES: list[Planted] = [*COURSE, *BOOK, *ROWS]
"""Every mistake that is planted in whole programs, by which the checker's quality is measured."""

RIGHT: list[str] = [
    *dict.fromkeys(mistake.file for mistake in MISTAKES),
    *sorted(f"right/{path.name}" for path in (CORPUS / "right").glob("*.py")),
]
"""Files with nothing wrong in them: those that mistakes are planted in, and those that make other choices."""
