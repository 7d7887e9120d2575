"""What `fit` trains on and what it validates on, checked; nothing of the network changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.arrays import Array
from chainrule.common.errors import InputError
from chainrule.data import checks, sources
from chainrule.data.batches import Arrays, Source
from chainrule.data.class_weights import class_weights
from chainrule.data.convert import as_array
from chainrule.data.door import Door
from chainrule.data.sources import Cutting, Held, source
from chainrule.equations.losses import Loss


def examples_for_fit(
    held: Held,
    *,
    door: Door,
    loss: Loss,
    cutting: Cutting,
    class_weight: Any,
    validation_data: Any,
    validation_split: float,
) -> tuple[Source, Source | None]:
    """Return the examples to train on, and those to validate on, if any.

    Class weights are multiplied in after the split: they count in training only.
    """
    if validation_data is not None and validation_split:
        raise InputError("fit takes validation_data or validation_split, but not both.")
    examples = source(held, cutting, door, door.columns)
    _, _, output_shape = door.settled(examples.shape)
    validation: Source | None = None
    if validation_split:
        examples, validation = _split(examples, validation_split, cutting.batch_size)
    elif validation_data is not None:
        validation = _validation(validation_data, door, door.columns or sources.names_of(examples))
    if class_weight is not None:
        examples.adapt(class_weights(class_weight, loss, output_shape, *_all_targets(examples, held, door)))
    if isinstance(examples, Arrays) and examples.data.weights is not None:
        checks.some_weight(examples.data.weights)
    return examples, validation


def examples_to_score(held: Held, door: Door, names: Sequence[str] | None) -> Source:
    """Return examples to be scored in their own order."""
    return source(held, Cutting(batch_size=1, seed=0), door, names)


def _all_targets(source: Source, held: Held, door: Door) -> tuple[Array | None, Array | None]:
    """Return all targets and which of them count, as far as they are known before training."""
    if isinstance(source, Arrays):
        weights = source.data.weights
        return source.data.Y, None if weights is None else weights > 0
    if held.y is None:
        return None, None
    named = zip(("y", "sample_weight", "mask"), held[1:], strict=True)
    return door.targets(*(None if a is None else as_array(name, a) for name, a in named))


def _split(source: Source, share: float, batch_size: int) -> tuple[Source, Source]:
    if not isinstance(source, Arrays):
        raise InputError("validation_split draws from data in memory: give stored data validation_data=(X, y) instead.")
    return source.split(share, batch_size)


def _validation(data: Any, door: Door, names: Sequence[str] | None) -> Source:
    """Return examples to be scored: (X, y), (X, y, mask), or a source that brings its targets."""
    if isinstance(data, list) and len(data) in (2, 3) and not isinstance(data[0], list | tuple):
        raise InputError("validation_data of arrays is a tuple, but a list came: write (X, y) instead of [X, y].")
    X, y, mask = (*data, None)[:3] if isinstance(data, tuple) and len(data) in (2, 3) else (data, None, None)
    try:
        other = door.another(sources.names_of(X))
        return examples_to_score(Held(X, y, mask=mask), other, names)
    except InputError as error:
        raise InputError("In validation_data, which is (X, y) or (X, y, mask): {error}", error=error) from error
