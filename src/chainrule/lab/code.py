"""A blueprint as a Python script, which runs as shown and gives the numbers of the lab."""

from __future__ import annotations

from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataSets


def python_code(blueprint: Blueprint, sets: DataSets, epochs: int = 100) -> str:
    """Return the script, which trains for so many epochs."""
    raise NotImplementedError
