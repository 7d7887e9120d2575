"""The Korean particle that fits the word before it: 값을, but 기울기를."""

from __future__ import annotations

import re

# The two forms of a particle: after a consonant, after a vowel.
FORMS = {
    "을(를)": ("을", "를"),
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
}
_SYLLABLES = range(0xAC00, 0xD7A4)
_FINAL_L = 8  # of the 28 finals that a syllable may have; after it stands 로


def particle(word: str, form: str) -> str:
    """Return the form of a particle that fits a word; both if nobody can tell how the word is read.

    >>> [word + particle(word, "을(를)") for word in ("dW1", "b2", "cell", "비용", "out")]
    ['dW1을', 'b2를', 'cell을', '비용을', 'out을(를)']
    """
    sound = _final(word)
    if sound is None or form not in FORMS:
        return form
    after_consonant, after_vowel = FORMS[form]
    return after_vowel if sound == "" or (form == "(으)로" and sound == "l") else after_consonant


def _final(word: str) -> str | None:
    """Return what a word ends in as it is read aloud: "" for a vowel, "l", another consonant, or None if unknown."""
    last = word[-1:]
    if last and ord(last) in _SYLLABLES:
        final = (ord(last) - _SYLLABLES.start) % 28
        return "l" if final == _FINAL_L else "c" if final else ""
    if last.isascii() and last.isdigit():
        return {"0": "c", "1": "l", "3": "c", "6": "c", "7": "l", "8": "l"}.get(last, "")
    stem = word.rpartition("_")[2].rpartition(".")[2]
    if len(stem) <= 2 or stem.isupper():  # read letter by letter: dW is 디더블유
        return {"l": "l", "r": "l", "m": "c", "n": "c"}.get(last.lower(), "") if last.isalpha() else None
    ending = stem[-2:] if stem.endswith(("le", "me", "ne")) else last
    if ending[0] in "lmn":
        return "l" if ending[0] == "l" else "c"
    if re.search("[^aeiouyck][tkpbd]$", stem):  # cost is 코스트, with a vowel added after two consonants
        return ""
    return "" if ending in "aeiouwydfsvxzrh" else None
