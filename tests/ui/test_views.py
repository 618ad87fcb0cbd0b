"""What each view sends to the browser is what the analysis says."""

import base64
import errno
import json
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.attention.heads import near_shares
from hubert_demo.analysis.layers.projection import ProjectionSettings
from hubert_demo.analysis.transcript.beam import BeamSettings
from hubert_demo.analysis.transcript.confidence import FITTED_LAID
from hubert_demo.api import analyze
from hubert_demo.errors import InputError
from hubert_demo.export.texts import TEXTS
from hubert_demo.ui.examples import examples, template
from hubert_demo.ui.views import VIEWS, attention, keywords, layers, timeline, transcript
from hubert_demo.ui.views.base import (
    APOLOGY,
    NO_MEMORY,
    NO_ROOM,
    attempt,
    frame,
    index,
    pack,
    pack_fraction,
)


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), NO_MEMORY),
        (OSError(errno.ENOSPC, "No space left on device", "/secret/place"), NO_ROOM),
        (OSError(errno.EROFS, "Read-only file system"), NO_ROOM),
        (PermissionError(errno.EACCES, "Permission denied"), NO_ROOM),
        (ZeroDivisionError(), APOLOGY),
        (FileNotFoundError(errno.ENOENT, "No such file"), APOLOGY),
    ],
    ids=str,
)
def test_faults_of_the_machine_become_sentences_and_bugs_apologies(error, said, caplog):
    def fail():
        raise error

    assert attempt(fail) == {"ok": False, "error": said}
    assert ("Traceback" in caplog.text) == (said == APOLOGY)


def test_every_part_is_json(analysis):
    for part in [timeline.PART, *(part for view in VIEWS for part in view.parts)]:
        json.dumps(part.compute(analysis), allow_nan=False)


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


def test_the_page_is_told_where_frames_lie(analysis):
    sent, encoding = timeline.payload(analysis), analysis.encoding
    assert (sent["hop_s"], sent["num_frames"]) == (encoding.grid.hop_s, encoding.num_frames)
    assert sent["first_frame_s"] == encoding.frame_times_s[0]


def test_frames_of_the_transcript_are_those_of_the_checkpoint_that_wrote_it(
    analysis, harbour, write_checkpoint, tmp_path
):
    fine = write_checkpoint(tmp_path / "fine", "encoder", conv_stride=(5, 2, 2, 2, 2, 2, 1))
    borrowing = analyze(harbour, checkpoint=fine)
    of_states, of_letters = timeline.payload(borrowing), transcript.payload(borrowing)
    assert (of_states["hop_s"], of_letters["hop_s"]) == (0.01, 0.02)
    assert of_states["num_frames"] == len(layers.payload(borrowing)["tokens"])
    for name in ("hop_s", "first_frame_s", "num_frames"):
        assert of_letters[name] == transcript.payload(analysis)[name]


def test_a_long_spectrogram_is_narrowed_to_what_a_screen_shows(analysis, monkeypatch):
    monkeypatch.setattr(timeline, "MAX_COLUMNS", 100)
    sent = timeline.payload(analysis)
    columns = sent["spectrogram"]["shape"][1]
    assert columns <= 100
    assert columns * sent["column_s"] == pytest.approx(sent["duration_s"], abs=sent["column_s"])


def test_the_timeline_comes_with_the_greedy_words_in_small_letters_and_without_a_search(harbour):
    analysis = analyze(harbour)
    analysis.beam_search = lambda *_: pytest.fail("this has to be quick")
    words, greedy = timeline.payload(analysis)["words"], analysis.transcript_greedy.words
    assert [word["text"].upper() for word in words] == [word.text for word in greedy]
    assert [word["start_s"] for word in words] == [word.start_s for word in greedy]
    assert transcript.payload(analysis)["language_model"] is True


