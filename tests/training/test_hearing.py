"""What is heard of a batch of clips."""

import numpy as np
import pytest

from hubert_demo.training.hearing import Augmentation, BatchKey, Hearing, augmented, hear

AS_THEY_ARE = Augmentation(speed_share=0.0)


@pytest.mark.parametrize("change", ["voice_share", "rough_share"])
def test_a_share_of_the_clips_sounds_otherwise_and_says_the_same(clips, change):
    clips = clips * 40
    some = augmented(clips, Augmentation(speed_share=0.0, **{change: 0.5}), np.random.default_rng(0))
    is_changed = [not np.array_equal(x.samples, y.samples) for x, y in zip(clips, some, strict=True)]
    assert 0.35 < np.mean(is_changed) < 0.6
    assert [(x.text, len(x.samples)) for x in some] == [(x.text, len(x.samples)) for x in clips]


def test_augmentation_keeps_units_and_speech_together(clips):
    changed = augmented(clips, Augmentation(speed_share=1.0, rough_share=1.0), np.random.default_rng(0))
    for clip, before in zip(changed, clips, strict=True):
        assert len(clip.units) == len(clip.samples) // 320
        assert len(clip.samples) != len(before.samples)
        assert clip.text == before.text


def test_a_batch_is_normalised_and_padded_and_its_clips_tell_their_new_lengths(clips):
    heard = hear(clips, Augmentation(crop_s=0.5, speed_share=0.0), np.random.default_rng(0))
    assert heard.values.shape == (3, 8000)
    assert heard.values.mean(1).abs().max() < 1e-5
    assert [(clip.duration_s, len(clip.units), len(clip.samples)) for clip in heard.clips] == [
        (0.5, 25, 0)
    ] * 3


def test_a_key_decides_the_batch(clips):
    hearing = Hearing(clips, Augmentation(speed_share=1.0, voice_share=0.5, rough_share=0.5))
    key = BatchKey(epoch=0, position=4, indices=(2, 0), seeds=(0, 4, 0))
    (found, one), (_, same) = hearing[key], hearing[key]
    assert found is key
    assert [clip.file for clip in one.clips] == [clips[2].file, clips[0].file]
    assert one.values.equal(same.values)
    other = BatchKey(0, 4, (2, 0), (0, 5, 0))
    assert hearing[other][1].values.shape != one.values.shape
