"""Weights of PyTorch, Keras and scikit-learn: numbers that those computed, and what is refused."""

from __future__ import annotations

import io
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.numpy
from sklearn.neural_network import MLPClassifier, MLPRegressor

import chainrule as cr
from chainrule.arrays import leaves
from chainrule.common.errors import DataUnavailableError, FileFormatError, InputError, MissingExtraError
from tests.elsewhere_nets import assert_close, drawn
from tests.reference.compare import arrays_of, starting_with

REFERENCE = Path(__file__).parent / "reference"


def _both(cell: Any) -> cr.Bidirectional:
    return cr.Bidirectional(cell)


PYTORCH: dict[str, tuple[list[Any], Any]] = {
    "torch_pictures": (
        [
            *(cr.Conv2D(6, 3, groups=2), cr.BatchNorm(), cr.ReLU()),
            *(cr.Conv2D(4, (2, 3), dilation=(2, 1), padding=1), cr.GroupNorm(2), cr.MaxPool(2)),
            *(cr.Flatten(), cr.BatchNorm(), cr.Dense(5), cr.Tanh(), cr.Dense(3, bias=False)),
        ],
        # Of the layers of a kind, the last one is defined first.
        {"0": "conv1", "1": "bn1", "3": "conv2", "4": "gn", "7": "bn2", "8": "hidden", "10": "out"},
    ),
    "torch_sequences": (
        [
            *(cr.RNN(4, sequence=True), _both(cr.GRU(3, sequence=True))),
            *(_both(cr.LSTM(4, sequence=True)), _both(cr.LSTM(4)), cr.LayerNorm(), cr.RMSNorm(), cr.Dense(2)),
        ],
        None,
    ),
    "torch_words": ([cr.Embedding(11, 5), cr.Conv1D(4, 3), cr.Flatten(), cr.Dense(3)], None),
}
KERAS: dict[str, list[Any]] = {
    "pictures": [
        *(cr.Conv2D(8, 3, groups=4), cr.Conv2D(6, 3, stride=2, padding="same", bias=False)),
        *(cr.BatchNorm(epsilon=1e-3), cr.ReLU(), cr.GroupNorm(3), cr.Flatten()),
        *(cr.Dense(5), cr.Tanh(), cr.Dense(5), cr.Tanh(), cr.Dense(5)),
    ],
    "sequences": [
        *(cr.Embedding(11, 5), cr.Conv1D(4, 3, padding="same"), cr.RNN(4, sequence=True)),
        *(_both(cr.GRU(3, sequence=True)), _both(cr.LSTM(3, sequence=True)), cr.GRU(4, sequence=True), cr.LSTM(3)),
        *(cr.LayerNorm(1e-3), cr.RMSNorm(), cr.Dense(2)),
    ],
}


def network_for(layers: list[Any], arrays: dict[str, Any]) -> cr.Network:
    return cr.Network(layers, "mean_squared_error", input_shape=arrays["x"].shape[1:])


def assert_predicts(network: cr.Network, arrays: dict[str, Any]) -> None:
    for batch in (1, 7):
        assert_close(network.predict(arrays["x"][:batch]), arrays["y"][:batch])


@pytest.mark.parametrize("case", PYTORCH)
@pytest.mark.parametrize("form", ["state_dict", "safetensors"])
def test_weights_of_pytorch_predict_what_pytorch_does(case: str, form: str, tmp_path: Path) -> None:
    (layers, mapping), arrays = PYTORCH[case], arrays_of("weights.npz", case)
    state: Any = starting_with("state.", arrays)
    network = network_for(layers, arrays)
    if form == "safetensors":
        safetensors.numpy.save_file(state, tmp_path / "a.safetensors")
        state = tmp_path / "a.safetensors"
    report = cr.files.from_torch(network, state, mapping)
    assert_predicts(network, arrays)
    assert len(report.rows) == len(list(leaves(network.params))) and not report.kept and not report.unused
    unlike = [layer for layer in layers if isinstance(layer, cr.RMSNorm)]  # usual there is what float32 can tell from 1
    assert len(report.notes) == len(unlike) and all("1.19209e-07" in note for note in report.notes)
    network.fit(arrays["x"], arrays["y"], epochs=1, verbose=False)


