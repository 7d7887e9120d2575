"""`chainrule datasets`: what there is to train on."""

from __future__ import annotations

from typing import Any

from chainrule.cli.output import JsonOption, print_json
from chainrule.common.languages import speaking
from chainrule.common.text_table import text_table
from chainrule.common.texts import Note, later, tr
from chainrule.datasets import DATASETS
from chainrule.datasets.mnist import where_mnist_is

EXAMPLE = "Example: chainrule datasets --json"

_SIZES = [later("name"), later("task"), later("training"), later("test"), later("features")]
_WORDS = [later("name"), later("what"), later("source")]
_TASKS = {
    "multiclass": later("multiclass"),
    "binary": later("binary"),
    "regression": later("regression"),
}
_MNIST = {"training": 60_000, "test": 10_000, "features": 784}  # known without reading, or downloading, the files


def run(as_json: JsonOption = False) -> None:
    """List the data sets and where they come from; downloads nothing."""
    rows: list[dict[str, Any]] = []
    for dataset in DATASETS.values():
        if dataset.name == "mnist":
            sizes, source = _MNIST, where_mnist_is()
        else:
            (X, _), (X_test, _) = dataset.load(0)
            sizes = {"training": len(X), "test": len(X_test), "features": X.shape[1]}
            source = Note("shipped") if dataset.name == "mnist-small" else Note("from a seed")
        rows.append({"name": dataset.name, "task": dataset.task, **sizes, "what": dataset.summary, "source": source})
    if as_json:
        with speaking("en"):  # what programs read is the same in all languages
            print_json([{**row, "source": str(row["source"])} for row in rows])
        return
    print(text_table([*map(tr, _SIZES)], [[_cell(row[name]) for name in _SIZES] for row in rows], texts=(0, 1)))
    print()
    print(
        text_table(
            [*map(tr, _WORDS)],
            [[tr(row["name"]), tr(row["what"]), str(row["source"])] for row in rows],
            texts=range(len(_WORDS)),
        )
    )


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else tr(_TASKS.get(value, value))
