# ruff: noqa
# mypy: ignore-errors
"""The step is so small that both differences are 0: no other mistake's name fits because of that.

numerical_diff: wrong numerical.step-too-small
"""


def numerical_diff(f, x):
    h = 10e-50
    return (f(x + h) - f(x - h)) / (2 * h)
