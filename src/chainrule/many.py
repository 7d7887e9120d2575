"""Many little trainings in one call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import leaves
from chainrule.common.console import say
from chainrule.common.errors import InputError, NetworkWarning, warn
from chainrule.common.settings import Each, Either, Instance, Whole, flag, listed, whole
from chainrule.data import sources
from chainrule.data.batches import Arrays
from chainrule.data.fitting import examples_for_fit
from chainrule.engines import processes
from chainrule.engines.lazy_rows import lazy_embedding
from chainrule.equations import optimizers
from chainrule.equations.optimizers import Optimizer
from chainrule.layers.base import convolves, path_kinds
from chainrule.metrics import Metric, Metrics, WholeMetric, find_all
from chainrule.network import Network
from chainrule.training.history import History
from chainrule.training.progress import scores_text
from chainrule.training.scoring import Totals, check_counted_in_batches

if TYPE_CHECKING:
    from chainrule.engines.xla_many import Epoch, ManyNetworks

_NETWORKS = Each(Instance(Network, "a Network"), "a list of networks")
_SEEDS = Either(Whole(0), Each(Whole(0), "a list of seeds, one for each network"))


def fit_many(
    networks: Sequence[Network],
    X: Any,
    y: Any,
    *,
    epochs: int = 10,
    batch_size: int = 32,
    optimizer: str | Optimizer | Sequence[str | Optimizer] | None = None,
    metrics: Sequence[str | Metric | WholeMetric] | None = None,
    seed: int | Sequence[int] = 0,
    verbose: bool = True,
) -> list[History]:
    """Train many little networks of one kind on the same examples, as `Network.fit` trains each, in one call.

    XLA compiles one program, whose data is what differs between the networks: first parameters, learning rates, seeds.
    A few networks at a time are stacked, and each thread trains some of them. The numbers are those of
    ``network.fit(..., restart=True, engine="xla")``, to rounding.

    Parameters
    ----------
    networks
        Networks with the same layers, loss, input shape, dtype and names of columns, such as one for each of many
        seeds. They are trained where they are, as by `fit`; an error leaves them as they were, and Ctrl-C as they were
        after the last whole epoch.
    X, y
        Examples in memory, as for `Network.fit`.
    epochs, batch_size, metrics
        As for `Network.fit`.
    optimizer
        One for all, or one for each network; these may differ in their learning rates, which are numbers then.
    seed
        Of the order of the examples and of dropout: one for all, or one for each network.
    verbose
        Whether to show a line per epoch, with the network whose loss is lowest.

    Returns
    -------
    list of History
        The scores of every epoch, for each network, also kept as its `history`. There is no validation in between:
        call `evaluate` of those that you keep.

    Raises
    ------
    InputError
        If the networks or the optimizers differ in more than that, if there is a convolution in the networks (stacked,
        convolutions take XLA many times longer) or a lazy embedding, or if the data breaks a rule.
    MissingExtraError
        JAX is not installed.

    Warns
    -----
    NetworkWarning
        The numbers of a network were no longer finite. It keeps the parameters of the epoch before, where its history
        ends, and the others go on.

    Examples
    --------
    >>> import chainrule as cr
    >>> X, y = cr.datasets.xor(seed=0)
    >>> networks = [cr.Network.mlp([2, 8, 1], seed=seed) for seed in range(4)]
    >>> rates = [cr.Adam(lr=rate) for rate in (0.001, 0.01, 0.03, 0.1)]
    >>> histories = cr.fit_many(networks, X, y, epochs=20, optimizer=rates, verbose=False)
    >>> best = min(range(4), key=lambda i: histories[i]["loss"][-1])
    >>> len(histories[best]), networks[best].predict(X[:3]).shape
    (20, (3, 1))
    """
    epochs, batch_size = (
        whole("fit_many", "epochs", epochs, least=1),
        whole("fit_many", "batch_size", batch_size, least=1),
    )
    verbose = flag("fit_many", "verbose", verbose)
    networks = _NETWORKS.check("fit_many", "networks", networks)
    _check_alike(networks)
    rules, seeds = _rules(optimizer, len(networks)), _SEEDS.check("fit_many", "seed", seed)
    seeds = [seeds] * len(networks) if isinstance(seeds, int) else seeds
    _check_count("seed", seeds, len(networks))
    first, scored = networks[0], find_all(metrics, networks[0].loss)
    check_counted_in_batches(scored)
    orders = _orders(first, X, y, batch_size, seeds)

    from chainrule.engines.xla_many import ManyNetworks

    engine = ManyNetworks(
        first.body,
        first.loss,
        rules,
        [network.params for network in networks],
        sources=[orders[seed] for seed in seeds],
        metrics=tuple(metric for metric in scored if isinstance(metric, Metric)),
        seeds=seeds,
    )
    epoch = last = len(first.history)
    done: list[dict[int, dict[str, float]]] = []
    groups = engine.groups
    try:
        while epoch < last + epochs and (not done or done[-1]):
            started = time.perf_counter()
            result = engine.epoch(groups, epoch + 1)
            rows = _scores(first, engine, result, scored, rules)
            done.append(rows)
            groups, epoch = result.groups, epoch + 1  # from here on the epoch counts, whatever is interrupted
            if verbose and rows and processes.first():
                _show(rows, len(networks), f"{epoch}/{last + epochs}", time.perf_counter() - started)
    except KeyboardInterrupt:
        say("Stopped by Ctrl-C: the networks keep what they learned up to epoch {epoch}.", epoch=epoch)
    own = [[rows[i] for rows in done[: epoch - last] if i in rows] for i in range(len(networks))]
    # A new history, because what an earlier fit returned must not grow.
    histories = [History([*network.history.rows, *rows]) for network, rows in zip(networks, own, strict=True)]
    trained = zip(networks, histories, engine.params(groups), engine.states(groups), rules, strict=True)
    for network, history, params, state, rule in trained:
        network.history, network.params, network._optimizer = history, params, (rule, state)
        network.feature_names = network.feature_names or sources.names_of(X)
    _warn_of_the_lost([i for i, history in enumerate(histories) if len(history) < epoch])
    return histories


def _check_alike(networks: Sequence[Network]) -> None:
    """Raise an error unless networks can be stacked."""
    first, seen = networks[0], set()
    for i, network in enumerate(networks):
        if network.params is None:
            raise InputError("networks[{i}] has no parameters yet: build it with input_shape=...", i=i)
        if id(network) in seen:
            raise InputError("networks[{i}] is there twice, but each is trained once: make one network for each.", i=i)
        seen.add(id(network))
        for name in ("body", "loss", "input_shape", "dtype", "feature_names"):
            if getattr(network, name) != getattr(first, name):
                raise InputError(
                    "fit_many trains networks of one kind, but networks[{i}] differs from networks[0] in {name}: "
                    "{theirs} instead of {ours}. Train each kind with a call of its own.",
                    i=i,
                    name="layers" if name == "body" else name,
                    theirs=_told(network, name),
                    ours=_told(first, name),
                )
        if len(network.history) != len(first.history):
            raise InputError(
                "networks[{i}] is at epoch {theirs} and networks[0] at epoch {ours}, but the order of the examples "
                "follows from the epoch. Train them to the same epoch first.",
                i=i,
                theirs=len(network.history),
                ours=len(first.history),
            )
    if lazy_embedding(first.body) is not None:
        raise InputError(
            "fit_many does not train Embedding(lazy=True), of which XLA would change all vectors in each step: leave "
            "out lazy=True, or call fit for each network."
        )
    if convolves(first.body):
        raise InputError(
            "fit_many does not train convolutions: stacked, they take XLA many times longer. Call fit for each network."
        )


def _told(network: Network, name: str) -> str:
    value = getattr(network, name)
    return ", ".join(map(str, value.layers)) if name == "body" else str(value)


def _rules(optimizer: str | Optimizer | Sequence[str | Optimizer] | None, count: int) -> list[Optimizer]:
    """Return the optimizer of each network."""
    several = listed(optimizer)
    if several is None:
        return [optimizers.find(optimizer, "fit_many")] * count
    rules = [optimizers.find(rule, "fit_many", f"optimizer[{i}]") for i, rule in enumerate(several)]
    _check_count("optimizer", rules, count)
    first = rules[0]
    for i, rule in enumerate(rules):
        if rule == first:
            continue
        if type(rule) is not type(first) or replace(rule, lr=first.lr) != first:
            raise InputError(
                "The optimizers of fit_many may differ in their learning rates alone, but optimizer[{i}] is {rule} and "
                "optimizer[0] is {first}. Train those that differ in more with a call of their own.",
                i=i,
                rule=rule,
                first=first,
            )
        if callable(rule.lr) or callable(first.lr):
            raise InputError(
                "Learning rates that differ are numbers, but one of optimizer[0] and optimizer[{i}] has a schedule: "
                "take the same schedule for all, or numbers.",
                i=i,
            )
    return rules


def _check_count(name: str, values: Sequence[Any], count: int) -> None:
    if len(values) != count:
        raise InputError(
            "{name} has length {values}, but there are {count} networks: give one for all, or one for each.",
            name=name,
            values=len(values),
            count=count,
        )


def _orders(network: Network, X: Any, y: Any, batch_size: int, seeds: Sequence[int]) -> dict[int, Arrays]:
    """Return the checked examples in the order of each seed."""
    source, _ = examples_for_fit(
        sources.Held(X, y),
        door=network._door(X),
        loss=network.loss,
        cutting=sources.Cutting(batch_size, seeds[0]),
        class_weight=None,
        validation_data=None,
        validation_split=0.0,
    )
    if not isinstance(source, Arrays):
        raise InputError("fit_many takes examples in memory: give arrays, or call fit for each network.")
    return {seed: Arrays(source.data, batch_size, seed) for seed in dict.fromkeys(seeds)}


def _scores(
    first: Network, engine: ManyNetworks, epoch: Epoch, metrics: Metrics, rules: Sequence[Optimizer]
) -> dict[int, dict[str, float]]:
    """Return the scores of an epoch for each network whose numbers are finite, by its place."""
    decays = rules[0].penalty([]) is not None
    params = engine.params(epoch.groups) if decays else []
    kinds, rows = path_kinds(first.body, first.params), {}
    for i in np.flatnonzero(epoch.alive).tolist():
        totals = Totals(metrics)
        totals.add_losses(epoch.losses[i].tolist(), epoch.weights[i].tolist())
        totals.add_counts(np.sum(counted[i], axis=0, dtype=np.float64) for counted in epoch.counts)
        scores = totals.final_scores()
        if decays:
            term = rules[i].penalty(p for path, p in leaves(params[i]) if kinds[path] == "weight")
            scores |= {} if term is None else {"l2": term}
        rows[i] = scores
    return rows


def _show(rows: dict[int, dict[str, float]], count: int, epoch: str, seconds: float) -> None:
    """Show a line for an epoch, with the best network."""
    best = min(rows, key=lambda i: rows[i]["loss"])
    say(
        "epoch {epoch}  lowest loss: networks[{best}] of {count}  {scores}  ({seconds:.1f} s)",
        epoch=epoch,
        best=best,
        count=count,
        scores=scores_text(rows[best]),
        seconds=seconds,
    )


def _warn_of_the_lost(lost: Sequence[int]) -> None:
    if lost:
        warn(
            "Training diverged: numbers of networks {lost} became NaN or infinite. They keep the parameters of the "
            "epoch before, where their histories end. Try smaller learning rates for them.",
            NetworkWarning,
            lost=", ".join(map(str, lost)),
        )
