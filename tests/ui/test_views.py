"""What each view sends to the browser is what the analysis says."""

import base64
import json

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.errors import InputError
from hubert_demo.ui import theme
from hubert_demo.ui.examples import examples, template
from hubert_demo.ui.views import VIEWS, attention, keywords, layers, timeline, transcript
from hubert_demo.ui.views.base import attempt, frame, index, pack, pack_fraction


@pytest.fixture(scope="module")
def analysis(harbour):
    return analyze(harbour)


def unpack(packed):
    array = np.frombuffer(base64.b64decode(packed["data"]), dtype=f"<{packed['dtype']}")
    return array.reshape(packed["shape"])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", ">f4", "float64"])
def test_arrays_survive_packing(dtype):
    array = np.arange(12).reshape(3, 4).astype(dtype)[:, ::2]
    np.testing.assert_array_equal(unpack(json.loads(json.dumps(pack(array)))), array)


def test_fractions_keep_four_digits():
    values = np.linspace(0, 0.3, 1000)
    found = unpack(pack_fraction(values, 0.3)) * (0.3 / 65535)
    np.testing.assert_allclose(found, values, atol=0.3 / 65535)


def test_an_index_must_be_a_whole_number_in_range():
    assert index({"layer": 3}, "layer", 4) == 3
    with pytest.raises(InputError, match="choose 0 to 3"):
        index({"layer": 4}, "layer", 4)


def test_errors_become_sentences():
    def refuse():
        raise InputError("Too short.")

    assert attempt(refuse) == {"ok": False, "error": "Too short."}
    assert attempt(lambda: {"x": 1}) == {"ok": True, "x": 1}


def test_every_payload_is_json(analysis):
    for payload in [timeline.payload, *(view.payload for view in VIEWS)]:
        json.dumps(payload(analysis), allow_nan=False)


def test_the_timeline_holds_the_sound_and_its_length(analysis):
    sent = timeline.payload(analysis)
    waveform = analysis.encoding.waveform
    np.testing.assert_allclose(unpack(sent["samples"]) / 32767, waveform.samples, atol=1 / 32767)
    assert sent["duration_s"] == waveform.duration_s
    assert sent["num_frames"] == analysis.encoding.num_frames
    bands, columns = sent["spectrogram"]["shape"]
    assert bands == len(sent["frequencies_hz"])
    assert columns * sent["column_s"] == pytest.approx(waveform.duration_s, abs=0.02)
    assert unpack(sent["spectrogram"]).max() == 255


def test_a_long_spectrogram_is_narrowed_to_what_a_screen_shows(analysis, monkeypatch):
    monkeypatch.setattr(timeline, "MAX_COLUMNS", 100)
    sent = timeline.payload(analysis)
    columns = sent["spectrogram"]["shape"][1]
    assert columns <= 100
    assert columns * sent["column_s"] == pytest.approx(sent["duration_s"], abs=sent["column_s"])


def test_the_transcript_is_that_of_the_analysis_in_small_letters(analysis):
    words = transcript.payload(analysis)["words"]
    assert [word["text"].upper() for word in words] == [word.text for word in analysis.transcript.words]
    assert [word["start_s"] for word in words] == [word.start_s for word in analysis.transcript.words]


def test_keywords_are_those_of_the_analysis(analysis):
    sent = keywords.payload(analysis)
    assert sent["probabilities"] == analysis.keywords.probabilities.tolist()
    assert sent["labels"][-2:] == ["unknown", "silence"]
    assert sent["window_probabilities"]["shape"] == [len(sent["window_times_s"]), 12]


def test_a_checkpoint_without_keyword_head_shows_no_keywords():
    class Headless:
        keywords = None

    assert keywords.payload(Headless()) == {"labels": []}


def test_every_frame_has_its_character(analysis):
    sent = layers.payload(analysis)
    assert len(sent["tokens"]) == analysis.encoding.num_frames
    spelled = "".join(word.text for word in analysis.transcript.words).lower()
    assert set(spelled) <= set(sent["tokens"])


def test_the_quick_map_is_pca_of_all_layers(analysis):
    sent = layers.soon(analysis)["map"]
    assert sent["method"] == "pca"
    np.testing.assert_array_equal(unpack(sent["points"])[2], analysis.projection(2, "pca"))
    assert len(sent["trustworthiness"]) == analysis.encoding.num_layers + 1


def test_the_late_map_is_umap_of_all_layers(analysis):
    sent = layers.late(analysis)["map"]
    assert sent["method"] == "umap"
    np.testing.assert_array_equal(unpack(sent["points"])[1], analysis.projection(1))


def test_a_head_map_is_the_attention_of_that_head(analysis):
    sent = attention.head_map(analysis, {"layer": 1, "head": 2})
    expected = analysis.attention(1, 2)
    assert sent["frames_per_bin"] == 1
    assert sent["max"] == pytest.approx(expected.max())
    found = unpack(sent["map"]) * (sent["max"] / 65535)
    np.testing.assert_allclose(found, expected, atol=sent["max"] / 65535)


def test_entropy_lies_between_certain_and_even(analysis):
    sent = attention.head_map(analysis, {"layer": 0, "head": 0})
    assert 0 <= sent["entropy_nats"] <= np.log(analysis.encoding.num_frames) + 1e-4


def test_thumbnails_show_all_heads_at_full_contrast(analysis):
    sent = attention.heads(analysis, {"layer": 0})
    small = unpack(sent["maps"])
    assert len(small) == analysis.encoding.num_heads
    assert small.shape[1] == small.shape[2] <= attention.THUMBNAIL_BINS
    assert (small.max(axis=(1, 2)) == 255).all()
    assert small.shape[1] * sent["frames_per_bin"] >= analysis.encoding.num_frames


def test_every_view_has_its_half_in_the_browser():
    scripts = theme.head()
    for view in VIEWS:
        assert f'hx.view("{view.name}"' in scripts
        assert f"hx-view-{view.name}" in frame(view)


def test_nothing_is_fetched_from_elsewhere():
    page = theme.head() + theme.css()
    addresses = {word for word in page.split('"') if word.startswith(("http:", "https:", "//"))}
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "@import" not in page
    assert "url(" not in page


def test_examples_are_there_with_title_and_length():
    rows = examples()
    assert 5 <= len(rows) <= 8
    assert all(row.path.exists() and 0.3 < row.duration_s < 15 for row in rows)
    assert template(rows).count("<button") == len(rows)
