"""`chainrule serve`: the same numbers as predict, requests that disturb no other, and an end that cuts nothing off."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import chainrule as cr
from chainrule.cli import main
from chainrule.common.errors import DataWarning, InputError, MissingExtraError
from chainrule.common.languages import speaking
from tests.test_house import ROOT

httpx = pytest.importorskip("httpx", reason="the tests of the service need httpx, which is not installed")
for package in "starlette", "uvicorn", "python_multipart":
    pytest.importorskip(package, reason=f"the service needs {package}, which is not installed")

from chainrule.serve import server  # noqa: E402 - these need the packages above
from chainrule.serve.app import application  # noqa: E402
from chainrule.serve.batching import MOST_ROWS, Batcher  # noqa: E402
from chainrule.serve.bodies import Limits  # noqa: E402
from chainrule.serve.front import accepted  # noqa: E402

JSON = {"content-type": "application/json"}
FORM = b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'


@contextmanager
def serving(model: Any, limits: Limits | None = None, name: str = "model") -> Iterator[str]:
    """Serve a model from a thread of this process; give its address."""
    with server.listening("127.0.0.1", 0) as listener:
        running = server.prepared(application(model, name, limits), 5.0)
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        try:
            yield server.address(listener)
        finally:
            running.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def test_rows_of_0_and_1_are_no_pixels_because_they_are_whole(network: cr.Network) -> None:
    row = [i % 2 for i in range(784)]
    with serving(network) as url:
        reply = ask(url, [row])
    predicted = network.predict(np.array([row], float))
    np.testing.assert_allclose(reply.json()["probabilities"], predicted, rtol=1e-6)


def digits() -> tuple[NDArray[Any], NDArray[Any]]:
    (_, _), (X, y) = cr.datasets.load_mnist_small()
    return X, y


@pytest.fixture(scope="module")
def network() -> cr.Network:
    network = cr.Network.mlp([784, 16, 10], seed=1)
    network.input_scale = 1 / 255
    return network


@pytest.fixture(scope="module")
def table() -> cr.TableModel:
    area, town = [float(40 + i % 37) for i in range(120)], ["Ulm", "Bonn", "Bonn"] * 40
    dear = ["yes" if a * (3 if t == "Ulm" else 2) > 130 else "no" for a, t in zip(area, town, strict=True)]
    data = {"area": area, "town": town, "dear": dear}
    return cr.TableModel.fit(data, "dear", verbose=False, epochs=3)


@pytest.fixture(scope="module")
def url(network: cr.Network) -> Iterator[str]:
    with serving(network) as address:
        yield address


def ask(url: str, rows: Any, **settings: Any) -> Any:
    return httpx.post(f"{url}/predict", json={"rows": rows}, timeout=30, **settings)


def png(pixels: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.round(pixels * 255).astype(np.uint8)).save(file, "png")
    return file.getvalue()


# The numbers.


def test_200_requests_of_32_clients_get_their_own_numbers(url: str, network: cr.Network) -> None:
    X, _ = digits()
    P = network.predict(X[:200])
    with httpx.Client(base_url=url, timeout=60) as client, ThreadPoolExecutor(32) as clients:
        replies = list(
            clients.map(lambda i: client.post("/predict", json={"rows": X[i : i + 1 + i % 3].tolist()}), range(200))
        )
        sizes = client.get("/metrics").text
    assert [reply.status_code for reply in replies] == [200] * 200
    for i, reply in enumerate(replies):
        if i < 190:
            np.testing.assert_allclose(reply.json()["probabilities"], P[i : i + 1 + i % 3], rtol=1e-5, atol=1e-7)
    batches = int(re.findall(r"chainrule_batch_requests_count (\d+)", sizes)[0])
    assert batches < float(re.findall(r"chainrule_batch_requests_sum (\S+)", sizes)[0])


def test_pictures_get_the_numbers_of_the_command(
    url: str, network: cr.Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = np.pad(1 - digits()[0][3].reshape(28, 28), 20, constant_values=1)
    (tmp_path / "digit.png").write_bytes(png(picture))
    cr.save(network, tmp_path / "model")
    assert main(["predict", str(tmp_path / "model"), str(tmp_path / "digit.png"), "--json"]) == 0
    (expected,) = json.loads(capsys.readouterr().out)
    raw = httpx.post(f"{url}/predict", content=png(picture), headers={"content-type": "image/png"})
    form = httpx.post(f"{url}/predict", files={"image": ("digit.png", png(picture), "image/png")})
    for reply in raw, form:
        answer = reply.json()
        assert answer["predictions"] == [expected["prediction"]]
        assert max(answer["probabilities"][0]) == pytest.approx(expected["probability"], rel=1e-6)
        assert answer["notes"][-1].startswith("picture: the digit was scaled")


def test_whole_numbers_are_scaled_as_in_training(url: str) -> None:
    X, _ = digits()
    whole = ask(url, np.round(X[:2] * 255).astype(int).tolist()).json()
    np.testing.assert_allclose(whole["probabilities"], ask(url, X[:2].tolist()).json()["probabilities"], rtol=1e-5)
    assert "1/255" in whole["notes"][0]


@pytest.mark.parametrize(
    ("loss", "outputs", "classes"),
    [
        ("mean_squared_error", 1, None),
        ("mean_squared_error", 2, None),
        (None, 1, [0, 1]),
        (None, 3, [0, 1, 2]),
        ("binary_cross_entropy", 3, None),
    ],
)
def test_every_task_is_answered(loss: str | None, outputs: int, classes: list[int] | None) -> None:
    network = cr.Network.mlp([2, 4, outputs], loss=loss)
    rows = [[0.5, -1], [2, 3]]
    with serving(network) as url:
        answer = ask(url, rows).json()
    P = network.predict(np.array(rows))
    assert answer.get("classes") == classes
    if network.loss.task == "regression":
        np.testing.assert_allclose(answer["predictions"], P[:, 0] if outputs == 1 else P, rtol=1e-6)
    else:
        assert answer["predictions"] == network.predict_classes(np.array(rows)).tolist()
        expected = P if outputs > 1 else np.hstack([1 - P, P])
        np.testing.assert_allclose(answer["probabilities"], expected, rtol=1e-6)


def test_rows_of_a_table_get_the_numbers_of_predict(table: cr.TableModel) -> None:
    rows = [{"town": "Ulm", "area": 50, "more": 1}, {"area": 61.5, "town": None}, {"area": None, "town": "Köln"}]
    with serving(table) as url:
        answer = ask(url, rows).json()
    data = {"town": ["Ulm", None, "Köln"], "area": [50, 61.5, None]}
    with pytest.warns(DataWarning, match="did not know"):
        np.testing.assert_allclose(answer["probabilities"], table.predict_proba(data), rtol=1e-6)
    assert answer["classes"] == ["no", "yes"]
    with pytest.warns(DataWarning):
        assert answer["predictions"] == table.predict(data).tolist()
    assert answer["notes"] == [
        "Column 'town' has 1 value that training did not know; for the network it is none of its categories."
    ]


def test_what_sees_the_past_predicts_where_it_is_there() -> None:
    data = {"day": list(range(60)), "load": [float(i % 7) for i in range(60)]}
    model = cr.TableModel.fit(data, "load", history=3, time="day", verbose=False, epochs=1)
    rows = [{"day": i, "load": float(i % 7)} for i in range(5)]
    with serving(model) as url:
        answer = ask(url, rows).json()
    expected = model.predict({"day": list(range(5)), "load": [row["load"] for row in rows]})
    assert answer["predictions"][:3] == [None] * 3
    np.testing.assert_allclose(answer["predictions"][3:], expected[3:], rtol=1e-6)


def test_a_model_of_pictures_takes_one() -> None:
    import polars

    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
    pictures = polars.Series("picture", X, dtype=polars.Array(polars.UInt8, (4, 4, 3)))
    frame = polars.DataFrame([pictures, polars.Series("class", ["a", "b"] * 20)])
    model = cr.TableModel.fit(frame, "class", verbose=False, epochs=1)
    file = io.BytesIO()
    Image.fromarray(X[0]).save(file, "png")
    with serving(model) as url:
        reply = httpx.post(f"{url}/predict", content=file.getvalue(), headers={"content-type": "image/png"})
        rows = ask(url, [{"picture": 1}])
    np.testing.assert_allclose(reply.json()["probabilities"], model.predict_proba(frame[:1]), rtol=1e-5)
    assert rows.status_code == 415 and "send one, such as a PNG" in rows.json()["error"]


# Requests that are wrong.


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"", "application/json", 400, "The body is no JSON"),
        (b"{'rows': 1}", "application/json", 400, "The body is no JSON"),
        (b"\xff\xfe\x00", "application/json", 400, "The body is no JSON"),
        (b'{"rows": [[NaN]]}', "application/json", 400, "NaN is no number of JSON"),
        (b"[" * 100_000, "application/json", 400, "The body is no JSON"),
        (b'{"rows": ' + b"9" * 5000 + b"}", "application/json", 400, "The body is no JSON"),
        (b"[[1]]", "application/json", 400, 'as in {"rows": [...]}, but it is [[1]].'),
        (b'{"rows": []}', "application/json", 400, "at least one row"),
        (b'{"rows": [[1, 2]]}', "application/json", 422, "rows of 784 numbers"),
        (b'{"rows": [[1]], "rows": [[2]]}', "application/json", 400, "an object has 'rows' more than once"),
        (b'{"rows": [null]}', "application/json", 422, "Row 1 must be a list of numbers, but it is null."),
        (b'{"rows": [{"a": true}]}', "application/json", 422, 'but it is {"a": true}.'),
        (b'{"rows": [[1e999]]}', "application/json", 422, "rows of 784 numbers"),
        (b'{"rows": [1]}', "application/json", 422, "Row 1 must be a list of numbers, but it is 1."),
        (
            b'{"rows": [[1], [1, 2]]}',
            "application/json",
            422,
            "The number of values in row 2 is 2, but the model takes 784.",
        ),
        (b"rows=1", "application/x-www-form-urlencoded", 415, "it is 'application/x-www-form-urlencoded'"),
        (b"abc", "image/png", 422, "The picture is no picture that Pillow can read"),
        (b"", "image/png", 422, "The picture is no picture that Pillow can read"),
        (b"abc", "multipart/form-data", 400, "The body is no form with a file"),
        (b"abc", "multipart/form-data; boundary=x", 400, "The"),
        (FORM, "multipart/form-data; boundary=x", 400, "The form has no file"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_body_is_told(url: str, body: bytes, kind: str, status: int, said: str) -> None:
    reply = httpx.post(f"{url}/predict", content=body, headers={"content-type": kind})
    assert (reply.status_code, said in reply.text.replace("\\", "")) == (status, True), reply.text
    assert set(reply.json()) == {"error", "fields"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a", 'Row 2, value 7 must be a number, but it is "a".'),
        (None, "Row 2, value 7 must be a number, but it is null."),
        (True, "Row 2, value 7 must be a number, but it is true."),
        ([1], "Row 2 must be nested as the shape (8,), or flat."),
        (1e300, "Row 2, value 7 is 1e+300, which is too large for float32"),
        (10**400, "Row 2, value 7 is 1000"),
    ],
)
def test_the_field_of_a_wrong_number_is_named(value: Any, said: str) -> None:
    rows: list[list[Any]] = [[0.5] * 8 for _ in range(3)]
    rows[1][6] = value
    with serving(cr.Network.mlp([8, 2])) as url:
        reply = ask(url, rows)
    fields = reply.json()["fields"]
    assert reply.status_code == 422
    assert any(field["message"].startswith(said) and field["row"] == 2 for field in fields), fields
    assert fields[-1]["column"] == 7 or value == [1]


def test_each_wrong_field_of_a_table_is_named(table: cr.TableModel) -> None:
    with serving(table) as url:
        lacking = ask(url, [{"area": 1, "town": "Ulm"}, {"aera": 1, "town": "Ulm"}, 5])
        unreadable = ask(url, [{"area": "old", "town": "Ulm"}, {"area": "3", "town": "Ulm"}])
        mixed = ask(url, [{"area": 1, "town": "Ulm"}, {"area": "1", "town": "Ulm"}])
        nested = ask(url, [{"area": {}, "town": 2**70}])
        picture = httpx.post(f"{url}/predict", content=b"abc", headers={"content-type": "image/png"})
    places = [
        [(f["row"], f["column"]) for f in reply.json()["fields"]] for reply in (lacking, unreadable, mixed, nested)
    ]
    assert places == [[(2, "area"), (3, None)], [(1, "area")], [(2, "area")], [(1, "area"), (1, "town")]]
    assert "Did you mean 'aera' for 'area'?" in lacking.json()["fields"][0]["message"]
    assert "but row 1 is 'old'" in unreadable.json()["fields"][0]["message"]
    assert "is a text, but that of row 1 is a number" in mixed.json()["fields"][0]["message"]
    assert (picture.status_code, "'area', 'town'" in picture.json()["error"]) == (415, True)


def test_other_paths_and_methods(url: str) -> None:
    assert httpx.get(f"{url}/predict").status_code == 405
    missing = httpx.get(f"{url}/nothing/here")
    assert (missing.status_code, missing.json()["error"][:30]) == (404, "There is nothing at /nothing/h")


def test_a_picture_that_is_too_large_to_unpack_is_refused(url: str) -> None:
    file = io.BytesIO()
    Image.new("1", (8000, 8000)).save(file, "png")
    reply = httpx.post(f"{url}/predict", content=file.getvalue(), headers={"content-type": "image/png"}, timeout=30)
    assert (reply.status_code, "at most 50,000,000" in reply.text) == (422, True)


def test_oversized_requests(network: cr.Network) -> None:
    with serving(network, Limits(body=20_000, rows=2)) as url:
        announced = httpx.post(f"{url}/predict", content=b" " * 20_001, headers=JSON)
        chunked = httpx.post(f"{url}/predict", content=(b" " * 9000 for _ in range(5)), headers=JSON)
        rows = ask(url, [[0]] * 3)
        fine = ask(url, [[0] * 784] * 2)
    assert [reply.status_code for reply in (announced, chunked, rows, fine)] == [413, 413, 413, 200]
    assert "larger than 20,000 bytes" in chunked.json()["error"]
    assert "has 3 rows, but at most 2" in rows.json()["error"]


@pytest.mark.parametrize("shape", [(8,), (4, 2)])
def test_truth_values_are_no_numbers(shape: tuple[int, ...]) -> None:
    row: Any = np.full(shape, 0.5).tolist()
    (row if len(shape) == 1 else row[1])[1] = False
    network = cr.Network([cr.Flatten(), cr.Dense(2)], "mean_squared_error", input_shape=shape)
    with serving(network) as url:
        reply = ask(url, [row])
    assert (reply.status_code, reply.json()["fields"][0]["column"]) == (422, 2 if len(shape) == 1 else 4)


def test_one_number_is_one(tmp_path: Path) -> None:
    with serving(cr.Network.mlp([1, 2])) as url:
        said = ask(url, [[1, 2]]).json()["error"]
        picture = httpx.post(f"{url}/predict", content=b"abc", headers={"content-type": "image/png"}).json()["error"]
    assert "rows of one number, and these" in said and "rows of one number, and no pictures" in picture


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_all_before_it_reads_is_told_that_it_is_too_much(
    chunked: bool, network: cr.Network
) -> None:
    body = b" " * 11_000_000
    with serving(network) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        pieces = (body[i : i + 100_000] for i in range(0, len(body), 100_000))
        connection.request("POST", "/predict", pieces if chunked else body, JSON, encode_chunked=chunked)
        reply = connection.getresponse()
        said = json.loads(reply.read())["error"]
        connection.close()
        assert ask(url, [[0] * 784]).status_code == 200
    assert (reply.status, "larger than 10,000,000 bytes" in said) == (413, True)


def test_a_client_that_asks_first_is_told_before_it_sends(network: cr.Network) -> None:
    with serving(network, Limits(body=1000)) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as connection:
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {10**9}\r\nExpect: 100-continue\r\n\r\n"
            connection.sendall(head.encode())
            assert received(connection).startswith("HTTP/1.1 413")


def test_what_is_read_of_a_body_that_is_too_large_has_an_end(network: cr.Network) -> None:
    with serving(network, Limits(body=1000, sending=1.0)) as url:
        with connected(url, b" " * 11_000, 10**9) as endless, connected(url, b" " * 2000, 10**9) as slow:
            assert received(endless).startswith("HTTP/1.1 413") and received(slow).startswith("HTTP/1.1 413")


def connected(url: str, body: bytes, length: int) -> socket.socket:
    """Return a connection that has sent the head of a request, and the beginning of a body of some length."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), 30)
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def received(connection: socket.socket) -> str:
    """Return all that comes until the other end closes."""
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks).decode()


