"""Jobs in their lanes, long questions answered once, and waiting for no longer than is good."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from hubert_demo.errors import BusyError, InputError
from hubert_demo.ui.lanes import Client, Limits, one_step
from hubert_demo.ui.views.base import APOLOGY, SLOW
from hubert_demo.ui.waiting import MAX_PATIENT, Waiting, patient

LONG_S = 30


@pytest.fixture
def waiting():
    waiting = Waiting(who=lambda: Client("a page"), limits={SLOW: Limits(waiting=1)})
    yield waiting
    waiting.close()


@pytest.fixture
def door():
    """What a job may wait for; open when the test is over."""
    door = threading.Event()
    yield door
    door.set()


def test_a_job_runs_and_gives_what_it_computes(waiting):
    assert waiting.submit("quick", lambda: 3).result(LONG_S) == 3


def test_what_a_job_raises_is_raised_where_its_result_is_wanted(waiting):
    with pytest.raises(ZeroDivisionError):
        waiting.submit("slow", lambda: 1 / 0).result(LONG_S)


def test_quick_jobs_run_one_after_the_other(waiting, door):
    waiting.submit("quick", lambda: door.wait(LONG_S))
    second = waiting.submit("quick", lambda: 2)
    assert not second.running()
    door.set()
    assert second.result(LONG_S) == 2


def test_quick_jobs_do_not_wait_for_slow_ones(waiting, door):
    for _ in range(3):
        waiting.submit("slow", lambda: door.wait(LONG_S))
    assert waiting.submit("quick", lambda: "quick").result(LONG_S) == "quick"


def test_slow_jobs_run_one_after_the_other(waiting, door):
    waiting.submit("slow", lambda: door.wait(LONG_S))
    second = waiting.submit("slow", lambda: 2)
    assert not second.running()
    door.set()
    assert second.result(LONG_S) == 2


def test_it_is_idle_when_no_job_runs_or_waits(waiting, door):
    assert waiting.idle(0)
    jobs = [waiting.submit("quick", lambda: door.wait(LONG_S)) for _ in range(2)]
    assert not waiting.idle(0.05)
    door.set()
    assert waiting.idle(LONG_S)
    assert all(job.done() for job in jobs)


def test_a_job_that_fails_does_not_keep_it_from_being_idle(waiting):
    waiting.submit("slow", lambda: 1 / 0)
    assert waiting.idle(LONG_S)


@pytest.mark.parametrize("fault", [SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError])
def test_a_job_that_would_end_its_worker_does_not(waiting, run_async, fault):
    def die():
        raise fault

    # Two, since there are two workers in this lane.
    for _ in range(2):
        answer = run_async(patiently(lambda: waiting.submit("slow", die), LONG_S))
        assert not answer["ok"]
        assert answer["error"]
    assert waiting.submit("slow", lambda: "alive").result(LONG_S) == "alive"


def test_closing_lets_a_job_finish_and_drops_those_that_wait(door):
    waiting, begun = Waiting(), threading.Event()

    def job():
        begun.set()
        return door.wait(LONG_S)

    running = waiting.submit("quick", job)
    dropped = waiting.submit("quick", lambda: "never")
    assert begun.wait(LONG_S)
    threading.Timer(0.05, door.set).start()
    waiting.close()
    assert running.result(0)
    assert dropped.cancelled()
    assert waiting.idle(0)


def test_the_same_question_is_computed_once(waiting, door):
    calls = []

    def think():
        calls.append(1)
        door.wait(LONG_S)
        return {"thought": 1}

    futures = [waiting.ask("why", think) for _ in range(3)]
    assert futures[0] is futures[1] is futures[2]
    door.set()
    assert futures[0].result(LONG_S) == {"thought": 1}
    assert calls == [1]


def test_a_question_that_was_answered_may_be_asked_again(waiting):
    for number in (1, 2):
        assert waiting.ask("why", lambda number=number: {"thought": number}).result(LONG_S) == {
            "thought": number
        }
        assert waiting.idle(LONG_S)


def test_whoever_asks_in_the_moment_of_an_end_shares_none_that_was_given_up(waiting, monkeypatch):
    # As between the end of a job and what happens upon it.
    monkeypatch.setattr(waiting, "_forget", lambda question, answered: None)

    def refuse():
        raise BusyError("Given up.")

    with pytest.raises(BusyError):
        waiting.ask("why", refuse).result(LONG_S)
    assert waiting.ask("why", lambda: {"thought": 1}).result(LONG_S) == {"thought": 1}


def test_questions_are_bounded(waiting, door):
    begun = threading.Event()

    def think():
        begun.set()
        return {"done": door.wait(LONG_S)}

    waiting.ask("one", think)
    assert begun.wait(LONG_S)
    waiting.ask("two", dict)
    with pytest.raises(BusyError) as error:
        waiting.ask("three", dict)
    assert str(error.value) == ("1 request is already waiting, and the limit is 1. Try again in about 2 s.")
    # Whoever asks what is asked already only waits with the others.
    waiting.ask("two", dict)


def test_a_question_is_given_up_only_when_all_who_asked_have_left(door):
    here, begun, asking = {"one", "other"}, threading.Event(), ["one"]
    waiting = Waiting(who=lambda: Client(asking[0], lambda name=asking[0]: name in here))

    def hold():
        begun.set()
        return {"done": door.wait(LONG_S)}

    waiting.submit(SLOW, hold)
    assert begun.wait(LONG_S)
    alone = waiting.ask("mine", lambda: {"answer": "mine"})
    shared = waiting.ask("ours", lambda: {"answer": "ours"})
    asking[0] = "other"
    assert waiting.ask("ours", dict) is shared
    here.remove("one")
    door.set()
    assert shared.result(LONG_S) == {"answer": "ours"}
    with pytest.raises(BusyError, match="cancelled because nobody was waiting"):
        alone.result(LONG_S)
    waiting.close()


def test_a_page_that_has_as_much_under_way_as_it_may_waits_for_its_turn(run_async, door):
    waiting = Waiting(who=lambda: Client("a page"), limits={SLOW: Limits(per_client=1)})
    waiting.ask("first", lambda: {"done": door.wait(LONG_S)})
    begin = patient("ask", lambda question: waiting.ask(question, lambda: {"ok": True}), 0.05)
    assert run_async(begin("second")) == {"ok": True, "ready": False}
    door.set()
    begin = patient("ask", lambda question: waiting.ask(question, lambda: {"ok": True}), LONG_S)
    assert run_async(begin("second")) == {"ok": True, "ready": True}
    waiting.close()


def test_a_turn_gives_what_it_computes_and_raises_what_it_raises(waiting):
    assert waiting.turn(SLOW, one_step(lambda: 3)) == 3
    with pytest.raises(ZeroDivisionError):
        waiting.turn(SLOW, one_step(lambda: 1 / 0))


def test_a_turn_waits_with_patience_for_what_the_same_client_has_under_way(door):
    waiting = Waiting(who=lambda: Client("a page"), limits={SLOW: Limits(per_client=1)})
    waiting.ask("first", lambda: {"done": door.wait(LONG_S)})
    with pytest.raises(BusyError):
        waiting.turn(SLOW, one_step(lambda: "refused"))
    threading.Timer(0.05, door.set).start()
    assert waiting.turn(SLOW, one_step(lambda: "taken"), patience_s=LONG_S) == "taken"
    waiting.close()


def test_few_turns_of_a_client_wait_with_patience_and_the_next_is_told_the_limit(door):
    asking = ["greedy"]
    waiting = Waiting(who=lambda: Client(asking[0]), limits={SLOW: Limits(per_client=1)})
    waiting.ask("first", lambda: {"done": door.wait(LONG_S)})

    def patiently():
        return waiting.turn(SLOW, one_step(lambda: "taken"), patience_s=LONG_S)

    with ThreadPoolExecutor(MAX_PATIENT) as threads:
        turns = [threads.submit(patiently) for _ in range(MAX_PATIENT)]
        while sum(waiting._patient.values()) < MAX_PATIENT:
            time.sleep(0.001)
        with pytest.raises(BusyError, match=r"limit is 1 per visitor at a time\. Try again in about \d+ s"):
            patiently()
        asking[0] = "modest"
        threading.Timer(0.05, door.set).start()
        assert patiently() == "taken"
        assert [turn.result(LONG_S) for turn in turns] == ["taken"] * MAX_PATIENT
    assert not waiting._patient
    waiting.close()


def test_a_turn_is_given_up_when_its_client_has_left(door):
    here = [True]
    waiting = Waiting(who=lambda: Client("a page", lambda: bool(here)), limits={SLOW: Limits(per_client=1)})
    waiting.ask("first", lambda: {"done": door.wait(LONG_S)})
    threading.Timer(0.05, here.clear).start()
    with pytest.raises(BusyError, match="cancelled because nobody was waiting"):
        waiting.turn(SLOW, one_step(lambda: "taken"), patience_s=LONG_S)
    door.set()
    waiting.close()


def test_each_device_has_a_lane_of_its_own_for_its_encoder(waiting, door):
    held = waiting.submit("encoder cpu", lambda: door.wait(LONG_S))
    assert waiting.submit("encoder cuda", lambda: "free").result(LONG_S) == "free"
    assert not waiting.submit("encoder cpu", lambda: "next").done()
    door.set()
    assert held.result(LONG_S)


# --- patient ---


def patiently(begin, patience_s, meanwhile=dict):
    return patient("ask", lambda request: begin(), patience_s, lambda request: meanwhile())("anything")


def test_an_answer_that_is_there_is_given(run_async):
    answer = Future()
    answer.set_result({"ok": True, "x": 1})
    assert run_async(patiently(lambda: answer, LONG_S)) == {"ready": True, "ok": True, "x": 1}


def test_an_answer_that_is_not_ready_is_said_to_be_so_and_goes_on(run_async):
    pending = Future()
    assert run_async(patiently(lambda: pending, 0.01)) == {"ok": True, "ready": False}
    assert not pending.cancelled()
    said = run_async(patiently(lambda: pending, 0.01, lambda: {"text": "half"}))
    assert said == {"ok": True, "ready": False, "text": "half"}


def test_a_refusal_is_a_sentence(run_async):
    def refuse():
        raise InputError("Too many.")

    assert run_async(patiently(refuse, LONG_S)) == {"ok": False, "error": "Too many."}


def test_a_bug_is_an_apology_and_a_traceback_in_the_log(run_async, caplog):
    def broken():
        raise ZeroDivisionError("the slow reason")

    assert run_async(patiently(broken, LONG_S)) == {"ok": False, "error": APOLOGY}
    assert "the slow reason" in caplog.text
