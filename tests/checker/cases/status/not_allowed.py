# ruff: noqa
# mypy: ignore-errors
"""What the walls refuse is no mistake.

linear_forward: unchecked not-allowed
relu: unchecked not-allowed
sigmoid: ok
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def linear_forward(A, W, b):
    with ThreadPoolExecutor(2) as pool:
        Z = pool.submit(np.dot, W, A).result() + b
    return Z, (A, W, b)


def relu(Z):
    subprocess.run(["true"])
    return np.maximum(0, Z), Z


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z
