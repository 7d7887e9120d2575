"""Comparison of a layer with arrays that PyTorch computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import INFERENCE, Array, Mode
from chainrule.layers import Layer


def arrays_of(file: str, case: str) -> dict[str, Array]:
    """Return the arrays of one case, such as "x", "dy" and "params.W"."""
    with np.load(Path(__file__).with_name(file)) as arrays:
        return {name.removeprefix(f"{case}/"): arrays[name] for name in arrays if name.startswith(f"{case}/")}


def starting_with(prefix: str, arrays: dict[str, Array]) -> dict[str, Array]:
    """Return the arrays whose name begins so, without that."""
    return {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}


def assert_close(actual: dict[str, Any], expected: dict[str, Array]) -> None:
    """Compare to 1e-5 of the largest value."""
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        assert actual[name].dtype == np.float32, name
        scale = max(1.0, float(np.abs(array).max()))
        np.testing.assert_allclose(actual[name], array, rtol=0, atol=1e-5 * scale, err_msg=name)


def assert_equals_pytorch(file: str, case: str, layer: Layer, mode: Mode = INFERENCE) -> Any:
    """Compare output and gradients; return the new parameters."""
    arrays = arrays_of(file, case)
    params = starting_with("params.", arrays)
    y, cache = layer.forward(params, arrays["x"], mode)
    dx, grads = layer.backward(cache, arrays["dy"])
    assert_close({"y": y}, {"y": arrays["y"]})
    assert_close(grads | ({} if dx is None else {"x": dx}), starting_with("grads.", arrays))
    return layer.update_statistics(params, cache)
