"""Search for settings on a cluster: scikit-learn hands out the fits through joblib, whose backend here is Dask.

Run with: python examples/dask_search.py (needs the extra `sklearn`, and dask[distributed])

The cluster is one of two processes on this machine; give Client the address of a scheduler for any other.
"""

from __future__ import annotations

import joblib
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from chainrule.estimators import NetworkClassifier

if __name__ == "__main__":  # each worker imports this file, too
    X, y = load_digits(return_X_y=True)
    grid = {"hidden_layer_sizes": [(32,), (128,)], "dropout": [0.0, 0.2]}
    search = GridSearchCV(NetworkClassifier(epochs=20, random_state=0), grid, cv=3)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config("dask"),
    ):
        search.fit(X, y)
    print(f"The best settings: {search.best_params_}, with an accuracy of {search.best_score_:.4f} in 3 folds")
