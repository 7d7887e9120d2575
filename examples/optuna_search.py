"""Search for settings with Optuna, which ends trials early that fall behind the others.

Run with: python examples/optuna_search.py (needs the extra `sklearn`, and optuna)
"""

from __future__ import annotations

from typing import Any

import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import chainrule as cr
from chainrule.estimators import NetworkClassifier

TRIALS = 20
X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)
X_train, X_valid, y_train, y_valid = train_test_split(X, y, random_state=0, stratify=y)


class Pruning(cr.Callback):
    """Tells Optuna the score of each epoch, and ends the trial when Optuna says so."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def epoch_end(self, run: Any) -> None:
        """Report the loss on the rows to validate on."""
        self._trial.report(run.scores["val_loss"], run.epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def settings(trial: optuna.Trial) -> dict[str, Any]:
    """Return the settings of a trial."""
    return {
        "hidden_layer_sizes": [trial.suggest_int("units", 16, 256, log=True)] * trial.suggest_int("layers", 1, 3),
        "dropout": trial.suggest_float("dropout", 0, 0.5),
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 3e-2, log=True),
    }


def objective(trial: optuna.Trial) -> float:
    """Return the loss on the rows to validate on in the best epoch of a trial."""
    classifier = NetworkClassifier(
        **settings(trial), epochs=30, early_stopping=True, random_state=0, callbacks=[Pruning(trial)]
    )
    classifier.fit(X_train, y_train, validation_data=(X_valid, y_valid))
    return min(classifier.validation_curve_)


if __name__ == "__main__":
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0), pruner=pruner)
    study.optimize(objective, n_trials=TRIALS)
    pruned = len(study.get_trials(states=[optuna.trial.TrialState.PRUNED]))
    best = NetworkClassifier(**settings(optuna.trial.FixedTrial(study.best_params)), random_state=0).fit(X, y)
    print(f"{TRIALS} trials, of which {pruned} ended early. The best settings: {study.best_params}")
    print(f"Accuracy on the test: {best.score(X_test, y_test):.4f}")