@pytest.mark.parametrize("case", KERAS)
def test_weights_of_keras_predict_what_keras_does(case: str) -> None:
    arrays = arrays_of("weights.npz", f"keras_{case}")
    network = network_for(KERAS[case], arrays)
    report = cr.files.from_keras(network, REFERENCE / f"weights_{case}.keras")
    assert_predicts(network, arrays)
    assert not report.notes


def test_a_file_with_the_weights_of_keras_alone_does_not_say_epsilon(tmp_path: Path) -> None:
    arrays, path = arrays_of("weights.npz", "keras_sequences"), weights_of_keras("sequences", tmp_path)
    network = network_for(KERAS["sequences"], arrays)
    assert not cr.files.from_keras(network, path).notes
    assert_predicts(network, arrays)
    other = network_for([*KERAS["sequences"][:7], cr.LayerNorm(), *KERAS["sequences"][8:]], arrays)
    (note,) = cr.files.from_keras(other, path).notes
    assert "7 LayerNorm has epsilon=1e-05" in note and "usual in Keras is 0.001" in note
    with pytest.raises(
        InputError, match=r"epsilon=1e-05, but layer_normalization has 0\.001.*LayerNorm\(epsilon=0\.001\)"
    ):
        cr.files.from_keras(other, REFERENCE / "weights_sequences.keras")


def test_no_order_follows_from_names_in_chains_inside_of_chains(tmp_path: Path) -> None:
    arrays, path = arrays_of("weights.npz", "keras_pictures"), weights_of_keras("pictures", tmp_path)
    network = network_for(KERAS["pictures"], arrays)
    with pytest.raises(InputError, match=r"(?s)no order follows.*sequential/dense_1 +kernel \(5, 5\)"):
        cr.files.from_keras(network, path)


def weights_of_keras(case: str, folder: Path) -> Path:
    with zipfile.ZipFile(REFERENCE / f"weights_{case}.keras") as archive:
        archive.extract("model.weights.h5", folder)
    return folder / "model.weights.h5"


def two_dense() -> tuple[cr.Network, dict[str, Any]]:
    """A network, and a state dict whose layers of the same shape are in the wrong order."""
    rng = np.random.default_rng(0)
    state = {name: rng.standard_normal((3, 3)).astype(np.float32) for name in ("out.weight", "hidden.weight")}
    state |= {name: rng.standard_normal(3).astype(np.float32) for name in ("out.bias", "hidden.bias")}
    return drawn([cr.Dense(3), cr.ReLU(), cr.Dense(3)], (3,)), state


def test_a_mapping_says_what_goes_where_and_the_report_what_went() -> None:
    network, state = two_dense()
    report = cr.files.from_torch(network, state, {"0": "hidden", "2": "out"})
    np.testing.assert_array_equal(network.params[0]["W"], state["hidden.weight"].T)
    np.testing.assert_array_equal(network.params[2]["b"], state["out.bias"])
    assert str(report).splitlines()[1].split() == "0.W (3, 3) hidden.weight (3, 3) transposed".split()
    assert repr(report) == "WeightsReport(4 arrays)" and "hidden.weight" in report._repr_html_()


def test_a_mapping_may_leave_layers_out() -> None:
    network, state = two_dense()
    before = network.params[2]["W"].copy()
    report = cr.files.from_torch(network, state, {"0": "hidden"})
    assert (report.kept, report.unused) == (("2",), ("out",))
    assert str(report).endswith("Kept as they were: 2.\nNot used: out.")
    np.testing.assert_array_equal(network.params[2]["W"], before)