def test_the_best_reading_comes_with_the_greedy_one_and_what_differs(root):
    analysis = analyze(root / "tests" / "audio" / "cases" / "pause20.flac")
    sent, best = transcript.reading(analysis), analysis.transcript
    assert [word["text"].upper() for word in sent["words"]] == [word.text for word in best.words]
    assert [word["confidence"] for word in sent["words"]] == [word.confidence for word in best.words]
    greedy = [word["text"].upper() for word in sent["greedy"]]
    assert greedy == analysis.transcript_greedy.text.split() != best.text.split()
    same = [
        [word["text"] for word in words if not word["differs"]] for words in (sent["words"], sent["greedy"])
    ]
    assert same[0] == same[1]
    assert len(same[0]) < len(greedy)


def test_without_a_language_model_no_word_differs(harbour, write_checkpoint, tmp_path):
    sent = transcript.reading(analyze(harbour, checkpoint=write_checkpoint(tmp_path / "reader")))
    assert sent["words"]
    assert not any(word["differs"] for word in (*sent["words"], *sent["greedy"]))


def test_the_map_of_letters_and_the_path_are_those_of_the_analysis(analysis):
    sent = transcript.payload(analysis)
    expected = analysis.emissions()
    np.testing.assert_allclose(unpack(sent["emissions"]).T / 255, expected.probabilities, atol=0.5 / 255)
    texts = [symbol["text"] for symbol in sent["symbols"]]
    assert texts[: len(expected.labels)] == [label.lower() for label in expected.labels]
    runs = unpack(sent["runs"])
    np.testing.assert_array_equal(runs[1:, 1], runs[:-1, 2])
    assert runs[-1, 2] == analysis.ctc_encoding.num_frames
    written = [sent["symbols"][symbol] for symbol in runs[:, 0]]
    letters = "".join(each["text"] for each in written if each["writes"] and not each["space"])
    assert letters.upper() == analysis.transcript_greedy.text.replace(" ", "")


def test_a_path_through_a_token_without_row_is_told(analysis, monkeypatch):
    token_ids = analysis.transcript_greedy.frame_token_ids.copy()
    token_ids[10:20] = analysis.ctc.vocabulary.index("<unk>")
    greedy = replace(analysis.transcript_greedy, frame_token_ids=token_ids)
    monkeypatch.setattr(analysis, "transcript_greedy", greedy)
    sent = transcript.payload(analysis)
    symbol = sent["symbols"][-1]
    assert symbol == {"text": "<unk>", "writes": False, "space": False}
    assert [len(sent["symbols"]) - 1, 10, 20] in unpack(sent["runs"]).tolist()


def test_readings_are_those_of_the_beam_search_with_what_differs(analysis):
    sent = transcript.readings(analysis, {"hotwords": "boats, still"})
    expected = analysis.beam_search(transcript.NUM_BEST, ["boats", "still"])
    assert [reading["score"] for reading in sent["readings"]] == [one.score for one in expected]
    words = sent["readings"][0]["words"]
    assert " ".join(word["text"] for word in words).upper() == expected[0].text
    heard = analysis.transcript_greedy.text.split()
    assert all(word["text"].upper() in heard for word in words if not word["differs"])
    best = expected[0].text.split()
    for reading in sent["readings"][1:]:
        same = [word["text"].upper() for word in reading["words"] if not word["differs"]]
        assert set(same) <= set(best)
        assert len(same) > len(best) / 2
    assert (
        f"{BeamSettings.for_head(analysis.ctc).lm_weight:g} × language-model log-probability" in sent["score"]
    )
    assert "listen for" in sent["score"]
    assert "listen for" not in transcript.readings(analysis, {})["score"]


