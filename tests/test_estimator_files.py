"""Files of estimators: what comes back, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import InputError
from chainrule.estimators import NetworkClassifier, NetworkRegressor

pytestmark = pytest.mark.usefixtures("no_type_checks")
X = np.random.default_rng(0).standard_normal((30, 3))
Y = np.arange(30) % 3
TARGETS: dict[str, Any] = {
    "numbers": Y,
    "two": Y > 1,
    "texts": np.array(["a", "b", "c"])[Y],
    "objects": np.array(["a", "b", "c"], dtype=object)[Y],
    "several answers": np.eye(3, dtype=int)[Y],
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_classifier_comes_back(name: str, tmp_path: Path) -> None:
    classifier = NetworkClassifier(epochs=2, random_state=1, scale=name != "two").fit(X, TARGETS[name])
    classifier.save(tmp_path / "a.safetensors")
    again = NetworkClassifier.load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), classifier.predict(X), strict=True)
    np.testing.assert_array_equal(again.classes_, classifier.classes_, strict=True)
    assert again.get_params() == classifier.get_params()


@pytest.mark.parametrize("y", [X[:, 0], X[:, :2]], ids=["one", "two"])
def test_a_regressor_comes_back_and_goes_on(y: Any, tmp_path: Path) -> None:
    regressor = NetworkRegressor(epochs=2, random_state=1, warm_start=True, loss=cr.Huber(2.0)).fit(X, y)
    regressor.save(tmp_path / "a.safetensors")
    again = NetworkRegressor.load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(again.predict(X), regressor.predict(X), strict=True)
    again.fit(X, y)
    assert not np.array_equal(again.predict(X), regressor.predict(X))


def test_a_scale_measured_in_float32_comes_back(tmp_path: Path) -> None:
    rows = (100 + X).astype(np.float32)
    regressor = NetworkRegressor(epochs=2, random_state=1).fit(rows, X[:, 0])
    regressor.save(tmp_path / "a.safetensors")
    again = NetworkRegressor.load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(again.predict(rows), regressor.predict(rows))


def test_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        NetworkClassifier().save(tmp_path / "a")
    with pytest.raises(InputError, match=r"chainrule\.export\.onnx"):
        NetworkClassifier(epochs=1).fit(X, Y).save(tmp_path / "a.onnx")
    random_state = np.random.RandomState(0)
    with pytest.raises(InputError, match="could not give back random_state"):
        NetworkClassifier(epochs=1, random_state=random_state).fit(X, Y).save(tmp_path / "a")


@pytest.mark.parametrize("command", ["predict", "evaluate", "serve"])
def test_commands_do_not_take_an_estimator_for_its_network(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    NetworkRegressor(epochs=1).fit(X, 100 * X[:, 0]).save(tmp_path / "a.safetensors")
    np.savetxt(tmp_path / "x.csv", X, delimiter=",")
    rest = ["--port", "0"] if command == "serve" else [str(tmp_path / "x.csv")]
    assert main([command, str(tmp_path / "a.safetensors"), *rest]) == 2
    assert "chainrule.estimators.NetworkRegressor.load(" in capsys.readouterr().err
