"""Whatever programs and assistants send: an answer, or a sentence that names what is allowed."""

import asyncio
import inspect
import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio import FileData
from gradio.utils import get_upload_folder
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from hubert_demo.errors import InputError
from hubert_demo.ui.blocks import HAND_OVER
from hubert_demo.ui.endpoints import PARAMETERS, Endpoints
from hubert_demo.ui.janitor import REMOVED
from hubert_demo.ui.views.base import APOLOGY

REACHED = "The endpoint began to work."


def refuse_to_work(waveform, checkpoint):
    raise InputError(REACHED)


ENDPOINTS = Endpoints(refuse_to_work).all()
PLACES = [
    (name, parameter)
    for name, endpoint in ENDPOINTS.items()
    for parameter in inspect.signature(endpoint).parameters
    if parameter != "recording"
]
# Nothing that any parameter can be.
ODD = [
    *(-1, 2.5, -1e300, math.nan, math.inf, 10**30, True, False),
    *("3" * 4001, "-1", "\ud800", "a" * 10_000_000),
    *([], [3], ["umap"], {}, {"a": 1}, [[[[[[[[[]]]]]]]]], {"path": "/etc/passwd"}),
]


@pytest.fixture(scope="module")
def uploaded(root):
    """A recording where Gradio keeps those that were uploaded."""
    folder = Path(get_upload_folder()) / "odd-values"
    folder.mkdir(parents=True, exist_ok=True)
    return str(shutil.copy(root / "assets" / "examples" / "stop.wav", folder))


def answer(name, uploaded, **values):
    """The sentence with which an endpoint that never works answers."""
    given = {"align": {"reference": "yes"}, "change": {"changes": ""}}.get(name, {})
    with pytest.raises(gr.Error) as error:
        ENDPOINTS[name](FileData(path=uploaded), **{**given, **values})
    return error.value.message


def test_every_parameter_of_every_endpoint_says_what_it_may_be():
    assert {parameter for _, parameter in PLACES} == set(PARAMETERS)


@pytest.mark.parametrize(("name", "parameter"), PLACES)
def test_an_odd_value_is_refused_by_name(uploaded, caplog, name, parameter):
    for value in ODD:
        said = answer(name, uploaded, **{parameter: value})
        if said == REACHED:
            assert isinstance(value, str), f"{parameter} took {value!r}"
            continue
        assert said.startswith(f"{parameter} "), said
        assert PARAMETERS[parameter].allowed in said
        assert len(said) < 300
        said.encode()
    assert caplog.text == ""


@pytest.mark.parametrize(("name", "parameter"), PLACES)
def test_null_is_the_default_where_there_is_one(uploaded, name, parameter):
    said = answer(name, uploaded, **{parameter: None})
    is_needed = inspect.signature(ENDPOINTS[name]).parameters[parameter].default is inspect.Parameter.empty
    assert ("null" in said) if is_needed else (said == REACHED)


# --- through the running page ---


@pytest.fixture
def call(page):
    """Calls an endpoint over HTTP as any program may; gives what it answers, an error or a result."""
    url = page.demo.local_url.rstrip("/")
    with httpx.Client(base_url=f"{url}/gradio_api", timeout=60) as client:

        def call(name, *data):
            content = json.dumps({"data": data})
            headers = {"content-type": "application/json"}
            begun = client.post(f"/call/{name}", content=content, headers=headers)
            heard = client.get(f"/call/{name}/{begun.json()['event_id']}").text
            return json.loads(heard.split("data: ", 1)[1])

        def upload(path):
            return client.post("/upload", files={"files": (path.name, path.read_bytes())}).json()[0]

        call.upload = upload
        call.address = lambda path: f"{url}/gradio_api/file={path}"
        yield call


def as_file(path):
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@pytest.fixture
def stop(root, call):
    """The path of an uploaded recording, as the page answers it."""
    return call.upload(root / "assets" / "examples" / "stop.wav")


def test_odd_values_over_http_leave_no_traceback(call, stop, capfd, caplog):
    requests = []
    for name, parameter in PLACES:
        names = list(inspect.signature(ENDPOINTS[name]).parameters)
        for value in (-1, 2.5, [], {"a": 1}, "\ud800", 10**30):
            requests.append((name, *(value if each == parameter else None for each in names[1:])))
    # Several at once: the page's queue lets each wait for a moment.
    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(lambda request: call(request[0], as_file(stop), *request[1:]), requests):
            assert set(found) >= {"error"}, found
            assert found["error"] not in (None, APOLOGY)
    assert "Traceback" not in capfd.readouterr().err + caplog.text


