"""`HubertFeatureExtractor` against transformers', and what it refuses."""

import numpy as np
import pytest
import torch
import transformers

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import HubertFeatureExtractor


@pytest.fixture(scope="module")
def waveforms():
    """Three recordings of unequal length, off centre and quiet."""
    rng = np.random.default_rng(3)
    return [(0.3 + 0.05 * rng.standard_normal(n)).astype(np.float32) for n in (1600, 1000, 400)]


@pytest.mark.parametrize("do_normalize", [True, False])
@pytest.mark.parametrize("with_mask", [True, False])
def test_a_padded_batch_is_that_of_transformers(waveforms, assert_parity, do_normalize, with_mask):
    settings = {"do_normalize": do_normalize, "return_attention_mask": with_mask}
    ours = HubertFeatureExtractor(**settings)(waveforms, sampling_rate=16_000, return_tensors="pt")
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
    ours = HubertFeatureExtractor()(waveforms[0], sampling_rate=16_000)
    theirs = transformers.Wav2Vec2FeatureExtractor()(waveforms[0], sampling_rate=16_000, return_tensors="pt")
    assert ours.keys() == theirs.keys() == {"input_values"}
    assert_parity(ours["input_values"], theirs["input_values"])


def test_each_recording_has_zero_mean_and_unit_variance_and_padding_stays_zero(waveforms):
    rows = HubertFeatureExtractor()(waveforms)["input_values"]
    for row, waveform in zip(rows, waveforms, strict=True):
        real = row[: len(waveform)]
        assert real.mean().abs() < 1e-5
        assert real.var(correction=0) == pytest.approx(1, abs=1e-3)
        assert not row[len(waveform) :].any()


def test_another_sampling_rate_is_refused_with_both_rates(waveforms):
    with pytest.raises(InputError, match=r"8000 Hz.*16000 Hz"):
        HubertFeatureExtractor()(waveforms[0], sampling_rate=8_000)


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (np.zeros(1600, np.int16), "int16"),
        (np.zeros((2, 800), np.float32), r"\(2, 800\)"),
        (np.zeros(0, np.float32), "non-empty"),
    ],
    ids=["integers", "two-dimensional", "empty"],
)
def test_what_is_no_waveform_is_refused(recording, message):
    with pytest.raises(InputError, match=message):
        HubertFeatureExtractor()(recording, sampling_rate=16_000)


def test_other_tensor_types_are_refused(waveforms):
    with pytest.raises(InputError, match="use 'pt'"):
        HubertFeatureExtractor()(waveforms[0], return_tensors="np")


def test_settings_go_to_transformers_and_back(tmp_path):
    ours = HubertFeatureExtractor(sampling_rate=8_000, do_normalize=False, return_attention_mask=True)
    ours.save_pretrained(tmp_path / "ours")
    theirs = transformers.AutoFeatureExtractor.from_pretrained(tmp_path / "ours")
    assert (theirs.sampling_rate, theirs.do_normalize, theirs.return_attention_mask) == (8_000, False, True)
    theirs.save_pretrained(tmp_path / "theirs")
    assert HubertFeatureExtractor.from_pretrained(tmp_path / "theirs") == ours


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"preprocessor_config\.json"):
        HubertFeatureExtractor.from_pretrained(tmp_path)