def test_slow_and_aborted_requests_disturb_no_other(network: cr.Network) -> None:
    with serving(network, Limits(sending=1.0)) as url:
        slow = [connected(url, b'{"rows":', 5000) for _ in range(20)]
        for _ in range(20):
            connected(url, b'{"rows":', 5000).close()
        started = time.perf_counter()
        assert ask(url, [[0] * 784]).status_code == 200
        assert time.perf_counter() - started < 0.9  # and not after the slow ones
        told = [received(connection) for connection in slow]
        counts = httpx.get(f"{url}/metrics").text
    for connection in slow:
        connection.close()
    assert all(text.startswith("HTTP/1.1 408") and "not there within 1 seconds" in text for text in told)
    for status, count in (200, 1), (408, 20), (499, 20):
        assert f'chainrule_requests_total{{path="/predict",status="{status}"}} {count}\n' in counts
    assert "chainrule_open_requests 0\n" in counts


def test_a_client_that_leaves_before_the_answer_disturbs_no_other(network: cr.Network) -> None:
    body = json.dumps({"rows": [[0] * 784] * 200}).encode()
    with serving(network) as url:
        for _ in range(10):
            connected(url, body, len(body)).close()
        assert ask(url, [[0] * 784]).status_code == 200


def test_no_more_requests_at_a_time_than_the_limit(network: cr.Network) -> None:
    with serving(network, Limits(open=1)) as url:
        with connected(url, b'{"rows":', 5000):
            time.sleep(0.2)
            busy = ask(url, [[0] * 784])
            assert httpx.get(f"{url}/health").json()["status"] == "ok"
        time.sleep(0.2)
        free = ask(url, [[0] * 784])
    assert (busy.status_code, busy.headers["retry-after"], free.status_code) == (503, "1", 200)


