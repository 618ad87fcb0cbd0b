"""Two visitors who sweep, and a third who wants something short: what the sweeps cost others."""

import random
import statistics
import sys
import threading
import time

import httpx
import pytest

from tests.drivers.soak import PATIENCE_S, Program, Recordings, Server

ROUNDS = 3
DURATIONS_S = {"analyze": 1.0, "map_layers": 10.0}
MAX_SHORT_S, MAX_RATIO = 2.0, 2.0
# A sweep of it lasts longer than all that is measured beside two of them.
SWEPT_S = 20.0


def sweep(program, path, has_ended):
    """Until the server ends, which breaks the answer off."""
    try:
        program.ask("sweep_heads", path)
    except httpx.HTTPError:
        return
    has_ended.set()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="each program has an address of its own")
def test_beside_two_sweeps_another_clients_short_analysis_and_map_come_soon(root, tmp_path):
    server = Server(root, tmp_path, keep_minutes=5)
    recordings, chance = Recordings(tmp_path / "recordings"), random.Random(0)
    programs, threads = [], []

    def measured():
        """How long each round of what the third one wants took, in seconds, by endpoint."""
        took_s = {endpoint: [] for endpoint in DURATIONS_S}
        for endpoint, duration_s in ROUNDS * list(DURATIONS_S.items()):
            path = recordings.write(chance, duration_s)
            begun = time.monotonic()
            outcome, _ = programs[0].ask(endpoint, path)
            took_s[endpoint].append(time.monotonic() - begun)
            assert outcome == "answer"
        return took_s

    try:
        server.wait_until_ready()
        programs += [Program(server.url, number) for number in range(3)]
        # What is compiled and loaded on first use belongs to the start.
        programs[0].ask("map_layers", recordings.write(chance, 10.0))
        programs[0].ask("sweep_heads", recordings.write(chance, 0.5))
        alone = measured()
        has_ended = threading.Event()
        for program in programs[1:]:
            path = recordings.write(chance, SWEPT_S)
            threads.append(threading.Thread(target=sweep, args=(program, path, has_ended)))
            threads[-1].start()
        # One of the two waits while the other one has the lane.
        until = time.monotonic() + 60
        while not httpx.get(f"{server.url}/healthz", timeout=PATIENCE_S).json()["waiting"]["slow"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        beside = measured()
        assert not has_ended.is_set(), "a sweep ended too soon to be beside anything"
    finally:
        server.close()
        for thread in threads:
            thread.join()
        for program in programs:
            program.close()
    ratios = {
        endpoint: statistics.median(beside[endpoint]) / statistics.median(alone[endpoint])
        for endpoint in alone
    }
    print(f"alone {alone}, beside two sweeps {beside}, ratios {ratios}")
    assert statistics.median(beside["analyze"]) <= MAX_SHORT_S
    assert ratios["map_layers"] <= MAX_RATIO
