"""The usual names of functions and of parameters."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from chainrule.checker.equations.activations import SLOPES

FORWARD_NAMES = {
    "sigmoid": ("sigmoid", "Sigmoid", "sigm", "sigmoid_forward", "logistic"),
    "relu": ("relu", "ReLU", "Relu", "ReLu", "relu_forward"),
    "tanh": ("tanh", "tanh_forward"),
    "identity": ("identity_function", "identity"),
    "step": ("step_function", "step"),
}
BACKWARD_NAMES = {
    "sigmoid": ("sigmoid_backward", "sigmoid_back"),
    "relu": ("relu_backward", "relu_back", "ReLU_backward"),
    "tanh": ("tanh_backward", "tanh_back"),
}
SLOPE_NAMES = {
    name: tuple(
        form.format(spelling)
        for spelling in (name, *(usual for usual in FORWARD_NAMES[name] if usual.lower() == name and usual != name))
        for form in ("{}_derivative", "{}_prime", "{}_grad", "d_{}", "d{}", "{}_deriv", "deriv_{}", "derivative_{}")
    )
    for name in SLOPES
}
INITIALIZE = (
    *("initialize_parameters_deep", "initialize_parameters", "initialize_parameters_he"),
    *("initialize_parameters_random", "initialize_params", "init_params", "init_parameters"),
)


def first(result: Any) -> Any:
    """Return the result itself, or its first part if a cache comes with it."""
    return result[0] if isinstance(result, tuple) else result


def weights(parameters: Any) -> dict[str, Any] | None:
    """Return what a function made as {"W1": ..., "b1": ...}: from a dict, or from arrays in a row; else None."""
    if isinstance(parameters, dict):
        named = {str(key): value for key, value in parameters.items()}
        found = {
            f"{'W' if match[1] in 'Ww' else 'b'}{match[2]}": np.asarray(value)
            for key, value in named.items()
            if (match := re.fullmatch(r"([WwbB])_?(\d+)", key))
        }
        return found or None
    if isinstance(parameters, tuple | list) and parameters and all(isinstance(a, np.ndarray) for a in parameters):
        names = [f"{kind}{i + 1}" for i in range(len(parameters) // 2) for kind in "Wb"]
        return dict(zip(names, parameters, strict=False))
    return None