def test_an_answer_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    network = cr.Network.mlp([2, 2])
    predict = network.predict

    def slow(X: Any) -> Any:
        time.sleep(0.5 if X[0, 0] == 9 else 0)
        return predict(X)

    monkeypatch.setattr(network, "predict", slow)
    with serving(network, Limits(answering=0.2)) as url:
        late, early = ask(url, [[9, 9]]), None
        time.sleep(0.5)
        early = ask(url, [[1, 1]])
    assert (late.status_code, early.status_code) == (503, 200)
    assert "no answer within 0.2 seconds" in late.json()["error"]


def test_an_error_of_ours_is_no_secret_and_no_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    network = cr.Network.mlp([2, 2])
    predict = network.predict

    def broken(X: Any) -> Any:
        if X[0, 0] == 9:
            raise ZeroDivisionError("a secret")
        return predict(X)

    monkeypatch.setattr(network, "predict", broken)
    with serving(network) as url:
        failed, fine = ask(url, [[9, 9]]), ask(url, [[1, 1]])
    assert (failed.status_code, fine.status_code) == (500, 200)
    assert failed.json()["error"] == "The service failed; its log says why."
    assert "a secret" in caplog.text


# Batches.


def together(predict: Callable[[Any], Any], *examples: Any) -> list[Any]:
    """Return what a batcher gives for requests that arrive together, each in its own language."""

    async def gather() -> list[Any]:
        batcher = Batcher(predict)

        async def one(i: int, X: Any) -> Any:
            with speaking(("en", "ko")[i % 2]):
                return await batcher.outputs(np.array(X))

        results = await asyncio.gather(*(one(i, X) for i, X in enumerate(examples)), return_exceptions=True)
        batcher.close()
        return results

    return asyncio.run(gather())


