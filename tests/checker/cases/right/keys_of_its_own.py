# ruff: noqa
# mypy: ignore-errors
"""One layer, whose parameters are called W and b.

forward_propagation: unchecked other-call
update_parameters: unchecked other-call
"""


def forward_propagation(X, parameters):
    return X @ parameters["W"] + parameters["b"]


def update_parameters(parameters, grads, learning_rate):
    return {name: parameters[name] - learning_rate * grads["d" + name] for name in ("W", "b")}
