"""A changed analysis knows what was changed and what it was before, and all that it writes says so."""

import io
import json
import runpy
import shutil

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.changes import FramesMasked, HeadOff, StretchSilenced, from_dict, text_of
from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices, file_content, write_folder
from hubert_demo.export.changes import restore_patches
from hubert_demo.export.texts import TEXTS
from hubert_demo.ui.results import Results

PCA = Choices(method="pca")


@pytest.fixture(scope="module")
def analysis(root):
    return analyze(root / "assets" / "examples" / "stop.wav", device="cpu")


@pytest.fixture(scope="module")
def borrower(root, write_checkpoint, tmp_path_factory):
    """The analysis by a bare encoder, to which the embedded checkpoint lends its heads."""
    directory = write_checkpoint(tmp_path_factory.mktemp("bare"), "encoder")
    return analyze(root / "assets" / "examples" / "stop.wav", checkpoint=directory, device="cpu")


@pytest.fixture(scope="module")
def changed(analysis):
    return analysis.change(HeadOff(layer=3, head=1), StretchSilenced(0.2, 0.3))


def test_it_knows_what_was_changed_and_what_it_was_before(analysis, changed):
    assert changed.changes == (StretchSilenced(0.2, 0.3), HeadOff(3, 1))
    assert changed.before is analysis
    assert (analysis.changes, analysis.before) == ((), None)
    assert "changed by stretch_silenced:0.2-0.3,head_off:3.1:" in repr(changed)
    assert "changed" not in repr(analysis)
    assert changed.encoding.num_frames == analysis.encoding.num_frames


def test_changes_add_up_and_before_stays_the_unchanged_one(analysis):
    one = analysis.change("layer_skipped:5")
    both = one.change(HeadOff(3, 1))
    assert both.changes == analysis.change(HeadOff(3, 1), "layer_skipped:5").changes
    assert both.before is one.before is analysis
    at_once = analysis.change("layer_skipped:5,head_off:3.1")
    np.testing.assert_array_equal(both.encoding.hidden_states, at_once.encoding.hidden_states)
    np.testing.assert_array_equal(both.ctc.logits, at_once.ctc.logits)


def test_nothing_new_is_the_same_analysis(analysis, changed):
    assert analysis.change() is analysis
    assert changed.change() is changed
    assert changed.change("head_off:3.1") is changed


def test_a_refusal_leaves_the_analysis_as_it_was(analysis):
    with pytest.raises(InputError, match="Layer 8 does not exist"):
        analysis.change(HeadOff(8, 0))
    assert analysis.changes == ()


def test_masking_the_word_takes_it_from_the_transcript(analysis):
    (word,) = analysis.transcript_greedy.words
    masked = analysis.change(FramesMasked(max(0, word.start_s - 0.1), word.end_s))
    assert masked.transcript_greedy.text != analysis.transcript_greedy.text


def test_attention_that_was_cut_is_cut_in_the_map(analysis):
    cut = analysis.change("attention_cut:0-0.2:0.3-0.5")
    frames = (analysis.encoding.grid.frames_between(*stretch, 999) for stretch in ((0, 0.2), (0.3, 0.5)))
    queries, keys = frames
    for layer in (0, 7):
        maps = cut.attention_maps(layer)
        assert not maps[:, queries, keys].any()
        assert maps[:, :, keys].any()
        np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
        part = cut.attention_maps(layer, [1], slice(3, 20))
        np.testing.assert_allclose(part[0], maps[1, 3:20], atol=1e-6)


def test_a_companion_hears_what_was_changed_in_the_sound_alone(borrower):
    changed = borrower.change(HeadOff(1, 1))
    np.testing.assert_array_equal(changed.ctc.logits, borrower.ctc.logits)
    assert changed.ctc_encoding is borrower.ctc_encoding
    assert changed.source_changes["layers"] == (HeadOff(1, 1),)
    assert changed.source_changes["transcript"] == ()
    assert not EXHIBITS["words"].changes(changed)
    assert EXHIBITS["layers"].changes(changed) == (HeadOff(1, 1),)

    silenced = changed.change(StretchSilenced(0.2, 0.3))
    assert silenced.source_changes["transcript"] == (StretchSilenced(0.2, 0.3),)
    assert np.abs(silenced.ctc.logits - borrower.ctc.logits).max() > 0.01


