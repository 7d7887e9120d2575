# ruff: noqa
# mypy: ignore-errors
"""The course's cost reads the weights, although it needs none.

compute_cost: ok
"""

import numpy as np


def compute_cost(A2, Y, parameters):
    m = Y.shape[1]
    W1, W2 = parameters["W1"], parameters["W2"]
    logprobs = Y * np.log(A2) + (1 - Y) * np.log(1 - A2)
    return float(np.squeeze(-np.sum(logprobs) / m))