def test_the_only_module_that_fits_is_taken_whatever_the_order() -> None:
    network = drawn([cr.Dense(4), cr.ReLU(), cr.Dense(2)], (3,))
    state = {"out.weight": np.ones((2, 4), np.float32), "fc.weight": np.ones((4, 3), np.float32)}
    report = cr.files.from_torch(network, state)
    assert [row[2] for row in report.rows] == ["fc.weight", "", "out.weight", ""]
    assert report.rows[1][4] == "filled with 0" and not network.params[0]["b"].any()


def test_places_in_a_chain_count_more_than_the_order_of_a_dict() -> None:
    network, state = two_dense()
    renamed = {name.replace("out", "net.2").replace("hidden", "net.0"): array for name, array in state.items()}
    assert next(iter(renamed)) == "net.2.weight"
    cr.files.from_torch(network, renamed)
    np.testing.assert_array_equal(network.params[0]["W"], state["hidden.weight"].T)
    np.testing.assert_array_equal(network.params[2]["W"], state["out.weight"].T)


def test_lists_stand_side_by_side_where_nothing_tells(tmp_path: Path) -> None:
    network, state = two_dense()
    safetensors.numpy.save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(InputError) as raised:
        cr.files.from_torch(network, tmp_path / "a.safetensors")
    first, head, *rows = str(raised.value).splitlines()
    assert "hidden, out have names from which no order follows" in first and 'mapping={"0": "hidden", ...}' in first
    assert head.split() == ["here", "arrays", "PyTorch", "arrays"]
    assert [row.split()[:2] for row in rows] == [["0", "Dense"], ["2", "Dense"]]
    assert all(name in row for name, row in zip(("hidden", "out"), rows, strict=True))


