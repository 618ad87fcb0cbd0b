"""`Wav2Vec2FeatureExtractor` against transformers', and what it refuses."""

import numpy as np
import pytest
import torch
import transformers

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import Wav2Vec2FeatureExtractor


@pytest.fixture(scope="module")
def waveforms():
    """Three recordings of unequal length, off centre and quiet."""
    rng = np.random.default_rng(3)
    return [(0.3 + 0.05 * rng.standard_normal(n)).astype(np.float32) for n in (1600, 1000, 400)]


@pytest.mark.parametrize("do_normalize", [True, False])
@pytest.mark.parametrize("with_mask", [True, False])
def test_a_padded_batch_is_that_of_transformers(waveforms, assert_parity, do_normalize, with_mask):
    settings = {"do_normalize": do_normalize, "return_attention_mask": with_mask}
    ours = Wav2Vec2FeatureExtractor(**settings)(
        waveforms, padding=True, sampling_rate=16_000, return_tensors="pt"
    )
    oracle = transformers.Wav2Vec2FeatureExtractor(**settings)
    # Without a mask the oracle takes its statistics over the padding too; with one, over what is real.
    theirs = oracle(
        waveforms, sampling_rate=16_000, padding=True, return_tensors="pt", return_attention_mask=True
    )
    assert ours["input_values"].dtype == torch.float32
    assert_parity(ours["input_values"], theirs["input_values"])
    assert ("attention_mask" in ours) == with_mask
    if with_mask:
        assert torch.equal(ours["attention_mask"], theirs["attention_mask"])


def test_one_recording_is_that_of_transformers(waveforms, assert_parity):
    ours = Wav2Vec2FeatureExtractor()(waveforms[0], sampling_rate=16_000, return_tensors="pt")
    theirs = transformers.Wav2Vec2FeatureExtractor()(waveforms[0], sampling_rate=16_000, return_tensors="pt")
    assert ours.keys() == theirs.keys() == {"input_values"}
    assert_parity(ours["input_values"], theirs["input_values"])


def test_each_recording_has_zero_mean_and_unit_variance_and_padding_stays_zero(waveforms):
    rows = Wav2Vec2FeatureExtractor()(waveforms, padding=True, return_tensors="pt").input_values
    for row, waveform in zip(rows, waveforms, strict=True):
        real = row[: len(waveform)]
        assert real.mean().abs() < 1e-5
        assert real.var(correction=0) == pytest.approx(1, abs=1e-3)
        assert not row[len(waveform) :].any()


def test_another_sampling_rate_is_refused_with_both_rates(waveforms):
    with pytest.raises(InputError, match=r"8000 Hz.*16000 Hz"):
        Wav2Vec2FeatureExtractor()(waveforms[0], sampling_rate=8_000)


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (np.zeros(1600, bool), "bool"),
        (np.full(1600, np.nan, np.float32), "NaN"),
        ([np.zeros(1600, np.float32), np.full(1600, np.inf, np.float32)], "infinite"),
        (np.zeros((2, 2, 400), np.float32), r"\(2, 2, 400\)"),
        (np.zeros(0, np.float32), "non-empty"),
    ],
    ids=["booleans", "NaN", "infinity in a batch", "three-dimensional", "empty"],
)
def test_what_is_no_waveform_is_refused(recording, message):
    with pytest.raises(InputError, match=message):
        Wav2Vec2FeatureExtractor()(recording, sampling_rate=16_000)


def test_other_tensor_types_are_refused(waveforms):
    with pytest.raises(InputError, match="use 'pt', 'tf', 'np' or None"):
        Wav2Vec2FeatureExtractor()(waveforms[0], return_tensors="jax")


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "longest"},
        {"padding": "max_length", "max_length": 2000},
        {"padding": "max_length", "max_length": 1200, "truncation": True},
        {"padding": True, "max_length": 900, "truncation": True, "pad_to_multiple_of": 64},
        {"padding": True, "pad_to_multiple_of": 256},
        {"padding": False, "max_length": 500, "truncation": True},
        {"padding": "do_not_pad"},
    ],
    ids=str,
)
def test_padding_and_truncation_are_those_of_transformers(waveforms, options):
    ours = Wav2Vec2FeatureExtractor(return_attention_mask=True)(waveforms, sampling_rate=16_000, **options)
    oracle = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)
    theirs = oracle(waveforms, sampling_rate=16_000, **options)
    assert ours.keys() == theirs.keys()
    for name in ours:
        for row, expected in zip(ours[name], theirs[name], strict=True):
            np.testing.assert_allclose(row, expected, atol=1e-5)


@pytest.mark.parametrize("kind", [list, tuple, torch.tensor, np.asarray])
def test_any_one_dimensional_numbers_are_a_recording(waveforms, kind):
    recording = kind(waveforms[2].tolist())
    rows = Wav2Vec2FeatureExtractor()(recording, sampling_rate=16_000).input_values
    expected = Wav2Vec2FeatureExtractor()(waveforms[2], sampling_rate=16_000).input_values
    assert len(rows) == 1
    np.testing.assert_allclose(rows[0], expected[0], atol=1e-5)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8])
