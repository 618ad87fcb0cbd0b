"""The page's examples: read as they were said, or labelled as hard."""

import sys

import pytest

from hubert_demo.checkpoints import ASSETS_DIR, DEFAULT_CHECKPOINT
from hubert_demo.training import __main__ as training
from hubert_demo.training.evaluation.examples import ReadExample, complaints, read_examples


def example(file, read="YES", is_hard=False):
    return ReadExample(file, "YES", read, is_hard)


def test_the_embedded_checkpoint_reads_the_page_s_examples():
    found = read_examples(ASSETS_DIR / "examples", DEFAULT_CHECKPOINT)
    assert len(found) == 7
    assert complaints(found) == []


def test_all_is_well_where_at_most_two_are_hard_and_say_so():
    assert (
        complaints([example("a"), example("b", "YET", True), example("c", "YET", True), example("d")]) == []
    )


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        ([example("a"), example("b", "YET")], ["b is not transcribed exactly, but is not labelled as hard."]),
        ([example("a"), example("b", is_hard=True)], ["b is transcribed exactly, but is labelled as hard."]),
        (
            [example("a", "YET", True)],
            ["a comes first, but is not transcribed exactly. Put another one first."],
        ),
        (
            [example("a"), *[example(name, "", True) for name in "bcd"]],
            ["3 are not transcribed exactly; at most 2 may be. Replace some."],
        ),
    ],
)
def test_what_has_to_change_is_said(examples, expected):
    assert complaints(examples) == expected


def test_case_and_punctuation_do_not_count_and_the_command_fails_where_something_has_to_change(
    tmp_path, examples, monkeypatch, capsys
):
    [stop] = [path for path in examples if path.name == "stop.wav"]
    (tmp_path / "stop.wav").write_bytes(stop.read_bytes())
    monkeypatch.setattr(sys, "argv", ["training", "examples", "--folder", str(tmp_path)])
    (tmp_path / "manifest.tsv").write_text("file\ttext\thard\nstop.wav\t“Stop!”\t\n")
    assert training.main() == 0
    assert capsys.readouterr().out == "stop.wav: transcribed exactly\n"
    (tmp_path / "manifest.tsv").write_text("file\ttext\thard\nstop.wav\tGo.\t\n")
    assert training.main() == 2
    assert "stop.wav: read as 'STOP'" in capsys.readouterr().out