def test_an_aligned_text_is_that_of_the_analysis_in_small_letters(analysis):
    sent = transcript.align(analysis, {"reference": "The old harbour, 3"})
    expected = analysis.align("The old harbour, 3")
    assert (sent["wer"], sent["cer"]) == (expected.wer, expected.cer)
    assert [word["kind"] for word in sent["words"]] == [word.outcome for word in expected.words]
    assert sent["compared"] == "the old harbour"
    assert sent["left_out"] == [",", "3"]
    assert sum(sent["counts"].values()) == len(sent["words"])
    json.dumps(sent)


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_files_of_the_transcript_or_of_a_reference(analysis, name):
    sent = transcript.text(analysis, {"format": name})
    assert sent["name"] == f"transcript.{name}"
    assert sent["text"] == TEXTS[name].make(analysis)
    aligned = transcript.text(analysis, {"format": name, "reference": "The old harbour"})
    assert aligned["name"] == f"aligned.{name}"
    assert "harbour" in aligned["text"]
    assert "harbour" not in sent["text"]


@pytest.mark.parametrize(
    ("answer", "request_", "sentence"),
    [
        ("text", {}, "choose one of txt, srt"),
        ("text", {"format": ["txt"]}, "choose one of txt, srt"),
        ("text", {"format": "../txt"}, "choose one of txt, srt"),
        ("text", {"format": "txt", "reference": 3}, "does not understand"),
        ("align", {}, "is empty"),
        ("align", {"reference": None}, "does not understand"),
        ("align", {"reference": "a" * 2001}, "give at most 2000"),
        ("align", {"reference": "a" * 2000}, "Give the text that was spoken"),
        ("readings", {"hotwords": {}}, "does not understand"),
        ("readings", {"hotwords": "a " * 51}, "at most 50"),
        ("readings", {"hotwords": "a" * 5000}, "give at most 1600"),
    ],
)
def test_strange_requests_about_the_transcript_are_refused(analysis, answer, request_, sentence):
    with pytest.raises(InputError, match=sentence):
        getattr(transcript, answer)(analysis, request_)


def test_keywords_are_those_of_the_analysis(analysis):
    sent = keywords.payload(analysis)["scores"]
    assert sent["probabilities"] == analysis.keywords.probabilities.tolist()
    assert sent["labels"][-2:] == ["unknown", "silence"]
    assert sent["is_command"] == [True] * 10 + [False] * 2
    assert sent["window_probabilities"]["shape"] == [len(sent["window_times_s"]), 12]


def test_whether_a_command_was_heard_and_the_layers_weights_are_told(analysis):
    sent = keywords.payload(analysis)["scores"]
    assert sent["is_heard"] is analysis.keywords.is_heard
    assert sent["threshold"] == analysis.keywords.threshold
    assert len(sent["layer_weights"]) == analysis.encoding.num_layers + 1
    assert sum(sent["layer_weights"]) == pytest.approx(1)


def test_a_checkpoint_without_keyword_head_shows_no_keywords():
    class Headless:
        keywords = classification = None

    assert keywords.payload(Headless()) == {"scores": None, "classification": None}


def test_every_frame_has_its_character(analysis):
    sent = layers.payload(analysis)
    assert len(sent["tokens"]) == analysis.encoding.num_frames
    spelled = "".join(word.text for word in analysis.transcript_greedy.words).lower()
    assert set(spelled) <= set(sent["tokens"])


def test_the_quick_map_is_pca_of_all_layers(analysis):
    sent = layers.pca(analysis)["map"]
    assert sent["method"] == "pca"
    np.testing.assert_array_equal(unpack(sent["points"])[2], analysis.projection(2, "pca"))
    found = analysis.projections("pca")
    assert sent["trustworthiness"] == found.trustworthiness.tolist()
    assert sent["neighbours_kept"] == found.neighbours_kept.tolist()
    assert sent["neighbours_kept_by_chance"] == found.neighbours_kept_by_chance
    assert sent["num_nearest"] == 5


def test_the_slow_map_is_umap_of_all_layers(analysis):
    sent = layers.umap(analysis)["map"]
    assert sent["method"] == "umap"
    np.testing.assert_array_equal(unpack(sent["points"])[1], analysis.projection(1))


