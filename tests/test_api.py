"""`analyze` with the embedded checkpoint: the contract's names, one pass, sentences for bad input."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import hubert_demo
from hubert_demo import Analysis, CheckpointError, HubertDemoError, InputError, Waveform, analyze, checkpoints
from hubert_demo.analysis.layers import projection
from hubert_demo.analysis.layers.projection import ProjectionSettings
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.checkpoints import ASSETS_DIR, DEFAULT_CHECKPOINT, CheckpointStore
from hubert_demo.inference import Passes


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """Two seconds that are no speech; what is recognised does not matter here."""
    swept = np.sin(2 * np.pi * 300 * np.arange(32_000) / 16_000 * np.linspace(1, 4, 32_000))
    return (0.3 * swept + 0.01 * np.random.default_rng(0).normal(size=32_000)).astype(np.float32)


@pytest.fixture(scope="module")
def analysis(samples) -> Analysis:
    return analyze(samples)


def test_the_encoder_runs_once_for_everything(samples, encoder_passes):
    with encoder_passes() as passes:
        analysis = analyze(samples)
        assert analysis.transcript.text is not None
        assert analysis.transcript_greedy.text is not None
        assert analysis.keywords is not None
        for method in ("pca", "umap"):
            analysis.projection(0, method)
            analysis.projections(method)
        for layer in range(analysis.encoding.num_layers):
            analysis.attention(layer, 0)
            analysis.attention_maps(layer)
        analysis.beam_search()
    assert len(passes) == 1


def test_the_contracts_names_and_shapes(analysis):
    encoding = analysis.encoding
    num_frames = (32_000 - 400) // 320 + 1
    layers = encoding.num_layers
    assert encoding.hidden_states.shape[:2] == (layers + 1, num_frames)
    assert encoding.frame_times_s.shape == (num_frames,)
    assert analysis.projection(layers).shape == (num_frames, 2)
    assert analysis.attention(layers - 1, encoding.num_heads - 1).shape == (num_frames, num_frames)
    for word in (*analysis.transcript.words, *analysis.transcript_greedy.words):
        assert word.text
        assert 0 <= word.start_s < word.end_s <= 2
        assert 0 <= word.confidence <= 1
    expected = "yes no up down left right on off stop go _unknown_ _silence_"
    assert analysis.keywords.labels == tuple(expected.split())
    assert np.isfinite(analysis.keywords.probabilities).all()
    assert analysis.keywords.probabilities.sum() == pytest.approx(1)
    assert analysis.keywords.end_s - analysis.keywords.start_s == pytest.approx(1)


def test_attention_rows_sum_to_one_and_heads_come_as_asked(analysis):
    maps = analysis.attention_maps(1, [2, 0])
    assert maps.shape[0] == 2
    np.testing.assert_allclose(maps.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(maps[1], analysis.attention(1, 0), atol=1e-6)
    assert analysis.attention_maps(1).shape[0] == analysis.encoding.num_heads


def test_file_array_and_waveform_give_the_same(tmp_path, samples, analysis):
    path = tmp_path / "sweep.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    for recording in (path, str(path), Waveform(samples), samples.astype(np.float64)):
        other = analyze(recording)
        assert other.transcript.text == analysis.transcript.text
        np.testing.assert_allclose(other.encoding.hidden_states, analysis.encoding.hidden_states, atol=1e-5)


def test_the_rate_of_an_array_is_respected(samples):
    assert analyze(samples, sample_rate_hz=32_000).encoding.waveform.duration_s == pytest.approx(1.0)


def test_projections_are_computed_once_by_however_many_threads(samples):
    analysis = analyze(samples)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(analysis.projections("pca"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(projection is found[0] for projection in found)


def test_pca_does_not_wait_for_umap(samples, monkeypatch):
    analysis = analyze(samples)
    begun, may_end = threading.Event(), threading.Event()

    lay_out = projection._lay_out

    def slow_umap(states, components, settings, *known):
        if settings.method == "umap":
            begun.set()
            may_end.wait(30)
        return lay_out(states, components, ProjectionSettings("pca"), *known)

    monkeypatch.setattr(projection, "_lay_out", slow_umap)
    thread = threading.Thread(target=analysis.projections)
    thread.start()
    try:
        assert begun.wait(30)
        assert analysis.projection(0, "pca").shape[1] == 2
        assert thread.is_alive()
    finally:
        may_end.set()
        thread.join()


@pytest.mark.parametrize("layer", [-1, 99])
def test_missing_layers_are_refused_with_the_range(analysis, layer):
    layers = analysis.encoding.num_layers
    with pytest.raises(InputError, match=f"Layer {layer} does not exist; choose 0 to {layers}"):
        analysis.projection(layer)
    with pytest.raises(InputError, match=f"Layer {layer} does not exist; choose 0 to {layers - 1}"):
        analysis.attention(layer, 0)


def test_missing_heads_are_refused_with_the_range(analysis):
    with pytest.raises(InputError, match=f"0 to {analysis.encoding.num_heads - 1}"):
        analysis.attention(0, 99)


def test_an_unknown_projection_is_refused(analysis):
    with pytest.raises(InputError, match="'tsne' is unknown; choose one of umap, pca"):
        analysis.projection(0, "tsne")


def test_units_are_those_of_the_layer_and_kept(analysis):
    units = analysis.units(2, 5)
    assert units is analysis.units(2, 5)
    assert set(units) == set(range(5))
    assert units.shape == (analysis.encoding.num_frames,)
    assert analysis.colouring("unit", 2, 5).values.tolist() == units.tolist()
    with pytest.raises(InputError, match="0 clusters cannot be made of"):
        analysis.units(2, 0)


@pytest.mark.parametrize("name", ["time", "letter", "energy", "pitch", "unit"])
def test_every_colouring_has_a_value_a_frame(analysis, name):
    colouring = analysis.colouring(name)
    assert colouring.name == name
    assert colouring.values.shape == (analysis.encoding.num_frames,)
    assert bool(colouring.unit) != bool(colouring.classes)
    assert colouring.low < colouring.high


def test_an_unknown_colouring_is_refused(analysis):
    with pytest.raises(InputError, match="'mood' is unknown; choose one of time, letter"):
        analysis.colouring("mood")


def test_curves_and_measurements_are_made_once(analysis):
    assert analysis.layer_curves() is analysis.layer_curves()
    assert analysis.prosody() is analysis.prosody()


def test_too_few_frames_for_a_map_still_have_everything_else(samples):
    short = analyze(samples[:1600])
    assert short.keywords.probabilities.sum() == pytest.approx(1)
    assert short.attention(0, 0).shape == (4, 4)
    with pytest.raises(InputError, match="needs at least 10"):
        short.projection(0)


BAD = {
    "text": (b"no recording at all", "cannot be read as"),
    "empty": (b"", "is empty"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_an_input_error_with_a_sentence(tmp_path: Path, kind: str, encoder_passes) -> None:
    content, message = BAD[kind]
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with encoder_passes() as passes, pytest.raises(InputError, match=message):
        analyze(path)
    assert passes == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros(16_000, np.float32), "Every sample of this recording is 0"),
        (np.full(16_000, np.nan, np.float32), "not numbers"),
        (np.random.default_rng(0).normal(size=160), r"0\.01 s"),
        (np.random.default_rng(0).normal(size=600 * 16_000), r"600 s long; the limit is 60 s"),
    ],
    ids=["constant", "nan", "0.01 s", "ten minutes"],
)
def test_bad_samples_are_an_input_error_with_a_sentence(bad, message, encoder_passes):
    with encoder_passes() as passes, pytest.raises(InputError, match=message):
        analyze(bad)
    assert passes == []


def test_an_unknown_checkpoint_is_named(samples):
    with pytest.raises(HubertDemoError, match="no-such-checkpoint"):
        analyze(samples, checkpoint="no-such-checkpoint")


def test_the_package_hands_out_its_names_and_no_others():
    for name in hubert_demo.__all__:
        assert getattr(hubert_demo, name).__module__.startswith("hubert_demo.")
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        hubert_demo.analyse  # noqa: B018


def test_beam_search_reads_with_the_embedded_language_model():
    analysis = analyze(ASSETS_DIR / "examples" / "numbers.wav")
    best, *others = analysis.beam_search(num_best=3, hotwords=["seven"])
    analysis.beam_search(num_best=3, hotwords=["n", "o"])
    with pytest.raises(InputError, match="hotwords is the text 'no'; give a list of words"):
        analysis.beam_search(num_best=3, hotwords="no")
    assert "SEVEN" in best.text.split()
    assert len(others) == 2
    assert best.score >= others[0].score >= others[1].score


def test_the_transcript_is_the_best_reading_with_times_of_its_own():
    analysis = analyze(ASSETS_DIR / "examples" / "numbers.wav")
    assert analysis.transcript.text == analysis.beam_search()[0].text
    assert analysis.transcript is analysis.transcript
    edges = [edge for word in analysis.transcript.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert len(analysis.transcript.characters) == len(analysis.transcript.text.replace(" ", ""))
    assert analysis.align(analysis.transcript.text).wer == 0


def test_letters_of_the_frames_are_those_of_the_greedy_reading():
    analysis = analyze(ASSETS_DIR / "examples" / "numbers.wav")
    assert (analysis.frame_token_ids == analysis.transcript_greedy.frame_token_ids).all()
    assert analysis.transcript_greedy.text == transcribe(analysis.ctc_encoding).text


# --- companions ---


def test_a_bare_encoder_borrows_both_heads_from_one_pass_of_its_companion(
    tmp_path, samples, analysis, write_checkpoint, fresh_store, encoder_passes
):
    path = str(write_checkpoint(tmp_path / "bare", "encoder"))
    with encoder_passes(fresh_store.find(DEFAULT_CHECKPOINT), fresh_store.find(path)) as passes:
        bare = analyze(samples, checkpoint=path, store=fresh_store)
        bare.attention(2, 1)
        bare.beam_search()
    assert sorted(passes) == ["bare", DEFAULT_CHECKPOINT]
    assert bare.encoding.checkpoint == "bare"
    assert bare.encoding.ctc is None
    assert bare.encoding.classes is None
    assert bare.ctc_encoding is bare.keyword_encoding
    assert bare.transcript.text == analysis.transcript.text
    np.testing.assert_allclose(bare.keywords.probabilities, analysis.keywords.probabilities, atol=1e-6)
    np.testing.assert_array_equal(bare.encoding.frame_times_s, bare.ctc_encoding.frame_times_s)
    title = analysis.sources.transcript
    assert vars(bare.sources) == {
        "transcript": title,
        "keywords": title,
        "classification": None,
        "layers": "bare",
        "attention": "bare",
    }
    assert bare.source_names["transcript"] == bare.source_names["keywords"] == DEFAULT_CHECKPOINT
    assert bare.has_language_model


def test_a_ctc_checkpoint_borrows_the_keywords_alone(
    tmp_path, samples, analysis, write_checkpoint, fresh_store
):
    reader = analyze(samples, checkpoint=str(write_checkpoint(tmp_path / "reader", "ctc")), store=fresh_store)
    assert reader.ctc_encoding is reader.encoding
    assert reader.sources.transcript == "reader"
    assert reader.sources.keywords == analysis.sources.keywords
    assert not reader.has_language_model
    assert reader.transcript is reader.transcript_greedy
    np.testing.assert_allclose(reader.keywords.probabilities, analysis.keywords.probabilities, atol=1e-6)


def test_a_classifier_borrows_the_letters_alone(tmp_path, samples, analysis, write_checkpoint, fresh_store):
    spotter = analyze(
        samples, checkpoint=str(write_checkpoint(tmp_path / "spotter", "classifier")), store=fresh_store
    )
    assert spotter.keyword_encoding is spotter.encoding
    assert spotter.sources.keywords == "spotter"
    assert spotter.keywords.labels == ("yes", "no", "_unknown_", "_silence_")
    assert spotter.sources.transcript == analysis.sources.transcript
    assert spotter.transcript.text == analysis.transcript.text


def test_the_embedded_checkpoint_borrows_nothing(analysis):
    assert set(vars(analysis.sources).values()) == {analysis.checkpoint.title, None}
    assert analysis.sources.classification is None
    assert analysis.ctc_encoding is analysis.keyword_encoding is analysis.encoding
    assert analysis.checkpoint.name == DEFAULT_CHECKPOINT


def test_a_companion_that_heard_the_recording_before_does_not_hear_it_again(
    tmp_path, samples, write_checkpoint, fresh_store, encoder_passes
):
    path = str(write_checkpoint(tmp_path / "bare", "encoder"))
    known = Passes()
    with encoder_passes(fresh_store.find(DEFAULT_CHECKPOINT)) as passes:
        first = analyze(samples, passes=known, store=fresh_store)
        second = analyze(samples, checkpoint=path, passes=known, store=fresh_store)
        assert passes == [DEFAULT_CHECKPOINT]
        assert second.ctc_encoding is first.encoding
        analyze(samples[:16_000], passes=known, store=fresh_store)
    assert len(passes) == 2


def test_a_companion_without_letters_is_refused(tmp_path, samples, write_checkpoint, fresh_store):
    path = write_checkpoint(tmp_path / "bare", "encoder")
    spec = replace(checkpoints.resolve(path), ctc_companion=str(path))
    with pytest.raises(
        CheckpointError, match="bare has no CTC head; bare, which transcribes in its place, has none"
    ):
        analyze(samples, checkpoint=spec, store=fresh_store)


def test_where_no_companion_knows_keywords_there_are_none(tmp_path, samples, write_checkpoint, fresh_store):
    path = write_checkpoint(tmp_path / "reader", "ctc")
    reader = analyze(
        samples, checkpoint=replace(checkpoints.resolve(path), keyword_companion=str(path)), store=fresh_store
    )
    assert reader.keywords is None
    assert reader.sources.keywords is None


def test_attention_is_there_also_after_its_checkpoint_had_to_leave_the_memory(
    tmp_path, samples, write_checkpoint
):
    store = CheckpointStore(max_bytes=1)
    bare = analyze(samples, checkpoint=str(write_checkpoint(tmp_path / "bare", "encoder")), store=store)
    before = bare.attention(0, 1)
    store.find(DEFAULT_CHECKPOINT)
    np.testing.assert_allclose(bare.attention(0, 1), before, atol=1e-6)
