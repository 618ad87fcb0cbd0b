"""The front door: what is answered, how much may come in, and what every answer says to browsers."""

import asyncio
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hubert_demo.ui.front_door import (
    CLOSED,
    CONTENT_POLICY,
    ELSEWHERE,
    MAX_FILES,
    MAX_UPLOAD_MB,
    MAX_VALUES,
    OPEN,
    TOO_LARGE_UPLOAD,
    BodyLimits,
    ClosedAddresses,
    SecurityHeaders,
    opened,
)
from hubert_demo.ui.health import health

UPLOAD = "/gradio_api/upload"
JOIN = "/gradio_api/queue/join"


@pytest.fixture(scope="module")
def client(page):
    """Asks the running page."""
    with httpx.Client(base_url=page.demo.local_url, timeout=60) as client:
        yield client


# --- which addresses are answered ---


def test_every_open_address_says_once_who_asks_there():
    assert len({(each.method, each.path) for each in OPEN}) == len(OPEN)
    assert all(each.why for each in OPEN)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/deep_link?session_hash=x"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("GET", "/monitoring/key"),
        ("POST", "/gradio_api/run/analyze"),
        ("POST", "/gradio_api/api/analyze/"),
        ("GET", "/gradio_api/proxy=https://somebody.hf.space/x"),
        ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "/gradio_api/custom_component/a/client/component/index.js"),
        ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/gradio_api/vibe-code"),
        ("POST", "/gradio_api/vibe-code/"),
        ("GET", "/gradio_api/queue/status"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/mcp/sse"),
        ("POST", "/gradio_api/mcp/messages/"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/svelte/x.js"),
        ("DELETE", "/gradio_api/upload"),
        ("GET", "//gradio_api/monitoring/summary"),
        ("GET", "/nothing"),
    ],
)
def test_what_the_page_does_not_use_is_closed_with_a_reason(client, method, path):
    answer = client.request(method, str(client.base_url).rstrip("/") + path)
    assert (answer.status_code, answer.json()) == (404, {"detail": CLOSED})


@pytest.mark.parametrize(
    "path", ["/", "/config", "/gradio_api/info", "/gradio_api/app_id/", "/theme.css", "/healthz"]
)
def test_what_page_and_programs_use_is_open(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest", "https://example.com/x.mp3"])
def test_nothing_is_fetched_from_another_server(client, address, monkeypatch):
    fetched = []
    monkeypatch.setattr("gradio.routes.secure_url_stream_response", fetched.append)
    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetched.append)
    answer = client.get(f"/gradio_api/file={address}")
    assert (answer.status_code, answer.json()) == (404, {"detail": ELSEWHERE})
    file = {"path": address, "url": address, "meta": {"_type": "gradio.FileData"}}
    begun = client.post("/gradio_api/call/analyze", json={"data": [file, None]}).json()
    assert "event: error" in client.get(f"/gradio_api/call/analyze/{begun['event_id']}").text
    assert fetched == []


def behind(*middleware, app=None):
    """A small application behind some of the door."""

    async def echo(request):
        return PlainTextResponse(str(len(await request.body())))

    route = Route("/{path:path}", app or echo, methods=["GET", "POST"])
    return Starlette(routes=[route], middleware=list(middleware))


@pytest.mark.parametrize("path", ["/healthz", "/rooms/hear/healthz"])
@pytest.mark.parametrize("closed", [False, True])
def test_under_a_path_prefix_the_same_is_open_whether_the_proxy_strips_it_or_not(path, closed):
    client = TestClient(behind(Middleware(ClosedAddresses)), root_path="/rooms/hear")
    path = path.replace("healthz", "monitoring/summary") if closed else path
    assert client.get(path).status_code == (404 if closed else 200)


# --- how much may come in ---


def pieces(content, size=1000):
    yield from (content[start : start + size] for start in range(0, len(content), size))


def limit_of(path):
    scope = {"type": "http", "method": "POST", "path": path, "headers": []}
    return opened(scope).max_bytes


