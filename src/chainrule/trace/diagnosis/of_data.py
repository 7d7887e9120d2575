"""What is wrong with inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.arrays import Array, leaves
from chainrule.data.batches import counting_rows
from chainrule.trace.diagnosis.finding import Finding
from chainrule.trace.diagnosis.guessing import class_shares, example_weights, one_hot
from chainrule.trace.diagnosis.subject import Subject, rms
from chainrule.trace.diagnosis.thresholds import (
    COLUMN_RATIO,
    DENSE,
    ENOUGH,
    EXPECTED,
    INPUT_LARGEST,
    INPUT_RMS,
    MANY,
    RAREST,
    SPARSE,
    TARGET_RMS,
)
from chainrule.trace.record import LayerRecord

_NAMED = 5  # columns or classes that are listed by name


def constant_features(subject: Subject) -> Iterator[Finding]:
    """Find columns (of pictures, channels) that have one value in all examples."""
    X = subject.data.X
    if subject.body.vocabulary_of_input is not None or len(X) < MANY:
        return
    rows = _rows(subject, X)
    constant = np.flatnonzero(rows.max(axis=0) == rows.min(axis=0))
    if not constant.size:
        return
    value = rows[0, constant[0]]
    others = np.delete(rows, constant, axis=1)
    if others.size and np.mean(others == value) > SPARSE:
        return
    facts = {"columns": _names(subject, constant), "count": len(constant), "value": float(value)}
    yield Finding("constant-feature", "", facts | {"examples": len(X)})


def scales(subject: Subject) -> Iterator[Finding]:
    """Find inputs whose numbers are too large or too small, or of very different scale, where weights first see them.

    What a normalization has brought to scale before is in order.
    """
    first = next((unit for unit in subject.trace.units if _weights(unit)), None)
    if first is None or first.layer.vocabulary_of_input is not None or isinstance(first.x, tuple):
        return
    rows = _rows(subject, first.x)
    if (uneven := _uneven(subject, rows)) is not None:
        yield uneven
        return
    size, largest = rms(rows), float(np.abs(rows).max(initial=0))
    facts = {"rms": size, "least": float(rows.min(initial=0)), "largest": float(rows.max(initial=0))}
    if size > INPUT_RMS:
        yield Finding("large-inputs", "", facts)
    elif 0 < largest < INPUT_LARGEST:
        yield Finding("small-inputs", "", facts)


def _uneven(subject: Subject, rows: Array) -> Finding | None:
    """Return the finding if one column varies much more than another."""
    spreads = rows.std(axis=0, dtype=np.float64)
    background = np.quantile(rows, 0.5, axis=0, method="lower")  # the value that most numbers of a column have, if any
    comparable = np.flatnonzero((spreads > 0) & (np.mean(rows == background, axis=0) < DENSE))
    if len(rows) < MANY or comparable.size < 2:
        return None
    order = comparable[np.argsort(spreads[comparable])]
    small, large = order[0], order[-1]
    if spreads[large] <= COLUMN_RATIO * spreads[small]:
        return None
    facts = {"large": _names(subject, order[-1:]), "small": _names(subject, order[:1])}
    return Finding("uneven-columns", "", facts | {"larger": float(spreads[large]), "smaller": float(spreads[small])})


def imbalance(subject: Subject) -> Iterator[Finding]:
    """Find classes that come far less often than others, weights counted in, or never."""
    Z = _logits_of_all(subject)
    if subject.loss.task == "regression" or (subject.loss.task == "binary" and Z.shape[-1] > 1):
        return
    shares = class_shares(subject.loss, Z, subject.data)
    if subject.loss.task == "binary":
        shares = np.array([1 - shares[0], shares[0]])
    classes, examples = len(shares), int(np.count_nonzero(example_weights(Z, subject.data)))
    if np.count_nonzero(shares) == 1:
        if examples >= ENOUGH:
            yield Finding("one-class", "", {"class": int(shares.argmax()), "examples": examples})
        return
    if examples < EXPECTED * classes or shares.min() >= RAREST / classes:
        return
    missing, rare = np.flatnonzero(shares == 0), np.flatnonzero((shares > 0) & (shares < RAREST / classes))
    if missing.size:
        unused = {"missing": _listed(missing), "classes": classes, "examples": examples}
        yield Finding("unused-outputs", "", unused)
    if rare.size:
        rarest = int(rare[shares[rare].argmin()])
        facts = {"rare": rarest, "rare_share": float(shares[rarest]), "even_share": 1 / classes, "examples": examples}
        yield Finding("imbalanced-classes", "", facts)


def targets(subject: Subject) -> Iterator[Finding]:
    """Find values to predict that are too large for outputs that begin near 1."""
    if subject.loss.task != "regression":
        return
    Z = _logits_of_all(subject)
    Y = one_hot(subject.loss, Z, subject.data)[example_weights(Z, subject.data) > 0]
    if rms(Y) > TARGET_RMS:
        yield Finding("large-targets", "", {"rms": rms(Y), "mean": float(Y.mean()), "spread": float(Y.std())})


def _logits_of_all(subject: Subject) -> Array:
    """Return an array in the shape that the logits of all examples would have, which takes no memory."""
    Z = subject.result.Z
    return np.broadcast_to(Z[:1], (len(subject.data.X), *Z.shape[1:]))


def _weights(unit: LayerRecord) -> bool:
    return "weight" in {kind for _, kind in leaves(unit.layer.kinds(unit.params))}


def _rows(subject: Subject, X: Array) -> Array:
    """Return examples, or steps or pixels of them, that count, one below another."""
    mask, weights = (a if a is None else a[: len(X)] for a in (subject.data.mask, subject.data.weights))
    if mask is not None and X.shape[:2] == mask.shape:
        X = X[mask > 0]
    elif weights is not None:
        X = X[counting_rows(weights)]
    return X.reshape(-1, X.shape[-1])


def _names(subject: Subject, columns: Array) -> str:
    """Return the names of columns, or their numbers; of many, the first ones."""
    names = subject.columns
    known = names is not None and len(names) == subject.data.X.shape[-1]
    return _listed(np.array(names)[columns] if known else columns)


def _listed(names: Array) -> str:
    return ", ".join(map(str, names[:_NAMED])) + (", …" if len(names) > _NAMED else "")
