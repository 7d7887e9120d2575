"""Two languages from one folder: `page.md` is English, `page.ko.md` its Korean twin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

END = ".ko"
_TWIN = re.compile(r"^\[(?:한국어|English)\]\([\w.-]+\.md\)(?: · )?", re.M)
_FRONT = f"""<!doctype html>
<html lang="ko"><meta charset="utf-8"><title>chainrule</title>
<meta http-equiv="refresh" content="0; url=index{END}.html">
<a href="index{END}.html">한국어</a>
"""
_PAGE = re.compile(r"\[([^\]]+)\]\(([\w./-]+)\.md\)")


def setup(app: Any) -> dict[str, Any]:
    """Leave out the other language's pages, and tell each page where its twin is."""
    app.connect("config-inited", _choose)
    app.connect("source-read", _lead_to_twins)
    app.connect("html-page-context", _link)
    app.connect("build-finished", _open_front_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _choose(app: Any, config: Any) -> None:
    if app.tags.has("ko"):  # what has no Korean twin is read in English, but is the English site's: the reference
        twins = [path.relative_to(app.srcdir) for path in Path(app.srcdir).rglob("*.ko.md")]
        config.exclude_patterns += [str(twin).replace(".ko.md", ".md") for twin in twins] + ["reference/**"]
    else:
        config.exclude_patterns.append("**.ko.md")


def _lead_to_twins(app: Any, _page: str, source: list[str]) -> None:
    """Let links to pages of the other language lead to its site; the sidebar has the one to the page's own twin."""

    def led(link: re.Match[str]) -> str:
        text, page = link.groups()
        if (Path(app.srcdir) / f"{page}.md").exists() and app.tags.has("ko") != _is_korean(app, page):
            return f'<a href="../{"en" if app.tags.has("ko") else "ko"}/{page}.html">{text}</a>'
        return link.group()

    source[0] = _PAGE.sub(led, _TWIN.sub("", source[0]))


def _is_korean(app: Any, page: str) -> bool:
    """Tell whether the Korean site has a page: one of its own, or one that has no Korean twin."""
    return page.endswith(END) or (not (Path(app.srcdir) / f"{page}{END}.md").exists() and app.tags.has("ko"))


def twin(app: Any, page: str) -> str:
    """Return a page's address in the other language, from the top of both sites; its first page if it has no twin."""
    korean = app.tags.has("ko")
    other = page.removesuffix(END) if korean else page + END
    exists = (Path(app.srcdir) / f"{other}.md").exists() or (korean and page.endswith(END))
    return f"{'en' if korean else 'ko'}/{other if exists else 'index' if korean else 'index' + END}.html"


def _link(app: Any, page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    context["twin"] = "../" * (page.count("/") + 1) + twin(app, page)
    context["twin_language"], context["twin_name"] = ("en", "English") if app.tags.has("ko") else ("ko", "한국어")


def _open_front_page(app: Any, error: Exception | None) -> None:
    """Let the folder of the Korean site open its front page, as that of the English one does."""
    if error is None and app.tags.has("ko"):
        (Path(app.outdir) / "index.html").write_text(_FRONT, "utf-8")
