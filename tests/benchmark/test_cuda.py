"""`benchmark --cuda`: its loop on the CPU with a tiny model, and what it says, writes and draws."""

import json
import sys

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from hubert_demo.benchmark import contenders, cuda, flash
from hubert_demo.benchmark.__main__ import main
from hubert_demo.benchmark.contenders import Case, Contender
from hubert_demo.benchmark.cuda import Result
from hubert_demo.errors import HubertDemoError
from hubert_demo.plotting.benchmark import cuda_chart
from tests.small import TINY_TO_TIME

KERNELS = [("transformers", "eager"), ("hubert_demo", "eager"), ("hubert_demo", "flash_attention_2")]


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(contenders.SIZES, "tiny", TINY_TO_TIME)
    monkeypatch.setitem(contenders.SIZES, "large", TINY_TO_TIME)


def case(dtype="bfloat16", seconds=0.3, batch=2):
    return Case("tiny", seconds, batch, dtype, "states")


def made(peak_mb=2000.0):
    """Measurements of two lengths in two precisions, none of them taken."""
    return [
        Result(
            case(dtype, seconds), Contender(*who), (factor * seconds, 9.0, factor * seconds), peak_mb, 0.0123
        )
        for dtype in ("float16", "bfloat16")
        for seconds in (5.0, 60.0)
        for who, factor in zip(KERNELS, (0.02, 0.01, 0.004), strict=True)
    ]


def test_every_case_is_timed_in_turns_and_compared_with_float32():
    asked = []

    def timer(task):
        asked.append(task().last_hidden_state.shape[:2])
        return float(len(asked))

    cases = [case(seconds=0.3), case(seconds=0.5)]
    first, second = cuda.measure(cases, ["eager", "sdpa"], rounds=2, device="cpu", timer=timer)
    assert [str(result.contender) for result in first] == [
        *("transformers eager", "hubert_demo eager", "transformers sdpa", "hubert_demo sdpa")
    ]
    assert {result.case for result in first} == {cases[0]}
    # After a round to warm up there and back again, by turns.
    assert [result.seconds for result in first] == [(5, 12), (6, 11), (7, 10), (8, 9)]
    assert asked == [(2, 14)] * 12 + [(2, 24)] * 12
    assert {result.peak_mb for result in first + second} == {None}


def test_the_difference_is_that_of_rounding():
    (results,) = cuda.measure([case()], ["eager"], rounds=1, device="cpu")
    (ours,) = [result for result in results if result.contender.library == "hubert_demo"]
    half, single = (
        contenders.make_task(
            each, ours.contender, *contenders.make_models(each, [ours.contender], "cpu").values()
        )()
        for each in (case(), case("float32"))
    )
    shares = [
        (a.double() - b.double()).abs().max() / b.abs().max()
        for a, b in zip(half.hidden_states, single.hidden_states, strict=True)
    ]
    assert ours.difference > 1e-4
    assert ours.difference == pytest.approx(float(max(shares)), rel=1e-4)


def test_in_float32_all_are_as_our_eager():
    (results,) = cuda.measure([case("float32")], ["eager", "sdpa"], rounds=1, device="cpu")
    assert [
        result.difference for result in results if result.contender == Contender("hubert_demo", "eager")
    ] == [0]
    assert max(result.difference for result in results) < 1e-5


def test_the_largest_difference_is_a_part_of_its_layer_s_largest_value():
    reference = [torch.tensor([1.0, -4.0]), torch.tensor([100.0, 0.0])]
    states = [torch.tensor([1.0, -3.0]).half(), torch.tensor([100.0, 10.0]).half()]
    assert cuda.largest_difference(states, reference) == 0.25
    assert cuda.largest_difference(reference, reference) == 0


def test_without_transformers_ours_are_measured_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    (results,) = cuda.measure([case()], ["eager", "sdpa"], rounds=1, device="cpu")
    assert {result.contender.library for result in results} == {"hubert_demo"}
    assert "transformers is not installed, so hubert_demo was measured alone." in cuda.notes(flash.PACKAGE)
    assert cuda.as_json(results, [])["versions"]["transformers"] is None


def test_what_computed_flash_attention_is_said_or_why_it_was_left_out(monkeypatch):
    assert cuda.notes(flash.TORCHS_KERNEL)[0].startswith(
        "flash_attention_2 was left out: flash_attention_2 also"
    )
    monkeypatch.setattr(cuda, "check_flash_attention", lambda: None)
    assert cuda.notes(flash.TORCHS_KERNEL) == [
        "flash_attention_2 was computed by torch.ops.aten._flash_attention_forward in place of "
        "the flash-attn package."
    ]


def test_the_table_holds_every_number():
    text = cuda.table(made(), ["A note."])
    rows = [" ".join(line.split()) for line in text.splitlines() if line.startswith("tiny")]
    assert rows[:3] == [
        "tiny float16 2 5 transformers eager 0.1000 1.00 1.00 2000 1.2e-02",
        "tiny float16 2 5 hubert_demo eager 0.0500 1.00 0.50 2000 1.2e-02",
        # No transformers to compare with: no ratio.
        "tiny float16 2 5 hubert_demo flash_attention_2 0.0200 2.50 2000 1.2e-02",
    ]
    assert len(rows) == 12
    assert "from hubert_demo eager in float32" in text
    assert text.endswith("A note.")
    assert cuda.table(made(peak_mb=None), []).splitlines()[1].split()[-2:] == ["1.00", "1.2e-02"]


