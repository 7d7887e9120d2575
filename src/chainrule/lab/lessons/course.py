"""All lessons in their order, and what is asked of them."""

from __future__ import annotations

from typing import Any

from chainrule.common.settings import choice
from chainrule.lab.lessons.activations import SLOPES, STACK
from chainrule.lab.lessons.book import BATCHES, SOFTMAX, THREE_LAYERS
from chainrule.lab.lessons.cats import CATS
from chainrule.lab.lessons.deep import CACHES, COST, SCALES
from chainrule.lab.lessons.gates import GATE, XOR
from chainrule.lab.lessons.learning import BACKWARD, UPDATE
from chainrule.lab.lessons.lesson import Lesson
from chainrule.lab.session import Session

LESSONS: tuple[Lesson, ...] = (
    *(GATE, XOR, SLOPES, STACK, THREE_LAYERS, SOFTMAX, BATCHES),
    *(SCALES, CACHES, COST, BACKWARD, UPDATE, CATS),
)
_BY_KEY = {lesson.key: lesson for lesson in LESSONS}


def lesson(key: Any) -> Lesson:
    """Return a lesson by its key.

    Raises
    ------
    InputError
        There is none.
    """
    return _BY_KEY[choice("The lab", "lesson", key, _BY_KEY)]


def looked_at(key: Any, answers: Any) -> dict[str, Any]:
    """Return what a lesson shows for answers, in the language of the context."""
    chosen = lesson(key)
    return {"blocks": chosen.look(chosen.read(answers))}


def checked(key: Any, answers: Any, session: Session) -> dict[str, Any]:
    """Return the verdict on answers, and what the lesson shows for them, in the language of the context."""
    chosen = lesson(key)
    read = chosen.read(answers)
    verdict = chosen.check(read, session).json()
    return verdict | {"blocks": chosen.look(read) + verdict["blocks"]}
