"""`Wav2Vec2Processor` against transformers', and the files that both read and write."""

import json

import numpy as np
import pytest
import torch
import transformers

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import AutoProcessor, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2Processor

TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINSHRDLUMWCFGYPBVK'XJQZ"]
VOCAB = {token: index for index, token in enumerate(TOKENS)}
SETTINGS = {"return_attention_mask": True, "do_normalize": False}
OPTIONS = {"sampling_rate": 16_000, "return_tensors": "np", "padding": True}


@pytest.fixture
def ours():
    return Wav2Vec2Processor(Wav2Vec2FeatureExtractor(**SETTINGS), Wav2Vec2CTCTokenizer(VOCAB))


@pytest.fixture
def theirs(tmp_path):
    (tmp_path / "vocab.json").write_text(json.dumps(VOCAB))
    return transformers.Wav2Vec2Processor(
        transformers.Wav2Vec2FeatureExtractor(**SETTINGS),
        transformers.Wav2Vec2CTCTokenizer(str(tmp_path / "vocab.json")),
    )


@pytest.fixture(scope="module")
def waveforms():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(n).astype(np.float32) for n in (800, 500)]


def assert_alike(one, other, waveforms):
    """Two processors give the same for sound, for text, and for both; and the same text."""
    for inputs in (
        {"audio": waveforms[0]},
        {"audio": waveforms},
        {"text": ["YES", "A B"]},
        {"audio": waveforms[0], "text": "YES"},
    ):
        actual, expected = one(**inputs, **OPTIONS), other(**inputs, **OPTIONS)
        assert actual.keys() == expected.keys()
        for name in actual:
            np.testing.assert_allclose(actual[name], expected[name], atol=1e-5)
    frames = [[19, 5, 0, 15, 4], [0, 9, 8, 0, 0]]
    assert one.batch_decode(frames) == other.batch_decode(frames)
    assert one.decode(frames[0]) == other.decode(frames[0])
    assert one.tokenizer.get_vocab() == other.tokenizer.get_vocab()
    assert one.feature_extractor.to_dict() == other.feature_extractor.to_dict()


@pytest.mark.parametrize("saved_by", ["ours", "theirs"])
def test_what_either_library_saves_is_the_same_in_both(saved_by, ours, theirs, waveforms, tmp_path):
    """transformers 5 writes processor_config.json, and no preprocessor_config.json beside it."""
    folder = tmp_path / "saved"
    {"ours": ours, "theirs": theirs}[saved_by].save_pretrained(folder)
    assert (folder / "preprocessor_config.json").exists() == (saved_by == "ours")
    assert_alike(Wav2Vec2Processor.from_pretrained(folder), ours, waveforms)
    assert_alike(Wav2Vec2Processor.from_pretrained(folder), theirs, waveforms)
    assert_alike(transformers.Wav2Vec2Processor.from_pretrained(folder), ours, waveforms)
    for auto in (AutoProcessor, transformers.AutoProcessor):
        assert type(auto.from_pretrained(folder)).__name__ == "Wav2Vec2Processor"
    Wav2Vec2Processor.from_pretrained(folder).save_pretrained(tmp_path / "again")
    assert_alike(transformers.AutoProcessor.from_pretrained(tmp_path / "again"), theirs, waveforms)


def test_files_of_older_versions_still_open(ours, waveforms, tmp_path):
    ours.feature_extractor.save_pretrained(tmp_path)
    ours.tokenizer.save_pretrained(tmp_path)
    assert not (tmp_path / "processor_config.json").exists()
    assert_alike(Wav2Vec2Processor.from_pretrained(tmp_path), ours, waveforms)


def test_a_feature_extractor_saved_later_is_the_one_that_counts(ours, tmp_path):
    ours.save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor(sampling_rate=8_000).save_pretrained(tmp_path)
    assert Wav2Vec2FeatureExtractor.from_pretrained(tmp_path).sampling_rate == 8_000
    assert transformers.AutoFeatureExtractor.from_pretrained(tmp_path).sampling_rate == 8_000
    assert Wav2Vec2Processor.from_pretrained(tmp_path).tokenizer.get_vocab() == VOCAB


@pytest.mark.parametrize(
    "content", ["[]", '{"feature_extractor": 3}', "{", '{"feature_extractor": {"feature_size": 80}}']
)
def test_a_damaged_file_is_said(ours, content, tmp_path):
    ours.save_pretrained(tmp_path)
    (tmp_path / "processor_config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"processor_config\.json"):
        Wav2Vec2Processor.from_pretrained(tmp_path)


def test_keywords_reach_the_part_that_they_are_for(ours, tmp_path):
    ours.save_pretrained(tmp_path)
    options = {"bos_token": "(BOS)", "do_normalize": True, "padding_value": 1.0, "do_lower_case": True}
    changed = Wav2Vec2Processor.from_pretrained(tmp_path, **options)
    theirs = transformers.Wav2Vec2Processor.from_pretrained(tmp_path, **options)
    assert changed.tokenizer.get_vocab() == theirs.tokenizer.get_vocab()
    assert (changed.tokenizer.do_lower_case, changed.feature_extractor.padding_value) == (True, 1.0)
    assert changed.feature_extractor.do_normalize


def test_a_processor_pads_examples_for_training(ours, waveforms):
    examples = [ours(audio=waveform, text="YES", sampling_rate=16_000) for waveform in waveforms]
    batch = ours.pad(
        [{"input_values": example.input_values[0]} for example in examples],
        [{"input_ids": example.labels} for example in examples],
        return_tensors="pt",
    )
    assert batch.input_values.shape == (2, 800)
    assert batch.attention_mask.sum(1).tolist() == [800, 500]
    assert batch.labels.tolist() == [[VOCAB[letter] for letter in "YES"]] * 2


def test_options_of_one_part_can_be_told_apart(ours, theirs, waveforms):
    options = {
        "text_kwargs": {"padding": "max_length", "max_length": 5},
        "audio_kwargs": {"padding": "max_length", "max_length": 900, "sampling_rate": 16_000},
        "common_kwargs": {"return_tensors": "np"},
    }
    actual, expected = (processor(waveforms[0], text="YES", **options) for processor in (ours, theirs))
    for name in ("input_values", "labels"):
        np.testing.assert_allclose(actual[name], expected[name], atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "audio, text, or both"),
        ({"text": "A", "made_up": 3}, "Neither .* takes 'made_up'"),
        (
            {"text": "A", "padding": True, "text_kwargs": {"padding": True}},
            "padding is given twice, in text_kwargs",
        ),
    ],
)
def test_what_no_part_can_use_is_refused(ours, options, message):
    with pytest.raises(InputError, match=message):
        ours(**options)


def test_padding_nothing_is_refused(ours):
    with pytest.raises(InputError, match="input_features, labels, or both"):
        ours.pad()


def test_names_of_inputs_are_those_of_transformers(ours, theirs):
    assert ours.model_input_names == theirs.model_input_names


def test_a_batch_becomes_tensors_later_as_in_transformers(ours, theirs, waveforms):
    made = [each(waveforms, sampling_rate=16_000, padding=True) for each in (ours, theirs)]
    for batch in made:
        assert batch.data.keys() == batch.keys()
        assert not isinstance(batch.input_values, torch.Tensor)
        assert batch.convert_to_tensors("pt") is batch
    assert torch.equal(made[0].input_values, made[1].input_values)
    with pytest.raises(InputError, match=r"rows of .* which cannot be stacked"):
        ours(waveforms, sampling_rate=16_000).convert_to_tensors("pt")
