"""Names of functions, events and sessions in requests: known and short, or refused in a sentence."""

import json

import httpx
import pytest

from hubert_demo.ui.known import BAD_NAME, MAX_NAME, NO_COMPONENT, NO_EVENT, NO_FUNCTION

LONG, LONGEST = "x" * (MAX_NAME + 1), "x" * MAX_NAME


@pytest.fixture(scope="module")
def client(page):
    """Asks the running page."""
    with httpx.Client(base_url=f"{page.demo.local_url}gradio_api", timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
def no_fault(client, caplog, capfd):
    """Nothing here is a fault of the page, and nothing is printed."""
    yield
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
    assert "Traceback" not in capfd.readouterr().err


def join(**fields):
    return "queue/join", {"data": [], "fn_index": 0, "session_hash": "a", **fields}


def server_function(**fields):
    return "component_server/", {"data": {}, "fn_name": "x", "component_id": 1, "session_hash": "a", **fields}


def cancel(**fields):
    return "cancel", {"session_hash": "a", "fn_index": 0, "event_id": "a", **fields}


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        *((*join(fn_index=number), NO_FUNCTION) for number in (999, -1, "999", 10**30, 0.5, [], True)),
        *((*server_function(component_id=number), NO_COMPONENT) for number in (999, -1, "999", {}, "x")),
        ("call/7", {"data": []}, NO_FUNCTION),
        ("call/nothing/", {"data": []}, NO_FUNCTION),
        ("call/v2/nothing", {}, NO_FUNCTION),
    ],
)
def test_unknown_functions_and_components_are_refused(client, path, body, why):
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()) == (404, {"detail": why})


@pytest.mark.parametrize("body", [{"data": []}, {}, {"checkpoint": None}, {"recording": None, "x" * 9999: 1}])
def test_parameters_by_name_are_told_where_others_are_given(client, body):
    answer = client.post("call/v2/analyze", json=body)
    said = "analyze takes these named parameters: recording (needed), checkpoint."
    assert (answer.status_code, answer.json()) == (400, {"detail": said})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("cancel", {}),
        ("cancel", {"\ud800": "\ud800"}),
        ("reset", {"event": "\ud800"}),
        ("call/analyze", {"data": "\ud800"}),
        ("call/analyze", ["\ud800"]),
        ("call/v2/analyze", {"\ud800": 1}),
        ("call/v2/analyze", []),
        ("queue/join", 7),
        ("queue/join", {"data": [], "session_hash": ["x"]}),
        ("component_server", []),
    ],
)
def test_what_has_another_form_is_refused_in_a_sentence(client, path, body):
    answer = client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)
    assert len(answer.text) < 1000


@pytest.mark.parametrize("name", ["", LONG, LONG * 2000])
@pytest.mark.parametrize("asked", [join, server_function, cancel, lambda **fields: ("call/analyze", fields)])
def test_a_long_or_empty_name_of_a_session_is_refused(page, client, asked, name):
    path, body = asked(session_hash=name)
    answer = client.post(path, json={"data": [], **body})
    assert (answer.status_code, answer.json()) == (400, {"detail": BAD_NAME})
    assert name not in page.demo._queue.pending_messages_per_session
    assert name not in page.demo.app.state_holder


@pytest.mark.parametrize(
    "address",
    [
        "queue/data?session_hash={}",
        "heartbeat/{}",
        "heartbeat/{}/",
        "upload_progress?upload_id={}",
        "queue/data?session_hash={}&session_hash=a",
    ],
)
def test_a_long_name_in_an_address_is_refused(client, address):
    answer = client.get(address.format(LONG))
    assert (answer.status_code, answer.json()) == (400, {"detail": BAD_NAME})


def test_names_of_the_usual_length_are_taken(page, client):
    load_event = next(number for number, fn in page.demo.fns.items() if fn.api_name == "on_load")
    _, body = join(fn_index=load_event, session_hash=LONGEST)
    assert client.post("queue/join", json=body).status_code == 200
    assert '"process_completed"' in client.get(f"queue/data?session_hash={LONGEST}").text


@pytest.mark.parametrize("version", ["", "v2/"])
def test_an_answer_is_fetched_once_and_then_unknown(client, version):
    asked = {"recording": None} if version else {"data": [None, None]}
    event_id = client.post(f"call/{version}analyze", json=asked).json()["event_id"]
    assert "event: error" in client.get(f"call/{version}analyze/{event_id}").text
    for name in (event_id, "unknown", LONG):
        answer = client.get(f"call/{version}analyze/{name}")
        assert (answer.status_code, answer.json()) == (404, {"detail": NO_EVENT})


def test_a_stream_about_an_unknown_session_says_so_and_ends(client):
    answer = client.get("queue/data?session_hash=unknown")
    told = json.loads(answer.text.removeprefix("data: "))
    assert (told["msg"], told["session_not_found"]) == ("unexpected_error", True)
