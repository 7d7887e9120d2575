# ruff: noqa
# mypy: ignore-errors
import numpy as np


def and2(x1, x2):
    w1, w2, theta = 0.5, 0.5, 0.7
    return 1 if x1 * w1 + x2 * w2 > theta else 0


def OR(x):
    return int(np.sum(np.array([0.5, 0.5]) * x) - 0.2 > 0)


def nand(x1, x2):
    return 1 if 0.7 - 0.5 * x1 - 0.5 * x2 > 0 else 0


def or2(x1, x2):
    return x1 | x2


def XOR(x1, x2):
    return and2(nand(x1, x2), or2(x1, x2))
