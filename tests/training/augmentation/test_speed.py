"""Faster clips, and stretches of clips."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.training.augmentation.speed import change_speed, cropped
from hubert_demo.training.data.clips import load_clips, read_manifest


def test_faster_speech_is_shorter_and_takes_its_units_along(data_dir):
    clip = load_clips(data_dir, read_manifest(data_dir / "librispeech")[:1])[0]
    faster = change_speed(replace(clip, units=np.arange(110, dtype=np.int16)), 2.0)
    assert len(faster.samples) == len(clip.samples) // 2
    assert faster.duration_s == pytest.approx(clip.duration_s / 2)
    assert faster.units.tolist() == list(range(0, 110, 2))


def test_a_crop_is_a_stretch_with_its_units_and_without_the_text(data_dir):
    clip = load_clips(data_dir, read_manifest(data_dir / "librispeech")[:1])[0]
    samples = np.arange(320 * 90 + 100, dtype=np.int32).astype(np.int16)
    long = replace(
        clip, samples=samples, units=np.arange(90, dtype=np.int16), duration_s=len(samples) / 16_000
    )
    firsts = set()
    for seed in range(20):
        crop = cropped(long, 0.5, np.random.default_rng(seed))
        assert (len(crop.samples), len(crop.units), crop.duration_s, crop.text) == (8000, 25, 0.5, "")
        assert crop.samples[0] == samples[320 * crop.units[0]]
        firsts.add(int(crop.units[0]))
    assert len(firsts) > 10
    assert cropped(long, 60.0, np.random.default_rng(0)) is long
