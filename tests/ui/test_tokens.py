"""Two visitors of the launched page never see each other's anything: tokens stolen, guessed and expired."""

import json

import httpx
import pytest

from hubert_demo.ui.janitor import REMOVED
from hubert_demo.ui.results import GONE

PATIENCE_S = 120


class Browser:
    """What a browser sends: events and calls of functions, all in one session."""

    def __init__(self, page, session):
        self._session, config = session, page.demo.get_config_file()
        self._http = httpx.Client(base_url=f"{page.demo.local_url}gradio_api", timeout=PATIENCE_S)
        self._pieces = {
            each["props"].get("elem_id", "").removeprefix("hx-"): each["id"] for each in config["components"]
        }
        self._events = {
            tuple(target): each["id"] for each in config["dependencies"] for target in each["targets"]
        }

    def trigger(self, piece, event, data=(), about=None):
        """The first value that an event gives in the end."""
        number = self._pieces[piece]
        body = {"data": list(data), "event_data": about, "fn_index": self._events[number, event]}
        self._http.post(
            "/queue/join", json={**body, "session_hash": self._session, "trigger_id": number}
        ).raise_for_status()
        last = None
        with self._http.stream("GET", "/queue/data", params={"session_hash": self._session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:") or "{}")
                values = (message.get("output") or {}).get("data") or []
                if values and isinstance(values[0], str) and values[0].startswith("{"):
                    last = json.loads(values[0])
                if message.get("msg") == "process_completed":
                    return values[0] if values and isinstance(values[0], dict) else last
        raise AssertionError("the event did not end")

    def ask(self, piece, function, **request):
        """What a function of a piece answers."""
        body = {"component_id": self._pieces[piece], "fn_name": function, "data": request}
        while True:
            answer = self._http.post("/component_server", json={**body, "session_hash": self._session})
            if answer.json().get("ready") is not False:
                return answer.json()

    def record(self, path):
        """The message with the result of a recording."""
        with path.open("rb") as file:
            [kept] = self._http.post("/upload", files={"files": (path.name, file)}).json()
        sent = {"path": kept, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}
        return self.trigger("recorder", "upload", [sent, None])

    def tries(self, token):
        """What each way to a result says, by a token."""
        return [
            self.ask("session", "part", token=token, name="timeline"),
            self.ask("session", "part", token=token, name="layer_umap"),
            self.ask("attention", "head_map", token=token, layer=0, head=0),
            self.ask("layers", "unit_scores", token=token, num_units=3),
            self.ask("downloads", "reproduce", token=token),
            self.trigger("downloads", "take", about={"token": token, "name": "words", "format": "csv"}),
        ]

    def close(self):
        self._http.close()


@pytest.fixture
def browse(page):
    opened = []

    def open_one(session):
        opened.append(Browser(page, session))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def test_two_visitors_never_see_each_other_s_anything(browse, write_wav):
    one, other = browse("one"), browse("other")
    token = one.record(write_wav("mine.wav", 0.6, seed=31))["token"]
    assert one.ask("session", "part", token=token, name="timeline")["ok"]
    own = other.record(write_wav("theirs.wav", 0.6, seed=32))["token"]
    guesses = [token, token.partition(".")[0], f"{token.partition('.')[0]}.{own.partition('.')[2]}"]
    for stolen in guesses:
        assert [each["error"] for each in other.tries(stolen)] == [GONE] * 6
        chosen = other.trigger("picker", "choose", about={"checkpoint": "hubert-explorer", "token": stolen})
        assert chosen == {"kind": "error", "text": GONE}
    # It goes on working for whom it was given to, and an equal recording has a token of its own.
    assert one.ask("session", "part", token=token, name="timeline")["ok"]
    assert other.record(write_wav("mine.wav", 0.6, seed=31))["token"] not in {token, own}


def test_a_token_opens_no_result_again_and_an_offered_part_needs_its_key(browse, write_wav):
    one, other = browse("one"), browse("other")
    shown = one.record(write_wav("mine.wav", 0.6, seed=35))
    for stolen in (shown["token"], shown["token"].partition(".")[0], f"{shown['token'].partition('.')[0]}~0"):
        assert other.trigger("session", "again", about={"ticket": stolen})["text"] == GONE
    # The tab that was shown it is another session once it is reloaded.
    assert other.trigger("session", "again", about={"ticket": shown["ticket"]})["kind"] == "result"
    offer = one.record(write_wav("long.wav", 61, seed=36))
    for guessed in ("", offer["key"][:-1], shown["token"]):
        chosen = {"key": guessed, "start_s": 0}
        assert other.trigger("chooser", "part", [None], about=chosen) == {"kind": "error", "text": REMOVED}


def test_an_expired_token_gets_a_sentence_everywhere(page, browse, write_wav):
    one = browse("one")
    token = one.record(write_wav("expires.wav", 0.6, seed=33))["token"]
    result = page.results.get(token)
    with page.results._lock:
        del page.results._results[result.token]
    assert [each["error"] for each in one.tries(token)] == [GONE] * 6


def test_a_file_to_take_away_has_an_address_that_nobody_can_guess(browse, write_wav):
    one = browse("one")
    token = one.record(write_wav("mine.wav", 0.6, seed=34))["token"]
    taken = one.trigger("downloads", "take", about={"token": token, "name": "words", "format": "csv"})
    assert len(taken["file"]["path"].split("/")[-2]) >= 32
