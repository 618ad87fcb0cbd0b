"""What Gradio remembers of visitors: little, and not for long."""

import asyncio
from pathlib import Path

import gradio as gr
import pytest
from gradio import events
from gradio.utils import get_upload_folder

from hubert_demo.ui.app import MAX_SESSIONS
from hubert_demo.ui.blocks import HAND_OVER, ForgivingBlocks
from hubert_demo.ui.janitor import FOLDER_VARIABLE

# --- whose files are fetched: nobody's ---

META = {"_type": "gradio.FileData"}
UPLOAD, SERVED = "<upload>", "http://page/gradio_api/file=<upload>"
ELSEWHERE = {"path": "https://elsewhere.example/endless", "meta": META}


def listen(recording: gr.FileData) -> str:
    """What an endpoint takes."""
    return str(recording)


@pytest.fixture
def hand_over(run_async, monkeypatch, tmp_path):
    """Hands a value to Gradio, `UPLOAD` in its texts for the path of an upload; gives what it became."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "uploads"))
    upload = Path(get_upload_folder()) / "a.wav"
    upload.parent.mkdir()
    upload.touch()
    fetched = []

    async def fetch(url, *_, **__):
        fetched.append(url)
        raise OSError("out of reach")

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_get", fetch)

    def name(value):
        if isinstance(value, dict):
            return {key: name(each) for key, each in value.items()}
        if isinstance(value, list):
            return [name(each) for each in value]
        return value.replace(UPLOAD, str(upload))

    async def process(value):
        with ForgivingBlocks() as demo:
            events.api(listen, api_name="listen")
        return await demo.preprocess_data(demo.fns[0], [name(value)], None)

    def hand_over(value):
        try:
            [processed] = run_async(process(value))
        finally:
            assert fetched == []
        return str(processed).replace(str(upload), UPLOAD)

    return hand_over


@pytest.mark.parametrize(
    "value",
    [
        ELSEWHERE,
        {"path": SERVED, "x": ELSEWHERE},
        {"path": SERVED, "x": [ELSEWHERE], "meta": {}},
        {"path": SERVED, "meta": META, "x": ELSEWHERE},
        {"path": UPLOAD, "x": ELSEWHERE},
        {"path": UPLOAD, "meta": {"x": [[ELSEWHERE]]}},
        {"path": ELSEWHERE},
        [{"path": SERVED, "url": ELSEWHERE}],
        {"path": UPLOAD, "meta": "gradio.FileData"},
    ],
)
def test_files_of_other_servers_are_not_fetched_wherever_they_are_named(hand_over, value):
    with pytest.raises(gr.Error) as refused:
        hand_over(value)
    assert refused.value.message == HAND_OVER


@pytest.mark.parametrize(
    "value",
    [
        {"path": SERVED, "meta": META},
        {"path": UPLOAD, "meta": META, "url": ELSEWHERE["path"]},
        {"x": [{"path": SERVED, "x": {"path": SERVED, "meta": META}}]},
        {"path": UPLOAD, "x": '{"path": "https://elsewhere.example/endless"}'},
    ],
)
def test_uploads_are_handed_over_wherever_they_are_named(hand_over, value):
    said = hand_over(value)
    assert UPLOAD in said
    assert SERVED not in said


# --- what nobody fetches ---


class Answered:
    """Gradio's queue of a page, and sessions whose answers wait to be fetched."""

    def __init__(self, run_async):
        async def build():
            with ForgivingBlocks() as demo:
                return demo.queue()

        self.demo = run_async(build())
        self.queue = self.demo._queue

    def answer(self, session, has_ended=True, is_fetched=False):
        messages = self.queue.pending_messages_per_session[session] = asyncio.Queue()
        if not is_fetched:
            messages.put_nowait("an answer")
        self.queue.pending_event_ids_session[session] = {f"event of {session}"}
        if not has_ended:
            self.queue.event_ids_to_events[f"event of {session}"] = object()

    @property
    def kept(self):
        assert set(self.queue.pending_messages_per_session) == set(self.queue.pending_event_ids_session)
        return list(self.queue.pending_messages_per_session)


def test_answers_that_nobody_fetches_are_forgotten_after_five_minutes(run_async):
    answered = Answered(run_async)
    answered.answer("old")
    answered.answer("runs", has_ended=False)
    answered.demo.forget_uncollected(0)
    answered.demo.forget_uncollected(300)
    assert answered.kept == ["old", "runs"]
    answered.answer("new")
    answered.demo.forget_uncollected(301)
    assert answered.kept == ["runs", "new"]


def test_of_answers_that_nobody_fetches_few_are_kept(run_async):
    answered = Answered(run_async)
    for number in range(100):
        answered.answer(number)
    answered.demo.forget_uncollected(0)
    assert len(answered.kept) == 100
    answered.demo.forget_uncollected(1)
    assert answered.kept == list(range(68, 100))


def test_sessions_that_have_fetched_everything_are_forgotten(run_async):
    answered = Answered(run_async)
    answered.answer("visitor", is_fetched=True)
    answered.demo.forget_uncollected(0)
    assert answered.kept == ["visitor"]
    answered.demo.forget_uncollected(1)
    assert answered.kept == []


def test_gradio_remembers_few_sessions_and_statistics(page):
    assert page.demo.state_session_capacity == page.demo.app.state_holder.capacity == MAX_SESSIONS
    assert page.demo._queue.ANALYTICS_MAX_EVENTS == 100
    # Nothing of a visitor's is kept in their session: the browser remembers what was chosen.
    assert not any(isinstance(block, gr.State) for block in page.demo.blocks.values())
