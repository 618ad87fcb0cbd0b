"""transformers' `pipeline`, given our models, tokenizer and feature extractor."""

import numpy as np
import pytest
import transformers


@pytest.fixture
def long_clip(clips):
    return np.concatenate([clip.samples for clip in clips])


def test_speech_recognition(sides, clips, long_clip):
    said = []
    for side in sides("HubertForCTC"):
        recognise = transformers.pipeline(
            "automatic-speech-recognition",
            model=side.model,
            tokenizer=side.processor.tokenizer,
            feature_extractor=side.processor.feature_extractor,
            device="cpu",
        )
        sounds = [clip.samples for clip in clips]
        said.append(
            [
                recognise(clips[0].samples),
                recognise({"raw": clips[1].samples, "sampling_rate": 16_000}, return_timestamps="char"),
                recognise(clips[1].samples, return_timestamps="word"),
                recognise(long_clip, chunk_length_s=0.2, stride_length_s=0.05),
                recognise(sounds, batch_size=3),
            ]
        )
    theirs, ours = said
    assert ours == theirs
    assert ours[0]["text"]
    assert ours[1]["chunks"]
    assert ours[2]["chunks"]


def test_audio_classification(sides, clips, assert_close):
    said = []
    for side in sides("HubertForSequenceClassification", id2label={0: "low", 1: "high", 2: "none"}):
        classify = transformers.pipeline(
            "audio-classification",
            model=side.model,
            feature_extractor=side.processor.feature_extractor,
            device="cpu",
        )
        said.append([classify(clip.samples, top_k=3) for clip in clips[:3]])
    for one, other in zip(*said, strict=True):
        assert [found["label"] for found in one] == [found["label"] for found in other]
        assert_close([found["score"] for found in one], [found["score"] for found in other])


def test_a_pipeline_is_saved_with_all_that_it_needs(sides, clips, tmp_path):
    _, ours = sides("HubertForCTC")
    recognise = transformers.pipeline(
        "automatic-speech-recognition",
        model=ours.model,
        tokenizer=ours.processor.tokenizer,
        feature_extractor=ours.processor.feature_extractor,
        device="cpu",
    )
    recognise.save_pretrained(tmp_path / "saved")
    again = transformers.pipeline("automatic-speech-recognition", model=str(tmp_path / "saved"), device="cpu")
    assert type(again.model) is transformers.HubertForCTC
    assert again(clips[0].samples) == recognise(clips[0].samples)
