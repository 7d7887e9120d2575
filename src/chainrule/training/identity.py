"""What the numbers of a run depend on, as plain data: two runs that have it in common have all in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from chainrule.common.errors import InputError
from chainrule.common.texts import tr
from chainrule.data.batches import Source
from chainrule.equations.optimizers import Optimizer
from chainrule.training.settings import FitSettings

Identity = dict[str, Any]
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, partial)


def identity_of(
    network: Any,
    optimizer: Optimizer,
    metrics: Sequence[Any],
    how: FitSettings,
    source: Source,
    validation: Source | None,
) -> Identity:
    """Return what must be the same for a run to go on with the same bits."""
    settings = [[type(c).__name__, own] for c in how.callbacks if (own := c.settings()) is not None]
    return {
        "layers": plain("network", network.body.layers),
        "loss": plain("loss", network.loss),
        "dtype": network.dtype.name,
        "network's seed": network.seed,
        "optimizer": plain("optimizer", optimizer),
        "metrics": plain("list of metrics", metrics),
        "callbacks": plain("list of callbacks", settings),
        "batch_size": how.batch_size,
        "accumulate": how.accumulate,
        "seed": how.seed,
        "precision": how.precision,
        "batches": source.batches,
        "data": source.digest(),
        "validation": None if validation is None else validation.digest(),
    }


def plain(what: str, value: Any) -> Any:
    """Return settings as plain data that JSON gives back as it was; an object becomes its class and its attributes.

    Parameters
    ----------
    what
        What the settings belong to, for errors.
    value
        The settings.

    Raises
    ------
    InputError
        There is a function or something else in it that cannot be compared in another process.
    """
    try:
        return _plain(what, value)
    except RecursionError:
        raise InputError(
            "A run with checkpoints or several processes must be comparable, but something in the {what} refers to "
            "itself: take such an object out, or train without them.",
            what=what,
        ) from None


def _plain(what: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else repr(value)
    if isinstance(value, np.generic) or hasattr(value, "__array_namespace__"):
        value = np.asarray(value)
        if value.size == 1 and value.dtype.kind in "fiub":
            return _plain(what, value.item())
        if value.dtype.hasobject:  # its bytes are the addresses of what it holds
            return _plain(what, value.tolist())
        import hashlib

        digest = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).hexdigest()
        return f"{value.dtype} {value.shape} {digest}"
    if isinstance(value, dict):
        return {str(_plain(what, name)): _plain(what, v) for name, v in value.items()}
    if isinstance(value, tuple | list):
        listed = [_plain(what, v) for v in value]
        return listed if type(value) in (tuple, list) else {"type": type(value).__qualname__, "items": listed}
    if isinstance(value, type):
        return value.__qualname__
    fields = [field.name for field in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else None
    if fields is None and (isinstance(value, _FUNCTIONS) or not hasattr(value, "__dict__")):
        raise InputError(
            "A run with checkpoints or several processes must be comparable, but in the {what} is {value!r}, of which "
            "another process cannot tell whether it is the same. Write it as a frozen dataclass with __call__, or "
            "train without them.",
            what=what,
            value=value,
        )
    names = fields if fields is not None and type(value).__module__.startswith("chainrule.") else _attributes(value)
    return {"type": type(value).__qualname__} | {name: _plain(what, getattr(value, name)) for name in names}


def _attributes(value: Any) -> list[str]:
    """Return the names of all attributes of a user's object that hold data, those of its classes among them."""
    names = dict.fromkeys(vars(value)) if hasattr(value, "__dict__") else {}
    own = [kind for kind in type(value).__mro__[:-1] if not kind.__module__.startswith("chainrule.")]
    for kind in own:
        for name, attribute in vars(kind).items():
            slot = type(attribute).__name__ == "member_descriptor"
            if slot or not (name.startswith("__") or callable(attribute) or hasattr(attribute, "__get__")):
                names[name] = None
    return [name for name in names if not name.startswith("_abc_") and hasattr(value, name)]


def differences(before: Any, now: Any) -> str:
    """Return in one sentence what differs between two identities."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return tr("It was written by another version of chainrule.")
    texts = []
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if old != new:
            texts.append(tr("{name}: {old} then, {new} now", name=name, old=_short(old), new=_short(new)))
    return tr("These differ: {differences}.", differences="; ".join(texts))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
