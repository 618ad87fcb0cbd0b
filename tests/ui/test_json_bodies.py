"""JSON that comes in: what is none is refused in a sentence, wherever it is sent."""

import json
import socket
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hubert_demo.ui.front_door import OPEN
from hubert_demo.ui.json_bodies import JSON_BODY, MAX_DEPTH, NO_FORM, NO_JSON, JsonBodies

PATIENCE_S = 60
FORMS = {"/gradio_api/upload", "/login"}
TAKE_JSON = [each.path for each in OPEN if each.method == "POST" and each.path not in FORMS]


def nested(depth):
    """Lists in lists; what stands around counts."""
    return "[" * depth + "]" * depth


@pytest.fixture
def door():
    """Tells what the application behind the door reads, and what stands in the scope."""

    async def tell(request):
        return JSONResponse([(await request.body()).decode(), request.scope.get(JSON_BODY)])

    app = Starlette(
        routes=[Route("/{path:path}", tell, methods=["POST"])],
        middleware=[Middleware(JsonBodies, is_due=lambda scope: scope["path"] != "/upload")],
    )
    return TestClient(app)


@pytest.mark.parametrize("content", ['{"data": [1, null, -2.5, "é", {"a": []}]}', "7", nested(MAX_DEPTH)])
def test_json_is_handed_on_as_it_came_and_as_what_it_says(door, content):
    def pieces():
        yield from (content.encode()[start : start + 7] for start in range(0, len(content.encode()), 7))

    assert door.post("/", content=pieces()).json() == [content, json.loads(content)]


BAD = [
    *("", "{", "nonsense", '{"data": [NaN]}', "[Infinity]", "[-Infinity]", "[-1e999]"),
    *(nested(MAX_DEPTH + 1), nested(3000), '{"a":' * 3000 + "1" + "}" * 3000, "9" * 5000),
    b'{"\xff": 1}',
]


@pytest.mark.parametrize("content", BAD, ids=lambda content: str(content)[:20])
def test_what_is_no_json_or_would_harm_is_refused(door, content):
    answer = door.post("/", content=content)
    assert (answer.status_code, answer.json()) == (400, {"detail": NO_JSON})
    assert door.post("/upload", content=b"NaN").json() == ["NaN", None]


@pytest.fixture(scope="module")
def client(page):
    """Asks the running page."""
    with httpx.Client(base_url=page.demo.local_url, timeout=PATIENCE_S) as client:
        yield client


@pytest.mark.parametrize("path", TAKE_JSON)
def test_every_address_but_that_of_uploads_and_names_takes_json_alone(client, path):
    path = path.format(name="analyze")
    headers = {"content-type": "application/json"}
    for content in ('{"data": [NaN]}', nested(3000), "nonsense", b"\xff"):
        answer = client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"detail": NO_JSON})
    answer = client.post(path, data={"fn_name": "heads"}, files={"f": ("a", b"x")})
    assert (answer.status_code, answer.json()) == (415, {"detail": NO_FORM})


@pytest.mark.parametrize("path", ["/gradio_api/component_server", "/login", "/gradio_api/upload"])
def test_the_parts_of_a_form_do_not_become_files_that_stay(page, monkeypatch, tmp_path, path):
    """The form never ends: whoever sends it stays for a while, and then goes away."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n'
    head = f"POST {path} HTTP/1.1\r\nHost: page\r\nContent-Length: 100000\r\n"
    with socket.create_connection((page.demo.server_name, page.demo.server_port), PATIENCE_S) as visitor:
        visitor.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode() + part * 900)
        said = visitor.recv(1000)
    # A form for a name is refused by its length.
    assert said.split()[1] in {b"413", b"415"}
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_whoever_leaves_before_all_is_said_is_no_error(page, caplog):
    caplog.set_level("INFO")
    with socket.create_connection((page.demo.server_name, page.demo.server_port)) as visitor:
        visitor.sendall(b"POST /gradio_api/reset HTTP/1.1\r\nHost: page\r\nContent-Length: 100\r\n\r\n{")
    until = time.monotonic() + PATIENCE_S
    while not any(
        getattr(each, "fields", {}).get("address") == "/gradio_api/reset" for each in caplog.records
    ):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
