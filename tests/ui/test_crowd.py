"""Memory of a page that thousands visit, and of answers that nobody fetches: too long for every day."""

import json
import random
import sys
import uuid

import httpx
import pytest

from tests.drivers.soak import PATIENCE_S, Program, Recordings, Server

NUM_VISITS, NUM_UNCOLLECTED = 3000, 300
MAX_GROWTH_MB = 100
# Results are kept until so many newer ones have come.
NUM_KEPT = 32


def visit(http, load_event):
    """Greets once, as a browser is greeted that comes and goes."""
    session = uuid.uuid4().hex
    body = {"data": [], "fn_index": load_event, "session_hash": session}
    http.post("/gradio_api/queue/join", json=body).raise_for_status()
    with http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            message = json.loads(line.removeprefix("data:") or "{}")
            if message.get("msg") == "process_completed":
                return json.loads(message["output"]["data"][0])["kind"] if message["success"] else "error"
    return "nothing"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_memory_of_visits_and_of_answers_that_nobody_fetches_comes_back(root, tmp_path):
    server = Server(root, tmp_path, keep_minutes=0.2)
    recordings, chance = Recordings(tmp_path / "recordings"), random.Random(0)
    try:
        server.wait_until_ready()
        http = httpx.Client(base_url=server.url, timeout=PATIENCE_S)
        config = http.get("/config").json()
        [load_event] = [
            each["id"]
            for each in config["dependencies"]
            if any(name == "load" for _, name in each["targets"])
        ]
        programs = [Program(server.url, number) for number in range(30)]

        def collected():
            return programs[0].ask("analyze", recordings.write(chance, 3.0))[0]

        assert {visit(http, load_event) for _ in range(50)} == {"result"}
        assert {collected() for _ in range(NUM_KEPT + 1)} == {"answer"}
        before_mb = server.memory_mb
        assert {visit(http, load_event) for _ in range(NUM_VISITS)} == {"result"}
        after_visits_mb = server.memory_mb
        for number in range(NUM_UNCOLLECTED):
            programs[1 + number % 29].ask("analyze", recordings.write(chance, 3.0), collects=False)
            if number % 10 == 9:
                # It has waited behind all of them.
                assert collected() == "answer"
        growth_mb = server.memory_mb - before_mb
        print(f"{before_mb:.0f} MB, {after_visits_mb:.0f} MB after {NUM_VISITS} visits, {growth_mb:+.0f} MB")
        assert growth_mb < MAX_GROWTH_MB
        for program in programs:
            program.close()
        http.close()
    finally:
        server.close()