def test_uploads_may_be_large_and_nothing_else():
    assert limit_of(UPLOAD) >= MAX_UPLOAD_MB << 20
    assert {
        path: limit_of(path) >> 10 for path in (JOIN, "/gradio_api/component_server/", "/gradio_api/mcp/")
    } == {
        JOIN: 256,
        "/gradio_api/component_server/": 256,
        "/gradio_api/mcp/": 4096,
    }


@pytest.mark.parametrize("length", ["honest", "missing", "a lie"])
@pytest.mark.parametrize("surplus", [0, 1])
def test_a_body_is_counted_whatever_is_said_of_its_length(length, surplus):
    read = []

    async def app(request):
        async for piece in request.stream():
            read.append(piece)
        return PlainTextResponse("taken")

    client = TestClient(behind(Middleware(BodyLimits), app=app))
    content = bytes(limit_of(JOIN) + surplus)
    given = {
        "honest": {"content": content},
        "missing": {"content": pieces(content, 1 << 14)},
        "a lie": {"content": content, "headers": {"content-length": "5"}},
    }[length]
    answer = client.post(JOIN, **given)
    assert answer.status_code == (413 if surplus else 200)
    if surplus:
        assert answer.json()["detail"].startswith("This request is too large: the limit is 256 KB")
        assert sum(map(len, read)) <= limit_of(JOIN)


@pytest.mark.parametrize("fill", [b"[],", b"{},", b"[[[", b'{"a":', b"1,"])
def test_values_are_counted_because_they_take_time(fill):
    client = TestClient(behind(Middleware(BodyLimits)))
    content = fill * (MAX_VALUES + 1)
    answer = client.post("/gradio_api/mcp/", content=pieces(content, 999))
    assert answer.status_code == 413
    assert answer.json()["detail"].startswith(
        "This request is too large: the limit is 4096 KB and 10000 values."
    )
    text = b'{"recording": "data:audio/wav;base64,' + b"A" * len(content)
    assert client.post("/gradio_api/mcp/", content=pieces(text, 999)).status_code == 200


@pytest.mark.parametrize("reaction", ["raises", "answers", "fails"])
def test_the_refusal_stands_whatever_the_application_makes_of_it(reaction):
    async def app(request):
        try:
            await request.body()
        except ClientDisconnect:
            if reaction == "raises":
                raise
            if reaction == "fails":
                raise ZeroDivisionError from None
        return JSONResponse({"detail": "Invalid JSON body."}, 400)

    client = TestClient(behind(Middleware(BodyLimits), app=app))
    assert client.post(JOIN, content=pieces(bytes(limit_of(JOIN) + 1), 1 << 14)).status_code == 413


def test_a_bug_stays_a_bug():
    def app(_):
        raise ZeroDivisionError

    client = TestClient(behind(Middleware(BodyLimits), app=app))
    with pytest.raises(ZeroDivisionError):
        client.post(JOIN, content=b"{}")


@pytest.mark.parametrize("number", [1, MAX_FILES, MAX_FILES + 1, 50])
@pytest.mark.parametrize("size", [7, 1 << 16])
def test_files_of_an_upload_are_counted(number, size):
    files = [("files", (f"{each}.wav", b"--sound\r\n" * 5)) for each in range(number)]
    request = httpx.Request("POST", f"http://page{UPLOAD}", files=files)
    content, headers = request.read(), {"content-type": request.headers["content-type"]}
    client = TestClient(behind(Middleware(BodyLimits)))
    answer = client.post(UPLOAD, content=pieces(content, size), headers=headers)
    if number <= MAX_FILES:
        assert answer.text == str(len(content))
    else:
        assert (answer.status_code, answer.json()) == (413, {"detail": TOO_LARGE_UPLOAD})


