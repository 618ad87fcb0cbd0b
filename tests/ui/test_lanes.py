"""Lanes: who goes first, how much may wait, and what becomes of jobs that nobody waits for."""

import os
import sys
import threading
from contextvars import ContextVar

import pytest

from hubert_demo.errors import BusyError
from hubert_demo.ui.lanes import Client, Lane, Limits, Rank, TooManyOwn, at_once, one_step

LONG_S = 30


class Held:
    """A lane whose first job holds it until `open`; the others write down when they run."""

    def __init__(self, **limits):
        self.lane = Lane("test", 1, Limits(**limits))
        self.ran = []
        self._door, begun = threading.Event(), threading.Event()

        def hold():
            begun.set()
            self._door.wait(LONG_S)

        self.holding = self.lane.submit(one_step(hold))
        assert begun.wait(LONG_S)

    def add(self, name, client=None, rank=Rank.LATER):
        client = Client(client) if isinstance(client, str) else client
        return self.lane.submit(one_step(lambda: self.ran.append(name)), client, rank)

    def add_steps(self, name, count, client=None, rank=Rank.LATER):
        def steps():
            for number in range(count):
                self.ran.append(f"{name}{number}")
                yield
            return name

        return self.lane.submit(steps(), client, rank)

    def open(self):
        self._door.set()


@pytest.fixture
def held():
    made = []

    def make(**limits):
        made.append(Held(**limits))
        return made[-1]

    yield make
    for each in made:
        each.open()
        each.lane.close()


def wait_for(*futures):
    return [future.result(LONG_S) for future in futures]


def test_jobs_run_in_the_order_in_which_they_came(held):
    line = held()
    jobs = [line.add(number, f"client {number}") for number in range(5)]
    line.open()
    wait_for(*jobs)
    assert line.ran == [0, 1, 2, 3, 4]


def test_what_a_page_shows_goes_ahead_of_what_is_asked_for(held):
    line = held()
    jobs = [line.add("export", "a"), line.add("map", "b", Rank.FIRST)]
    line.open()
    wait_for(*jobs)
    assert line.ran == ["map", "export"]


def test_a_job_in_steps_gives_the_lane_back_between_them(held):
    line = held()
    exports = [line.add_steps("a", 3), line.add_steps("b", 2)]
    line.open()
    assert wait_for(*exports) == ["a", "b"]
    assert line.ran == ["a0", "b0", "a1", "b1", "a2"]


def test_a_sweep_goes_on_only_while_nothing_else_waits(held):
    line = held()
    jobs = [line.add_steps("sweep", 2, rank=Rank.LAST), line.add_steps("export", 2)]
    jobs.append(line.add("map", "client"))
    line.open()
    wait_for(*jobs)
    assert line.ran == ["export0", "map", "export1", "sweep0", "sweep1"]


def test_what_comes_during_an_export_does_not_wait_for_its_end():
    lane, shown = Lane("test"), []

    def exporting():
        shown.append(lane.submit(one_step(lambda: shown.append("map")), Client("a page"), Rank.FIRST))
        yield
        shown.append("export")
        yield

    wait_for(lane.submit(exporting()))
    assert shown[1:] == ["map", "export"]
    lane.close()


def test_a_client_has_few_jobs_at_a_time_and_the_others_have_theirs(held):
    line = held(per_client=2)
    jobs = [line.add(1, "greedy"), line.add(2, "greedy")]
    with pytest.raises(TooManyOwn) as error:
        line.add(3, "greedy")
    assert str(error.value) == (
        "2 requests of yours are already waiting or running, and the limit is 2 per visitor at a time. "
        "Try again in about 3 s."
    )
    jobs.append(line.add(4, "modest"))
    line.open()
    wait_for(*jobs)
    assert line.ran == [1, 2, 4]
    wait_for(line.add(5, "greedy"))


def test_the_job_that_runs_counts_among_a_client_s(held):
    line, begun, may_end = held(per_client=1), threading.Event(), threading.Event()

    def run():
        begun.set()
        may_end.wait(LONG_S)

    running = line.lane.submit(one_step(run), Client("a"))
    line.open()
    assert begun.wait(LONG_S)
    with pytest.raises(TooManyOwn, match="1 request of yours is already waiting or running"):
        line.add(2, "a")
    may_end.set()
    wait_for(running)


