"""`chainrule plan`: what it says of memory and bytes is what arrays and compiled programs have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arrays import Mode, leaves
from chainrule.cli import main
from chainrule.common.number_text import bytes_text, seconds_text
from chainrule.engines import costs
from chainrule.engines.costs import Memory, Pace, Training
from chainrule.layers.summary import bytes_of_pass

pytest.importorskip("jax", reason="a plan measures with JAX: pip install 'chainrule[xla]'")

from benchmarks.plan import NETWORKS, ask, network_of, sent_by, training_of
from chainrule.engines import xla_timing

NETS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "mlp": ([cr.Dense(64), cr.ReLU(), cr.Dropout(0.2), cr.Dense(64), cr.Tanh(), cr.Dense(8)], (16,)),
    "conv": ([cr.Conv2D(8, 3), cr.BatchNorm(), cr.ReLU(), cr.MaxPool(2), cr.Flatten(), cr.Dense(8)], (8, 8, 1)),
    "lstm": ([cr.Embedding(50, 8), cr.LSTM(16, sequence=False), cr.Dense(8)], (12,)),
}
Said = Callable[..., tuple[int, str, str]]


def training(name: str, batch: int = 32, sharded: bool = False) -> tuple[Training, cr.Network]:
    layers, shape = NETS[name]
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=shape)
    return Training(network.body, network.params, shape, network.dtype, cr.Adam(), batch, sharded), network


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Run the command beside the files of networks; return its status and what it wrote."""
    monkeypatch.chdir(tmp_path)
    for name in NETS:
        cr.save(training(name)[1], name)
    monkeypatch.setattr(xla_timing, "_TIMES", 1)

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["plan", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


# Memory and bytes.


@pytest.mark.parametrize("name", NETS)
def test_activations_and_gradients_are_those_of_the_equations(name: str) -> None:
    plan, network = training(name, batch=70)
    rows = plan.rows(4)
    assert rows == 18
    x = np.zeros((rows, *plan.input_shape), np.float32)
    Z, cache = network.body.forward(network.params, x, Mode(training=True, key=(0,)))
    owners = [a if a.base is None else a.base for _, a in leaves(cache) if isinstance(a, np.ndarray)]
    parameters = {id(p) for _, p in leaves(network.params)}
    kept = {id(a): a.nbytes for a in [x, *owners] if id(a) not in parameters}
    _, grads = network.body.backward(cache, Z, input_gradient=False)
    held = costs.memory(plan, 4)
    assert held.activations == sum(kept.values())
    assert held.gradients == held.exchanged == sum(g.nbytes for _, g in leaves(grads))
    assert costs.memory(plan, 1).exchanged == 0


def test_a_device_sends_its_share_of_gradients_around_the_ring() -> None:
    plan, network = training("conv")
    statistics = 2 * 8 * 4
    size = sum(p.nbytes for _, p in leaves(network.params)) - statistics
    assert [costs.sent(plan, n) for n in (1, 2, 4)] == [0, size, round(1.5 * size)]
    (W1, b1, *others) = (p.nbytes for _, p in leaves(network.params))
    assert W1 == 9 * 8 * 4 and b1 == 32 and all(size % 8 == 0 for size in others)
    assert costs.sent(plan._replace(sharded=True), 2) == size + (size + statistics) // 2
    assert costs.sent(plan._replace(sharded=True), 7) == round(6 / 7 * 2 * size), "nothing can be divided by 7"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_compiled_step_sends_what_the_plan_says(name: str) -> None:
    """No activations: only gradients, the loss, and the parameters that are gathered."""
    loss = 4
    parts = 2  # in which a CPU adds up the gradient of a convolution
    kernels = sum(p.nbytes for _, p in leaves(network_of(name).params) if p.ndim == 4)
    for sharded, (sent, held) in ask("program", name, devices=2).items():
        plan = training_of(name, sharded == "True")
        assert sent == costs.sent(plan, 2) + loss + (parts - 1) * kernels
        if "LSTM" not in name:  # whose pass backward needs more
            assert held == pytest.approx(sum(costs.memory(plan, 2)._replace(inputs=0)), rel=0.1)


def test_sums_over_devices_are_counted_as_a_ring_sends_them() -> None:
    program = "%1 = f32[8]{0} all-reduce(%0)\n%2 = f32[8]{0} reduce-scatter(%1)\n%3 = f32[2,2] collective-permute(%2)"
    assert sent_by(program, 4) == 48 + 96 + 16


# Time.


def test_times_follow_from_those_that_were_measured() -> None:
    pace = Pace({10: 1.0, 30: 2.0})
    assert [pace.of(rows) for rows in (10, 20, 30, 50)] == [1.0, 1.5, 2.0, 3.0]
    assert Pace({10: 1.0}).of(40) == 4.0
    assert Pace({10: 1.0, 30: 0.5}).of(50) == 1.0, "more rows never take less time"
    assert Pace({10: 1.0, 30: 9.0}).of(30) == 3.0, "nor does a row among them take longer"


def test_scaling_goes_in_steps_of_two() -> None:
    plan, _ = training("mlp", batch=600)
    steps = costs.scaling(plan, 6, Pace({100: 1.0, 600: 6.0}), 1000.0)
    assert [(step.devices, step.rows, step.computing) for step in steps] == [
        (1, 600, 6),
        (2, 300, 3),
        (4, 150, 1.5),
        (6, 100, 1),
    ]
    assert [step.exchange for step in steps] == [costs.sent(plan, n) / 1000 for n in (1, 2, 4, 6)]
    assert steps[1].seconds == 3 + steps[1].exchange


@pytest.mark.parametrize("name", NETS)
def test_a_step_of_every_kind_is_timed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xla_timing, "_TIMES", 1)
    plan, network = training(name, batch=6)
    pace = xla_timing.measured_pace(plan, network.loss, 3)
    assert sorted(pace.seconds) == [2, 6] and all(0 < seconds < 60 for seconds in pace.seconds.values())


