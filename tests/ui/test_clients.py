"""Who asks: pages by their session, programs by their address, and nobody for the house."""

from types import SimpleNamespace

import pytest
from gradio.context import LocalContext

from hubert_demo.ui import clients as clients_module
from hubert_demo.ui.clients import Clients


@pytest.fixture
def serve():
    """Has what follows run as if it answered a request."""
    tokens = []

    def served(request, event=None):
        events = {} if event is None else {"id": event}
        blocks = SimpleNamespace(_queue=SimpleNamespace(event_ids_to_events=events))
        for variable, value in (
            (LocalContext.blocks, blocks),
            (LocalContext.request, request),
            (LocalContext.event_id, None if event is None else "id"),
        ):
            tokens.append((variable, variable.set(value)))

    yield served
    for variable, token in reversed(tokens):
        variable.reset(token)


def event(visibility, session="session", alive=True):
    return SimpleNamespace(fn=SimpleNamespace(api_visibility=visibility), session_hash=session, alive=alive)


def test_outside_of_requests_it_is_the_house():
    assert Clients().current() is None


def test_a_program_is_its_address_whatever_session_it_names(serve):
    request = SimpleNamespace(client=SimpleNamespace(host="127.0.0.7"))
    serve(request, event("public", session="made up"))
    assert Clients().current().name == "127.0.0.7"


def test_an_event_of_the_page_is_its_session_and_there_as_long_as_it_is_alive(serve):
    asked = event("private", session="mine")
    serve(SimpleNamespace(), asked)
    client = Clients().current()
    assert client.name == "mine"
    assert client.is_here()
    asked.alive = False
    assert not client.is_here()


def test_a_page_that_is_closed_is_no_longer_there_until_it_asks_again(serve):
    clients = Clients()
    serve(SimpleNamespace(_json={"session_hash": "mine"}))
    client = clients.current()
    assert client.name == "mine"
    assert client.is_here()
    clients.leave(SimpleNamespace(session_hash="mine"))
    assert not client.is_here()
    assert clients.current().is_here()
    assert client.is_here()


@pytest.mark.parametrize("sent", [None, [], "text", {}, {"session_hash": 7}])
def test_strange_requests_are_somebody_s_too(serve, sent):
    serve(SimpleNamespace(_json=sent))
    assert Clients().current().is_here()


@pytest.mark.parametrize(
    ("environment", "trusted"),
    [
        ({}, None),
        ({"SPACE_ID": "somebody/explorer"}, "*"),
        ({"SPACE_ID": "somebody/explorer", "FORWARDED_ALLOW_IPS": "10.0.0.1"}, "10.0.0.1"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.1"}, "10.0.0.1"),
    ],
)
def test_a_proxy_is_believed_where_the_operator_says_so_and_on_spaces(monkeypatch, environment, trusted):
    monkeypatch.setattr(clients_module.os, "environ", environment)
    clients_module.trust_proxy_of_spaces()
    assert environment.get("FORWARDED_ALLOW_IPS") == trusted
