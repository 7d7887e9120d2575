"""How the network of a table is trained: on which rows, on which others it is told when to stop, and what is kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.network import Network
from chainrule.tables import networks, realmlp
from chainrule.tables.class_weights import WeightedLoss, weights_of
from chainrule.tables.examples import examples
from chainrule.tables.frames import texts
from chainrule.tables.linear import linear_start
from chainrule.tables.preparation import Preparation
from chainrule.tables.scans import Scan
from chainrule.tables.seen_rows import SeenRows
from chainrule.tables.splitting import validating
from chainrule.tables.stored_inputs import stored_inputs
from chainrule.tables.targets import Target
from chainrule.tables.windows import Past
from chainrule.training.callbacks import EarlyStopping

_FEW_ROWS = 50  # too few to lose some for that


class Trained(NamedTuple):
    """What is kept of a training besides the network."""

    report: dict[str, Any]
    """Plain data: the scores of each epoch, and which rows told when to stop."""
    seen: SeenRows


def train(
    network: Network,
    preparation: Preparation,
    target: Target,
    past: Past | None,
    table: Any,
    settings: dict[str, Any],
    by: dict[str, Any],
) -> Trained:
    """Train on a frame or on a table in a file; a fifth of the rows tells when to stop."""
    answers = table[target.name]
    if isinstance(table, Scan):
        y = target.answers_of(table)
        validates = _validates(table, y, target, past, settings, by)
        with stored_inputs(table, preparation, [~validates, validates]) as (X, X_validates):
            return _fit(network, target, (X, y[~validates]), (X_validates, y[validates]), settings)
    X, rows, _ = examples(table, preparation, past, target.name)
    if past is not None:
        known = ~texts(answers).is_null().to_numpy()[rows]
        X, rows = X[known], rows[known]
        past.check_some(table, rows)
    y = target.numbers_of(answers[rows])
    validates = _validates(table, y, target, past, settings, by)
    return _fit(network, target, (X[~validates], y[~validates]), (X[validates], y[validates]), settings)


def _validates(
    table: Any,
    y: NDArray[Any],
    target: Target,
    past: Past | None,
    settings: dict[str, Any],
    by: dict[str, Any],
) -> NDArray[np.bool_]:
    """Return which examples tell when to stop; none if they are few, or others were said."""
    if len(y) < _FEW_ROWS or {"validation_data", "validation_split"} & set(settings):
        return np.zeros(len(y), bool)
    if past is not None:  # what comes last is like what will come
        return np.arange(len(y)) >= (1 - networks.VALIDATED) * len(y)
    strata = y if target.task == "classification" else np.zeros(len(y), int)
    return validating(table, strata, networks.VALIDATED, seed=settings["seed"], **by)


def _fit(
    network: Network,
    target: Target,
    trains: tuple[Any, Any],
    validates: tuple[Any, Any],
    settings: dict[str, Any],
) -> Trained:
    """Train on inputs and classes' places or values, and stop when others get worse."""
    chosen = {**settings}
    tabular = chosen.pop("preset") is not None
    if tabular:
        chosen = networks.tabular_settings(len(trains[0]), target, chosen)
    else:
        chosen = networks.settings(len(trains[0]) + len(validates[0]), chosen)
    monitor = f"val_{realmlp.task_of(target.task).monitor}" if tabular else "val_loss"
    if chosen["class_weight"] is not None:
        chosen["class_weight"] = weights = weights_of(target, chosen["class_weight"], trains[1])
        weighted = WeightedLoss(network.loss, tuple(weights.values()))
        chosen["metrics"], monitor = [*chosen.get("metrics", ("accuracy",)), weighted], "val_weighted_loss"
    if len(validates[0]):
        chosen["validation_data"] = validates[0], _learned(target, validates[1])
    own = chosen.get("validation_data") is not None and not len(validates[0])
    report: dict[str, Any] = {"own_validation": own or bool(chosen.get("validation_split"))}
    report["weighed"] = chosen["class_weight"] is not None
    stop = None
    if len(validates[0]) or report["own_validation"]:
        stop = EarlyStopping(chosen["epochs"] if tabular else max(5, chosen["epochs"] // 4), monitor)
        stop.last_of_equals = tabular
        chosen["callbacks"] = [stop, *chosen.get("callbacks", ())]
    if networks.has_linear_part(network) and not tabular:
        start = linear_start(target, trains[0], _learned(target, trains[1]), chosen["class_weight"])
        if start is not None:
            networks.start_from(network, *start)
    network.fit(trains[0], _learned(target, trains[1]), **chosen)
    history = network.history.rows
    if stop is not None:
        report["kept_epoch"] = len(history) - stop.waited
    return Trained(report | {"history": history}, SeenRows.of(trains[0], validates[0]))


def _learned(target: Target, y: NDArray[Any]) -> NDArray[Any]:
    """Return what the network learns in the place of classes and values."""
    if target.task == "classification":
        return y
    return ((y - target.center) / target.scale).astype(np.float32)[:, None]