def test_requests_that_arrive_together_share_a_pass_and_no_error() -> None:
    calls = []

    def predict(X: NDArray[Any]) -> NDArray[Any]:
        calls.append(X[:, 0].tolist())
        if (X < 0).any():
            raise InputError("empty")
        return X * 2

    fine = together(predict, [[1.0], [2.0]], [[3.0]], [[4.0]])
    assert [result.tolist() for result in fine] == [[[2.0], [4.0]], [[6.0]], [[8.0]]]
    assert calls == [[1, 2, 3, 4]]
    calls.clear()
    first, wrong, third = together(predict, [[1.0]], [[-1.0]], [[3.0]])
    assert (first.tolist(), third.tolist()) == ([[2.0]], [[6.0]])
    assert isinstance(wrong, InputError) and str(wrong) == "빈 파일"  # told in the language of who asked
    assert calls == [[1, -1, 3], [1], [-1], [3]]


def test_only_what_fits_together_shares_a_pass() -> None:
    sizes = []

    def predict(X: NDArray[Any]) -> NDArray[Any]:
        sizes.append((len(X), X.dtype.kind))
        return X

    together(predict, [[1.0]], [[1]], [[2.0]], np.zeros((MOST_ROWS, 1)), [[3]])
    assert sizes == [(2, "f"), (2, "i"), (MOST_ROWS, "f")]