def test_what_is_measured_fits_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, network = training("mlp", batch=10**9)
    monkeypatch.setattr(xla_timing, "_BYTES", 12 * bytes_of_pass(*plan[:4], rows=1))
    monkeypatch.setattr(xla_timing, "seconds_of_step", lambda training, loss, rows: float(rows))
    assert xla_timing.measured_pace(plan, network.loss, 2).seconds == {12: 12.0}


# The command.


def test_a_plan_is_printed(said: Said) -> None:
    status, out, err = said("mlp", "--devices", 64, "--batch", 8192)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "mlp, devices: 64, examples in a batch: 8,192, of these on each device: 128"
    held = costs.memory(training("mlp", batch=8192)[0], 64)
    assert [line.rsplit("  ", 1)[-1].strip() for line in lines[3:10]] == [bytes_text(n) for n in (*held, sum(held))]
    assert [line.split()[0] for line in lines if line.strip()[:1].isdigit()] == "1 2 4 8 16 32 64".split()
    assert "from 1.25 GB/s, those of 10 Gbit Ethernet (--bandwidth says another)" in lines[-1]


def test_a_plan_is_json(said: Said) -> None:
    status, out, _ = said(
        "conv", "--devices", 2, "--batch", 8, "--sharded", "--optimizer", "sgd", "--bandwidth", 2, "--json"
    )
    told = json.loads(out)
    plan = training("conv", batch=8, sharded=True)[0]._replace(optimizer=cr.SGD())
    assert status == 0 and Memory(**told["memory"]) == costs.memory(plan, 2) and told["memory"]["optimizer"] == 0
    assert told["bandwidth"] == 2e9 and told["sent"] == costs.sent(plan, 2)
    one, two = told["steps"]
    assert two["exchange"] == told["sent"] / 2e9 and (one["exchange"], one["rows"], two["rows"]) == (0, 8, 4)


def test_one_device_sends_nothing(said: Said) -> None:
    _, out, _ = said("lstm", "--devices", 1, "--batch", 4, "--lang", "ko")
    assert "GB/s" not in out and "옵티마이저" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mlp", "--devices", "8", "--batch", "4"], "A batch of 4 rows leaves some of 8 devices without one"),
        (
            ["mlp", "--devices", "2", "--batch", "4", "--bandwidth", "0"],
            "--bandwidth is a finite number above 0, but it is 0.0",
        ),
        (
            ["mlp", "--devices", "2", "--batch", "4", "--bandwidth", "inf"],
            "--bandwidth is a finite number above 0, but it is inf",
        ),
        (
            ["mlp", "--devices", "2", "--batch", "4", "--optimizer", "adm"],
            "There is no optimizer 'adm'. Did you mean 'adam'",
        ),
        (["config.toml", "--devices", "2", "--batch", "4"], "config.toml is not a model file"),
        (["nope", "--devices", "2", "--batch", "4"], "There is no model file nope."),
        (["lazy", "--devices", "2", "--batch", "4"], "engine='xla' would change all vectors of Embedding(lazy=True)"),
        (["mlp", "--devices", "2", "--batch", "9" * 400], "--batch"),
        (["mlp", "--batch", "4"], "Missing option '--devices'"),
    ],
)
def test_what_cannot_be_planned_is_refused(said: Said, arguments: list[str], message: str) -> None:
    Path("config.toml").write_text("layers = 3\n", "utf-8")
    layers = [cr.Embedding(50, 8, lazy=True), cr.Flatten(), cr.Dense(2)]
    cr.save(cr.Network(layers, "categorical_cross_entropy", input_shape=(3,)), "lazy")
    status, out, err = said(*arguments)
    assert (status, out) == (2, "") and message in err and err.count("\n") == 1


def test_times_have_three_digits() -> None:
    assert [seconds_text(s) for s in (1.5e-5, 0.99951e-3, 0.123, 123.0)] == ["15.0 µs", "1.00 ms", "123 ms", "123 s"]
