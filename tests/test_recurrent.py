"""Recurrent layers: each cell alone, the first step, initial states, masks, directions, PyTorch's values, mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import INFERENCE, Array, Mode, Params, leaves, map_leaves
from chainrule.common.errors import InputError
from chainrule.layers.bidirectional import Bidirectional
from chainrule.layers.cells import GRU, LSTM, RNN
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.through_time import States
from tests.cases.form import MASKED
from tests.reference.compare import arrays_of, assert_close, starting_with

MASK = MASKED.mask

BATCH, FEATURES, UNITS = 3, 4, 2
KINDS: dict[str, Callable[..., Recurrent]] = {
    "rnn_tanh": RNN,
    "rnn_relu": lambda units, **options: RNN(units, "relu", **options),
    "lstm": LSTM,
    "gru": GRU,
}
kinds = pytest.mark.parametrize("kind", KINDS)


def arguments(layer: Any, time: int, n_states: int, seed: int = 0) -> tuple[Params, tuple[Array, States]]:
    """Return parameters and an input with states, in float64."""
    rng = np.random.default_rng(seed)
    params, _ = layer.init(rng, (time, FEATURES), np.float64)
    params = map_leaves(lambda p: p + (p.ndim == 1) * rng.uniform(0.5, 1.5, p.shape), params)  # keeps relu active
    x = rng.standard_normal((BATCH, time, FEATURES))
    return params, (x, tuple(rng.standard_normal((BATCH, UNITS)) for _ in range(n_states)))


def run(layer: Any, params: Params, x: Any, mode: Mode = INFERENCE) -> dict[str, Array]:
    """Return the output, and all gradients for a random upstream gradient, by name."""
    y, cache = layer.forward(params, x, mode)
    dx, grads = layer.backward(cache, np.random.default_rng(5).standard_normal(y.shape))
    return {"y": y} | dict(leaves(dx, "dx")) | dict(leaves(grads))


def assert_same(actual: dict[str, Array], expected: dict[str, Array]) -> None:
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(actual[name], array, rtol=1e-10, atol=1e-12, err_msg=name)


class OneStep:
    """A cell alone, as a layer: the input is (P, states), the output the new states side by side."""

    def __init__(self, layer: Recurrent) -> None:
        self.layer = layer

    def forward(self, params: Params, x: Any, mode: Mode) -> tuple[Array, Any]:
        states, kept = self.layer.cell(params, *x)
        return np.concatenate(states, axis=1), (params, kept)

    def backward(self, cache: Any, dy: Array) -> tuple[Any, Params]:
        params, kept = cache
        dZ, dstates = self.layer.cell_backward(
            params["Wh"].T, kept, tuple(np.split(dy, self.layer.state_count, axis=1))
        )
        grads = {"Wh": kept.H.T @ dZ[-1]} | ({"bh": dZ[-1].sum(axis=0)} if "bh" in params else {})
        return (dZ[0], dstates), grads


@kinds
def test_a_cell_alone(kind: str) -> None:
    layer, rng = KINDS[kind](UNITS), np.random.default_rng(2)
    params = {"Wh": rng.standard_normal((UNITS, layer.gates * UNITS))}
    if kind == "gru":
        params["bh"] = rng.standard_normal(layer.gates * UNITS)
    P = rng.standard_normal((BATCH, layer.gates * UNITS))
    states = tuple(rng.standard_normal((BATCH, UNITS)) for _ in range(layer.state_count))
    report = cr.gradcheck(OneStep(layer), (P, states), params=params)
    assert report, f"\n{report}"
    assert len(report.checks) == 1 + len(states) + len(params)


@kinds
def test_one_step_from_zero(kind: str) -> None:
    report = cr.gradcheck(KINDS[kind](UNITS), np.random.default_rng(3).standard_normal((BATCH, 1, FEATURES)))
    assert report, f"\n{report}"


@kinds
@pytest.mark.parametrize("time", [1, 2, 5])
@pytest.mark.parametrize("reverse", [False, True])
def test_gradient_of_the_first_step_and_of_the_initial_state(kind: str, time: int, reverse: bool) -> None:
    layer = KINDS[kind](UNITS, reverse=reverse)
    params, (x, states) = arguments(layer, time, layer.state_count)
    rng, first = np.random.default_rng(4), -1 if reverse else 0
    y, cache = layer.forward(params, (x, states))
    dy = rng.standard_normal(y.shape)
    (dx, dstates), _ = layer.backward(cache, dy)
    for i, (gradient, array) in enumerate(zip((dx[:, first], *dstates), (x[:, first], *states), strict=True)):
        direction = 1e-5 * rng.standard_normal(array.shape)

        def value(shift: Array, i: int = i) -> Any:
            moved, moved_states = x.copy(), list(states)
            if i == 0:
                moved[:, first] += shift
            else:
                moved_states[i - 1] = states[i - 1] + shift
            return (layer.forward(params, (moved, tuple(moved_states)))[0] * dy).sum()

        difference = (value(direction) - value(-direction)) / 2
        assert abs(difference) > 1e-9
        assert np.sum(gradient * direction) == pytest.approx(difference, rel=1e-6)


@kinds
@pytest.mark.parametrize("sequence", [False, True])
def test_padding_changes_nothing_whatever_it_holds(kind: str, sequence: bool) -> None:
    layer = Bidirectional(KINDS[kind](UNITS, sequence=sequence))
    params, (x, states) = arguments(layer, 5, 2 * layer.layer.state_count)
    padded = np.where(MASK[:, :, None] == 1, x, np.finfo(np.float64).max)
    expected, actual = (run(layer, params, (inputs, states), MASKED) for inputs in (x, padded))
    for name, array in expected.items():
        np.testing.assert_array_equal(actual[name], array, err_msg=name)
    assert not expected["dx.0"][MASK == 0].any()
    if sequence:
        assert not expected["y"][MASK == 0].any()


@kinds
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sequence", [False, True])
def test_a_masked_batch_is_each_sequence_alone_at_its_own_length(kind: str, reverse: bool, sequence: bool) -> None:
    layer = KINDS[kind](UNITS, sequence=sequence, reverse=reverse)
    params, (x, states) = arguments(layer, 5, layer.state_count)
    y, cache = layer.forward(params, (x, states), MASKED)
    dy = np.random.default_rng(6).standard_normal(y.shape)
    (dx, dstates), grads = layer.backward(cache, dy)
    total = {name: np.zeros_like(p) for name, p in params.items()}
    for i, length in ((0, 5), (2, 2)):
        alone = x[i : i + 1, :length], tuple(s[i : i + 1] for s in states)
        part = np.s_[i : i + 1, :length] if sequence else np.s_[i : i + 1]
        y_alone, cache = layer.forward(params, alone)
        (dx_alone, dstates_alone), grads_alone = layer.backward(cache, dy[part])
        total = {name: g + grads_alone[name] for name, g in total.items()}
        both = {"y": (y[part], y_alone), "dx": (dx[i : i + 1, :length], dx_alone)}
        both |= {f"dstate {k}": (d[i : i + 1], dstates_alone[k]) for k, d in enumerate(dstates)}
        assert_same({k: v[0] for k, v in both.items()}, {k: v[1] for k, v in both.items()})
    assert_same(grads, total)


@kinds
def test_an_empty_sequence_gives_its_initial_state(kind: str) -> None:
    layer = KINDS[kind](UNITS)
    params, (x, states) = arguments(layer, 5, layer.state_count)
    H, cache = layer.forward(params, (x, states), MASKED)
    np.testing.assert_array_equal(H[1], states[0][1])
    (_, dstates), _ = layer.backward(cache, np.full_like(H, 3))
    np.testing.assert_array_equal(dstates[0][1], 3)


@kinds
@pytest.mark.parametrize("mode", [INFERENCE, MASKED], ids=["whole", "masked"])
def test_reverse_is_the_layer_on_the_reversed_input(kind: str, mode: Mode) -> None:
    layer, reverse = KINDS[kind](UNITS, sequence=True), KINDS[kind](UNITS, sequence=True, reverse=True)
    params, (x, states) = arguments(layer, 5, layer.state_count)
    back = mode if mode.mask is None else Mode(mask=mode.mask[:, ::-1])
    H, cache = reverse.forward(params, (x, states), mode)
    H_turned, cache_turned = layer.forward(params, (x[:, ::-1], states), back)
    np.testing.assert_allclose(H, H_turned[:, ::-1])
    dH = np.random.default_rng(7).standard_normal(H.shape)
    (dx, dstates), grads = reverse.backward(cache, dH)
    (dx_turned, dstates_turned), grads_turned = layer.backward(cache_turned, dH[:, ::-1])
    assert_same(
        {"dx": dx} | dict(leaves((dstates, grads))),
        {"dx": dx_turned[:, ::-1]} | dict(leaves((dstates_turned, grads_turned))),
    )


@kinds
@pytest.mark.parametrize("reverse", [False, True])
def test_the_last_state_is_where_the_sequence_ends(kind: str, reverse: bool) -> None:
    options = {"reverse": reverse}
    params, (x, _) = arguments(KINDS[kind](UNITS), 5, 0)
    whole, _ = KINDS[kind](UNITS, sequence=True, **options).forward(params, x)
    last, _ = KINDS[kind](UNITS, **options).forward(params, x)
    np.testing.assert_array_equal(whole[:, 0 if reverse else -1], last)


@kinds
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sequence", [False, True])
def test_equals_pytorch(kind: str, bidirectional: bool, sequence: bool) -> None:
    case = f"{kind}/{'both' if bidirectional else 'one'}/{'sequence' if sequence else 'last'}"
    arrays = arrays_of("recurrent.npz", case)
    one = KINDS[kind](UNITS, sequence=sequence)
    layer: Any = Bidirectional(one) if bidirectional else one
    params: Any = starting_with("params.", arrays)
    if bidirectional:
        params = {part: starting_with(f"{part}.", params) for part in ("ahead", "back")}
    states = tuple(starting_with("state.", arrays).values())
    assert len(states) == one.state_count * (2 if bidirectional else 1)
    y, cache = layer.forward(params, (arrays["x"], states))
    (dx, dstates), grads = layer.backward(cache, arrays["dy"])
    assert_close({"y": y, "dx": dx}, {"y": arrays["y"], "dx": arrays["dx"]})
    assert_close(dict(leaves(dstates)), starting_with("dstate.", arrays))
    assert_close(dict(leaves(grads)), starting_with("grads.", arrays))


class Mistaken(LSTM):
    """An LSTM with a mistake in its cell."""

    mistake: Callable[..., Any]

    def cell_backward(self, WhT: Array, kept: Any, dstates: States) -> Any:
        return type(self).mistake(super().cell_backward, WhT, kept, *dstates)


def tanh_slope_of_a_gate(right: Any, WhT: Array, kept: Any, dH: Array, dC: Array) -> Any:
    (dZ,), _ = right(WhT, kept, (dH, dC))
    dC = dC + dH * kept.o * (1 - kept.T**2)
    forget = dC * kept.C * (1 - kept.f**2)
    dZ = np.concatenate([dZ[:, :UNITS], forget, dZ[:, 2 * UNITS :]], axis=1)
    return (dZ,), (dZ @ WhT, dC * kept.f)


def without_dh(right: Any, WhT: Array, kept: Any, dH: Array, dC: Array) -> Any:
    dZ, (dH, dC) = right(WhT, kept, (dH, dC))
    return dZ, (0 * dH, dC)


def without_dc_of_this_step(right: Any, WhT: Array, kept: Any, dH: Array, dC: Array) -> Any:
    dZ, (dH_before, _) = right(WhT, kept, (dH, dC))
    return dZ, (dH_before, dC * kept.f)


MISTAKES = {
    "dh of the step after not added": without_dh,
    "dc of the step after lost": lambda right, WhT, kept, dH, dC: right(WhT, kept, (dH, 0 * dC)),
    "dc of this step lost": without_dc_of_this_step,
    "slope of tanh at a gate": tanh_slope_of_a_gate,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_known_mistakes_of_a_cell_are_rejected(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mistaken, "mistake", staticmethod(MISTAKES[mistake]), raising=False)
    params, x = arguments(LSTM(UNITS), 3, 2)
    assert cr.gradcheck(LSTM(UNITS), x, params=params)
    assert not cr.gradcheck(Mistaken(UNITS), x, params=params)


class AveragedOverTime(LSTM):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        dx, grads = super().backward(cache, dy)
        return dx, {name: g / len(cache.X) for name, g in grads.items()}


class FirstStepLost(LSTM):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        (dx, dstates), grads = super().backward(cache, dy)
        return (dx * (np.arange(dx.shape[1]) > 0)[:, None], dstates), grads


class InitialStateLost(LSTM):
    def backward(self, cache: Any, dy: Array, *, input_gradient: bool = True) -> Any:
        (dx, dstates), grads = super().backward(cache, dy)
        return (dx, tuple(0 * d for d in dstates)), grads


@pytest.mark.parametrize("layer", [AveragedOverTime, FirstStepLost, InitialStateLost])
def test_known_mistakes_over_time_are_rejected(layer: type[LSTM]) -> None:
    assert not cr.gradcheck(layer(UNITS), arguments(LSTM(UNITS), 3, 2)[1])


class Counted(LSTM):
    calls = 0

    def cell(self, params: Params, P: Array, states: States) -> Any:
        Counted.calls += 1
        return super().cell(params, P, states)

    def cell_backward(self, WhT: Array, kept: Any, dstates: States) -> Any:
        Counted.calls += 1
        return super().cell_backward(WhT, kept, dstates)


def test_jax_traces_the_cell_as_often_for_a_thousand_steps_as_for_two() -> None:
    layer = Counted(UNITS)
    traces = []
    for time in (2, 1000):
        params, (x, _) = arguments(layer, time, 0)

        @jax.jit
        def gradients(params: Params, x: Array) -> Any:
            y, cache = layer.forward(params, x)
            return layer.backward(cache, y)

        Counted.calls = 0
        dx, _ = gradients(params, jnp.asarray(x))
        assert np.isfinite(dx).all()
        traces.append(Counted.calls)
    assert traces[0] == traces[1] <= 4


def test_first_parameters() -> None:
    rng = np.random.default_rng(0)
    params, shape = LSTM(50).init(rng, (7, 200))
    assert shape == (50,) and params["Wx"].shape == (200, 200) and params["Wh"].shape == (50, 200)
    np.testing.assert_array_equal(params["b"], np.repeat([0, 1, 0, 0], 50))
    for W in np.split(params["Wh"], 4, axis=1):
        np.testing.assert_allclose(W.T @ W, np.eye(50), atol=1e-5)
    assert params["Wx"].std() == pytest.approx(np.sqrt(2 / 250), rel=0.03)  # Xavier's, for each gate by itself
    assert {p.dtype for p in params.values()} == {np.dtype(np.float32)}
    relu, shape = RNN(50, "relu", sequence=True).init(rng, (7, 200))
    assert shape == (7, 50) and relu["Wx"].std() == pytest.approx(np.sqrt(2 / 200), rel=0.03)
    both, shape = Bidirectional(GRU(3, sequence=True)).init(rng, (7, 5))
    assert shape == (7, 6) and set(both["ahead"]) == {"Wx", "Wh", "bx", "bh"}
    assert not np.array_equal(both["ahead"]["Wx"], both["back"]["Wx"])


def test_work() -> None:
    layer = LSTM(3)
    params, _ = layer.init(np.random.default_rng(0), (7, 5))
    assert layer.multiply_adds(params, (7, 5)) == 7 * (5 + 3) * 4 * 3
    both, _ = Bidirectional(layer).init(np.random.default_rng(0), (7, 5))
    assert Bidirectional(layer).multiply_adds(both, (7, 5)) == 2 * 7 * (5 + 3) * 4 * 3


def test_any_dtype_of_mask_keeps_the_dtype_of_the_result() -> None:
    layer = GRU(UNITS, sequence=True)
    params, _ = layer.init(np.random.default_rng(0), (5, FEATURES))
    x = np.ones((BATCH, 5, FEATURES), np.float32)
    expected, _ = layer.forward(params, x, MASKED)
    for mask in (MASK.astype(bool), MASK.astype(np.float64), MASK.astype(np.int8)):
        y, _ = layer.forward(params, x, Mode(mask=mask))
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, expected)


def test_errors_say_the_rule_and_what_came() -> None:
    layer = LSTM(UNITS)
    params, (x, states) = arguments(layer, 5, 2)
    with pytest.raises(InputError, match=r"LSTM expects \(batch, time, features\) .* shape \(3, 4\); .* x\[:, None\]"):
        layer.forward(params, x[:, 0])
    with pytest.raises(InputError, match=r"at least one step, but the input has shape \(3, 0, 4\)"):
        layer.forward(params, x[:, :0])
    with pytest.raises(InputError, match=r"LSTM expects \(batch, time, features\), but one example has shape \(4,\)"):
        layer.init(np.random.default_rng(0), (4,))
    with pytest.raises(InputError, match=r"expects 4 features \(Wx is \(4, 8\)\), but the input has shape \(3, 5, 3\)"):
        layer.forward(params, x[:, :, :3])
    with pytest.raises(InputError, match=r"states of the shapes \[\(3, 2\), \(3, 2\)\].* but got \[\(3, 2\)\]"):
        layer.forward(params, (x, states[:1]))
    with pytest.raises(InputError, match=r"one entry per step .* the shape \(3, 5\), .* but it has shape \(5, 3\)"):
        layer.forward(params, x, Mode(mask=MASK.T))
    with pytest.raises(InputError, match="GRU takes units as a whole number of at least 1, but units=0"):
        GRU(0)
    with pytest.raises(InputError, match="RNN takes activation as 'tanh' or 'relu', but activation='sigmoid'"):
        RNN(3, "sigmoid")
    for wrong in (LSTM(3, reverse=True), cr.Dense(3)):
        with pytest.raises(InputError, match=r"Bidirectional takes layer as an RNN, .* reverse=False.* layer="):
            Bidirectional(wrong)
