"""Equations by KaTeX, whose files lie with the lab's page: no other host, and the same letters in every browser."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes

VENDOR = Path(__file__).resolve().parents[2] / "src/chainrule/lab/page/vendor"
_EXPORT = re.compile(r"export \{[^{}]*\};\s*$")
_FONT = re.compile(r"src:url\((fonts/\w[\w-]*\.woff2)\)[^}]*")


def setup(app: Any) -> dict[str, Any]:
    """Register the renderer and choose it; its files go beside the site's own."""
    app.add_html_math_renderer("katex", (_inline, None), (_block, None))
    app.config.html_math_renderer = "katex"
    app.connect("build-finished", _write_files)
    for name in "katex.css", "katex.js", "equations.js":
        add = app.add_css_file if name.endswith(".css") else app.add_js_file
        add(name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def script() -> str:
    """Return KaTeX as a plain script: browsers load no modules from pages that are opened from the disk."""
    module = (VENDOR / "katex.mjs").read_text("utf-8")
    return f"(() => {{\n{_EXPORT.sub('window.katex = katex;', module)}\n}})();\n"


def style() -> str:
    """Return KaTeX's style with the fonts inside, which some browsers do not load from the disk either."""

    def with_font(source: re.Match[str]) -> str:
        font = b64encode((VENDOR / source[1]).read_bytes()).decode()
        return f'src:url(data:font/woff2;base64,{font}) format("woff2")'

    return _FONT.sub(with_font, (VENDOR / "katex.min.css").read_text("utf-8"))


def _write_files(app: Any, error: Exception | None) -> None:
    if error is None:
        static = Path(app.outdir) / "_static"
        (static / "katex.js").write_text(script(), "utf-8")
        (static / "katex.css").write_text(style(), "utf-8")


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(f'<span class="equation">{escape(node.astext())}</span>')
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    label = f' id="{escape(node["ids"][0])}"' if node.get("ids") else ""
    translator.body.append(f'<div class="equation"{label}>{escape(node.astext())}</div>')
    raise nodes.SkipNode
