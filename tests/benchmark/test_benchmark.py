"""The benchmark: that both libraries do the same work, and what it reports. No time is judged here."""

import json
import sys
from subprocess import run

import numpy as np
import pytest
import torch

from hubert_demo.benchmark import contenders, measure
from hubert_demo.benchmark.__main__ import main
from hubert_demo.benchmark.contenders import Case, Contender
from hubert_demo.benchmark.measure import Latency, Memory, measure_latency
from hubert_demo.benchmark.report import as_json, table
from hubert_demo.errors import HubertDemoError
from tests.small import TINY_TO_TIME


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(contenders.SIZES, "tiny", TINY_TO_TIME)


def case(task):
    return Case("tiny", 0.5, 1, "float32", task)


def results(task):
    """Each contender's result of a task."""
    chosen = contenders.contenders(case(task))
    models = contenders.make_models(case(task), chosen)
    return {c: contenders.make_task(case(task), c, models[c])() for c in chosen}


def test_all_contenders_compute_the_same_states():
    outputs = list(results("states").values())
    assert len(outputs) == 4
    for output in outputs[1:]:
        assert torch.allclose(output.last_hidden_state, outputs[0].last_hidden_state, atol=1e-5)
        assert len(output.hidden_states) == len(outputs[0].hidden_states)


def test_both_show_the_same_map_and_thumbnails():
    (_, theirs), (_, (full, others)) = results("map").values()
    np.testing.assert_allclose(full, theirs[0].maps, atol=1e-5)
    assert len(others) == 3
    for small, reference in zip(others, theirs[1:], strict=True):
        np.testing.assert_allclose(small.maps, reference.maps, atol=1e-5)


def test_both_show_the_same_maps():
    (_, theirs), (_, ours) = results("maps").values()
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_implementations_can_be_left_out():
    chosen = contenders.contenders(case("states"), ["sdpa"])
    assert chosen == [Contender("transformers", "sdpa"), Contender("hubert_demo", "sdpa")]


def test_a_latency_is_compared_with_transformers_in_the_same_round():
    measured = measure_latency(case("states"), contenders.contenders(case("states")), rounds=3)
    for latency in measured:
        reference = next(
            other
            for other in measured
            if other.contender == Contender("transformers", latency.contender.implementation)
        )
        ratios = [a / b for a, b in zip(latency.seconds, reference.seconds, strict=True)]
        assert latency.ratio == pytest.approx(np.median(ratios))
        assert len(latency.seconds) == 3


def test_memory_grows_with_what_is_kept():
    """In this process, so that the tiny size is known: a ten times larger result takes more."""
    model = contenders.make_models(case("states"), [Contender("hubert_demo", "sdpa")])
    assert model
    script = (
        "import json, sys\n"
        "from hubert_demo.benchmark import contenders, measure\n"
        f"contenders.SIZES['tiny'] = {TINY_TO_TIME!r}\n"
        "for seconds in (1.0, 40.0):\n"
        "    made = contenders.Case('tiny', seconds, 1, 'float32', 'maps')\n"
        "    print(measure.peak_mb(made, contenders.Contender('hubert_demo', 'sdpa')))\n"
    )
    finished = run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    short, long = map(float, finished.stdout.split())
    # Four maps of 1,999 × 1,999 float32 values.
    assert long > 4 * 1999**2 * 4 / 1e6 > short


def test_a_process_that_fails_is_reported():
    with pytest.raises(HubertDemoError, match=r"transformers sdpa was not measured(.|\n)*KeyError"):
        measure.measure_memory(Case("giant", 1.0, 1, "float32", "states"), Contender("transformers", "sdpa"))


def test_the_report_holds_every_number():
    ours, theirs = Contender("hubert_demo", "sdpa"), Contender("transformers", "sdpa")
    latencies = [Latency(case("states"), c, (0.25, 0.5, 0.75), r) for c, r in ((theirs, 1.0), (ours, 0.8))]
    memories = [Memory(case("states"), ours, 123.4), Memory(case("map"), ours, 45.0)]
    text = table(latencies, memories)
    assert [line.split() for line in text.splitlines() if "hubert_demo" in line] == [
        ["tiny", "0.5", "1", "float32", "hubert_demo", "sdpa", "0.500", "0.80", "123"],
        ["tiny", "0.5", "1", "float32", "hubert_demo", "sdpa", "45"],
    ]
    record = as_json(latencies, memories)
    assert record["latency"][1]["seconds"] == (0.25, 0.5, 0.75)
    assert record["memory"][0]["peak_mb"] == 123.4
    assert record["latency"][0]["audio_s"] == 0.5
    assert json.loads(json.dumps(record))["versions"]["torch"] == torch.__version__


def test_the_command_prints_writes_and_draws(monkeypatch, tmp_path, capsys):
    arguments = ["benchmark", "--seconds", "0.3", "0.5", "--rounds", "1", "--tasks", "states", "map"]
    arguments += ["--only", "latency", "--json", str(tmp_path / "b.json"), "--chart", str(tmp_path / "b.png")]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setitem(contenders.SIZES, "base", TINY_TO_TIME)
    assert main() == 0
    assert "every layer's hidden states" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "b.json").read_text())["latency"]) == 2 * 4 + 2 * 2
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")


def test_without_tensorflow_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "hubert_demo.tf", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--tensorflow"])
    assert main() == 2
    assert "pip install 'tensorflow-cpu>=2.20,<2.22'" in capsys.readouterr().err


def test_without_transformers_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--seconds", "0.3"])
    assert main() == 2
    assert "pip install 'transformers>=5,<6'" in capsys.readouterr().err
