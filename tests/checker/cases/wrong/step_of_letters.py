# ruff: noqa
# mypy: ignore-errors
"""A step back through the course's network over letters that forgets the slope of tanh.

rnn_step_backward: wrong recurrent_backward.slope-lost
"""

import numpy as np


def rnn_step_backward(dy, gradients, parameters, x, a, a_prev):
    da = parameters["Wya"].T @ dy + gradients["da_next"]
    dZ = da
    gradients["dWya"] += dy @ a.T
    gradients["dby"] += dy
    gradients["dWax"] += dZ @ x.T
    gradients["dWaa"] += dZ @ a_prev.T
    gradients["db"] += dZ
    gradients["da_next"] = parameters["Waa"].T @ dZ
    return gradients
