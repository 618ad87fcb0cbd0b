"""The shell: one JSON object a line and file, exit status 2 when any file failed, no traceback."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hubert_demo import InputError, analyze
from hubert_demo.api import Analysis
from hubert_demo.checkpoints import ASSETS_DIR, DEFAULT_CHECKPOINT, load_checkpoint
from hubert_demo.commands import main
from hubert_demo.commands.analyze import _folders
from hubert_demo.export import EXHIBITS
from hubert_demo.inference import Pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A recording that can be analysed among many that cannot."""
    folder = tmp_path_factory.mktemp("recordings")
    noise = 0.1 * np.random.default_rng(0).normal(size=32_000).astype(np.float32)
    soundfile.write(folder / "good.wav", noise, 16_000)
    soundfile.write(folder / "constant.wav", np.zeros(16_000), 16_000)
    soundfile.write(folder / "short.wav", noise[:160], 16_000)
    soundfile.write(folder / "nan.wav", np.full(16_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    soundfile.write(folder / "long.flac", np.resize(noise, 600 * 8000), 8000)
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("no recording at all")
    return folder


FIELDS = ["file", "transcript", "words", "transcript_greedy", "words_greedy", "keywords", "keyword"]
FIELDS += ["classification", "sources"]
BAD = ["constant.wav", "short.wav", "nan.wav", "long.flac", "empty.wav", "text.wav", "missing.wav", "."]


def test_json_says_what_the_api_says(folder, capsys):
    path = str(folder / "good.wav")
    assert main(["analyze", path, "--json"]) == 0

    output = capsys.readouterr().out
    assert output.count("\n") == 1
    found = json.loads(output)
    analysis = analyze(path)
    assert list(found) == FIELDS
    assert found["file"] == path
    assert found["transcript"] == analysis.transcript.text
    assert found["transcript_greedy"] == analysis.transcript_greedy.text
    for name, transcript in (("words", analysis.transcript), ("words_greedy", analysis.transcript_greedy)):
        assert [word["text"] for word in found[name]] == [word.text for word in transcript.words]
        assert all(set(word) == {"text", "start_s", "end_s", "confidence"} for word in found[name])
    assert found["keywords"] == {
        "heard": [vars(command) for command in analysis.keywords.heard],
        "threshold": analysis.keywords.threshold,
    }
    assert found["keyword"] == {
        "label": analysis.keywords.label,
        "probability": pytest.approx(analysis.keywords.probability),
        "start_s": pytest.approx(analysis.keywords.start_s),
        "end_s": pytest.approx(analysis.keywords.end_s),
        "is_heard": analysis.keywords.is_heard,
        "threshold": analysis.keywords.threshold,
    }


@pytest.mark.parametrize(("threshold", "is_heard"), [(0.5, True), (0.7, False)])
def test_a_keyword_is_told_from_a_guess(folder, threshold, is_heard, capsys, monkeypatch):
    analysis = analyze(folder / "good.wav")
    probabilities = np.zeros(len(analysis.keywords.labels))
    probabilities[:2] = 0.6, 0.4
    analysis.keywords = replace(analysis.keywords, probabilities=probabilities, threshold=threshold)
    monkeypatch.setattr("hubert_demo.audio.readers.Readers.read", lambda *_: None)
    monkeypatch.setattr("hubert_demo.commands.analyze.analyze", lambda *_: analysis)

    main(["analyze", "yes.wav", "--json"])
    found = json.loads(capsys.readouterr().out)["keyword"]
    assert (found["label"], found["is_heard"], found["threshold"]) == ("yes", is_heard, threshold)
    main(["analyze", "yes.wav"])
    assert ("does not count as heard" in capsys.readouterr().out) is not is_heard


def test_every_command_that_was_heard_is_told_in_order(capsys):
    path = str(ASSETS_DIR / "examples" / "commands.wav")
    main(["analyze", path, "--json"])
    heard = json.loads(capsys.readouterr().out)["keywords"]["heard"]
    assert [command["label"] for command in heard] == ["yes", "stop", "right"]
    assert all(set(command) == {"label", "probability", "start_s", "end_s"} for command in heard)
    main(["analyze", path])
    assert re.search(r"commands: yes \(.*\) · stop \(.*\) · right \(", capsys.readouterr().out)


def test_the_greedy_reading_is_told_where_it_is_another(folder, capsys, monkeypatch):
    analysis = analyze(folder / "good.wav")
    analysis.transcript_greedy = replace(analysis.transcript_greedy, text="OTHER")
    monkeypatch.setattr("hubert_demo.audio.readers.Readers.read", lambda *_: None)
    monkeypatch.setattr("hubert_demo.commands.analyze.analyze", lambda *_: analysis)
    main(["analyze", "yes.wav"])
    assert "greedy: OTHER" in capsys.readouterr().out


def test_bad_files_get_their_sentence_and_the_others_are_still_processed(folder, capsys):
    names = [*BAD[:4], "good.wav", *BAD[4:]]
    assert main(["analyze", "--json", *[str(folder / name) for name in names]]) == 2

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(each["file"]) for each in found] == [folder / name for name in names]
    for each, name in zip(found, names, strict=True):
        if name == "good.wav":
            assert "transcript" in each
            continue
        assert set(each) == {"file", "error"}
        with pytest.raises(InputError) as raised:
            analyze(folder / name)
        assert each["error"] == str(raised.value)


def test_each_file_costs_one_pass_of_the_encoder(folder, encoder_passes, capsys):
    good = str(folder / "good.wav")
    with encoder_passes() as passes:
        main(["analyze", good, str(folder / "text.wav"), good])
    assert len(passes) == 2


def test_without_json_there_is_a_text_to_read(folder, capsys):
    assert main(["analyze", str(folder / "good.wav"), str(folder / "text.wav")]) == 2
    output, errors = capsys.readouterr()
    assert output.startswith(f"{folder / 'good.wav'}: ")
    assert "keyword: " in output
    assert "text.wav cannot be read as" in errors


def test_out_writes_what_the_page_s_zip_holds(folder, tmp_path, capsys):
    out = tmp_path / "taken"
    assert main(["analyze", str(folder / "good.wav"), "--out", str(out)]) == 0

    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"settings.json", "reproduce.py", "transcript.txt", "numbers/heads.csv"} <= found
    # Sweeps are of whoever has run one.
    not_here = ("classification", "_sweep", "_before_after")
    figures = [each for each in EXHIBITS.values() if each.draw and not each.name.endswith(not_here)]
    assert {f"figures/{each.name}.{suffix}" for each in figures for suffix in ("png", "svg")} <= found
    assert (out / "transcript.txt").read_text().strip() == analyze(folder / "good.wav").transcript.text


