"""The site: English and Korean are two builds of this folder; `make docs` makes both."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
logging.basicConfig()  # before a package of the theme does, which then also shows what is no warning

korean = tags.has("ko")  # type: ignore[name-defined]

project = "chainrule"
author = "The chainrule developers"
version = release = version_of("chainrule")
language = "ko" if korean else "en"
locale_dirs = [str(HERE.parent / "tools/webpages/locale")]
root_doc = "index.ko" if korean else "index"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "sphinx_design",
    "sphinx_copybutton",
    "tools.webpages.anchors",
    "tools.webpages.equations",
    "tools.webpages.korean",
    "tools.webpages.languages",
    "tools.webpages.printed",
    "tools.webpages.reference",
]
exclude_patterns = ["_build"]

# The reference is on the English site, which is built first: Korean pages lead there.
english_names = HERE / "_build/html/en/objects.inv"
intersphinx_mapping = {"en": ("../en", str(english_names))} if korean and english_names.exists() else {}

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
nb_execution_mode = "cache"
nb_execution_in_temp = True  # what cells write goes
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
if korean:
    nb_code_prompt_show, nb_code_prompt_hide = "코드 보기", "코드 접기"

default_role = "py:obj"  # `fit` in a docstring is a name
autodoc_typehints = "none"  # numpydoc's sections say what each parameter is
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_use_plots = False

html_theme = "furo"
html_title = "chainrule"
html_static_path = ["../tools/webpages/static"]
html_css_files = ["site.css"]
html_search_scorer = str(HERE.parent / "tools/webpages/scorer.js")
html_theme_options = {"sidebar_hide_name": False}
html_show_sphinx = False
html_show_copyright = False
templates_path = ["../tools/webpages/templates"]
html_sidebars = {
    "**": [
        "sidebar/scroll-start.html",
        "sidebar/brand.html",
        "sidebar/languages.html",
        "sidebar/search.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
