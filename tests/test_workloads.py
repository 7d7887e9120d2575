"""Peers in the benchmarks do the same work as we do; nothing is timed here."""

from __future__ import annotations

import importlib
from dataclasses import replace
from importlib.util import find_spec

import pytest

from benchmarks.contenders import CONTENDERS, OURS, ours
from benchmarks.targets import deviating
from benchmarks.workloads import ALL, CHECKED, MORE, WORKLOADS, looked_up


@pytest.mark.parametrize("name", ["gru", "both-ways", "layer-norm", "gelu", "one-picture", "dilated"])
def test_peers_compute_what_we_do(name: str) -> None:
    pytest.importorskip("torch")
    pytorch = importlib.import_module("benchmarks.contenders.pytorch")
    first = {"numpy": ours.make(ALL[name], "numpy").first()}
    first["torch"] = pytorch.make(ALL[name], "channels-last").first()
    if name in CONTENDERS["jax-step"].workloads and find_spec("optax"):
        first["jax"] = importlib.import_module("benchmarks.contenders.jax_optax").make(ALL[name], "step").first()
    assert deviating(first) == []
    assert all(len(losses) == CHECKED for losses in first.values())


def test_sparse_gradients_are_those_of_a_lazy_embedding() -> None:
    pytest.importorskip("torch")
    pytorch = importlib.import_module("benchmarks.contenders.pytorch")
    workload = replace(ALL["lazy-500000"], layers=looked_up(1000, lazy=True), words=1000)
    assert (
        deviating({"ours": ours.make(workload, "numpy").first(), "sparse": pytorch.make(workload, "sparse").first()})
        == []
    )


def test_every_workload_has_a_peer_and_a_name_of_its_own() -> None:
    assert len(ALL) == len(WORKLOADS) + len(MORE)
    for name in ALL:
        there = [contender for contender, entry in CONTENDERS.items() if name in entry.workloads]
        assert set(there) & set(OURS) and set(there) - set(OURS), name
