# ruff: noqa
# mypy: ignore-errors
"""A step back through the course's network over letters, which adds to the gradients that it gets.

rnn_step_backward: ok
"""

import numpy as np


def rnn_step_backward(dy, gradients, parameters, x, a, a_prev):
    da = parameters["Wya"].T @ dy + gradients["da_next"]
    dZ = (1 - a**2) * da
    gradients["dWya"] += dy @ a.T
    gradients["dby"] += dy
    gradients["dWax"] += dZ @ x.T
    gradients["dWaa"] += dZ @ a_prev.T
    gradients["db"] += dZ
    gradients["da_next"] = parameters["Waa"].T @ dZ
    return gradients