def test_several_files_have_a_folder_each_also_if_they_are_named_alike(folder, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr("hubert_demo.export.write_folder", lambda _, __, path: written.append(path.name))
    good = str(folder / "good.wav")
    assert main(["analyze", good, str(folder / "text.wav"), good, "--out", str(tmp_path)]) == 2
    assert written == ["good.wav", "good.wav-2"]


def test_an_out_that_cannot_be_written_is_an_error_line(folder, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["analyze", str(folder / "good.wav"), "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_silence_says_that_no_speech_was_recognised(folder, capsys, monkeypatch):
    analysis = analyze(folder / "good.wav")
    ctc = analysis.ctc
    ctc.logits[:] = 0
    ctc.logits[:, ctc.blank_id] = 1
    loaded = load_checkpoint(DEFAULT_CHECKPOINT)
    silence = Pass(loaded.spec, analysis.encoding)
    silent = Analysis(silence, silence, silence, lambda _: loaded)
    monkeypatch.setattr("hubert_demo.audio.readers.Readers.read", lambda *_: None)
    monkeypatch.setattr("hubert_demo.commands.analyze.analyze", lambda *_: silent)

    main(["analyze", "quiet.wav"])
    assert "quiet.wav: no speech recognised" in capsys.readouterr().out
    main(["analyze", "quiet.wav", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["transcript"], found["words"], found["words_greedy"]) == ("", [], [])


def test_an_unknown_checkpoint_is_an_error_line(folder, capsys):
    assert main(["analyze", "--json", "--checkpoint", "nobody", str(folder / "good.wav")]) == 2
    assert "nobody" in json.loads(capsys.readouterr().out)["error"]


def test_the_module_exits_with_the_status_and_without_a_traceback(folder):
    command = [sys.executable, "-m", "hubert_demo", "analyze", "--json"]
    done = subprocess.run(
        [*command, folder / "text.wav", folder / "good.wav"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert [set(json.loads(line)) for line in done.stdout.splitlines()] == [
        {"file", "error"},
        set(FIELDS),
    ]
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["analyze"], ["analyse", "x.wav"]])
def test_a_wrong_command_line_explains_itself(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: python -m hubert_demo" in capsys.readouterr().err


def test_no_two_files_share_a_folder():
    files = ["x/a", "y/a", "z/a-2", "a", "b"]
    assert _folders(files, Path("out")) == [Path("out", name) for name in ("a", "a-2", "a-2-2", "a-3", "b")]


def test_a_name_that_is_no_text_does_not_stop_the_others(folder, tmp_path, capsys):
    names = [os.fsencode(tmp_path) + name for name in (b"/caf\xe9.wav", b"/no\xff.wav")]
    shutil.copy(folder / "good.wav", names[0])
    shutil.copy(folder / "text.wav", names[1])
    files = [*map(os.fsdecode, names), str(folder / "good.wav")]

    assert main(["analyze", *files]) == 2
    output, errors = capsys.readouterr()
    assert "caf\\udce9.wav: " in output + errors
    assert "no\\udcff.wav: " in errors
    assert f"{folder / 'good.wav'}: " in output
    assert main(["analyze", "--json", *files]) == 2
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["file"] for each in found] == files
    assert ["transcript" in each for each in found][1:] == [False, True]


def test_a_name_that_is_no_text_does_not_stop_a_terminal_of_ascii(folder, tmp_path, monkeypatch):
    name = os.fsencode(tmp_path) + b"/\xff\xc3\xa9.wav"
    shutil.copy(folder / "text.wav", name)
    written = {}
    for stream in ("stdout", "stderr"):
        written[stream] = BytesIO()
        monkeypatch.setattr(sys, stream, TextIOWrapper(written[stream], "ascii", write_through=True))
    assert main(["analyze", os.fsdecode(name), str(folder / "good.wav")]) == 2
    assert b"\\udcff" in written["stderr"].getvalue()
    assert b"Traceback" not in written["stderr"].getvalue()
    assert b"good.wav: " in written["stdout"].getvalue()
