"""The Korean site's own search, and the words of the theme that Sphinx has no Korean for."""

from __future__ import annotations

import re
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
_NEIGHBORS = re.compile(r"\b(?=([가-힣]+) ([가-힣]+))")
_ENDING = f"(?:{'|'.join(_PARTICLES)})$"


def setup(app: Any) -> dict[str, Any]:
    """Add the search, and a script for what the theme takes from no catalogue; for the rest see `locale`."""
    app.add_search_language(SearchKorean)
    if app.tags.has("ko"):
        app.add_js_file("korean.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class SearchKorean(SearchLanguage):
    """Finds a word whatever particle is behind it, and two words that may be written as one.

    What is in a page and what is looked for lose their particles; 경사 하강법 is found by 경사하강법, too.
    """

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

    def split(self, input: str) -> list[str]:
        """Return the words, and those pairs of neighbors as one word of which the first has no particle."""
        pairs = [first + second for first, second in _NEIGHBORS.findall(input) if self.stem(first) == first]
        return [*super().split(input), *pairs]

    def stem(self, word: str) -> str:
        """Take particles off, one after the other, so that what ends like a particle loses it in every form."""
        while (shorter := re.sub(_ENDING, "", word)) and shorter != word:
            word = shorter
        return word
