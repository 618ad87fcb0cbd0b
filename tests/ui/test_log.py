"""The log: lines of JSON, numbered by request, bounded, and nothing in them that visitors brought or said."""

import errno
import io
import json
import logging
import re
import sys
import threading
import warnings

import httpx
import pytest
from gradio.utils import get_upload_folder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hubert_demo.errors import MachineError
from hubert_demo.ui import log
from hubert_demo.ui.views.base import APOLOGY, sentence

SECRET = "my secret diary.wav"


@pytest.fixture
def lines():
    """What is logged in a test, formatted as an operator finds it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(log.JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)
    root.setLevel(level)


def ours(lines):
    return [told for told in map(json.loads, lines()) if told["logger"].startswith("hubert_demo")]


def test_a_line_says_when_and_where(lines):
    logging.getLogger("hubert_demo.test").warning("%d readers are busy", 2)
    [told] = ours(lines)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("time"))
    assert told == {"level": "WARNING", "logger": "hubert_demo.test", "message": "2 readers are busy"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"cannot read '/tmp/uploads/{SECRET}'", "cannot read …"),
        (f'cannot read "{SECRET}": no sound', "cannot read …: no sound"),
        ("gone: /tmp/hubert-explorer-1/a/harbour.wav, 3 times", "gone: …, 3 times"),
        ("asked http://10.0.0.1/x?token=1 again", "asked … again"),
        ("it's 3/4 full, don't wait", "it's 3/4 full, don't wait"),
    ],
)
def test_names_paths_and_addresses_are_left_out_of_texts(lines, text, left):
    logging.getLogger("hubert_demo.test").error(text)
    assert ours(lines)[0]["message"] == left


def test_of_an_exception_there_are_type_and_place_and_not_its_words(lines):
    try:
        raise FileNotFoundError(errno.ENOENT, "No such file", f"/tmp/{SECRET}")
    except OSError as error:
        logging.getLogger("hubert_demo.test").error("it failed: %s", error, exc_info=error)
    [told] = ours(lines)
    assert told["message"] == "it failed: FileNotFoundError: No such file or directory"
    assert told["error"] == "FileNotFoundError: No such file or directory"
    assert re.fullmatch(r"\w+/ui/test_log\.py:\d+ test_of_an_exception\w+", told["where"][-1])
    assert "diary" not in lines()[0]


def test_of_a_traceback_in_a_text_the_places_stay(lines):
    trace = (
        f'Traceback (most recent call last):\n  File "/opt/hubert_demo/audio/reader.py", line 7, in read\n'
        f"    decode(path)\nValueError: {SECRET}"
    )
    logging.getLogger("hubert_demo.audio.readers").error("a reader failed on a file\n%s", trace)
    [told] = ours(lines)
    assert (told["message"], told["where"]) == (
        "a reader failed on a file",
        ["hubert_demo/audio/reader.py:7 read"],
    )
    assert "diary" not in lines()[0]


def test_of_a_library_s_line_the_values_are_left_out(lines):
    logging.getLogger("some.library").warning("cannot parse %s", SECRET)
    assert json.loads(lines()[0])["message"] == "cannot parse %s"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"cannot read {'it' + chr(39) + 's ' + SECRET + ' or x' + chr(34)!r}", "cannot read …"),
        (f"cannot read '{SECRET}", "cannot read …"),
    ],
)
def test_what_is_quoted_may_hold_quotation_marks(lines, text, left):
    logging.getLogger("hubert_demo.test").error(text)
    assert ours(lines)[0]["message"] == left


@pytest.mark.parametrize(
    "words", ["{}", "Failed to validate: {}", "name='it\\' {} \" said'", "it' {} \" said"]
)
def test_of_a_library_s_text_that_is_made_of_what_it_is_about_the_place_is_left(lines, words):
    logging.getLogger().warning(words.format(SECRET))
    [told] = map(json.loads, lines())
    assert (told["level"], told["logger"], told["message"]) == ("WARNING", "root", "…")
    assert re.fullmatch(r"\w+/ui/test_log\.py:\d+ test_of_a_library_s_text\w+", told["where"][-1])
    assert "diary" not in lines()[0]


def test_of_a_library_s_text_that_is_the_same_each_time_the_words_are_left(lines):
    logging.getLogger("some.server").error("Exception in ASGI application\n")
    assert json.loads(lines()[0])["message"] == "Exception in ASGI application"


def test_of_a_warning_there_are_category_and_place(lines):
    told = warnings.formatwarning(
        f"it' {SECRET} \" said", UserWarning, "/opt/library/part/file.py", 7, SECRET
    )
    logging.getLogger("py.warnings").warning("%s", told)
    [told] = map(json.loads, lines())
    assert (told["message"], told["where"]) == ("UserWarning", ["library/part/file.py:7"])
    assert "diary" not in lines()[0]


def test_a_line_is_bounded_and_is_one_line(lines):
    def fall(depth):
        return fall(depth - 1) if depth else 1 // 0

    try:
        fall(400)
    except ZeroDivisionError as error:
        logging.getLogger("hubert_demo.test").error("a\nb" * 100_000, exc_info=error)
    [line] = lines()
    assert len(line) < 5000


# --- requests ---


def client(app):
    route = Route("/{path:path}", app)
    kinds = {"/hx/a.js": "/hx/{path:path}", "/call": "/call"}
    middleware = [Middleware(log.Requests, name=lambda scope: kinds.get(scope["path"]))]
    return TestClient(Starlette(routes=[route], middleware=middleware), raise_server_exceptions=False)


def test_a_request_has_a_line_with_its_number_status_sizes_and_time(lines):
    answer = client(lambda _: PlainTextResponse("hello")).get(f"/call?name={SECRET}")
    [told] = ours(lines)
    number = answer.headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", number)
    assert 0 <= told.pop("seconds") < 10
    told.pop("time")
    assert told == {
        **{"level": "INFO", "logger": "hubert_demo.ui.log", "message": "request", "request_id": number},
        **{"method": "GET", "address": "/call", "status": 200, "received_bytes": 0, "sent_bytes": 5},
    }


def test_an_address_that_is_none_of_the_page_s_is_not_repeated(lines):
    client(lambda _: PlainTextResponse("")).get(f"/{SECRET}")
    assert ours(lines)[0]["address"] == "none"


def test_scripts_of_the_page_are_for_the_curious(lines):
    client(lambda _: PlainTextResponse("")).get("/hx/a.js")
    assert ours(lines)[0]["level"] == "DEBUG"


@pytest.mark.parametrize(("given", "is_kept"), [("0f" * 16, True), ("x" * 65, False), (SECRET, False)])
def test_a_proxy_s_number_is_kept_where_it_is_one(given, is_kept):
    answer = client(lambda _: PlainTextResponse("")).get("/call", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is is_kept


def test_what_is_logged_during_a_request_has_its_number(lines):
    def app(_):
        sentence(ZeroDivisionError())
        return PlainTextResponse("")

    number = client(app).get("/call").headers["x-request-id"]
    assert [told["request_id"] for told in ours(lines)] == [number, number]


def test_a_bug_gets_an_apology_and_a_line_without_its_words(lines):
    def app(_):
        raise ValueError(SECRET)

    answer = client(app).get("/call")
    assert (answer.status_code, answer.text) == (500, APOLOGY)
    fault, request = ours(lines)
    assert (fault["error"], fault["request_id"]) == ("ValueError", request["request_id"])
    assert request["status"] == 500
    assert "diary" not in "".join(lines())


def test_a_bug_in_half_an_answer_breaks_it_off(lines):
    async def half():
        yield b"half"
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match="diary"):
        TestClient(client(lambda _: StreamingResponse(half())).app).get("/call")
    assert [told["message"] for told in ours(lines)] == ["unexpected error in a request", "request"]


# --- where it goes ---


def test_it_goes_to_stderr_unless_a_file_is_asked_for(tmp_path, capsys):
    assert log.handler({}).stream is sys.stderr
    to_file = log.handler({log.FILE_VARIABLE: str(tmp_path / "page.log")})
    to_file.close()


def test_a_file_makes_room_for_itself(tmp_path):
    handler = log.handler({log.FILE_VARIABLE: str(tmp_path / "page.log"), log.MEGABYTES_VARIABLE: "1"})
    record = logging.LogRecord("hubert_demo", logging.INFO, "", 0, "x" * 400, None, None)
    for _ in range(4000):
        handler.emit(record)
    handler.close()
    assert len(list(tmp_path.iterdir())) == 5
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1 << 20


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {log.LEVEL_VARIABLE: "loud"},
            "HUBERT_DEMO_LOG_LEVEL is 'LOUD'; give one of DEBUG, INFO, WARNING, ERROR.",
        ),
        (
            {log.FILE_VARIABLE: "/nowhere/page.log"},
            "no log can be written there: FileNotFoundError: No such file",
        ),
        (
            {log.FILE_VARIABLE: "page.log", log.MEGABYTES_VARIABLE: "much"},
            "give a whole number of 1 to 10000.",
        ),
        ({log.MEGABYTES_VARIABLE: "-1"}, "HUBERT_DEMO_LOG_MB is '-1'; give a whole number of 1 to 10000."),
    ],
)
def test_what_an_operator_sets_wrong_gets_a_sentence(variables, said):
    with pytest.raises(MachineError) as error:
        log.configure(variables)
    assert said in str(error.value)


# --- the audit ---


def test_the_log_of_a_visit_holds_no_transcript_file_name_or_path(page, bad_file, lines, capfd):
    greeting = page.examples[0].path
    words = page.start().result(60).analysis.transcript.text.lower().split()
    with httpx.Client(base_url=page.demo.local_url, timeout=60) as client:

        def call(name, *data):
            begun = client.post(f"/gradio_api/call/{name}", json={"data": data}).json()
            return client.get(f"/gradio_api/call/{name}/{begun['event_id']}").text

        for content in (greeting.read_bytes(), bad_file.read_bytes()):
            [path] = client.post("/gradio_api/upload", files={"files": (SECRET, content)}).json()
            said = call("analyze", {"path": path, "meta": {"_type": "gradio.FileData"}}, None)
            assert (words[0] in said.lower()) is (content == greeting.read_bytes())
            assert client.get(f"/gradio_api/file={path}").status_code == 200
        call("analyze", {"path": f"/etc/{SECRET}"}, None)
        for path in (f"/{SECRET}", f"/gradio_api/file=/etc/{SECRET}", f"/gradio_api/heartbeats/{SECRET}"):
            assert client.get(path).status_code in {403, 404}
        client.post("/gradio_api/component_server/", json={"data": SECRET, "fn_name": SECRET})
        client.post(
            "/gradio_api/queue/join", json={"data": [SECRET], "fn_index": 10**6, "session_hash": SECRET}
        )
    told = [json.loads(line) for line in lines()]
    assert sum(each["message"] == "request" for each in told) >= 12
    printed = capfd.readouterr()
    everything = "\n".join((*lines(), printed.out, printed.err)).lower()
    assert "diary" not in everything
    assert get_upload_folder().lower() not in everything
    assert str(greeting.parent).lower() not in everything
    assert not [word for word in words if len(word) > 4 and word in everything]
    assert "traceback" not in everything


def test_the_log_of_an_assistant_s_faulty_call_holds_none_of_its_words(page, lines):
    call = {"name": ["x"], "arguments": f"it' {SECRET} \" said"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    accepted = {"accept": "application/json, text/event-stream"}
    httpx.post(f"{page.demo.local_url}gradio_api/mcp/", json=body, headers=accepted, timeout=60)
    assert len(lines()) >= 2
    assert "diary" not in "".join(lines())


def test_a_bug_in_an_event_gets_an_apology_and_a_line_with_the_number_of_its_request(
    page, lines, capfd, monkeypatch
):
    async def fail(*_, **__):
        raise ValueError(SECRET)

    monkeypatch.setattr("gradio.Blocks.process_api", fail)
    with httpx.Client(base_url=page.demo.local_url, timeout=60) as client:
        begun = client.post("/gradio_api/call/analyze", json={"data": [None, None]})
        said = client.get(f"/gradio_api/call/analyze/{begun.json()['event_id']}").text
    assert json.loads(said.split("data: ", 1)[1])["error"] == APOLOGY
    [fault] = [told for told in ours(lines) if told["level"] == "ERROR"]
    assert (fault["error"], fault["request_id"]) == ("ValueError", begun.headers["x-request-id"])
    printed = capfd.readouterr()
    assert "diary" not in "".join((*lines(), printed.out, printed.err))


def test_a_job_in_a_lane_has_the_number_of_the_request_that_asked_for_it(page, lines, monkeypatch, write_wav):
    def say_so(*_):
        logging.getLogger("hubert_demo.test").warning("in %s", threading.current_thread().name.split()[0])
        raise MachineError("That was all.")

    monkeypatch.setattr("hubert_demo.ui.zero_gpu.encode", say_so)
    with httpx.Client(base_url=page.demo.local_url, timeout=60) as client:
        content = write_wav(seed=271).read_bytes()
        [path] = client.post("/gradio_api/upload", files={"files": ("a.wav", content)}).json()
        recording = {"path": path, "meta": {"_type": "gradio.FileData"}}
        begun = client.post("/gradio_api/call/analyze", json={"data": [recording, None]})
        said = client.get(f"/gradio_api/call/analyze/{begun.json()['event_id']}").text
    assert "That was all." in said
    [told] = [told for told in ours(lines) if told["logger"] == "hubert_demo.test"]
    assert (told["message"], told["request_id"]) == ("in encoder", begun.headers["x-request-id"])


def test_what_ends_a_thread_is_a_line(lines, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", log._of_a_thread)

    def fail():
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert ours(lines)[0]["error"] == "ValueError"
    assert "diary" not in lines()[0]
