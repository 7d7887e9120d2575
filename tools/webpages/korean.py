"""The Korean site's own search, and the words of the theme that Sphinx has no Korean for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.search import SearchLanguage

_PARTICLES = (
    *(
        "에서는",
        "에서도",
        "에서",
        "에게",
        "에는",
        "에도",
        "으로는",
        "으로도",
        "으로",
        "로는",
        "로도",
        "까지",
        "부터",
        "보다",
        "처럼",
    ),
    *(
        "마다",
        "이라는",
        "라는",
        "이라고",
        "라고",
        "이나",
        "입니다",
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "의",
        "에",
        "로",
        "와",
        "과",
    ),
    *("도", "만"),
)
_ENDING = f"(?:{'|'.join(_PARTICLES)})$"


def setup(app: Any) -> dict[str, Any]:
    """Add the search; the theme's words are Sphinx's catalogue, and a script where the theme asks no catalogue."""
    app.add_search_language(SearchKorean)
    app.config.locale_dirs = [str(Path(__file__).parent / "locale")]
    if app.tags.has("ko"):
        app.add_js_file("korean.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class SearchKorean(SearchLanguage):
    """Finds a word whatever particle is behind it: both are looked up without their particles."""

    lang = "ko"
    language_name = "Korean"
    js_stemmer_code = f"""
var Stemmer = function () {{
  this.stemWord = function (word) {{
    for (let shorter; (shorter = word.replace(/{_ENDING}/, "")) && shorter !== word; ) word = shorter;
    return word;
  }};
}};
"""

    def stem(self, word: str) -> str:
        """Take particles off, one after the other, so that what ends like a particle loses it in every form."""
        while (shorter := re.sub(_ENDING, "", word)) and shorter != word:
            word = shorter
        return word
