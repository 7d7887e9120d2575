"""A font with Korean letters for pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from chainrule.common.errors import InputError

_KNOWN = ("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "Nanum Gothic", "Malgun Gothic", "Apple SD Gothic Neo")
_LETTER = "한"


def with_hangul(figure: Any) -> Any:
    """Let the texts of a figure, or of a part of one, take Korean letters from a font that has them; return the figure.

    Raises
    ------
    InputError
        No font on this machine has Korean letters.
    """
    from matplotlib import rcParams
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if any("가" <= letter <= "힣" for letter in text.get_text()):
            # The font of all other texts first: the second one is asked only for what that one lacks.
            text.set_fontfamily([*rcParams["font.family"], hangul_font()])
    return figure.figure  # of a part, the whole one


@cache
def hangul_font() -> str:
    """Return the name of a font that has Korean letters, a sans-serif one if there is one.

    Raises
    ------
    InputError
        No font on this machine has them.
    """
    from matplotlib import font_manager

    names = _with_hangul(font_manager)
    if not names:
        # matplotlib remembers the fonts of its first start; one that was installed since is not among them.
        known = {Path(font.fname) for font in font_manager.fontManager.ttflist}
        for file in font_manager.findSystemFonts():
            if Path(file) not in known:
                _add(font_manager, file)
        names = _with_hangul(font_manager)
    if not names:
        raise InputError(
            'Korean labels (lang="ko") need a font with Korean letters, but matplotlib finds none on this machine. '
            "Install one: apt install fonts-noto-cjk (Debian, Ubuntu), dnf install google-noto-sans-cjk-fonts "
            "(Fedora), brew install --cask font-nanum-gothic (macOS). Or take lang='en'."
        )
    return next((name for name in _KNOWN if name in names), names[0])


def _with_hangul(font_manager: Any) -> list[str]:
    """Return the names of the fonts with Korean letters, those without serifs first."""
    fonts = {font.name: font.fname for font in font_manager.fontManager.ttflist}
    # "Last Resort" has a box for every letter there is.
    names = [name for name, file in fonts.items() if "Last Resort" not in name and _has_letter(font_manager, file)]
    return sorted(names, key=lambda name: ("Sans" not in name and "Gothic" not in name, name))


def _has_letter(font_manager: Any, file: str) -> bool:
    try:
        return bool(font_manager.get_font(file).get_char_index(ord(_LETTER)))
    except (OSError, RuntimeError):  # a font that was deleted or is damaged
        return False


def _add(font_manager: Any, file: str) -> None:
    try:
        font_manager.fontManager.addfont(file)
    except (OSError, RuntimeError):  # damaged, or of a kind that matplotlib cannot draw
        return
