"""Many networks in one call: the numbers of `fit`, one by one, and what cannot be stacked."""

from __future__ import annotations

import inspect
import itertools
import re
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest

import chainrule as cr
import chainrule.many as many_networks
from chainrule.arrays import leaves, machine
from chainrule.common.errors import InputError, NetworkWarning

rng = np.random.default_rng(3)
X, Y = rng.standard_normal((70, 5)).astype(np.float32), rng.integers(3, size=70)


def networks(count: int, **settings: Any) -> list[cr.Network]:
    layers = [cr.Dense(6, bias=False), cr.BatchNorm(), cr.ReLU(), cr.Dropout(0.2), cr.Dense(3)]
    return [cr.Network(layers, "categorical_cross_entropy", input_shape=(5,), seed=s, **settings) for s in range(count)]


def assert_same(one: cr.Network, other: cr.Network, tolerance: float = 2e-5) -> None:
    for (path, a), (_, b) in zip(leaves(one.params), leaves(other.params), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance, err_msg=path)
    assert one.history.names == other.history.names
    for name in one.history.names:
        assert one.history[name] == pytest.approx(other.history[name], abs=tolerance), name


@pytest.mark.parametrize(
    ("rules", "seed"),
    [
        (
            [cr.Adam(lr=rate, weight_decay=0.01, clip_norm=0.5) for rate in (0.01, 0.02, 0.01, 0.1, 0.03)],
            [4, 4, 9, 1, 0],
        ),
        ([cr.SGD(lr=cr.Exponential(0.1, factor=0.9, every=3))] * 5, 4),
    ],
    ids=["rates and seeds", "one schedule, one seed"],
)
def test_the_numbers_are_those_of_single_fits(
    rules: list[cr.optimizers.Optimizer], seed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "XLA_NETWORKS", 2)  # five fill up three stacks of two
    many, single = networks(5), networks(5)
    histories = cr.fit_many(
        many, X, Y, epochs=2, batch_size=16, optimizer=rules, seed=seed, metrics=["accuracy", "f1"], verbose=False
    )
    for i, network in enumerate(single):
        own = seed if isinstance(seed, int) else seed[i]
        settings: Any = {"batch_size": 16, "optimizer": rules[i], "seed": own, "engine": "xla", "verbose": False}
        network.fit(X, Y, epochs=2, metrics=["accuracy", "f1"], **settings)
        assert histories[i] is many[i].history
        assert_same(many[i], network)
        if i == 0:  # the optimizer goes on where it ended
            for both in (many[i], network):
                both.fit(X, Y, epochs=1, metrics=["accuracy", "f1"], **settings)
            assert_same(many[i], network)


def test_a_second_call_goes_on_with_the_order_of_the_epoch_in_float64() -> None:
    many, single = networks(2, dtype=np.float64), networks(2, dtype=np.float64)
    before = cr.fit_many(many, X, Y, epochs=1, optimizer="sgd", verbose=False)
    cr.fit_many(many, X, Y, epochs=1, optimizer="sgd", verbose=False)
    for network, other in zip(many, single, strict=True):
        network_history = other.fit(X, Y, epochs=2, optimizer="sgd", engine="xla", verbose=False)
        assert_same(network, other, 1e-12)
        assert len(network_history) == 2
    assert [len(history) for history in before] == [1, 1]


