"""Reports lead to the entry of a mistake in the catalogue, where the site's address is known."""

from __future__ import annotations

from email.message import Message
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.checker.telling import catalogue
from chainrule.checker.telling.texts import entries

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Message()
    known["Project-URL"] = "Repository, https://host.example/code"
    known["Project-URL"] = "Documentation, https://host.example/docs/"
    monkeypatch.setattr(catalogue, "metadata", lambda name: known)
    monkeypatch.setattr(catalogue, "_site", catalogue._site.__wrapped__)


def relu_backward(dA: np.ndarray, Z: np.ndarray) -> np.ndarray:
    return 1.0 * (Z > 0)


@pytest.mark.parametrize(("lang", "page"), [("en", "en/mistakes.html"), ("ko", "ko/mistakes.ko.html")])
def test_a_report_leads_to_the_catalogue(site: None, lang: str, page: str) -> None:
    report = cr.check(relu_backward, lang=lang)
    address = f"https://host.example/docs/{page}#activation-backward-gradient-lost"
    assert address in str(report).splitlines()[-1]
    assert f'<a href="{address}">activation_backward.gradient-lost</a>' in report._repr_html_()


def test_without_a_site_it_leads_nowhere() -> None:
    assert catalogue.address("relu.step", "en") is None
    assert "<a href" not in cr.check(relu_backward)._repr_html_()


def test_no_two_mistakes_have_one_place(site: None) -> None:
    assert len({catalogue.address(key, "en") for key in entries()}) == len(entries())
