"""What Gradio remembers of visitors: little, and not for long."""

import asyncio

import gradio as gr

from hubert_demo.ui.app import MAX_SESSIONS
from hubert_demo.ui.blocks import ForgivingBlocks

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
