"""The layers on the page: what is sent is what the analysis says, and what cannot be had is a sentence."""

import base64
import json

import numpy as np
import pytest

from hubert_demo.analysis.transcript.collapse import merge_repeats
from hubert_demo.api import analyze
from hubert_demo.errors import InputError
from hubert_demo.experiments.lens import LensLetter
from hubert_demo.ui.views.base import NOT_UNDERSTOOD
from hubert_demo.ui.views.lens import _by_word, _word, layer_sound, lens, lens_layer

SAID = "the old harbour was quiet and the boats lay still upon the water"


@pytest.fixture(scope="module")
def analysis(harbour):
    return analyze(harbour)


@pytest.fixture(scope="module")
def untaught(harbour, write_checkpoint, tmp_path_factory):
    """By random weights, with a CTC head and nothing that was taught."""
    return analyze(harbour, checkpoint=write_checkpoint(tmp_path_factory.mktemp("random"), seed=3))


def unpack(packed):
    array = np.frombuffer(base64.b64decode(packed["data"]), dtype=f"<{packed['dtype']}")
    return array.reshape(packed["shape"])


def test_the_lens_says_what_the_analysis_does(analysis):
    sent, found = lens(analysis, {}), analysis.lens()
    json.dumps(sent, allow_nan=False)
    assert [read["name"] for read in sent["read_outs"]] == ["head", "affine", "linear"] == [*found.read_outs]
    assert sent["best"] == "linear"
    assert (sent["note"], sent["is_reference"], sent["warning"]) == (found.note, False, None)
    linear = sent["read_outs"][-1]
    assert [" ".join(word["text"] for word in text) for text in linear["texts"]] == [
        text.lower() for text in found.best.texts
    ]
    np.testing.assert_allclose(linear["cer"], found.best.cer, atol=5e-5)
    assert not any(word["differs"] for word in linear["texts"][-1])
    letters = [letter for word in linear["words"] for letter in word["letters"]]
    assert [each["decided"] for each in letters] == [
        each.decided_layer for each in found.best.letters.letters
    ]
    words = ["".join(letter["text"] for letter in word["letters"]) for word in linear["words"]]
    assert words == found.compared_with.lower().split()
    assert all(0 <= word["start_s"] < word["end_s"] <= 4.3 for word in linear["words"])


def test_with_a_text_its_letters_are_sent_and_the_lost_ones_name_their_layers(analysis):
    sent, found = lens(analysis, {"reference": SAID}), analysis.lens(SAID)
    linear = sent["read_outs"][-1]
    assert sent["is_reference"]
    letters = [letter for word in linear["words"] for letter in word["letters"]]
    lost = [letter for letter in letters if letter["lost"]]
    assert len(lost) == linear["num_lost"] == found.best.said.num_lost > 0
    assert all(letter["decided"] is None and max(letter["lost"]) < 8 for letter in lost)


def test_the_letters_of_a_layer_over_time_are_those_of_the_lens(analysis):
    found = analysis.lens()
    sent = lens_layer(analysis, {"layer": 4, "read_out": "affine"})
    probabilities = found.emissions(4, "affine").probabilities
    np.testing.assert_allclose(unpack(sent["emissions"]) / 255, probabilities.T, atol=0.51 / 255)
    runs = merge_repeats(found.read_outs["affine"].logits[4].argmax(axis=1).tolist())
    assert len(unpack(sent["runs"])) == len(runs)
    assert sent["runs_before"] is None
    assert sent["num_frames"] == analysis.encoding.num_frames


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"layer": 9, "read_out": "head"}, "choose 0 to 8"),
        ({"layer": 1, "read_out": "nonsense"}, "choose one of head, affine, linear"),
        ({"layer": 1, "read_out": ["head"]}, NOT_UNDERSTOOD),
        ({"layer": 1}, NOT_UNDERSTOOD),
        ({"layer": 1, "read_out": "head", "reference": "x" * 10_000}, "give at most"),
    ],
)
def test_what_no_layer_can_answer_is_refused(analysis, request_, said):
    with pytest.raises(InputError, match=said):
        lens_layer(analysis, request_)


def test_the_sound_of_a_layer_is_as_long_and_as_loud_as_the_recording(analysis):
    sent, recording = layer_sound(analysis, {"layer": 5}), analysis.encoding.waveform
    samples = unpack(sent["samples"]) / 32767
    np.testing.assert_allclose(samples, analysis.resynthesise(5).samples, atol=1 / 32767)
    assert len(samples) == len(recording.samples)
    assert sent["duration_s"] == recording.duration_s
    assert sent["level_db"] == pytest.approx(sent["recording_level_db"], abs=0.1)
    assert sent["level_db"] == pytest.approx(20 * np.log10(samples.std()), abs=0.05)
    assert unpack(sent["spectrogram"]).shape[0] == len(sent["frequencies_hz"])
    kept = sent["kept"]
    assert kept["share"] == analysis.sound_scores.share
    assert {len(kept[name]) for name in ("share", "pitch", "speaker")} == {9}
    with pytest.raises(InputError, match="choose 0 to 8"):
        layer_sound(analysis, {"layer": 9})


def test_random_weights_are_said_to_be_at_chance(untaught):
    sent = lens(untaught, {"reference": SAID})
    assert "The lens cannot be told from chance here: for every layer, some random" in sent["warning"]
    assert not any(any(read["is_above_chance"]) for read in sent["read_outs"])
    assert [read["name"] for read in sent["read_outs"]] == ["head", "affine"]
    assert "fitted on this recording alone" in sent["note"]
    assert "python -m hubert_demo.training lens" in sent["note"]


def test_without_decoders_or_a_ctc_head_the_sentence_names_the_command(
    untaught, harbour, write_checkpoint, tmp_path
):
    with pytest.raises(InputError, match=r"hubert_demo\.training resynthesise --checkpoint FOLDER"):
        layer_sound(untaught, {"layer": 1})
    headless = analyze(harbour, checkpoint=write_checkpoint(tmp_path / "encoder", "encoder"))
    with pytest.raises(InputError, match=r"has no CTC head.*hubert_demo\.training ctc"):
        lens(headless, {})


def test_letters_go_by_the_words_of_their_text_unless_they_are_others():
    letters = tuple(LensLetter(text, i / 10, (i + 1) / 10, (False, True)) for i, text in enumerate("ABCD"))
    assert [len(word) for word in _by_word(letters, "A BCD")] == [1, 3]
    assert [len(word) for word in _by_word(letters, "A BCE")] == [1, 1, 1, 1]
    assert _by_word((), "") == []
    word = _word(_by_word(letters, "A BCD")[1], str.lower)
    assert (word["start_s"], word["end_s"]) == (0.1, 0.4)
    assert [letter["text"] for letter in word["letters"]] == ["b", "c", "d"]
