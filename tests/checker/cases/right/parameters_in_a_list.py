# ruff: noqa
# mypy: ignore-errors
"""All parameters lie in one list, and so do the gradients.

update_parameters: unchecked other-call
"""


def update_parameters(parameters, gradients, lr):
    for p, g in zip(parameters, gradients):
        p -= lr * g
