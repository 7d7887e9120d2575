"""The libraries of the page are the files of the versions that are said, with their licenses."""

from __future__ import annotations

import re

from chainrule.lab.front_page import PAGE
from tools import vendor


def test_each_file_is_that_of_its_version() -> None:
    assert vendor.faults() == []


def test_each_library_has_its_license() -> None:
    assert {path.stem for path in (PAGE / "vendor/licenses").iterdir()} == vendor.VERSIONS.keys()


def test_the_page_names_files_that_are_there_and_no_other_host() -> None:
    text = (PAGE / "index.html").read_text("utf-8")
    for name in re.findall(r'(?:href|src)="([^"]+)"', text) + re.findall(r'"\./([^"]+)"', text):
        assert (PAGE / name).is_file(), name
    for path in [*PAGE.glob("js/*.js"), *PAGE.glob("css/*.css"), PAGE / "index.html"]:
        assert not re.search(r"https?://(?!www\.w3\.org)", path.read_text("utf-8")), path.name


def test_scripts_and_styles_stay_small() -> None:
    for path in [*PAGE.glob("js/*.js"), *PAGE.glob("css/*.css")]:
        assert len(path.read_text("utf-8").splitlines()) <= 300, path.name
