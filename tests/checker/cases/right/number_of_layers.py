# ruff: noqa
# mypy: ignore-errors
"""The last argument is not a size but the number of layers.

initialize_parameters: unchecked other-result
"""

import numpy as np


def initialize_parameters(n_x, n_h, n_y, n_layer):
    sizes = [n_x] + [n_h] * (n_layer - 1) + [n_y]
    parameters = {}
    for n in range(1, n_layer + 1):
        parameters["W" + str(n)] = np.random.randn(sizes[n - 1], sizes[n])
        parameters["b" + str(n)] = np.zeros((1, sizes[n]))
    return parameters