def test_a_code_that_is_none_of_an_embedding_spoils_no_other_request() -> None:
    network = cr.Network([cr.Embedding(5, 2), cr.Flatten(), cr.Dense(2)], "categorical_cross_entropy", input_shape=(3,))
    with serving(network) as url, ThreadPoolExecutor(16) as clients:
        rows = [[[i % 5, 1, 9 if i == 7 else 2]] for i in range(40)]
        replies = list(clients.map(lambda row: ask(url, row), rows))
    assert [reply.status_code for reply in replies] == [422 if i == 7 else 200 for i in range(40)]
    assert "9" in replies[7].json()["error"]


# What else is answered.


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en,ko", "en"),
        ("de, fr", None),
        ("", None),
        ("ko;q=x, en;q=0.1", "en"),
        ("ko;q=0", None),
        ("*", None),
    ],
)
def test_the_language_that_a_browser_wants(header: str, lang: str | None) -> None:
    assert accepted(header) == lang


def test_errors_are_told_in_the_language_of_the_request(url: str) -> None:
    def said(query: str = "", **headers: str) -> str:
        reply = httpx.post(f"{url}/predict{query}", content=b"x", headers={**JSON, **headers})
        assert reply.headers["vary"] == "Accept-Language"
        return f"{reply.headers['content-language']} {reply.json()['error'][:14]}"

    with ThreadPoolExecutor(8) as clients:
        korean = [clients.submit(said, "?lang=ko") for _ in range(20)]
        english = [clients.submit(said, **{"accept-language": "en"}) for _ in range(20)]
    assert {call.result() for call in korean} == {"ko 본문이 JSON이 아닙니다"}
    assert {call.result() for call in english} == {"en The body is no"}
    assert said("?lang=en", **{"accept-language": "ko"}) == "en The body is no"
    assert said("?lang=KO") == said("?lang=ko_KR") == "ko 본문이 JSON이 아닙니다"
    assert httpx.get(f"{url}/?lang=fr").json()["error"] == "There is no language 'fr'. Known: en, ko."


