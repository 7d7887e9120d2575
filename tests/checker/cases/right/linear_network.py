# ruff: noqa
# mypy: ignore-errors
"""A network for regression with no activation anywhere.

forward_propagation: ok
"""


def forward_propagation(X, parameters):
    A1 = X @ parameters["W1"] + parameters["b1"]
    A2 = A1 @ parameters["W2"] + parameters["b2"]
    return A2, {"A1": A1, "A2": A2}