@pytest.mark.parametrize(
    ("weights", "mapping", "message"),
    [
        ({"a.weight": np.ones((3, 3))}, None, "there are 2 layers with weights here, but 1 modules there"),
        (
            {"a.weight": np.ones((3, 3)), "b.weight": np.ones((3, 3, 1))},
            None,
            "0 Dense is one of 2 such layers here, but 1",
        ),
        (
            {"a.weight": np.ones((3, 3)), "b.weight": np.ones((2, 3))},
            None,
            r"W of 2 Dense has the shape \(3, 3\).*\(3, 2\)",
        ),
        (
            {"a.weight": np.ones((2, 3))},
            {"0": "a"},
            r"W of 0 Dense has the shape \(3, 3\), but what a.weight gives has",
        ),
        ({"a.weight": np.ones(3)}, {"0": "a"}, r"0 Dense cannot be made of a.weight of shape \(3,\)"),
        ({"a.bias": np.ones(3)}, {"0": "a"}, "0 Dense needs a.weight, which is not there"),
        ({"a.weight": np.ones((3, 3)), "a.scale": np.ones(3)}, {"0": "a"}, "0 Dense has no place for a.scale"),
        ({"a.weight": np.full((3, 3), np.nan)}, {"0": "a"}, "a.weight of PyTorch holds numbers that are NaN"),
        ({"a.weight": np.full((3, 3), 1e60)}, {"0": "a"}, "too large for float32"),
        ({"a.weight": np.ones((3, 3))}, {"1": "a"}, "(?s)mapping names '1', which is not there.*2 Dense"),
        ({"a.weight": np.ones((3, 3))}, {"0": "b"}, "(?s)mapping names 'b', which is not there.*weight"),
        ({"a.weight": np.ones((3, 3))}, ["a"], "mapping is a dict from layers to modules"),
        (
            {"model": {"a.weight": np.ones(3)}, "epoch": 3},
            None,
            r"checkpoint with the entries model, epoch.*\[\"model\"\]",
        ),
        ({"a.weight": "text"}, None, "a.weight is a str"),
        ({"a.weight": np.ones((3, 3), np.complex64)}, None, "a.weight is a complex64 array"),
        (3, None, "takes a state_dict, a module of PyTorch or the path of a file, but got a int"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(
    weights: Any, mapping: Any, message: str, no_type_checks: None
) -> None:
    network = drawn([cr.Dense(3), cr.ReLU(), cr.Dense(3)], (3,))
    before = dict(leaves(network.params))
    with pytest.raises(InputError, match=message):
        cr.files.from_torch(network, weights, mapping)
    assert all(after is before[path] for path, after in leaves(network.params))


def test_an_array_that_a_layer_has_no_place_for_is_not_lost() -> None:
    network = drawn([cr.Dense(3, bias=False)], (3,))
    with pytest.raises(InputError, match=r"0 Dense has no place for fc\.bias.*bias=True"):
        cr.files.from_torch(network, {"fc.weight": np.ones((3, 3)), "fc.bias": np.ones(3)})


def test_layers_without_a_counterpart_are_named() -> None:
    network = drawn([cr.RandomDense(3, 0.5, 0), cr.Dense(3)], (4,))
    state = {"fc.weight": np.ones((3, 3), np.float32)}
    with pytest.raises(InputError, match="PyTorch has no layer like 0 RandomDense: leave it out, by a mapping"):
        cr.files.from_torch(network, state)
    assert cr.files.from_torch(network, state, {"1": "fc"}).kept == ("0",)
    with pytest.raises(InputError, match="PyTorch has no layer like 0 RandomDense"):
        cr.files.from_torch(network, state, {"0": "fc"})


@pytest.mark.parametrize("read", [cr.files.from_torch, cr.files.from_keras])
def test_what_is_no_network_or_no_file_of_theirs(read: Any, tmp_path: Path, no_type_checks: None) -> None:
    network, path = drawn([cr.Dense(3)], (3,)), tmp_path / "a.onnx"
    with pytest.raises(InputError, match="takes a Network, but got a list"):
        read([], path)
    with pytest.raises(InputError, match="needs a network with parameters"):
        read(cr.Network([cr.Dense(3)], "huber"), path)
    with pytest.raises(DataUnavailableError, match=r"a\.onnx"):
        read(network, path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FileFormatError, match=r"holds no weights of .*: it is a"):
        read(network, path)
    with pytest.raises(InputError, match="the path of a file, but got a int"):
        read(network, 3)


def test_a_damaged_safetensors_file(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"a": np.ones(9)}, tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes()[:-9])
    with pytest.raises(FileFormatError, match=r"a\.safetensors gives no weights: safetensors says"):
        cr.files.from_torch(drawn([cr.Dense(3)], (3,)), tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("torch", lambda network, path: cr.export.to_torch(network)),
        ("torch", lambda network, path: cr.files.from_torch(network, path)),
        ("keras", lambda network, path: cr.export.to_keras(network)),
        ("h5py", lambda network, path: cr.files.from_keras(network, REFERENCE / "weights_pictures.keras")),
    ],
)
def test_what_is_not_installed_is_named(
    package: str, use: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "a.pt").write_bytes(b"PK")
    with pytest.raises(MissingExtraError, match=r"which is not installed: pip install 'chainrule\["):
        use(drawn([cr.Dense(3)], (3,)), tmp_path / "a.pt")


def test_what_keras_computes_with_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keras.py").write_text("raise ModuleNotFoundError('none', name='tensorflow')")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match="Keras computes with tensorflow, which is not installed"):
        cr.export.to_keras(drawn([cr.Dense(3)], (3,)))


def hdf5(path: Path, **settings: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", **settings)
    return path


def test_a_file_of_keras_that_claims_more_than_it_holds(tmp_path: Path) -> None:
    network = drawn([cr.Dense(3, bias=False)], (3,))
    cr.files.from_keras(network, hdf5(tmp_path / "a.h5", data=np.ones((3, 3), np.float32)))
    (tmp_path / "secret").write_bytes(bytes(1000))
    for settings in (
        {"shape": (10**6, 10**6), "dtype": "f4", "chunks": (10, 10)},
        {"shape": (3, 3), "dtype": "f4", "external": [(str(tmp_path / "secret"), 0, 36)]},
    ):
        with pytest.raises(FileFormatError, match="holds less than its array layers/dense/vars/0 claims"):
            cr.files.from_keras(network, hdf5(tmp_path / "b.h5", **settings))


def test_damaged_files_of_keras(tmp_path: Path) -> None:
    network, path = drawn([cr.Dense(3)], (3,)), tmp_path / "a.keras"
    content = (REFERENCE / "weights_pictures.keras").read_bytes()
    for damaged in (content[:4000], content[:20000] + bytes(100) + content[20100:]):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match="damaged"):
            cr.files.from_keras(network, path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}" + " " * 10**7)
        archive.writestr("model.weights.h5", "")
    with pytest.raises(FileFormatError, match="claims to hold far more than its size"):
        cr.files.from_keras(network, path)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["model_weights/dense/kernel:0"] = np.ones((3, 3))
    path.write_bytes(buffer.getvalue())
    with pytest.raises(FileFormatError, match=r"without weights as Keras 3 stores them. A whole model in one .h5 file"):
        cr.files.from_keras(network, path)


X = np.random.default_rng(3).standard_normal((60, 4))
TARGETS = {
    "binary": X[:, 0] > 0,
    "multiclass": np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])],
    "multilabel": (X[:, :3] > 0).astype(int),
}