def test_33_exports_within_a_second_are_20_that_wait_and_refusals_that_say_how_long(held):
    line = held(waiting=20, per_client=2)
    taken, refused = [], []
    for number in range(33):
        try:
            taken.append(line.add(number, f"client {number}"))
        except BusyError as error:
            refused.append(str(error))
    assert len(taken) == 20
    assert set(refused) == {"20 requests are already waiting, and the limit is 20. Try again in about 21 s."}
    line.open()
    wait_for(*taken)
    assert line.ran == list(range(20))


def test_a_page_and_a_program_of_one_name_are_two_clients(held):
    line = held(per_client=1)
    page, program = Client("127.0.0.1"), Client("127.0.0.1", is_program=True)
    wanted = [line.add("page", page), line.add("program", program)]
    for client in (page, program):
        with pytest.raises(TooManyOwn):
            line.add("more", client)
    line.open()
    wait_for(*wanted)


def test_one_address_has_half_of_the_places_whatever_its_clients_call_themselves(held):
    line = held(waiting=20, per_client=2)
    invented = [line.add(number, Client(f"session {number}", address="10.0.0.1")) for number in range(10)]
    with pytest.raises(BusyError) as error:
        line.add(10, Client("session 10", address="10.0.0.1"))
    assert str(error.value) == (
        "10 requests from your address are already waiting, and the limit is 10 per address. "
        "Try again in about 11 s."
    )
    line.open()
    wait_for(*invented, line.add("other", Client("session 10", address="10.0.0.2")))


def test_the_house_is_never_refused(held):
    line = held(waiting=0, per_client=0)
    job = line.add("ours")
    line.open()
    wait_for(job)


def test_work_whose_client_has_left_does_not_begin(held):
    line, here = held(waiting=1), {"one"}
    given_up = line.add("given up", Client("one", lambda: "one" in here))
    here.clear()
    # Its place is free at once.
    job = line.add("next", "two")
    with pytest.raises(BusyError, match="cancelled because nobody was waiting"):
        given_up.result(LONG_S)
    line.open()
    wait_for(job)
    assert line.ran == ["next"]


def test_an_export_whose_client_has_left_ends_after_its_step_and_cleans_up(held):
    line, here, cleaned = held(), [True], []

    def exporting():
        try:
            here.clear()
            yield
            line.ran.append("in vain")
            yield
        finally:
            cleaned.append(True)

    export = line.lane.submit(exporting(), Client("one", lambda: bool(here)))
    line.open()
    with pytest.raises(BusyError, match="cancelled because nobody was waiting"):
        export.result(LONG_S)
    assert (cleaned, line.ran) == ([True], [])


def test_a_job_that_several_wait_for_runs_as_long_as_one_is_there(held):
    line, here = held(), {"one", "two"}
    clients = {name: Client(name, lambda name=name: name in here) for name in here}
    job = line.add("shared", clients["one"])
    line.lane.join(job, clients["two"])
    here.remove("one")
    line.open()
    wait_for(job)
    assert line.ran == ["shared"]


WHOSE = ContextVar("whose", default="nobody's")


def test_a_job_sees_the_context_of_its_client_and_the_house_s_sees_none():
    lane = Lane("test")
    WHOSE.set("a visitor's")
    assert wait_for(lane.submit(one_step(WHOSE.get), Client("a")), lane.submit(one_step(WHOSE.get))) == [
        "a visitor's",
        "nobody's",
    ]
    lane.close()


def test_closing_drops_what_waits_and_what_is_between_two_steps():
    lane, closing, closed = Lane("test"), threading.Event(), []

    def exporting():
        closing.set()
        while not closed:
            threading.Event().wait(0.001)
        yield

    export = lane.submit(exporting())
    waiting = lane.submit(one_step(lambda: None))
    assert closing.wait(LONG_S)
    lane.close(wait=False)
    closed.append(True)
    with pytest.raises(BusyError, match="The server is stopping"):
        export.result(LONG_S)
    assert waiting.cancelled()
    with pytest.raises(BusyError, match="The server is stopping"):
        lane.submit(one_step(lambda: None))
    lane.close()


def test_without_a_lane_a_job_runs_at_once():
    def steps():
        yield
        return 3

    assert at_once("slow", steps()) == 3
    assert at_once("slow", one_step(lambda: 4)) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own elsewhere")
def test_who_computes_lets_those_go_first_who_answer():
    lane = Lane("lane")

    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    lowest = 19
    assert lane.submit(one_step(niceness)).result() == min(niceness() + 10, lowest)
    lane.close()
