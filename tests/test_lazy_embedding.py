"""A lazy embedding changes what a batch looks up, by the same equations, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.engines.numpy import NumpyEngine
from chainrule.layers import Sequential

WORDS, UNITS = 50, 3
EPSILON = 1e-16  # so small that it does not count: SparseAdam adds it at another place
X = np.random.default_rng(0).integers(0, 30, (64, 4))  # words 30 to 49 are never looked up
Y = X[:, 0] % 2


def network(*, lazy: bool, **layer: Any) -> cr.Network:
    layers = [cr.Embedding(WORDS, UNITS, lazy=lazy, **layer), cr.Flatten(), cr.Dense(5), cr.BatchNorm(), cr.Dense(2)]
    return cr.Network(layers, "categorical_cross_entropy", input_shape=(4,), seed=1, dtype=np.float64)


def trained(optimizer: Any, *, lazy: bool, **settings: Any) -> dict[str, Any]:
    subject = network(lazy=lazy)
    subject.fit(X, Y, epochs=3, batch_size=16, optimizer=optimizer, verbose=False, **settings)
    return {f"{i}.{name}": value for i, layer in enumerate(subject.params) for name, value in (layer or {}).items()}


@pytest.mark.parametrize("engine", ["numpy", "fast"])
@pytest.mark.parametrize("clip_norm", [None, 0.01])
def test_with_sgd_the_numbers_are_those_of_all_vectors(engine: str, clip_norm: float | None) -> None:
    if engine == "fast":
        pytest.importorskip("numba")
    optimizer = cr.SGD(0.1, clip_norm=clip_norm)
    every, looked_up = (trained(optimizer, lazy=lazy, engine=engine) for lazy in (False, True))
    for path, value in every.items():
        np.testing.assert_allclose(looked_up[path], value, rtol=1e-12, atol=1e-14, err_msg=path)


@pytest.mark.parametrize("optimizer", [cr.AdamW(0.1, weight_decay=0.5), cr.Momentum(0.1), cr.Lion(0.1)])
def test_what_is_never_looked_up_stays(optimizer: Any) -> None:
    first, last = network(lazy=True).params[0]["W"], trained(optimizer, lazy=True)["0.W"]
    np.testing.assert_array_equal(last[30:], first[30:])
    assert (last[np.unique(X)] != first[np.unique(X)]).any(axis=1).all()
    assert (trained(optimizer, lazy=False)["0.W"][30:] == first[30:]).all() == (optimizer.weight_decay == 0)


def test_adam_is_the_sparse_adam_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    body = Sequential([cr.Embedding(WORDS, UNITS, lazy=True), cr.Flatten(), cr.Dense(2)])
    params, _ = body.init(np.random.default_rng(1), (4,), np.float64)
    engine = NumpyEngine(body, cr.CategoricalCrossEntropy(), cr.Adam(0.05, epsilon=EPSILON), params)
    W, dense = (torch.tensor(params[i][n].copy(), requires_grad=True) for i, n in ((0, "W"), (2, "W")))
    b = torch.tensor(params[2]["b"], requires_grad=True)
    rules = torch.optim.SparseAdam([W], lr=0.05, eps=EPSILON), torch.optim.Adam([dense, b], lr=0.05, eps=EPSILON)
    x, y = torch.tensor(X), torch.tensor(Y)
    for start in [0, 16, 32, 48] * 5:
        rows = slice(start, start + 16)
        Z = torch.nn.functional.embedding(x[rows], W, sparse=True).flatten(1) @ dense + b
        for rule in rules:
            rule.zero_grad()
        torch.nn.functional.cross_entropy(Z, y[rows]).backward()
        for rule in rules:
            rule.step()
        engine.step(X[rows], np.eye(2)[Y[rows]], None, (0,))
    np.testing.assert_allclose(engine.params[0]["W"], W.detach().numpy(), rtol=1e-6, atol=1e-9)


def test_it_goes_on_where_a_checkpoint_ended(tmp_path: Any) -> None:
    whole, part = network(lazy=True), network(lazy=True)
    whole.fit(X, Y, epochs=4, batch_size=16, verbose=False)
    part.fit(X, Y, epochs=2, batch_size=16, verbose=False, checkpoint=tmp_path / "run")
    part.fit(X, Y, epochs=4, batch_size=16, verbose=False, checkpoint=tmp_path / "run")
    np.testing.assert_array_equal(part.params[0]["W"], whole.params[0]["W"])


def test_it_is_saved_and_loaded(tmp_path: Any) -> None:
    subject = network(lazy=True)
    cr.save(subject, tmp_path / "model")
    assert cr.load(tmp_path / "model").body.layers[0] == subject.body.layers[0]


def test_words_out_of_the_vocabulary_are_named() -> None:
    with pytest.raises(InputError, match=r"from 0 to 49 .* holds 50"):
        network(lazy=True).fit(np.full((4, 4), 50), [0, 1, 0, 1], verbose=False)


def test_what_cannot_be_lazy_is_refused() -> None:
    with pytest.raises(InputError, match='take engine="numpy" or "fast"'):
        network(lazy=True).fit(X, Y, engine="xla", verbose=False)
    with pytest.raises(InputError, match="accumulate=2 makes a step of several"):
        network(lazy=True).fit(X, Y, accumulate=2, verbose=False)
    inside = cr.Concatenate([[cr.Embedding(WORDS, UNITS, lazy=True), cr.Flatten()], [cr.Flatten(), cr.Dense(2)]])
    with pytest.raises(InputError, match="the first layer of its network"):
        cr.Network([inside, cr.Dense(2)], "categorical_cross_entropy").fit(X, Y, verbose=False)


def test_auto_takes_an_engine_that_can(capsys: pytest.CaptureFixture[str]) -> None:
    network(lazy=True).fit(X, Y, engine="auto", epochs=1)
    assert "Engine: numpy, because XLA would change all vectors" in capsys.readouterr().out