def test_curves_and_quantities_are_those_of_the_analysis(analysis):
    sent = layers.measures(analysis)
    json.dumps(sent, allow_nan=False)
    assert sent["curves"]["cka"] == analysis.layer_curves().cka.tolist()
    assert sent["curves"]["cka_by_chance"] == analysis.layer_curves().cka_by_chance.tolist()
    pitch = unpack(sent["quantities"]["pitch"]["values"])
    np.testing.assert_array_equal(pitch, analysis.prosody().pitch_hz)
    assert sent["quantities"]["energy"]["unit"] == "dB"


def test_a_map_by_other_settings_says_which(analysis):
    request = {"method": "umap", "num_neighbours": 5, "metric": "cosine", "seed": 3}
    sent = layers.remap(analysis, request)["map"]
    assert {name: sent[name] for name in request} == request
    expected = analysis.projections(ProjectionSettings("umap", 5, "cosine", 3)).points
    np.testing.assert_array_equal(unpack(sent["points"]), expected)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"method": ["umap"]},
        {"metric": {}},
        {"num_neighbours": "15"},
        {"num_neighbours": 1e9},
        {"seed": None},
    ],
)
def test_strange_settings_get_a_sentence(analysis, wrong):
    request = {"method": "umap", "num_neighbours": 5, "metric": "cosine", "seed": 3, **wrong}
    answer = attempt(lambda: layers.remap(analysis, request if wrong else {}))
    assert not answer["ok"]
    assert "choose" in answer["error"]


def test_units_and_their_scores_are_those_of_the_analysis(analysis):
    sent = layers.units(analysis, {"layer": 2, "num_units": 9})
    np.testing.assert_array_equal(unpack(sent["units"]), analysis.units(2, 9))
    scores = layers.unit_scores(analysis, {"num_units": 9})
    json.dumps(scores, allow_nan=False)
    assert scores["pnmi"] == analysis.unit_scores(9).pnmi.tolist()
    assert len(scores["purity_by_chance"]) == analysis.encoding.num_layers + 1


def test_units_are_scored_against_the_text_that_was_aligned(analysis):
    said = "The old harbour was quiet, and the boats lay still upon the water."
    scores = layers.unit_scores(analysis, {"num_units": 9, "reference": said})
    assert scores["letters_from"] == "reference"
    assert scores["pnmi"] == analysis.unit_scores(9, reference=said).pnmi.tolist()
    assert layers.unit_scores(analysis, {"num_units": 9})["letters_from"] == "transcript"
    answer = attempt(lambda: layers.unit_scores(analysis, {"num_units": 9, "reference": ["harbour"]}))
    assert not answer["ok"]


def test_the_transcript_says_what_its_confidence_is(analysis):
    assert transcript.payload(analysis)["confidence"] == FITTED_LAID


def test_units_and_their_scores_have_the_seed_that_is_chosen(analysis):
    sent = layers.units(analysis, {"layer": 2, "num_units": 9, "seed": 5})
    np.testing.assert_array_equal(unpack(sent["units"]), analysis.units(2, 9, seed=5))
    assert sent["units"] != layers.units(analysis, {"layer": 2, "num_units": 9})["units"]
    scores = layers.unit_scores(analysis, {"num_units": 9, "seed": 5})
    assert scores["pnmi"] == analysis.unit_scores(9, seed=5).pnmi.tolist()
    assert scores["pnmi"] != layers.unit_scores(analysis, {"num_units": 9})["pnmi"]


@pytest.mark.parametrize("seed", [None, -1, 2**32, True, 1.0, "0", [0]])
def test_strange_seeds_get_a_sentence(analysis, seed):
    for answer in (layers.units, layers.unit_scores):
        with pytest.raises(InputError, match="choose"):
            answer(analysis, {"layer": 0, "num_units": 9, "seed": seed})


