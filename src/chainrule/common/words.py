"""The words on pictures, in the language that is asked for."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.common.asked_language import asked
from chainrule.common.texts import fill, later, translated

# Scores whose names are words. Abbreviations, such as mae and roc_auc, and those that users chose stay as they are.
_SCORES = {
    "accuracy": later("accuracy"),
    "balanced_accuracy": later("balanced_accuracy"),
    "log_loss": later("log_loss"),
    "loss": later("loss"),
    "precision": later("precision"),
    "recall": later("recall"),
}


Words = Callable[..., str]
"""What gives a text in a language, from its English, with its values by their names."""


def words(owner: str, lang: str | None) -> Words:
    """Return what gives a text in a language, that of the context for None.

    >>> words("plot", "en")("epoch {epoch}", epoch=3), words("plot", "ko")("epoch {epoch}", epoch=3)
    ('epoch 3', '에폭 3')
    """
    chosen = asked(owner, lang)

    def say(english: str, /, **values: object) -> str:
        return fill(translated(english, chosen), values)

    return say


def score_word(say: Words, name: str) -> str:
    """Return what a picture calls a score.

    >>> score_word(words("plot", "ko"), "loss"), score_word(words("plot", "ko"), "f1")
    ('손실', 'f1')
    """
    return say(_SCORES[name]) if name in _SCORES else name
