"""What is taken home: scripts that say the lab's numbers, files that load, pictures that are drawn."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.common.errors import InputError
from chainrule.lab.blueprint import Blueprint
from chainrule.lab.data_sets import DataChoice, DataSets
from chainrule.lab.pictures import picture, pictures
from chainrule.lab.session import Session
from chainrule.lab.takeaway import taken

SMALL = Blueprint(data=DataChoice(name="moons", count=60))
CURVE = Blueprint(data=DataChoice(name="sine", count=60))
LARGE = Blueprint(data=DataChoice(count=60), layers=(cr.Dense(120), cr.ReLU(), cr.Dense(50), cr.ReLU()))
CONV = Blueprint(
    data=DataChoice(kind="digits", name="digits", form="picture", count=60),
    layers=(cr.Conv2D(2, 3), cr.ReLU(), cr.MaxPool(2), cr.Flatten()),
)


@pytest.fixture
def session() -> Iterator[Callable[[Blueprint], Session]]:
    """Make a session with one epoch of training."""
    opened: list[Session] = []

    def trained(blueprint: Blueprint) -> Session:
        opened.append(Session(blueprint, DataSets()))
        opened[-1].run("epoch", wait=True)
        return opened[-1]

    yield trained
    for each in opened:
        each.close()


def test_the_script_predicts_the_labs_numbers(session: Any, tmp_path: Path) -> None:
    lab = session(SMALL)
    file = taken(lab, "numpy")
    assert (file.name, file.media_type) == ("net.py", "text/x-python")
    (tmp_path / file.name).write_bytes(file.data)
    X = lab.examples.X[:5]
    np.save(tmp_path / "X.npy", X)
    code = "import numpy as np, net; np.save('P.npy', net.predict(np.load('X.npy')))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert np.allclose(np.load(tmp_path / "P.npy"), lab.network.predict(X), rtol=0, atol=1e-12)


def test_a_large_script_has_its_weights_beside_it(session: Any) -> None:
    file = taken(session(LARGE), "numpy")
    assert file.name == "net.zip"
    assert zipfile.ZipFile(io.BytesIO(file.data)).namelist() == ["net.npz", "net.py"]


def test_the_model_file_is_the_network(session: Any, tmp_path: Path) -> None:
    lab = session(SMALL)
    file = taken(lab, "safetensors")
    (tmp_path / file.name).write_bytes(file.data)
    loaded = cr.load(tmp_path / file.name)
    assert np.array_equal(loaded.predict(lab.examples.X), lab.network.predict(lab.examples.X))


def test_the_code_trains_to_the_labs_numbers(session: Any, tmp_path: Path) -> None:
    lab = session(SMALL)
    names: dict[str, Any] = {}
    exec(taken(lab, "code").data.decode(), names)
    assert np.array_equal(names["network"].params[0]["W"], lab.network.params[0]["W"])


def test_onnx_says_the_same(session: Any, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="ONNX models need onnx, which is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="ONNX models are run by onnxruntime, which is not installed")
    lab = session(SMALL)
    running = runtime.InferenceSession(taken(lab, "onnx").data)
    X = lab.examples.X[:5]
    (given,) = running.get_inputs()
    *_, answer = running.run(None, {given.name: X.astype(np.float32 if "float" in given.type else np.float64)})
    assert np.allclose(answer, lab.network.predict(X), atol=1e-6)


@pytest.mark.parametrize("kind", ["pickle", ""])
def test_other_kinds_are_refused(session: Any, kind: str) -> None:
    with pytest.raises(InputError, match="kind"):
        taken(session(SMALL), kind)


NAMES = {
    "classes of points": (SMALL, ["network", "boundary", "history", "confusion"]),
    "a curve": (CURVE, ["network", "fit", "history"]),
    "pictures": (CONV, ["history", "confusion", "mistakes", "filters", "feature_maps"]),
}


@pytest.mark.parametrize(("blueprint", "names"), NAMES.values(), ids=NAMES)
def test_pictures_are_drawn_in_both_forms(session: Any, blueprint: Blueprint, names: list[str]) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib, which is not installed")
    lab = session(blueprint)
    assert [each["name"] for each in pictures(lab)] == names
    for name in names:
        assert picture(lab, name, "png").data.startswith(b"\x89PNG")
    svg = picture(lab, names[0], "svg")
    assert b"<svg" in svg.data and svg.media_type == "image/svg+xml"


def test_a_picture_that_does_not_fit_is_refused(session: Any) -> None:
    with pytest.raises(InputError, match="picture"):
        picture(session(SMALL), "filters", "png")
    with pytest.raises(InputError, match="form"):
        picture(session(SMALL), "network", "pdf")


def test_the_server_offers_and_sends_it(client: Any) -> None:
    offer = client.get("/api/take").json()
    assert "cr.Network(" in offer["code"]["text"]
    assert offer["pictures"][0] == {"name": "network", "title": "the network, its weights as lines"}
    file = client.get("/api/take/numpy")
    assert file.headers["content-disposition"] == 'attachment; filename="net.py"' and b"def predict" in file.content
    assert client.get("/api/take/svg?picture=boundary").headers["content-type"].startswith("image/svg+xml")
    refused = client.get("/api/take/png?picture=../../etc/passwd")
    assert refused.status_code == 422 and "picture" in refused.json()["error"]


def test_a_link_goes_from_one_lab_to_another(client: Any) -> None:
    text = client.get("/api/take/link").json()["text"]
    assert client.post("/api/take/open", json={"text": text}).json()["blueprint"] == Blueprint().json()
    refused = client.post("/api/take/open", json={"text": "1.AAAA"})
    assert refused.status_code == 422 and refused.json()["error"].startswith("The link does not say what was built")


def test_what_is_missing_is_said(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.lab.routes import takeaway

    monkeypatch.setattr(takeaway, "find_spec", lambda name: None)
    lacking = client.get("/api/take").json()["lacking"]
    assert lacking["onnx"] == "Writing ONNX needs onnx, which is not installed: pip install 'chainrule[onnx]'"
    assert "pip install 'chainrule[plot]'" in lacking["pictures"]
