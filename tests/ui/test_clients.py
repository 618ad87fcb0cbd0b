"""Who asks: pages by their session, programs by their address, and nobody for the house."""

from types import SimpleNamespace

import httpx
import pytest
from gradio.context import LocalContext
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from hubert_demo.ui import clients as clients_module
from hubert_demo.ui.clients import STAYS_S, Clients, SignedAddresses


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


def test_a_page_that_calls_its_session_by_a_program_s_address_is_another_client(serve):
    request = SimpleNamespace(client=SimpleNamespace(host="127.0.0.1"))
    serve(request, event("private", session="127.0.0.1"))
    page = Clients().current()
    serve(request, event("public"))
    program = Clients().current()
    assert page.name == program.name == "127.0.0.1"
    assert page != program


def test_a_last_question_that_comes_after_a_page_s_end_keeps_it_for_a_while_alone(serve, monkeypatch):
    now = 100.0
    monkeypatch.setattr("hubert_demo.ui.clients.time.monotonic", lambda: now)
    clients = Clients()
    serve(SimpleNamespace(_json={"session_hash": "mine"}))
    client = clients.current()
    clients.leave(SimpleNamespace(session_hash="mine"))
    assert clients.current().is_here()
    now += STAYS_S - 1
    assert client.is_here()
    # One whose connection was lost goes on asking.
    clients.current()
    now += STAYS_S - 1
    assert client.is_here()
    now += 2
    assert not client.is_here()


def test_of_pages_and_programs_the_address_is_known(serve):
    request = SimpleNamespace(client=SimpleNamespace(host="127.0.0.7"), _json={"session_hash": "mine"})
    serve(request)
    assert Clients().current().address == "127.0.0.7"
    for visibility in ("private", "public"):
        serve(request, event(visibility))
        assert Clients().current().address == "127.0.0.7"


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


# --- what the page asks of itself ---


@pytest.fixture
def ask(run_async):
    """Asks an app behind signed addresses from an address; gives the address and the headers it sees."""

    async def echo(scope, receive, send):
        headers = dict(Request(scope).headers)
        answer = PlainTextResponse(Request(scope).client.host, headers={"told": headers[NAME]})
        await answer(scope, receive, send)

    app = SignedAddresses(echo)

    async def answered(address, headers):
        transport = httpx.ASGITransport(app, client=(address, 7))
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            answer = await client.get("/", headers=headers)
            return answer.text, answer.headers["told"]

    return lambda address, headers=None: run_async(answered(address, headers or {}))


NAME = "x-hubert-demo-address"


def test_a_request_with_a_copy_of_another_s_headers_is_from_the_other_s_address(ask):
    address, told = ask("10.0.0.9")
    assert address == "10.0.0.9"
    assert ask("127.0.0.1", {NAME: told}) == ("10.0.0.9", told)


def test_nobody_else_can_say_an_address(ask):
    _, told = ask("10.0.0.9")
    other = b"10.0.0.8".hex() + told[told.index(".") :]
    for forged in ("10.0.0.8", other, "", ".", "zz.zz", "ff.", told + "0", "\xe9"):
        address, passed_on = ask("127.0.0.1", {NAME: forged.encode("latin-1")})
        assert address == "127.0.0.1"
        assert passed_on != forged


def test_an_assistant_is_known_by_the_address_of_its_own_connection(page, harbour, monkeypatch):
    seen, who = [], page.waiting.who
    monkeypatch.setattr(page.waiting, "who", lambda: seen.append(who()) or seen[-1])
    url = f"{page.demo.local_url}gradio_api/"
    content = harbour.read_bytes()
    [path] = httpx.post(f"{url}upload", files={"files": ("a.wav", content)}, timeout=60).json()
    call = {"name": "attend", "arguments": {"recording": f"{url}file={path}"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"accept": "application/json, text/event-stream", "x-forwarded-for": "8.8.8.8"}
    for address in ("127.0.0.9", "127.0.0.10"):
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, timeout=60) as client:
            assert "frames_per_bin" in client.post(f"{url}mcp/", json=body, headers=headers).text
    programs = {(client.name, client.is_program) for client in seen if client is not None}
    assert programs == {("127.0.0.9", True), ("127.0.0.10", True)}