def test_the_running_page_refuses_what_is_too_large_and_goes_on(client, harbour):
    assert client.post(JOIN, content=bytes(20 << 20)).status_code == 413
    assert client.post(JOIN, content=pieces(bytes(1 << 20), 1 << 16)).status_code == 413
    many = [("files", (f"{each}.wav", b"sound")) for each in range(MAX_FILES + 1)]
    answer = client.post(UPLOAD, files=many)
    assert (answer.status_code, answer.json()) == (413, {"detail": TOO_LARGE_UPLOAD})
    assert client.post(UPLOAD, files={"files": ("a.wav", harbour.read_bytes())}).status_code == 200


def test_what_streams_goes_on_streaming(run_async):
    """Each piece is handed on before the next one is made."""
    events = []

    async def made():
        for number in range(3):
            events.append(f"made {number}")
            yield f"data: {number}\n\n"

    app = behind(
        *map(Middleware, (SecurityHeaders, ClosedAddresses, BodyLimits)),
        app=lambda _: StreamingResponse(made(), media_type="text/event-stream"),
    )

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        if message.get("body"):
            events.append(f"sent {message['body'].decode().strip()[-1]}")

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/gradio_api/queue/data",
        "headers": [],
        "query_string": b"",
    }
    run_async(app(scope, receive, send))
    assert events == [f"{what} {number}" for number in range(3) for what in ("made", "sent")]


# --- what every answer says ---


@pytest.mark.parametrize("path", ["/", "/nothing", "/hx/0/core/store.js", "/healthz", "/gradio_api/info"])
def test_every_answer_says_what_it_may_do(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "microphone=(self)" in headers["permissions-policy"]


def test_spaces_may_show_the_page_in_a_frame_and_others_may_not(client):
    policy = dict(each.split(" ", 1) for each in CONTENT_POLICY.split("; "))
    frames = policy["frame-ancestors"].split()
    assert {"'self'", "https://huggingface.co", "https://*.hf.space"} <= set(frames)
    assert "*" not in frames
    # It knows no list, and would win in older browsers.
    assert "x-frame-options" not in client.get("/").headers
    # Gradio needs them.
    assert {"'unsafe-inline'", "'unsafe-eval'"} <= set(policy["script-src"].split())
    assert policy["object-src"] == "'none'"


def test_an_answer_s_own_policy_stays():
    client = TestClient(
        behind(
            Middleware(SecurityHeaders),
            app=lambda _: PlainTextResponse("", headers={"Content-Security-Policy": "sandbox"}),
        )
    )
    assert client.get("/").headers["content-security-policy"] == "sandbox"


# --- health ---


def test_the_page_says_how_it_is(client, page):
    page.start().result(60)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["alive"], told["ready"], told["failed"]) == (True, True, False)
    assert told["checkpoint"] == page.models.default.title
    assert {"encoder", "reading", "slow", "glance"} <= set(told["waiting"])
    assert all(isinstance(number, int) for number in told["waiting"].values())
    assert answer.headers["cache-control"] == "no-store"


class Greeting:
    """A future in one of its states."""

    def __init__(self, done=True, error=None, cancelled=False):
        self.done, self.exception, self.cancelled = lambda: done, lambda: error, lambda: cancelled


@pytest.mark.parametrize(
    ("greeting", "ready", "failed"),
    [
        (None, False, False),
        (Greeting(done=False), False, False),
        (Greeting(), True, False),
        (Greeting(error=MemoryError()), False, True),
        (Greeting(cancelled=True), False, True),
    ],
)
def test_it_is_ready_once_it_has_greeted_and_has_failed_where_it_cannot(greeting, ready, failed):
    told = health("small", greeting, {})
    assert (told["ready"], told["failed"]) == (ready, failed)


def test_jobs_that_wait_are_counted(page):
    before = page.waiting.lengths()["slow"]
    may_end = threading.Event()
    jobs = [page.waiting.submit("slow", may_end.wait) for _ in range(6)]
    try:
        assert page.health()["waiting"]["slow"] >= before + 4
    finally:
        may_end.set()
    [job.result(60) for job in jobs]