def test_the_chart_shows_times_and_memory_by_precision():
    figure = cuda_chart(cuda.as_json(made(), ["The kernel."]))
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["tiny, float16, batch of 2", "tiny, bfloat16, batch of 2", "", ""]
    time, memory = figure.axes[0], figure.axes[2]
    assert [bar.get_height() for bar in time.patches] == pytest.approx([100, 50, 20, 1200, 600, 240])
    assert [bar.get_height() for bar in memory.patches] == [2.0] * 6
    assert [label.get_text() for label in time.get_xticklabels()] == ["5 s", "60 s"]
    assert time.get_ylabel() == "median time (ms)"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [" ".join(who) for who in KERNELS]
    assert figure.get_suptitle().endswith(f"torch {torch.__version__}. The kernel.")


def test_without_measured_memory_there_are_times_alone():
    assert len(cuda_chart(cuda.as_json(made(peak_mb=None), ["The kernel."])).axes) == 2


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["benchmark", "--cuda", *map(str, arguments)])
    return main()


def test_without_a_card_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert command(monkeypatch) == 2
    assert capsys.readouterr().err.startswith("error: --cuda measures on a CUDA device, and torch finds none")


def test_the_command_prints_writes_and_draws(monkeypatch, tmp_path, capsys):
    """On the CPU, which it is made to take for a card."""
    monkeypatch.setattr(cuda, "check_cuda", lambda: None)
    on_cpu = cuda.measure
    monkeypatch.setattr(cuda, "measure", lambda *given: on_cpu(*given, device="cpu"))
    files = ["--json", tmp_path / "c.json", "--chart", tmp_path / "c.png"]
    choices = ["--seconds", "0.3", "--batch-sizes", "1", "2", "--rounds", "1", "--implementations", "sdpa"]
    assert command(monkeypatch, *choices, *files) == 0
    record = json.loads((tmp_path / "c.json").read_text())
    assert [(m["dtype"], m["batch"], m["library"]) for m in record["measurements"]] == [
        (dtype, batch, library)
        for dtype in ("float16", "bfloat16")
        for batch in (1, 2)
        for library in ("transformers", "hubert_demo")
    ]
    assert set(record["measurements"][0]) == {
        *("size", "audio_s", "batch", "dtype", "task", "library", "implementation"),
        *("seconds", "peak_mb", "difference"),
    }
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert "\n".join(record["notes"]) in capsys.readouterr().out


@pytest.mark.parametrize("option", [["--tasks", "map"], ["--only", "memory"], ["--tensorflow"]])
def test_options_that_would_be_ignored_are_refused(monkeypatch, capsys, option):
    with pytest.raises(SystemExit, match="2"):
        command(monkeypatch, *option)
    assert option[0] in capsys.readouterr().err


def test_a_case_that_does_not_fit_gets_a_sentence(monkeypatch):
    def full(task):
        raise torch.OutOfMemoryError

    with pytest.raises(
        HubertDemoError, match=r"too small for a batch of 2 × 0.3 s at size tiny\. Give smaller"
    ):
        list(cuda.measure([case()], ["sdpa"], rounds=1, device="cpu", timer=full))


def test_torch_s_kernel_stands_in_for_the_package_in_both_libraries(monkeypatch):
    """With the kernel itself replaced by sdpa, and the machine taken for one that can run it."""
    calls = []

    def kernel(query, key, value, starts, other_starts, longest, other_longest, dropout, causal, debug):
        assert (starts, other_starts, dropout, causal, debug) == (None, None, 0.0, False, False)
        assert longest == other_longest == query.shape[1]
        calls.append(query.shape)
        states = (states.transpose(1, 2) for states in (query, key, value))
        return (scaled_dot_product_attention(*states).transpose(1, 2),)

    monkeypatch.setattr(flash, "_forward", lambda *given: kernel(*given)[0])
    monkeypatch.setattr("hubert_demo.model.flash.find_spec", lambda _: object())
    monkeypatch.setattr("hubert_demo.benchmark.contenders._has_flash", lambda: True)
    for room in ("flash", "attention"):
        monkeypatch.setattr(f"hubert_demo.model.{room}.check_flash_attention", lambda *_: None)
    monkeypatch.delitem(sys.modules, "flash_attn", raising=False)
    monkeypatch.setattr(flash, "find_spec", lambda _: None)
    with flash.flash_kernels() as named:
        assert named == flash.TORCHS_KERNEL
        (results,) = cuda.measure([case()], ["sdpa", "flash_attention_2"], rounds=1, device="cpu")
    assert "flash_attn" not in sys.modules
    differences = {str(result.contender): result.difference for result in results}
    assert list(differences) == [
        *("transformers sdpa", "hubert_demo sdpa"),
        *("transformers flash_attention_2", "hubert_demo flash_attention_2"),
    ]
    # Two layers; each library warms up, is compared, and is timed once.
    assert calls == [(2, 14, 4, 8)] * 2 * 2 * 3
    for library in ("transformers", "hubert_demo"):
        expected = differences[f"{library} sdpa"]
        assert differences[f"{library} flash_attention_2"] == pytest.approx(expected, rel=1e-3)


def test_the_package_itself_is_used_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(flash, "find_spec", lambda _: object())
    monkeypatch.delitem(sys.modules, "flash_attn", raising=False)
    with flash.flash_kernels() as named:
        assert named == flash.PACKAGE
        assert "flash_attn" not in sys.modules
        assert flash.name_in_transformers(None, "flash_attention_2") == "flash_attention_2"
