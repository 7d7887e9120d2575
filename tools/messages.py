"""Write docs/messages.md, all that chainrule says in both languages, to be read as a whole: `make messages`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer

import chainrule as cr
from chainrule.cli import app, main
from chainrule.common.languages import LANGUAGES, speaking
from tools.texts import PACKAGE, korean, texts_of_code

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/messages.md"
_NAMES = {"en": "English", "ko": "한국어"}
_OTHERS = "Sentences, labels and words"
_LEARNER = """\
import numpy as np

def sigmoid(Z):
    return 1 / (1 + np.exp(Z))

def relu_backward(dA, cache):
    dZ = np.array(dA)
    dZ[cache < 0] = 0
    return dZ * 2
"""


def page() -> str:
    """Return the page."""
    head = (
        "# Messages\n\nAll that chainrule says, in English and Korean; `make messages` writes this page. Reports have "
        "an example each; what the checker says of each mistake is in [mistakes.md](mistakes.md) and "
        "[mistakes.ko.md](mistakes.ko.md).\n"
    )
    return "\n".join([head, *commands(), *texts(), *texts_of_tables(), *_reports()])


def commands() -> Iterator[str]:
    """Yield the help of every command."""
    yield "## Commands\n"
    for path in _paths(typer.main.get_command(app), []):
        yield f"### {' '.join(['chainrule', *path])}\n"
        yield from (_block(_printed([*path, "--help"], lang)) for lang in LANGUAGES)


def _paths(command: Any, path: list[str]) -> Iterator[list[str]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from _paths(child, [*path, name])


def texts() -> Iterator[str]:
    """Yield a table of the texts of each error class, and one of all others."""
    catalogue = korean()
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for text, _, name in texts_of_code(PACKAGE.rglob("*.py")):
        message = catalogue.get(text)
        tables[name if name.endswith(("Error", "Refusal")) else _OTHERS][text] = str(message.string) if message else ""
    yield "## Errors, warnings and other texts\n"
    for name in sorted(tables, key=lambda name: (name == _OTHERS, name)):
        yield f"### {name}\n\n| English | 한국어 |\n|---|---|"
        yield "\n".join(f"| {_cell(text)} | {_cell(told)} |" for text, told in sorted(tables[name].items())) + "\n"


def texts_of_tables() -> Iterator[str]:
    """Yield what traces, diagnoses and the checker's frame say, which stands in tables of both languages."""
    yield "## Traces, diagnoses and checks\n"
    for path in [*sorted((PACKAGE / "trace").rglob("*.toml")), PACKAGE / "checker/telling/texts/general.toml"]:
        yield f"### {path.relative_to(PACKAGE).as_posix()}\n\n| Key | English | 한국어 |\n|---|---|---|"
        yield "\n".join(f"| {key} | {_cell(str(en))} | {_cell(str(ko))} |" for key, en, ko in _told(path)) + "\n"


def _told(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield key, English and Korean of a table that has its keys below the languages, or the languages below keys."""
    table = tomllib.loads(path.read_text("utf-8"))
    if set(LANGUAGES) <= set(table):
        yield from ((key, text, table["ko"][key]) for key, text in table["en"].items())
        return
    for key, entry in table.items():
        yield from ((f"{key}.{name}", text, entry["ko"][name]) for name, text in entry["en"].items())


def _reports() -> Iterator[str]:
    yield "## Reports\n"
    network = cr.Network([cr.Dense(3), cr.ReLU(), cr.Dense(1)], "binary_cross_entropy", input_shape=(2,), seed=0)
    X, y = np.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    history = network.fit(X, y, epochs=2, verbose=False)
    samples: dict[str, Callable[[], str]] = {
        "Network.summary": lambda: str(network.summary()),
        "History": lambda: str(history),
        "Network.trace": lambda: str(network.trace(X[:1], y[:1])),
        "Network.trace(...).why": lambda: str(network.trace(X[:1], y[:1]).why("layer0.W[0, 0]")),
        "Network.diagnose": lambda: str(network.diagnose(100 * X, y)),
        "gradcheck": lambda: str(cr.gradcheck(cr.Dense(2), np.ones((2, 3)))),
    }
    for name, sample in samples.items():
        yield f"### {name}\n"
        for lang in LANGUAGES:
            with speaking(lang):
                yield _block(sample())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "week4.py")
        path.write_text(_LEARNER, "utf-8")
        yield "### chainrule check\n"
        for lang in LANGUAGES:
            yield _block(_printed(["check", str(path), "--hint", "3"], lang).replace(f"{folder}{os.sep}", ""))


def _printed(arguments: list[str], lang: str) -> str:
    """Return what a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main([*arguments, "--lang", lang])
    return out.getvalue()


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>").replace("<", "&lt;")


def run() -> int:
    """Write the page."""
    os.environ["COLUMNS"] = "100"
    PAGE.write_text(page(), "utf-8")
    print(f"written to {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(run())