def test_states_of_another_analysis_can_be_patched_in(analysis, root):
    other = analyze(root / "assets" / "examples" / "commands.wav", device="cpu").change("head_off:3.1")
    patch = other.patch(5, 0.4, 0.8, at_s=0.1, example="commands.wav")
    assert patch.source.changes == other.changes
    assert patch.fits_link
    assert text_of([patch]) == ("states_patched:5:0.1-0.5:0.4:hubert-explorer:commands.wav:head_off%3A3.1")
    changed = analysis.change(patch)
    there = analysis.encoding.grid.frames_between(0.1, 0.5, 999)
    source = other.encoding.grid.frames_between(0.4, 0.8, 999)
    np.testing.assert_array_equal(
        changed.encoding.hidden_states[5, there], other.encoding.hidden_states[5, source]
    )
    with pytest.raises(InputError, match="Layer 9 does not exist"):
        other.patch(9, 0.4, 0.8)


def test_every_file_says_what_was_changed(changed, tmp_path):
    text = text_of(changed.changes)
    words = "layer 4, head 2 off"
    for exhibit in map(EXHIBITS.__getitem__, ("timeline", "words", "keywords", "layer_maps", "attention")):
        if exhibit.table_formats:
            content = file_content(changed, exhibit.name, "npz", PCA)
            told = text if exhibit.parts else "stretch_silenced:0.2-0.3"
            assert set(np.load(io.BytesIO(content))["changes"].ravel().tolist()) <= {told}, exhibit.name
        if exhibit.figure_formats:
            drawn = file_content(changed, exhibit.name, "svg", PCA).decode()
            assert drawn.count("0.2–0.3 s silenced") == 1, exhibit.name
            assert (words in drawn) == bool(exhibit.parts), exhibit.name
    assert json.loads(TEXTS["json"].make(changed))["changes"] == text
    assert TEXTS["csv"].make(changed).splitlines()[0].endswith(",checkpoint,changes")
    assert f"changed by {text}" in TEXTS["vtt"].make(changed)


def test_without_changes_no_file_speaks_of_them(analysis):
    assert b"changes" not in file_content(analysis, "layers", "csv", PCA)
    assert "changes" not in json.loads(TEXTS["json"].make(analysis))
    assert "Changed" not in file_content(analysis, "layers", "svg", PCA).decode()


def test_the_bundle_of_a_changed_analysis_makes_it_again(analysis, changed, tmp_path, capsys):
    patched = changed.change(analysis.patch(5, 0.1, 0.2, at_s=0.4))
    write_folder(patched, PCA, tmp_path, {})
    settings = json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))
    told = [from_dict(each) for each in settings["changes"]]
    assert text_of(told) == text_of(patched.changes)
    assert settings["notes"] == ["silenced from 0.2 to 0.3 s"]
    assert restore_patches(tmp_path / "numbers/patched_states.npz") == (patched.changes[-1],)

    script = (tmp_path / "reproduce.py").read_text(encoding="utf-8")
    (tmp_path / "short.py").write_text(script.split("# Python counts from 0")[0], encoding="utf-8")
    again = runpy.run_path(str(tmp_path / "short.py"))["analysis"]
    assert again.changes == patched.changes
    np.testing.assert_array_equal(again.encoding.hidden_states, patched.encoding.hidden_states)
    np.testing.assert_array_equal(again.before.ctc.logits, analysis.ctc.logits)

    shutil.copy(tmp_path / "recording.wav", tmp_path / "no_patches.npz")
    with pytest.raises(InputError, match="holds no patched states"):
        restore_patches(tmp_path / "no_patches.npz")


def test_a_changed_result_is_never_taken_for_the_unchanged_one(analysis):
    results = Results()
    first = results.keep(analysis, 1.0)
    results.keep(analysis.change("head_off:3.1"), 1.0)
    assert results.find(analysis.checkpoint, analysis.encoding.waveform) is first


def test_a_changed_result_takes_the_memory_of_both(analysis, changed):
    one, both = (Results().keep(each, 1.0).num_bytes for each in (analysis, changed))
    assert both - one == pytest.approx(2 * changed.encoding.hidden_states.nbytes)