def test_what_diverges_keeps_the_epoch_before_and_the_others_go_on() -> None:
    layers = [cr.Dense(4), cr.Dense(1)]
    many, single = (
        [cr.Network(layers, "mean_squared_error", input_shape=(5,), seed=s) for s in range(3)] for _ in range(2)
    )
    rules = [cr.SGD(lr=rate) for rate in (0.01, 1e8, 0.02)]
    first = [np.array(p) for _, p in leaves(many[1].params)]
    with pytest.warns(NetworkWarning, match=r"numbers of networks 1 became NaN"):
        histories = cr.fit_many(many, X, X[:, 0], epochs=3, optimizer=rules, verbose=False)
    assert list(map(len, histories)) == [3, 0, 3]
    for i in (0, 2):
        single[i].fit(X, X[:, 0], epochs=3, optimizer=rules[i], engine="xla", verbose=False)
        assert_same(many[i], single[i])
    for kept, (_, now) in zip(first, leaves(many[1].params), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_progress_names_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    many = networks(3)
    histories = cr.fit_many(many, X, Y, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    best = min(range(3), key=lambda i: histories[i]["loss"][-1])
    assert len(lines) == 2
    assert re.fullmatch(rf"epoch 2/2  lowest loss: networks\[{best}\] of 3  loss .* accuracy .* \(.* s\)", lines[1])


@pytest.mark.parametrize("place", ["_scores", "_show"])
def test_ctrl_c_keeps_whole_epochs(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, calls = getattr(many_networks, place), itertools.count(1)

    def stopped(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(many_networks, place, stopped)
    many, single = networks(2), networks(2)
    epochs = {"_scores": 1, "_show": 2}[place]  # the second one counts once it has its scores
    histories = cr.fit_many(many, X, Y, epochs=5)
    assert f"keep what they learned up to epoch {epochs}" in capsys.readouterr().out
    assert list(map(len, histories)) == [epochs, epochs]
    single[1].fit(X, Y, epochs=epochs, engine="xla", verbose=False)
    assert_same(many[1], single[1])


def test_ctrl_c_at_any_line_keeps_whole_epochs() -> None:
    text = inspect.getsource(many_networks).splitlines()
    first = next(i for i, line in enumerate(text) if "started = time" in line)
    last = next(i for i, line in enumerate(text) if "except KeyboardInterrupt" in line)
    single = [networks(1)[0] for _ in range(2)]
    for epochs, network in enumerate(single, start=1):
        network.fit(X, Y, epochs=epochs, engine="xla", verbose=False)
    ends = []
    for place in range(first + 1, last + 1):
        many, visits = networks(2), itertools.count(1)

        def stop(frame: Any, event: str, _: Any, place: int = place, visits: Any = visits) -> Any:
            if frame.f_code.co_filename != many_networks.__file__ or frame.f_code.co_name != "fit_many":
                return None
            if event == "line" and frame.f_lineno == place and next(visits) == 2:
                raise KeyboardInterrupt
            return stop

        before = sys.gettrace()
        sys.settrace(stop)
        try:
            cr.fit_many(many, X, Y, epochs=3, verbose=False)
        finally:
            sys.settrace(before)
        ends.append(len(many[0].history))
        if ends[-1] < 3:  # else this line is not run twice
            assert len(many[1].history) == ends[-1]
            assert_same(many[0], single[ends[-1] - 1])
    assert {1, 2} <= set(ends)


def test_an_error_leaves_the_networks_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.engines.xla_many import ManyNetworks

    whole = ManyNetworks.epoch

    def broken(self: ManyNetworks, groups: Any, number: int) -> Any:
        if number == 2:
            raise MemoryError
        return whole(self, groups, number)

    monkeypatch.setattr(ManyNetworks, "epoch", broken)
    many = networks(2)
    before = [network.params for network in many]
    with pytest.raises(MemoryError):
        cr.fit_many(many, X, Y, epochs=5, verbose=False)
    assert all(network.params is params for network, params in zip(many, before, strict=True))
    assert [len(network.history) for network in many] == [0, 0]


def test_nothing_is_trained_after_all_diverged(monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.engines.xla_many import ManyNetworks

    whole, epochs = ManyNetworks.epoch, []

    def counted(self: ManyNetworks, groups: Any, number: int) -> Any:
        epochs.append(number)
        return whole(self, groups, number)

    monkeypatch.setattr(ManyNetworks, "epoch", counted)
    layers = [cr.Dense(4), cr.Dense(1)]
    many = [cr.Network(layers, "mean_squared_error", input_shape=(5,), seed=s) for s in range(2)]
    with pytest.warns(NetworkWarning, match="numbers of networks 0, 1 became NaN"):
        cr.fit_many(many, X, X[:, 0], epochs=9, optimizer=cr.SGD(lr=1e8), verbose=False)
    assert epochs == [1]


def lazy() -> cr.Network:
    layers = [cr.Embedding(5, 2, lazy=True), cr.Flatten(), cr.Dense(3)]
    return cr.Network(layers, "categorical_cross_entropy", input_shape=(5,))


def of_columns(*names: str) -> list[cr.Network]:
    """Return networks that were trained with frames, of which each had its columns in an order of its own."""
    several = networks(len(names))
    for network, columns in zip(several, names, strict=True):
        network.fit(pl.DataFrame({name: X[:, i] for i, name in enumerate(columns)}), Y, epochs=1, verbose=False)
    return several


def trained() -> cr.Network:
    network = networks(1)[0]
    network.fit(X, Y, epochs=1, verbose=False)
    return network


WRONG: dict[str, tuple[list[cr.Network], dict[str, Any], str]] = {
    "none": ([], {}, "networks"),
    "other layers": (
        [*networks(1), cr.Network.mlp([5, 4, 3])],
        {},
        r"networks\[1\] differs from networks\[0\] in layers",
    ),
    "other dtype": (
        [*networks(1), *networks(1, dtype=np.float64)],
        {},
        r"networks\[1\] differs from networks\[0\] in dtype",
    ),
    "other epochs": ([*networks(1), trained()], {}, r"networks\[1\] is at epoch 1 and networks\[0\] at epoch 0"),
    "twice": (networks(1) * 2, {}, r"networks\[1\] is there twice"),
    "not built": ([cr.Network([cr.Dense(3)], "mean_squared_error")], {}, r"networks\[0\] has no parameters yet"),
    "rates": (networks(3), {"optimizer": [cr.Adam(), cr.Adam()]}, "optimizer has length 2, but there are 3 networks"),
    "seeds": (networks(3), {"seed": [0]}, "seed has length 1, but there are 3 networks"),
    "other rule": (
        networks(2),
        {"optimizer": [cr.Adam(), cr.SGD()]},
        r"optimizer\[1\] is SGD.*and optimizer\[0\] is Adam",
    ),
    "other beta": (networks(2), {"optimizer": [cr.Adam(), cr.Adam(beta1=0.5)]}, "in their learning rates alone"),
    "schedules": (networks(2), {"optimizer": [cr.Adam(), cr.Adam(lr=cr.Constant(1.0))]}, "has a schedule"),
    "no such rule": (
        networks(2),
        {"optimizer": ["adam", "adm"]},
        r"fit_many takes optimizer\[1\] as .* but optimizer\[1\]='adm'. Write 'adam'",
    ),
    "lazy": ([lazy()], {}, r"fit_many does not train Embedding\(lazy=True\)"),
    "other columns": (of_columns("abcde", "edcba"), {}, r"networks\[1\] differs from networks\[0\] in feature_names"),
    "whole metric": (networks(2), {"metrics": ["roc_auc"]}, "needs the outputs for all examples at once"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_stacked_is_refused_before_anything_changes(name: str) -> None:
    wrong, settings, text = WRONG[name]
    before = [network.params for network in wrong]
    with pytest.raises(InputError, match=text):
        cr.fit_many(wrong, X, Y, **settings)
    assert all(network.params is params for network, params in zip(wrong, before, strict=True))


def test_convolutions_and_stored_data_are_refused() -> None:
    pictures = [cr.Network([cr.Conv1D(2, 2), cr.Flatten(), cr.Dense(3)], "mean_squared_error", input_shape=(5, 1))]
    with pytest.raises(InputError, match="does not train convolutions"):
        cr.fit_many(pictures, X[..., None], Y)
    with pytest.raises(InputError, match="takes examples in memory"):
        cr.fit_many(networks(1), iter([(X, Y)]), None)
