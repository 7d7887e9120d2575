"""The Korean particle that fits the word before it: 값을, but 기울기를."""

from __future__ import annotations

import re

# How texts write a particle that depends on the word: the forms after a consonant, and after a vowel.
FORMS = {
    "을(를)": ("을", "를"),
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
    "(이)나": ("이나", "나"),
    "(이)며": ("이며", "며"),
    "(이)고": ("이고", "고"),
    "(이)면": ("이면", "면"),
    "(이)므로": ("이므로", "므로"),
    "(이)어야": ("이어야", "여야"),
    "(이)거나": ("이거나", "거나"),
    "(이)었": ("이었", "였"),
}
_FORM = re.compile("|".join(map(re.escape, FORMS)))
_SYLLABLES = range(0xAC00, 0xD7A4)
_FINAL_L = 8  # of the 28 finals that a syllable may have; after it stands 로
_DIGITS = {
    "0": "c",
    "1": "l",
    "3": "c",
    "6": "c",
    "7": "l",
    "8": "l",
}  # 영, 일, 삼, 육, 칠, 팔; the others end in a vowel
_UNITS = re.compile(r"\d(0+)$")
_LETTERS = {"l": "l", "r": "l", "m": "c", "n": "c"}  # 엘, 알, 엠, 엔
_SPELLED = {"auc"}  # abbreviations in small letters that look like a word: 에이유시
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
# Behind a word, nobody reads what is in parentheses; of (2, 3), x=(2, 3) and [(2, 3)] it is all that there is.
_ASIDE = re.compile(r"""(?<=[^\s=,:(\[{<'"`])\s*\((?:[^()]|\([^()]*\))*\)$""")
_CLOSING = re.compile(r"""[\s'"`)\]}>.,:;!?…·’”]+$""")
_CLOSING_A_NAME = re.compile(r"""[\s'"`’”]+$""")
_SYMBOLS = {"%": "", "+": "", "=": "", "°": "", "∞": "", "²": "c", "³": "c", "Σ": "", "∂": "", "√": ""}


def attached(before: str, after: str) -> str:
    """Return what comes after a word, the particle that it begins with in the form that fits the word.

    >>> [word + attached(word, "을(를) 봅니다") for word in ("dW1", "b2", "cell", "비용", "(2, 3)", "키(cm)")]
    ['dW1을 봅니다', 'b2를 봅니다', 'cell을 봅니다', '비용을 봅니다', '(2, 3)을 봅니다', '키(cm)를 봅니다']
    """
    form = _FORM.match(after)
    return after if form is None else particle(before, form[0]) + after[form.end() :]


def particle(word: str, form: str) -> str:
    """Return the form of a particle that fits a word."""
    sound = _final(word)
    after_consonant, after_vowel = FORMS[form]
    return after_vowel if sound == "" or (form == "(으)로" and sound == "l") else after_consonant


def _final(word: str) -> str:
    """Return what a word ends in as it is read aloud: "" for a vowel, "l", or another consonant, "c"."""
    word = _ASIDE.sub("", _CLOSING_A_NAME.sub("", word))
    read = _CLOSING.sub("", word).translate(_SUBSCRIPTS)
    last = read[-1:]
    if not last:
        return ""
    if ord(last) in _SYLLABLES:
        final = (ord(last) - _SYLLABLES.start) % 28
        return "l" if final == _FINAL_L else "c" if final else ""
    if last.isascii() and last.isdigit():
        return "c" if _UNITS.search(read) else _DIGITS.get(last, "")  # 십, 백, 천, 만
    if last in _SYMBOLS:
        return _SYMBOLS[last]
    return _of_latin(re.split(r"[^A-Za-z]", read)[-1])


def _of_latin(stem: str) -> str:
    """Return how an English word, or a name of single letters, ends when Koreans read it."""
    last = stem[-1:].lower()
    if len(stem) <= 2 or stem.isupper() or stem.lower() in _SPELLED:  # dW is 디더블유, CSV 시에스브이
        return _LETTERS.get(last, "")
    stem = stem.lower()
    if re.search("[^aeiou]le$|[aeiou]le?$", stem) or last == "l":
        return "l"  # 테이블, 파일, 라벨
    if re.search("[mn]e?$|ng$|type$|out$", stem):
        return "c"  # 컬럼, 네임, 트레이닝, 타입, 아웃
    if re.search("[^aeiouy][tpb]$|[^aeiouyc]k$|[aeiou]{2}[tkp]$", stem):
        return ""  # a vowel is added after two consonants or two vowels: cost is 코스트, loop 루프
    return "c" if last in "tkpbc" else ""
