"""The lab's server: nobody without the token, nothing under another name, limits with a sentence, streams that end."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chainrule.lab.desk import Desk

httpx = pytest.importorskip("httpx", reason="the lab's tests need httpx, which is not installed")
for package in "starlette", "uvicorn", "python_multipart":
    pytest.importorskip(package, reason=f"the lab needs {package}, which is not installed")

from chainrule.common.errors import InputError  # noqa: E402 - these need the packages above
from chainrule.lab import running  # noqa: E402
from chainrule.lab.routes import ROOMS, all_routes  # noqa: E402

PATHS = ["/", "/js/app.js", "/vendor/preact.mjs", "/api/state", "/api/words", "/api/events", "/nothing"]


@pytest.fixture
def stranger(desk: Desk, lab: str) -> Iterator[Any]:
    with httpx.Client(base_url=lab.removesuffix(f"/{desk.token}/"), timeout=30) as asking:
        yield asking


# The door.


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_answered(stranger: Any, path: str) -> None:
    for reply in stranger.get(path), stranger.post(path, json={}), stranger.get(path, params={"token": "guess"}):
        assert (reply.status_code, reply.content) == (403, b"")
        assert not {"content-language", "content-security-policy"} & set(reply.headers)


def test_no_route_answers_without_the_token(desk: Desk, stranger: Any) -> None:
    paths = [route.path for route in all_routes(desk)]
    assert len(paths) > 20
    for path in paths:
        for reply in stranger.get(path), stranger.post(path, json={}), stranger.get(f"/{'x' * 32}{path}"):
            assert (reply.status_code, reply.content) == (403, b""), path
    assert desk.session.state().version == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8888", "127.0.0.1.evil.example", "localhost.evil.example:1", ""]
)
def test_another_name_of_this_machine_gets_nothing_even_with_the_token(client: Any, host: str) -> None:
    reply = client.get("/api/state", headers={"host": host})
    assert (reply.status_code, reply.content) == (403, b"")


def test_the_token_is_taken_from_the_path_the_header_and_the_query(desk: Desk, stranger: Any) -> None:
    for reply in (
        stranger.get(f"/{desk.token}/api/state"),
        stranger.get("/api/state", headers={"X-Lab-Token": desk.token}),
        stranger.get("/api/state", params={"token": desk.token}),
        stranger.get("/api/state", headers={"X-Lab-Token": desk.token, "host": "localhost:1"}),
    ):
        assert reply.status_code == 200


def test_two_labs_have_two_tokens_that_nobody_guesses(desk: Desk) -> None:
    other = Desk()
    other.close()
    assert other.token != desk.token and len(desk.token) >= 32


def test_the_page_takes_nothing_from_elsewhere(client: Any) -> None:
    reply = client.get("/")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/js/../../server.py", "/%2e%2e/server.py", "/vendor/../../desk.py", "//etc/passwd"])
def test_only_files_of_the_page_are_given(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("headers", "query", "said"),
    [
        ({"X-Lab-Language": "ko"}, {}, "ko"),
        ({"X-Lab-Language": "xx", "Accept-Language": "ko-KR"}, {}, "en"),
        ({"X-Lab-Language": "en"}, {"lang": "ko"}, "ko"),
        ({"X-Lab-Language": ""}, {}, "en"),
    ],
)
def test_the_language_of_a_request(client: Any, headers: dict[str, str], query: dict[str, str], said: str) -> None:
    reply = client.get("/", headers=headers, params=query)
    assert reply.headers["content-language"] == said and f'<html lang="{said}">' in reply.text


# Bodies.


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The body is no JSON"),
        (b"[1]", "The body must be a JSON object"),
        (b'"play"', "The body must be a JSON object"),
        (b'{"action": NaN}', "NaN is no number of JSON"),
        (b'{"action": [1e999]}', "1e999 is no number of JSON"),
        (b'{"action": -%s}' % (b"9" * 400), "-9999999999999999999... is no number of JSON"),
        (b'{"action": %s.5}' % (b"9" * 400), "99999999999999999999... is no number of JSON"),
        (b"[" * 100_000, "The body is no JSON"),
        (b"\xff\xfe", "The body is no JSON"),
        (b'{"action": "explode"}', "action"),
        (b'{"action": ["play"]}', "action"),
        (b"", "action"),
        (b'{"action": "switch", "layer": "0", "unit": 1}', "two whole numbers"),
        (b'{"action": "reset", "seed": -1}', "seed"),
    ],
)
def test_a_hostile_body_is_refused_with_a_sentence(client: Any, body: bytes, sentence: str) -> None:
    reply = client.post("/api/do", content=body)
    assert reply.status_code == 422
    assert sentence in reply.json()["error"]


@pytest.mark.parametrize("path", ["/api/do", "/api/build", "/api/knob"])
@pytest.mark.parametrize(
    "body", ["{}", '{"blueprint": 3, "name": 3}', '{"blueprint": {"layers": [{"type": "eval"}]}, "name": "__class__"}']
)
def test_what_makes_no_sense_is_refused_and_the_session_goes_on(client: Any, path: str, body: str) -> None:
    before = client.get("/api/state").json()
    reply = client.post(path, content=body)
    assert reply.status_code == 422 and reply.json()["error"].endswith((".", "}"))
    assert client.get("/api/state").json() == before


def test_a_wrong_layer_is_named(client: Any) -> None:
    layers = [{"type": "Dense", "units": 4}, {"type": "Conv2D", "filters": 2, "kernel_size": 3}]
    reply = client.post("/api/build", json={"blueprint": {"layers": layers}})
    assert reply.status_code == 422 and reply.json()["layer"] == 1
    assert (
        client.post("/api/build", json={"blueprint": {"layers": [{"type": "Dense", "units": 0}]}}).json()["layer"] == 0
    )


def test_a_large_body_is_refused_before_it_is_read(client: Any) -> None:
    reply = client.post("/api/do", content=b" " * 1_000_001)
    assert reply.status_code == 413 and "1,000,000" in reply.json()["error"]


def test_a_million_points_and_a_table_of_50_megabytes_are_refused_with_a_sentence(client: Any) -> None:
    points = "[0.5,0.5,1]," * 1_000_000
    body = f'{{"blueprint": {{"data": {{"kind": "points", "points": [{points[:-1]}]}}}}}}'
    reply = client.post("/api/build", content=body.encode())
    assert reply.status_code == 413 and "larger than 1,000,000 bytes" in reply.json()["error"]
    table = b"a,b\n" + b"1,2\n" * 12_500_000
    reply = client.post("/api/data/upload", files={"file": ("big.csv", table)})
    assert reply.status_code == 422
    assert "files of up to 50,000,000 bytes, but big.csv has 50,000,004" in reply.json()["error"]


def test_an_upload_that_announces_too_much_is_refused_before_it_is_read(desk: Desk, lab: str) -> None:
    host, port = lab.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as asking:
        asking.sendall(
            f"POST /{desk.token}/api/data/upload HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999\r\n\r\n".encode()
        )
        reply = asking.recv(4096)
    assert reply.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"a,b\n1,2\n", {"content-type": "text/csv"}),
        (b"no form", {"content-type": "multipart/form-data; boundary=x"}),
        (b"", {"content-type": "multipart/form-data"}),
        (
            b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
            {"content-type": "multipart/form-data; boundary=x"},
        ),
    ],
)
def test_a_form_without_a_file_is_refused(client: Any, content: bytes, headers: dict[str, str]) -> None:
    reply = client.post("/api/data/upload", content=content, headers=headers)
    assert reply.status_code == 422 and "form" in reply.json()["error"]


def test_numbers_too_large_for_their_type_are_no_warning_in_the_console(client: Any, lab: str) -> None:
    blown = {"dtype": "float32", "optimizer": {"type": "SGD", "lr": 1000.0}}
    assert client.post("/api/build", json={"blueprint": blown}).status_code == 200
    shown = client.post("/api/pass/step", json={}).json()
    far = {"id": shown["id"], "path": "layer0.W[0, 0]", "value": 1e300}
    assert "float32 go up to 3.4e+38" in client.post("/api/touch/number", json=far).json()["error"]
    assert "go up to 3.4e+38" in client.post("/api/pass", json={"input": [1e300, 0]}).json()["error"]
    near = client.post("/api/touch/number", json=far | {"value": 3e38}).json()
    assert near["effect"]["changes"][0].endswith("3e+38")
    assert frames_of(lab, "worst,histograms,units,map", 1)


def test_errors_are_told_in_the_language_of_the_page(client: Any) -> None:
    reply = client.post("/api/do", json={}, headers={"X-Lab-Language": "ko"})
    assert any("가" <= letter <= "힣" for letter in reply.json()["error"])


def test_what_is_not_there_and_what_is_asked_the_wrong_way(client: Any) -> None:
    assert client.get("/api/nothing").status_code == 404
    assert client.get("/api/do").status_code == 404


# What is asked.


def test_every_room_has_its_routes(desk: Desk) -> None:
    paths = [route.path for route in all_routes(desk)]
    assert len(paths) == len(set(paths)) and all(path.startswith("/api/") for path in paths)
    assert len(ROOMS) == len(set(ROOMS))


def test_play_pause_and_one_epoch(client: Any, desk: Desk) -> None:
    assert client.post("/api/do", json={"action": "play"}).json()["state"]["running"]
    assert not client.post("/api/do", json={"action": "pause"}).json()["state"]["running"]
    client.post("/api/do", json={"action": "reset"})
    client.post("/api/do", json={"action": "epoch"})
    deadline = time.monotonic() + 10
    while client.get("/api/state").json()["state"]["epoch"] < 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_network_is_built_with_its_plan(client: Any) -> None:
    blueprint = {
        "data": {"kind": "toy", "name": "spirals"},
        "layers": [{"type": "Dense", "units": 8}, {"type": "Activation", "function": "tanh"}],
    }
    built = client.post("/api/build", json={"blueprint": blueprint}).json()["built"]
    assert [layer["output"] for layer in built["layers"]] == ["8", "8", "3"]
    assert built["total"] == f"{2 * 8 + 8 + 8 * 3 + 3} parameters"
    assert built["examples"]["task"] == "classes" and built["loss"] == "CategoricalCrossEntropy"


def test_the_small_pictures_of_the_sets(client: Any) -> None:
    pictures = client.get("/api/data/pictures").json()["pictures"]
    assert [each["name"] for each in pictures][:2] == ["xor", "moons"] and len(pictures) == 13
    assert all(len(each["points"]["X"]) == len(each["points"]["y"]) >= 4 for each in pictures)


# The stream.


def frames_of(url: str, wants: str = "curves", most: int = 3, seconds: float = 10) -> list[dict[str, Any]]:
    """Return the first frames of a stream."""
    found = []
    with httpx.stream("GET", f"{url}api/events", params={"wants": wants}, timeout=seconds) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and line != "data: {}":
                found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == most:
                return found
    return found


def test_the_stream_says_what_is_built_once_and_then_what_changed(lab: str) -> None:
    httpx.post(f"{lab}api/do", json={"action": "play"})
    frames = frames_of(lab, "curves,map")
    assert frames[0]["built"]["blueprint"]["data"]["name"] == "xor"
    assert all("built" not in frame and "points" not in frame for frame in frames[1:])
    assert [frame["version"] for frame in frames] == sorted({frame["version"] for frame in frames})


def test_at_most_20_frames_a_second(lab: str) -> None:
    httpx.post(f"{lab}api/do", json={"action": "play"})
    began = time.monotonic()
    frames_of(lab, "curves", 21)
    assert time.monotonic() - began > 0.9


def test_a_slow_page_skips_frames_and_stops_nobody(lab: str, desk: Desk) -> None:
    host, port = lab.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(
            f"GET /{desk.token}/api/events?wants=map,units,weights,curves HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        )
        httpx.post(f"{lab}api/do", json={"action": "play"})
        before = desk.session.state().step
        assert len(frames_of(lab, "curves", 10)) == 10
        time.sleep(0.5)
        assert desk.session.state().step > before
        assert httpx.get(f"{lab}api/state").status_code == 200


def test_too_many_pages_are_told_so(lab: str) -> None:
    host, port = lab.split("/")[2].split(":")
    opened = []
    for _ in range(16):
        page = socket.create_connection((host, int(port)))
        page.sendall(f"GET /{lab.split('/')[3]}/api/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert page.recv(15) == b"HTTP/1.1 200 OK"
        opened.append(page)
    assert httpx.get(f"{lab}api/events").text.startswith("event: full\n")
    for page in opened:
        page.close()
    deadline = time.monotonic() + 10
    while httpx.get(f"{lab}api/state").status_code != 200 or not frames_again(lab):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def frames_again(url: str) -> bool:
    with httpx.stream("GET", f"{url}api/events") as stream:
        return not next(stream.iter_lines()).endswith("full")


def test_an_open_stream_does_not_hold_up_the_end(desk: Desk) -> None:
    last: list[str] = []

    def listen(url: str) -> None:
        with httpx.stream("GET", f"{url}api/events", timeout=20) as stream:
            last.extend(stream.iter_lines())

    with running.serving(desk) as url:
        listening = threading.Thread(target=listen, args=[url])
        listening.start()
        time.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    listening.join(5)
    assert "event: ended" in last


HALF_SENT = {
    "a head": "POST /{token}/api/do HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le",
    "a body": 'POST /{token}/api/do HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{{"a"',
    "a file": "POST /{token}/api/data/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n--x",
    "nothing more": "GET /{token}/api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


def test_ctrl_c_ends_the_lab_quietly_whatever_is_half_sent() -> None:
    command = [sys.executable, "-m", "chainrule", "lab", "--no-open", "--port", "0", "--lang", "en"]
    lab = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert lab.stdout is not None
        found = re.search(r"127\.0\.0\.1:(\d+)/([^/]+)/", lab.stdout.readline())
        assert found is not None
        sending = []
        assert httpx.get(f"http://{found[0]}api/state").status_code == 200
        for text in HALF_SENT.values():
            sending.append(socket.create_connection(("127.0.0.1", int(found[1]))))
            sending[-1].sendall(text.format(token=found[2]).encode())
        time.sleep(0.5)
        began = time.monotonic()
        lab.send_signal(signal.SIGINT)
        assert lab.communicate(timeout=20)[0].strip() == "The lab has ended."
        assert lab.returncode == 0 and time.monotonic() - began < 2  # a second, and one for a busy machine
        for connection in sending:
            connection.close()
    finally:
        lab.kill()
        lab.wait()


# The socket.


def test_a_taken_port_is_an_error_if_it_was_asked_for_and_else_another_is_taken() -> None:
    with running.listening(0) as first:
        taken = first.getsockname()[1]
        with pytest.raises(InputError, match="Say another --port, or none"):
            running.listening(taken)
    with running.listening(None) as one, running.listening(None) as other:
        assert one.getsockname()[1] != other.getsockname()[1]
        assert {one.getsockname()[0], other.getsockname()[0]} == {"127.0.0.1"}
