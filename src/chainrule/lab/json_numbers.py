"""Numbers of JSON: JavaScript writes 1.0 as 1, and a setting that may be any number takes it as a float."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.common.settings import Either, Maybe, Number, Rule, shown
from chainrule.equations import schedules
from chainrule.equations.losses import LOSSES
from chainrule.equations.optimizers import OPTIMIZERS
from chainrule.layers import LAYERS

_SETTLED: tuple[Any, ...] = (*LOSSES.values(), *OPTIMIZERS.values())
_KINDS: dict[str, Any] = {kind.__name__: kind for kind in _SETTLED}


def with_floats(value: Any) -> Any:
    """Return a layer, a loss, an optimizer or a schedule in plain data, its numbers as its settings take them."""
    if isinstance(value, list):
        return [with_floats(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("type"))
    rules = getattr(LAYERS.get(name) or _KINDS.get(name) or getattr(schedules, name, None), "rules", {})
    return settings_with_floats(rules, {key: with_floats(entry) for key, entry in value.items()})


def settings_with_floats(rules: Mapping[str, Rule], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings whose whole numbers are floats where the rule takes any number."""
    return {
        name: _as_float(value) if _is_any_number(rules.get(name), value) else value for name, value in settings.items()
    }


def _is_any_number(rule: Rule | None, value: Any) -> bool:
    if isinstance(rule, Maybe):
        return _is_any_number(rule.rule, value)
    if isinstance(rule, Either):
        return any(_is_any_number(choice, value) for choice in rule.rules)
    return isinstance(rule, Number) and type(value) is int


def _as_float(value: int) -> int | float:
    try:
        return float(value)
    except OverflowError:  # which the rule refuses
        return value


def as_dtype(numbers: Any, dtype: np.dtype[Any]) -> Array:
    """Return a number or an array of finite numbers in a dtype.

    Raises
    ------
    InputError
        One of them is too large for it, or not whole where numbers are looked up.
    """
    is_whole = dtype.kind != "f"
    most = np.iinfo(dtype).max if is_whole else np.finfo(dtype).max
    if is_whole and (np.asarray(numbers) % 1 != 0).any():
        raise InputError(
            "The inputs of this network are whole numbers that are looked up, but {numbers} came.",
            numbers=shown(np.asarray(numbers).tolist()),
        )
    if not (np.abs(numbers) <= most).all():
        raise InputError(
            "Numbers of {dtype} go up to {most:.3g}, but {numbers} came.",
            dtype=dtype.name,
            most=float(most),
            numbers=shown(np.asarray(numbers).tolist()),
        )
    return np.asarray(numbers, dtype)
