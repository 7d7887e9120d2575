# ruff: noqa
# mypy: ignore-errors
"""The learning rate is forgotten for the biases only.

update_parameters: wrong update.no-rate-for-some
"""


def update_parameters(parameters, grads, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - grads["db" + str(l)]
    return parameters