@pytest.mark.parametrize("num_units", [None, 1, 0, -2, 101, 10**9, True, 2.0, "9", [9]])
def test_strange_numbers_of_units_get_a_sentence(analysis, num_units):
    for answer in (layers.units, layers.unit_scores):
        with pytest.raises(InputError, match="choose"):
            answer(analysis, {"layer": 0, "num_units": num_units})


def test_a_head_map_is_the_attention_of_that_head(analysis):
    sent = attention.head_map(analysis, {"layer": 1, "head": 2})
    expected = analysis.attention(1, 2)
    assert sent["frames_per_bin"] == 1
    assert sent["max"] == pytest.approx(expected.max())
    found = unpack(sent["map"]) * (sent["max"] / 65535)
    np.testing.assert_allclose(found, expected, atol=sent["max"] / 65535)


def test_the_middle_layer_is_that_of_the_encoding(analysis):
    assert attention.payload(analysis)["middle_layer"] == analysis.encoding.middle_layer


def test_a_head_map_says_how_much_of_each_row_stays_near(analysis):
    sent = attention.head_map(analysis, {"layer": 1, "head": 2})
    for found, expected in zip(
        (sent["near_share"], sent["near_share_by_chance"]),
        near_shares(analysis.attention(1, 2), 5),
        strict=True,
    ):
        np.testing.assert_allclose(unpack(found), expected, rtol=1e-6)


def test_where_frames_are_joined_the_share_that_stays_near_is_their_mean(analysis, monkeypatch):
    monkeypatch.setattr(attention, "MAX_BINS", 100)
    sent = attention.head_map(analysis, {"layer": 1, "head": 2})
    size, (expected, _) = sent["frames_per_bin"], near_shares(analysis.attention(1, 2), 5)
    assert size > 1
    bins = [expected[start : start + size].mean() for start in range(0, len(expected), size)]
    np.testing.assert_allclose(unpack(sent["near_share"]), bins, rtol=1e-6)


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


def test_all_heads_of_all_layers_come_with_their_kinds(analysis):
    sent = attention.all_heads(analysis)
    json.dumps(sent, allow_nan=False)
    metrics = analysis.head_metrics()
    maps = unpack(sent["maps"])
    assert maps.shape[:2] == metrics.kinds.shape
    assert (maps.max(axis=(2, 3)) == 255).all()
    assert sent["kinds"] == metrics.kinds.tolist()
    assert sent["verticality"] == metrics.verticality.tolist()
    assert sent["query_step"] == 1


def test_thumbnails_of_a_long_recording_need_not_every_row(analysis, monkeypatch):
    full = attention.heads(analysis, {"layer": 1})
    monkeypatch.setattr(attention, "query_step", lambda num_frames: 2)
    monkeypatch.setattr(attention, "THUMBNAIL_BINS", 24)
    sampled = attention.heads(analysis, {"layer": 1})
    assert sampled["maps"]["shape"][1] <= 24
    assert full["maps"]["shape"][0] == sampled["maps"]["shape"][0]


def test_every_view_has_its_half_in_the_browser():
    for view in VIEWS:
        assert "export const mount" in (view.folder / f"{view.name}.js").read_text(encoding="utf-8")
        assert f"hx-view-{view.name}" in frame(view)


def test_examples_are_there_with_title_and_length():
    rows = examples()
    assert 5 <= len(rows) <= 8
    assert all(row.path.exists() and 0.3 < row.duration_s < 15 for row in rows)
    assert template(rows).count("<button") == len(rows)
    assert template(rows).count(">hard</em>") == sum(row.is_hard for row in rows) <= 2
    assert {row.path for row in rows} == set(rows[0].path.parent.glob("*.wav"))


def test_the_example_with_several_commands_has_each_in_its_turn(root):
    sent = keywords.payload(analyze(root / "assets" / "examples" / "commands.wav"))["scores"]
    assert [command["label"] for command in sent["heard"]] == ["yes", "stop", "right"]
    starts = [command["start_s"] for command in sent["heard"]]
    assert starts == sorted(starts)
