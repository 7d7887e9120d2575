"""Training on several devices: the numbers of one, and each holds its share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.engines import costs
from chainrule.engines.costs import Training

pytest.importorskip("jax", reason="several devices need JAX: pip install 'chainrule[xla]'")

SCRIPT = Path(__file__).with_name("device_runs.py")


def on_devices(case: str, count: int = 8) -> Any:
    """What the script prints where JAX has so many simulated devices."""
    environment = os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"}
    run = subprocess.run([sys.executable, SCRIPT, case], env=environment, capture_output=True, text=True)
    assert not run.returncode, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize(
    "network", ["mlp", pytest.param("conv", marks=pytest.mark.slow), pytest.param("lstm", marks=pytest.mark.slow)]
)
def test_several_devices_give_the_losses_of_one(network: str) -> None:
    runs = on_devices(network)
    expected, score = runs.pop("None")
    assert len(expected) == 50 and len(runs) == 2
    for losses, after in runs.values():
        np.testing.assert_allclose(losses, expected, rtol=1e-5)
        assert after == pytest.approx(score, rel=1e-3)


def test_accumulated_gradients_and_weights_are_those_of_one_device() -> None:
    runs = on_devices("more")
    np.testing.assert_allclose(runs["8"], runs["None"], rtol=1e-5)


def test_a_device_holds_its_share_of_what_is_sharded() -> None:
    layers = [cr.Dense(64), cr.ReLU(), cr.Dense(64), cr.ReLU(), cr.Dense(8)]  # as the script has them
    network = cr.Network(layers, "categorical_cross_entropy", input_shape=(16,))
    plan = Training(network.body, network.params, (16,), network.dtype, cr.Adam(), 32, sharded=False)
    runs = on_devices("memory")
    held, all_of_it = runs["False"]
    assert held == [all_of_it] * 8
    assert all_of_it == sum(costs.memory(plan, 8)[:2])
    held, all_of_it = runs["True"]
    assert held == [sum(costs.memory(plan._replace(sharded=True), 8)[:2])] * 8
    print(f"fully sharded: {held[0]:,} of {all_of_it:,} bytes on each of 8 devices")
    assert held == [all_of_it // 8] * 8


def fit(**options: Any) -> None:
    cr.Network.mlp([2, 3, 1]).fit(np.zeros((4, 2)), [0, 1, 0, 1], epochs=1, verbose=False, **options)


def test_devices_are_honored_or_refused() -> None:
    with pytest.raises(InputError, match=r'devices is for engine="xla", but engine=\'numpy\' trains'):
        fit(devices=2)
    with pytest.raises(InputError, match=r"devices=4096, but JAX has 1 here: .*XLA_FLAGS=--xla_force_host"):
        fit(devices=4096, engine="xla")
    with pytest.raises(InputError, match="fit takes devices as a whole number of at least 1, or 'all'"):
        fit(devices="two", engine="xla")
    fit(devices="all", engine="xla")