def _matrices(network: cr.Network) -> list[Any]:
    return [array for path, array in leaves(network.params) if path.endswith("W")]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("task", TARGETS)
def test_a_classifier_of_scikit_learn_becomes_a_network(task: str, activation: str) -> None:
    estimator = MLPClassifier([6, 5], activation=activation, solver="lbfgs", max_iter=20, random_state=0).fit(
        X, TARGETS[task]
    )
    network = cr.files.from_sklearn(estimator)
    P = estimator.predict_proba(X)
    np.testing.assert_allclose(network.predict(X), P[:, 1:] if task == "binary" else P, rtol=0, atol=1e-14)
    classes = network.predict_classes(X)
    expected = classes if task == "multilabel" else estimator.classes_[classes]
    np.testing.assert_array_equal(expected, estimator.predict(X))
    assert not any(np.shares_memory(a, b) for a, b in zip(estimator.coefs_, _matrices(network), strict=True))
    network.fit(X, classes, epochs=1, verbose=False)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_regressor_of_scikit_learn_becomes_a_network(loss: str, outputs: int) -> None:
    Y = np.abs(X[:, :outputs]) if outputs > 1 else np.abs(X[:, 0])
    estimator = MLPRegressor(hidden_layer_sizes=[5], loss=loss, max_iter=20, random_state=0).fit(
        X.astype(np.float32), Y
    )
    network = cr.files.from_sklearn(estimator)
    assert network.dtype == np.float32
    expected = estimator.predict(X.astype(np.float32)).reshape(len(X), -1)
    assert_close(network.predict(X), expected)


def test_columns_keep_their_names_and_other_estimators_are_refused() -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    estimator = MLPRegressor(hidden_layer_sizes=[5], solver="lbfgs", tol=1, random_state=0)
    with pytest.raises(InputError, match="has no weights yet: call its fit first"):
        cr.files.from_sklearn(estimator)
    network = cr.files.from_sklearn(estimator.fit(frame, X[:, 0]))
    assert network.feature_names == ("a", "b", "c", "d")
    np.testing.assert_array_equal(network.predict(frame[list("dcba")]), network.predict(X))
    with pytest.raises(InputError, match=r"but got a list.*pipeline\[-1\]"):
        cr.files.from_sklearn([])


def test_an_estimator_with_nan_is_refused() -> None:
    estimator = MLPRegressor(solver="lbfgs", max_iter=1, random_state=0)
    X = np.arange(8.0).reshape(4, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, X[:, 0])
    estimator.coefs_[0][0, 0] = np.nan
    with pytest.raises(InputError, match="The weights of this MLPRegressor are NaN or infinite"):
        cr.files.from_sklearn(estimator)