def test_the_page_is_whole_and_lets_no_name_in(network: cr.Network) -> None:
    data = {"</script><b>": ["</script><b>", "Bonn"] * 20, "dear": ["yes", "yes", "no", "no"] * 10}
    table = cr.TableModel.fit(data, "dear", verbose=False, epochs=1)
    for model in table, network:
        with serving(model, name="</script><b>") as url:
            reply = httpx.get(f"{url}/", headers={"accept-language": "ko"})
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")
        assert not re.search(r"(?:src|href)=\"?(?:https?:)?//|@import|url\(", reply.text)  # nothing from elsewhere
        assert "<b>" not in reply.text and '<html lang="ko">' in reply.text and "예측하기" in reply.text
        kept = re.findall(r'<script type="application/json" id="data">(.+?)</script>', reply.text)
        assert json.loads(kept[0])["kind"] == ("table" if model is table else "digit")


def test_the_description_fits_the_answers(table: cr.TableModel) -> None:
    with serving(table) as url:
        described = httpx.get(f"{url}/openapi.json").json()
        wrong = ask(url, [{"town": "Ulm"}])
        asked = [httpx.request(method, url + path) for path, of in described["paths"].items() for method in of]
    predict = described["paths"]["/predict"]["post"]
    rows = predict["requestBody"]["content"]["application/json"]["schema"]["properties"]["rows"]
    assert rows["items"]["required"] == ["area", "town"]
    assert rows["items"]["properties"]["town"]["examples"] == ["Bonn", "Ulm"]
    assert str(wrong.status_code) in predict["responses"]
    assert [reply.status_code for reply in asked] == [415, 200, 200]


