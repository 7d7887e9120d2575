"""Activations that Keras does not have by name; this file needs Keras."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("chainrule")  # type: ignore[untyped-decorator,unused-ignore]
def gelu_tanh(x: Any) -> Any:
    """Return GELU in its tanh form."""
    return keras.ops.gelu(x, approximate=True)


@keras.saving.register_keras_serializable("chainrule")  # type: ignore[untyped-decorator,unused-ignore]
def step(x: Any) -> Any:
    """Return 1 above 0, and 0 elsewhere."""
    return keras.ops.cast(x > 0, x.dtype)
