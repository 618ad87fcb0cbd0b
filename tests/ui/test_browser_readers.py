"""While hostile files hold both readers, who sends a short recording is told to wait, and answered soon."""

import sys
import time

import pytest
from gradio_client import Client, handle_file

from hubert_demo.audio import Readers
from hubert_demo.audio.readers import Limits
from hubert_demo.ui.intake import READERS_BUSY
from hubert_demo.ui.views import VIEWS

# A file called hostile is held until a file beside it says that it may go.
HOLDS_HOSTILE_FILES = """
import sys, time
from pathlib import Path
from hubert_demo.audio.messages import receive
from hubert_demo.audio.reader import answer
request = receive(sys.stdin.buffer)
if request is not None:
    while request["path"].endswith("hostile.wav") and not Path(sys.argv[1]).exists():
        time.sleep(0.05)
    sys.stdout.buffer.write(answer(request))
"""
PATIENCE_S = 1.0
# How much longer than usual an answer may take; `Readers` by themselves wait 3 s for a seat.
MOST_S = 11.0 - (3.0 - PATIENCE_S)
LONG_S = 60


@pytest.fixture(scope="module")
def may_go(tmp_path_factory):
    """The file for which hostile files wait."""
    return tmp_path_factory.mktemp("held") / "may go"


@pytest.fixture(scope="module")
def held_page(build_page, serve_page, may_go):
    """A page whose readers are held by hostile files."""
    command = [sys.executable, "-c", HOLDS_HOSTILE_FILES, str(may_go)]
    readers = Readers(patience_s=PATIENCE_S, limits=Limits(clock_s=4 * LONG_S), command=command)
    page = build_page(readers=readers, views=VIEWS[:1])
    serve_page(page)
    yield page
    page.close()


@pytest.fixture
def client(held_page):
    client = Client(held_page.demo.local_url, verbose=False)
    yield client
    client.close()


@pytest.fixture
def held(held_page, client, may_go, tmp_path):
    """Two calls whose files hold both readers, which end with the test."""
    path = tmp_path / "hostile.wav"
    path.write_bytes(b"RIFF")

    def hold():
        may_go.unlink(missing_ok=True)
        jobs.extend(client.submit(handle_file(path), api_name="/analyze") for _ in range(2))
        wait_until(lambda: held_page.readers.are_busy)
        return jobs

    jobs = []
    yield hold
    may_go.touch()
    for job in jobs:
        assert "cannot be read as sound" in str(job.exception(LONG_S))


def wait_until(condition):
    until = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_program_that_waits_for_a_reader_is_told_and_answered(client, held, write_wav):
    began = time.monotonic()
    client.predict(handle_file(write_wav("usual.wav", seed=71)), api_name="/analyze")
    usual_s = time.monotonic() - began
    jobs = held()
    began = time.monotonic()
    job = client.submit(handle_file(write_wav("short.wav", seed=72)), api_name="/analyze")
    wait_until(lambda: job.status().log == (READERS_BUSY, "info"))
    assert job.result(LONG_S)["keyword"] is not None
    assert time.monotonic() - began < usual_s + MOST_S
    assert not any(each.done() for each in jobs)


def test_a_visitor_who_waits_for_a_reader_is_told_and_answered(held_page, visit, held, write_wav):
    visitor = visit(page=held_page)
    jobs = held()
    # The page's own listeners came first: what they are told is on show when this one is.
    visitor.tab.evaluate("""() => {
      window.told = [];
      inside.on("busy", (text) => text && told.push([text, document.body.innerText.includes(text)]));
    }""")
    before = visitor.token
    visitor.upload(write_wav("short.wav", seed=73))
    visitor.wait_for_other_result(before)
    assert not any(each.done() for each in jobs)
    sentences = ["Reading the recording", READERS_BUSY, "Analysing 1.2 s of sound"]
    assert visitor.tab.evaluate("told") == [[sentence, True] for sentence in sentences]