def test_metrics_add_up(network: cr.Network) -> None:
    with serving(network) as url:
        for _ in range(3):
            ask(url, [[0] * 784] * 2)
        for i in range(50):
            httpx.get(f"{url}/{i}")
        reply = httpx.get(f"{url}/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = dict(line.rsplit(" ", 1) for line in reply.text.splitlines() if not line.startswith("#"))
    assert samples['chainrule_requests_total{path="/predict",status="200"}'] == "3"
    assert samples['chainrule_requests_total{path="other",status="404"}'] == "50"
    assert samples["chainrule_predict_seconds_count"] == samples['chainrule_predict_seconds_bucket{le="+Inf"}'] == "3"
    assert (samples["chainrule_batch_rows_sum"], samples["chainrule_batch_requests_count"]) == ("6", "3")
    assert (samples['chainrule_batch_rows_bucket{le="1.0"}'], samples['chainrule_batch_rows_bucket{le="2.0"}']) == (
        "0",
        "3",
    )


# The process.


@contextmanager
def process(model: Path, *options: str) -> Iterator[tuple[Any, str]]:
    """Run the command on a free port; give the process and its address."""
    command = [sys.executable, "-W", "error", "-m", "chainrule", "serve", str(model), "--port", "0", "--lang", "en"]
    running = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        line = running.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address is not None, running.communicate()
        yield running, address[0]
    finally:
        running.kill()
        running.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_requests_that_run_are_answered_before_the_end(
    network: cr.Network, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    cr.save(network, tmp_path / "model.safetensors")
    body = json.dumps({"rows": [[0] * 784] * 50}).encode()
    with process(tmp_path / "model.safetensors") as (running, url):
        assert ask(url, [[0] * 784]).status_code == 200
        connections = [connected(url, body[:100], len(body)) for _ in range(8)]
        while "chainrule_open_requests 8" not in httpx.get(f"{url}/metrics").text:
            time.sleep(0.01)
        running.send_signal(number)
        time.sleep(0.5)
        for connection in connections:
            connection.sendall(body[100:])
        told = [received(connection) for connection in connections]
        for connection in connections:
            connection.close()
        out, err = running.communicate(timeout=20)
        assert (running.returncode, err) == (status, "")
        assert "The service has stopped." in out
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
    assert [text[:15] for text in told] == ["HTTP/1.1 200 OK"] * 8
    assert all(len(json.loads(text.partition("\r\n\r\n")[2])["predictions"]) == 50 for text in told)


def test_a_port_that_is_taken_and_a_host_that_is_not_ours(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    cr.save(cr.Network.mlp([2, 2]), tmp_path / "model")
    with server.listening("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", str(tmp_path / "model"), "--port", port]) == 2
        assert f"port {port}: " in capsys.readouterr().err
        assert main(["serve", str(tmp_path / "model"), "--host", "192.0.2.1"]) == 2
        assert "Nothing can listen at '192.0.2.1'" in capsys.readouterr().err


def test_only_this_machine_is_let_in_unless_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = []
    monkeypatch.setattr("chainrule.serve.server.run", lambda _, listener, __: hosts.append(listener.getsockname()[0]))
    cr.save(cr.Network.mlp([2, 2]), tmp_path / "model")
    for options in [], ["--host", "0.0.0.0"]:
        assert main(["serve", str(tmp_path / "model"), "--port", "0", *options]) == 0
        assert ("there is no password" in capsys.readouterr().out) == bool(options)
    assert hosts == ["127.0.0.1", "0.0.0.0"]


def test_the_extra_is_named_where_a_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package == "uvicorn":
            raise PackageNotFoundError
        return "1"

    monkeypatch.setattr(server, "version", version)
    with pytest.raises(MissingExtraError, match=r"Serving a model needs uvicorn.*pip install 'chainrule\[serve\]'"):
        server.check_installed()


def test_the_image_of_the_example_has_what_the_command_takes() -> None:
    """There is no Docker in the tests: what can be held is that the files and options it names exist."""
    text = (ROOT / "examples/serve/Dockerfile").read_text("utf-8")
    for source in re.findall(r"^COPY (.+) \S+$", text, re.M):
        assert all((ROOT / name).exists() for name in source.split()), source
    command = json.loads(re.findall(r"^CMD (.+)$", text, re.M)[0])
    assert command[:2] == ["chainrule", "serve"] and {"--host", "--port"} < set(command)


def test_small_answers_do_not_wait_for_an_acknowledgment() -> None:
    with server.listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # by which asyncio knows that it may send them at once