def test_integers_are_scaled_as_pcm(dtype):
    limits = np.iinfo(dtype)
    pcm = np.array([limits.min, limits.max // 2 if limits.min == 0 else 0, limits.max], dtype)
    (row,) = Wav2Vec2FeatureExtractor(do_normalize=False)(pcm).input_values
    np.testing.assert_allclose(row, [-1, 0, 1], atol=0.01)


def test_unequal_recordings_make_no_tensor_without_padding(waveforms):
    with pytest.raises(InputError, match="pass padding=True"):
        Wav2Vec2FeatureExtractor()(waveforms, return_tensors="pt")


def test_unequal_recordings_make_an_array_of_arrays_as_in_transformers(waveforms):
    options = {"sampling_rate": 16_000, "return_tensors": "np"}
    ours = Wav2Vec2FeatureExtractor()(waveforms, **options).input_values
    theirs = transformers.Wav2Vec2FeatureExtractor()(waveforms, **options).input_values
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape) == (object, (3,))
    for row, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(row, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "left"}, "padding='left' is not known"),
        ({"padding": "max_length"}, "need max_length, in samples"),
        ({"truncation": True}, "need max_length, in samples"),
    ],
)
def test_contradictory_options_are_refused(waveforms, options, message):
    with pytest.raises(InputError, match=message):
        Wav2Vec2FeatureExtractor()(waveforms, **options)


def test_prepared_recordings_can_be_padded_later(waveforms):
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    rows = [{"input_values": extractor(w, sampling_rate=16_000).input_values[0]} for w in waveforms]
    later = extractor.pad(rows, return_tensors="pt")
    at_once = extractor(waveforms, padding=True, sampling_rate=16_000, return_tensors="pt")
    assert torch.equal(later.input_values, at_once.input_values)
    assert torch.equal(later.attention_mask, at_once.attention_mask)


def test_a_batch_moves_and_only_floats_change_precision(waveforms):
    batch = Wav2Vec2FeatureExtractor(return_attention_mask=True)(waveforms[0], return_tensors="pt")
    moved = batch.to("cpu", torch.float64)
    assert moved.input_values.dtype == torch.float64
    assert moved.attention_mask.dtype == torch.int32
    with pytest.raises(AttributeError, match="labels"):
        _ = moved.labels


def test_a_checkpoint_that_pads_on_the_left_is_refused(tmp_path):
    (tmp_path / "preprocessor_config.json").write_text('{"padding_side": "left"}')
    with pytest.raises(CheckpointError, match="pads on the left"):
        Wav2Vec2FeatureExtractor.from_pretrained(tmp_path)


def test_settings_go_to_transformers_and_back(tmp_path):
    ours = Wav2Vec2FeatureExtractor(sampling_rate=8_000, do_normalize=False, return_attention_mask=True)
    ours.save_pretrained(tmp_path / "ours")
    theirs = transformers.AutoFeatureExtractor.from_pretrained(tmp_path / "ours")
    assert (theirs.sampling_rate, theirs.do_normalize, theirs.return_attention_mask) == (8_000, False, True)
    theirs.save_pretrained(tmp_path / "theirs")
    assert Wav2Vec2FeatureExtractor.from_pretrained(tmp_path / "theirs") == ours


@pytest.mark.parametrize(
    "kind", [np.stack, lambda rows: torch.from_numpy(np.stack(rows))], ids=["array", "tensor"]
)
def test_rows_of_an_array_are_recordings_as_in_transformers(waveforms, kind):
    rows = kind([waveform[:400] for waveform in waveforms])
    ours = Wav2Vec2FeatureExtractor()(rows, sampling_rate=16_000, return_tensors="np").input_values
    theirs = transformers.Wav2Vec2FeatureExtractor()(
        np.asarray(rows), sampling_rate=16_000, return_tensors="np"
    ).input_values
    assert ours.shape == (3, 400)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_padding_later_keeps_the_mask_and_other_names(waveforms):
    examples = [
        {"input_values": waveform, "attention_mask": np.arange(len(waveform)) > 99, "labels": [3]}
        for waveform in waveforms
    ]
    batch = Wav2Vec2FeatureExtractor().pad(examples, return_tensors="pt")
    theirs = transformers.Wav2Vec2FeatureExtractor().pad(
        [{name: example[name] for name in ("input_values", "attention_mask")} for example in examples],
        return_attention_mask=True,
        return_tensors="pt",
    )
    assert torch.equal(batch.attention_mask, theirs.attention_mask.to(torch.int32))
    assert torch.equal(batch.input_values, theirs.input_values)
    assert batch.labels.tolist() == [[3]] * 3


def test_settings_are_read_written_and_changed_as_in_transformers(tmp_path):
    settings = {"sampling_rate": 8_000, "do_normalize": False, "made_up": [1]}
    ours = Wav2Vec2FeatureExtractor(**settings)
    theirs = transformers.Wav2Vec2FeatureExtractor(**settings)
    assert ours.to_dict() == theirs.to_dict()
    assert ours.to_json_string() == theirs.to_json_string()
    assert (ours.made_up, ours.padding_side) == ([1], "right")
    assert "made_up" in repr(ours)
    ours.to_json_file(tmp_path / "settings.json")
    assert Wav2Vec2FeatureExtractor.from_json_file(tmp_path / "settings.json") == ours
    ours.return_attention_mask = True
    assert ours.to_dict()["return_attention_mask"]
    with pytest.raises(AttributeError, match="no attribute 'made_down'"):
        _ = ours.made_down


def test_keywords_replace_what_the_file_says(tmp_path):
    Wav2Vec2FeatureExtractor().save_pretrained(tmp_path)
    options = {"do_normalize": False, "padding_value": 1.0, "made_up": 3}
    ours = Wav2Vec2FeatureExtractor.from_pretrained(tmp_path, **options)
    assert (ours.do_normalize, ours.padding_value, ours.made_up) == (False, 1.0, 3)
    assert ours.to_dict() == {**Wav2Vec2FeatureExtractor().to_dict(), **options}


@pytest.mark.parametrize(
    "settings", [{"padding_side": "left"}, {"sampling_rate": "16000"}, {"feature_size": 80}], ids=str
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(InputError, match="it must be"):
        Wav2Vec2FeatureExtractor(**settings)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"preprocessor_config\.json"):
        Wav2Vec2FeatureExtractor.from_pretrained(tmp_path)