def test_numbers_may_be_written_as_texts(call, stop):
    assert call("attend", as_file(stop), "1", 2.0, None) == call("attend", as_file(stop), 1, 2, None)


def test_too_few_values_get_a_sentence(call, stop, capfd):
    assert "takes 4 values but was given 1" in call("read", as_file(stop))["error"]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "recording",
    [
        *(None, 3, [], {}, "/etc/passwd", "x" * 10_000, {"path": "/etc/passwd"}, {"path": {"a": 1}}),
        *(as_file("/etc/passwd"), as_file("\0"), as_file("../../etc/passwd"), as_file("")),
        *(
            as_file("http://127.0.0.1:9/x.wav"),
            as_file("http://[::1/x"),
            as_file("https://example.com/x.wav"),
        ),
        as_file("http://somewhere/gradio_api/file=/etc/passwd"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_upload_gets_the_way_to_hand_a_file_over(call, capfd, recording):
    assert call("analyze", recording, None)["error"] == HAND_OVER
    assert "Traceback" not in capfd.readouterr().err


def test_the_address_of_an_upload_works_as_its_path_and_more_than_once(call, stop):
    by_path = call("analyze", as_file(stop), None)
    assert call("analyze", as_file(call.address(stop)), None) == by_path
    # Whichever name the page is known by outside: behind a proxy it cannot know its own.
    assert call("analyze", as_file(f"https://known.by.another/name/gradio_api/file={stop}"), None) == by_path


def test_an_upload_that_was_removed_gets_a_sentence_that_says_to_send_it_again(call, stop):
    assert "transcript" in call("analyze", as_file(stop), None)[0]
    Path(stop).unlink()
    assert call("analyze", as_file(stop), None)["error"] == REMOVED


@pytest.mark.parametrize("length", [2001, 10_000_000])
def test_a_long_text_is_refused_before_anything_is_computed(uploaded, length):
    for name in ("align", "export"):
        said = answer(name, uploaded, reference="a" * length)
        assert said == f"reference has {length} characters; give a text of at most 2000 characters."


# --- as tools for assistants ---


@pytest.fixture
def use_tool(page, run_async):
    """Calls a tool as an assistant does; gives whether it failed, and what it said."""

    async def use(name, arguments):
        url = f"{page.demo.local_url.rstrip('/')}/gradio_api/mcp/"
        async with streamable_http_client(url) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            answer = await asyncio.wait_for(session.call_tool(name, arguments), 60)
        return bool(answer.isError), " ".join(part.text for part in answer.content)

    return lambda name, **arguments: run_async(use(name, arguments))


def test_an_assistant_hands_a_local_file_over_by_its_address(use_tool, call, stop):
    failed, said = use_tool("analyze", recording=call.address(stop))
    assert not failed
    assert "stop" in said


def test_errors_reach_assistants_as_sentences(use_tool, call, stop):
    recording = call.address(stop)
    for arguments, expected in (
        ({"num_best": 99}, "num_best is 99; give a whole number of 1 to 20."),
        ({"num_best": "many"}, "is not of type 'integer'"),
        ({"checkpoint": "gpt"}, "There is no model 'gpt' on this page; choose one of"),
    ):
        failed, said = use_tool("read", recording=recording, **arguments)
        assert failed
        assert expected in said
    for elsewhere in ("http://169.254.169.254/latest", call.address("/etc/passwd")):
        failed, said = use_tool("analyze", recording=elsewhere)
        assert (failed, said) == (True, HAND_OVER)


# --- comparing layers ---


@pytest.mark.parametrize("duration_s", [0.1, 0.3, 1.0])
def test_layers_of_a_short_recording_are_compared_by_default(call, write_wav, duration_s):
    path = call.upload(write_wav("short.wav", duration_s, seed=3))
    found = call("compare_layers", as_file(path), None, None, None)[0]
    assert len(found["norms"]) == len(found["cka"]) + 1 == 9
    assert 2 <= found["num_units"] <= 20
    # Noise holds no letters, or too few, that units could tell apart.
    assert found["purity"] is found["pnmi_by_chance"] is found["letters_from"] is None


def test_more_units_than_a_recording_has_frames_are_refused(call, write_wav):
    path = call.upload(write_wav("short.wav", 0.3, seed=3))
    said = call("compare_layers", as_file(path), 20, None, None)["error"]
    assert said == "20 clusters cannot be made of 14 frames; choose 2 to 14."
