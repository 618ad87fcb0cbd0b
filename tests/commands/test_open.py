"""The commands that open the model: `change` and `sweep`."""

import json

import pytest

from hubert_demo.commands import main


@pytest.fixture(scope="module")
def stop(root):
    return str(root / "assets" / "examples" / "stop.wav")


def test_before_and_after_are_printed(stop, capsys):
    assert main(["change", stop, "stretch_silenced:0.1-0.8", "head_off:3.1"]) == 0
    changed, *lines = capsys.readouterr().out.splitlines()
    assert changed == "changed: 0.1–0.8 s silenced · layer 4, head 2 off"
    assert "before: STOP" in lines
    assert "after: no speech recognised" in lines


def test_before_and_after_come_as_json(stop, capsys):
    assert main(["change", stop, "stretch_silenced:0.1-0.8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["changes"] == [{"change": "stretch_silenced", "start_s": 0.1, "end_s": 0.8}]
    assert told["after"]["changes"] == "stretch_silenced:0.1-0.8"
    assert "changes" not in told["before"]
    assert (told["before"]["transcript_greedy"], told["after"]["transcript_greedy"]) == ("STOP", "")


def test_a_folder_that_cannot_be_written_gets_a_sentence(stop, capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert main(["change", stop, "head_off:3.1", "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["change", "STOP", "head_off:3.9"], "Head 9 does not exist; choose 0 to 5."),
        (["change", "STOP", "louder"], "There is no change 'louder'; choose one of"),
        (["change", "no such file.wav", "head_off:3.1"], "no such file.wav"),
        (["sweep", "STOP", "--keyword", "banana"], "does not know the keyword 'banana'"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence_and_status_2(stop, capsys, arguments, words):
    arguments = [stop if each == "STOP" else each for each in arguments]
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert not captured.out
    assert main([*arguments, "--json"]) == 2
    assert words in json.loads(capsys.readouterr().out)["error"]


def test_fewer_than_no_draws_are_refused(stop, capsys):
    assert main(["sweep", stop, "--draws", "-1"]) == 2
    assert "-1 random subspaces cannot be drawn" in capsys.readouterr().err


def test_heads_are_a_table_of_layers_and_heads(stop, capsys):
    assert main(["sweep", stop, "--draws", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    titles = ["rise of the CTC loss, nats; * by chance 1 in 2"]
    titles += ["change of the probability of “stop”, percentage points"]
    for title, heads, *layers in (lines[:10], lines[10:]):
        assert title == titles.pop(0)
        assert heads.split()[:3] == ["layer", "head", "1"]
        assert [len(line.split()) for line in layers] == [7] * 8
    assert "*" not in "".join(lines[10:])


def test_words_and_layers_are_tables_and_say_what_is_compared(stop, capsys):
    assert main(["sweep", stop, "--of", "words", "--keyword", "go"]) == 0
    title, word, of_keyword, change = capsys.readouterr().out.splitlines()
    assert (
        title == "rise of the CTC loss with the word silenced, nats; too few other stretches to compare with"
    )
    assert of_keyword == "change of the probability of “go”, percentage points"
    assert [word.split()[1], change.split()[1]] == ["STOP", "STOP"]
    assert main(["sweep", stop, "--of", "layers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:10]] == ["layer", *map(str, range(1, 9))]
    assert [len(line.split()) for line in lines[2:10]] == [3] * 8
    assert len(lines) == 20


def test_layers_and_words_come_as_json_too(stop, capsys):
    assert main(["sweep", stop, "--of", "layers", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)
    assert len(layers["layer_skipped"]["loss_rise"]) == len(layers["feed_forward_off"]["loss_rise"]) == 8
    assert main(["sweep", stop, "--of", "words", "--json"]) == 0
    words = json.loads(capsys.readouterr().out)
    assert [word for word, *_ in words["words"]] == ["STOP"]
    assert words["is_marked"] == [False]
    assert words["removed"] == words["loss_rise"]


def test_every_layer_is_read(stop, capsys):
    assert main(["lens", stop, "--reference", "stop", "--read-out", "head"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "hubert-explorer, read-out: head. Character errors are counted against the text"
    )
    assert lines[10].split()[0] == "8"
    assert lines[10].endswith("  STOP")
    assert any(line.startswith("right on the way and wrong at the top: none (0;") for line in lines)
    assert main(["lens", stop, "--change", "stretch_silenced:0.1-0.8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["read_outs"]["head"]["texts"][-1] == ""
    assert told["read_outs"]["head"]["cer"] == [None] * 9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--read-out", "other"], "no read-out 'other'"),
        (["--checkpoint", "hubert-explorer-pretrained"], "has no CTC head"),
    ],
)
def test_layers_that_cannot_be_read_get_a_sentence(stop, capsys, arguments, words):
    assert main(["lens", stop, *arguments]) == 2
    assert words in capsys.readouterr().err
    assert main(["lens", stop, *arguments, "--json"]) == 2
    assert words in json.loads(capsys.readouterr().out)["error"]


def test_layers_that_cannot_be_heard_get_a_sentence(stop, capsys, tmp_path):
    out = ["--out", str(tmp_path)]
    assert main(["resynthesise", stop, "--checkpoint", "hubert-explorer-pretrained", *out]) == 2
    assert "turn its layers back into sound" in capsys.readouterr().err
