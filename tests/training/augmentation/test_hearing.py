"""What is heard of a batch of clips."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.training.augmentation.hearing import (
    Augmentation,
    BatchKey,
    Hearing,
    augmented,
    draw_speeds,
    hear,
)
from hubert_demo.training.augmentation.recordings import Layout


@pytest.mark.parametrize("change", ["voice_share", "rough_share"])
def test_a_share_of_the_clips_sounds_otherwise_and_says_the_same(clips, change):
    clips = clips * 40
    some = augmented(clips, [1.0] * len(clips), Augmentation(**{change: 0.5}), np.random.default_rng(0))
    is_changed = [not np.array_equal(x.samples, y.samples) for x, y in zip(clips, some, strict=True)]
    assert 0.35 < np.mean(is_changed) < 0.6
    assert [(x.text, len(x.samples)) for x in some] == [(x.text, len(x.samples)) for x in clips]


def test_augmentation_keeps_units_and_speech_together(clips):
    changed = augmented(clips, [0.9, 1.0, 1.2], Augmentation(rough_share=1.0), np.random.default_rng(0))
    assert [len(clip.samples) for clip in changed] == [39_111, 35_200, 29_333]
    for clip, before in zip(changed, clips, strict=True):
        assert len(clip.units) == len(clip.samples) // 320
        assert clip.text == before.text


def test_a_share_of_the_speeds_is_drawn():
    speeds = draw_speeds(400, 0.5, np.random.default_rng(0))
    assert 0.4 < (speeds != 1.0).mean() < 0.6
    assert 0.84 <= speeds.min() < 0.87
    assert 1.16 < speeds.max() <= 1.2


def test_a_batch_is_normalised_and_padded_and_its_clips_tell_their_new_lengths(clips):
    heard = hear(
        clips, [Layout.of_one(n) for n in range(3)], Augmentation(crop_s=0.5), np.random.default_rng(0)
    )
    assert heard.values.shape == (3, 8000)
    assert heard.values.mean(1).abs().max() < 1e-5
    assert [(clip.duration_s, len(clip.units), len(clip.samples)) for clip in heard.clips] == [
        (0.5, 25, 0)
    ] * 3


def test_a_key_decides_the_batch(clips):
    hearing = Hearing(clips, Augmentation(voice_share=0.5, rough_share=0.5))
    key = BatchKey(
        epoch=0, position=4, layouts=(Layout.of_one(2, 0.9), Layout.of_one(0, 1.1)), seeds=(0, 4, 0)
    )
    (found, one), (_, same) = hearing[key], hearing[key]
    assert found is key
    assert [clip.file for clip in one.clips] == [clips[2].file, clips[0].file]
    assert one.values.equal(same.values)
    other = replace(key, seeds=(0, 5, 0))
    assert not hearing[other][1].values.equal(one.values)


def test_a_batch_holds_recordings_of_several_clips_and_of_none(clips):
    layouts = [Layout((0, 1), (1.0, 1.0), (0.5, 1.0, 0.5)), Layout((), (), (1.5,)), Layout.of_one(2)]
    heard = hear(clips, layouts, Augmentation(), np.random.default_rng(0))
    assert [clip.text for clip in heard.clips] == [f"{clips[0].text} {clips[1].text}", "", clips[2].text]
    assert [clip.is_silent for clip in heard.clips] == [False, True, False]
    assert heard.values.shape[1] == pytest.approx(16_000 * (2.2 * 2 + 2.0), abs=640)
    assert [round(clip.duration_s, 1) for clip in heard.clips] == [6.4, 1.5, 2.2]
