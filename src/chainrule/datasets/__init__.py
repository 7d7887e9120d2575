"""Data to train on: MNIST, the digits that ship, and toy sets made from a seed."""

from chainrule.datasets.idx import read_idx
from chainrule.datasets.mnist import Examples, load_mnist, load_mnist_small
from chainrule.datasets.table import DATASETS, Dataset
from chainrule.datasets.toys import blobs, circles, moons, sine, spirals, xor

__all__ = [
    "DATASETS",
    "Dataset",
    "Examples",
    "blobs",
    "circles",
    "load_mnist",
    "load_mnist_small",
    "moons",
    "read_idx",
    "sine",
    "spirals",
    "xor",
]
