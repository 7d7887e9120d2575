"""`chainrule datasets`: what there is to train on."""

from __future__ import annotations

from typing import Any

from chainrule.cli.output import JsonOption, print_json
from chainrule.common.text_table import text_table
from chainrule.datasets import DATASETS
from chainrule.datasets.mnist import where_mnist_is

EXAMPLE = "Example: chainrule datasets --json"

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
            source = "shipped" if dataset.name == "mnist-small" else "from a seed"
        rows.append({"name": dataset.name, "task": dataset.task, **sizes, "what": dataset.summary, "source": source})
    if as_json:
        print_json(rows)
        return
    columns = ["name", "task", "training", "test", "features"]
    print(text_table(columns, [[_cell(row[name]) for name in columns] for row in rows]))
    print()
    for row in rows:
        print(f"{row['name']:<11}  {row['what']:<54}  {row['source']}")


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value
