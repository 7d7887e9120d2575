"""Searches for hyperparameters on a cluster: joblib on Dask and Ray, Optuna with a journal that processes share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import chainrule as cr
from chainrule.estimators import NetworkClassifier

X, y = cr.datasets.moons(80, seed=0)


def search() -> Any:
    """A search with two candidates and two folds."""
    return GridSearchCV(NetworkClassifier(epochs=3, random_state=0), {"hidden_layer_sizes": [(4,), (8,)]}, cv=2)


def assert_like_here(found: Any) -> None:
    expected = search().fit(X, y)
    scores = [s.cv_results_["mean_test_score"] for s in (found, expected)]
    np.testing.assert_array_equal(*scores)
    assert found.best_params_ == expected.best_params_ and found.predict(X).shape == y.shape


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Dask's own
def test_joblib_searches_on_dask() -> None:
    distributed = pytest.importorskip("distributed", reason="needs Dask: pip install 'dask[distributed]'")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        assert_like_here(search().fit(X, y))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray's own
def test_joblib_searches_on_ray() -> None:
    ray = pytest.importorskip("ray", reason="needs Ray: pip install ray")
    pytest.importorskip("ray.util.joblib").register_ray()
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        with joblib.parallel_config("ray"):
            assert_like_here(search().fit(X, y))
    finally:
        ray.shutdown()


@pytest.mark.slow
def test_optuna_searches_in_processes_that_share_a_journal(tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install optuna")
    page = Path(__file__).parents[1].joinpath("docs/guides/several-machines.md").read_text("utf-8")
    code = next(block for block in page.split("```python\n") if block.startswith("import optuna")).partition("```")[0]
    script = tmp_path / "search.py"
    script.write_text(code.replace("n_trials=50", "n_trials=3").replace("/shared", str(tmp_path)), "utf-8")
    runs = [subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for run in runs:
        error = run.communicate(timeout=300)[1]
        assert not run.returncode, error
    journal = optuna.storages.journal.JournalFileBackend(str(tmp_path / "search.log"))
    study = optuna.load_study(study_name="moons", storage=optuna.storages.JournalStorage(journal))
    assert len(study.trials) == 6 and 0 < study.best_value <= 1
