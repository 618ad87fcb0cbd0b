"""Frame targets: MFCC and layers give a feature a frame, and clustering finds what differs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.errors import InputError
from hubert_demo.model import HubertModel
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.stages.targets import ResidualKMeans, fit_units, layer_states, mfcc, write_units

from ..conftest import TINY


def test_mfcc_has_a_row_for_every_frame_of_hubert(clips):
    rows = mfcc(clips[0])
    assert rows.dtype == np.float32
    encoder = HubertModel(TINY)
    assert rows.shape == (encoder.num_frames(len(clips[0].samples)), 39)


@pytest.mark.parametrize("offset", [-150, 0, 150])
def test_an_impulse_is_loudest_in_the_frame_of_hubert_whose_middle_is_nearest(clips, offset):
    # Frame t is centred on sample 320 t + 200, and 160 samples from there the next one begins to be nearer.
    samples = np.zeros(16_000, np.int16)
    samples[320 * 20 + 200 + offset] = 30_000
    loudness = mfcc(replace(clips[0], samples=samples))[:, 0]
    assert loudness.argmax() == 20


def test_an_impulse_halfway_between_two_frames_of_hubert_is_as_loud_in_both(clips):
    samples = np.zeros(16_000, np.int16)
    samples[320 * 20 + 200 + 160] = 30_000
    loudness = mfcc(replace(clips[0], samples=samples))[:, 0]
    assert loudness[20] == pytest.approx(loudness[21], rel=1e-3)
    # A sample to either side would show.
    shifted = mfcc(replace(clips[0], samples=np.roll(samples, 1)))[:, 0]
    assert shifted[21] > loudness[20] > shifted[20]


def test_mfcc_of_next_to_nothing_has_no_frames(clips):
    assert mfcc(replace(clips[0], samples=np.ones(700, np.int16))).shape == (0, 39)


def test_a_steady_sound_has_no_differences(clips):
    hum = (8000 * np.sin(2 * np.pi * 50 * np.arange(16_000) / 16_000)).astype(np.int16)
    rows = mfcc(replace(clips[0], samples=hum))
    assert np.abs(rows[5:-5, 13:]).max() < 0.05 * np.abs(rows[:, :13]).max()


def test_layer_states_are_those_of_the_forward_pass(clips):
    torch.manual_seed(0)
    encoder = HubertModel(TINY).eval()
    rows = layer_states(encoder, 1)(clips[0])
    assert rows.shape == (109, 32)
    with pytest.raises(InputError, match="choose 0 to 2"):
        layer_states(encoder, 3)


def test_clusters_tell_two_sounds_apart_and_are_written_by_file(clips, data_dir, tmp_path):
    rng = np.random.default_rng(0)
    hiss = (rng.standard_normal(32_000) * 2000).astype(np.int16)
    noisy, tone = replace(clips[1], samples=hiss), clips[0]
    clusters = fit_units(mfcc, [tone, noisy], 2, 10_000, seed=0)
    write_units(mfcc, clusters, [tone, noisy], tmp_path)
    written = load_clips(data_dir, [clips[0], clips[1]], tmp_path)
    first, second = (np.bincount(clip.units[:, 0], minlength=2) / len(clip.units) for clip in written)
    assert np.abs(first - second).sum() > 1.5


def test_clustering_the_same_twice_gives_the_same(clips):
    twice = [fit_units(mfcc, clips, 4, 200, seed=1).codebooks[0].cluster_centers_ for _ in range(2)]
    assert np.array_equal(*twice)


def test_every_codebook_halves_what_those_before_it_leave_over_of_a_grid():
    # Sixteen points on a line: two units tell the halves apart, two more the quarters, and so on.
    points = np.repeat(np.arange(16, dtype=np.float32), 50)[:, None]
    clusters = ResidualKMeans(2, 4, seed=0).fit(points)
    units = clusters.predict(points)
    assert (units.shape, units.dtype) == ((800, 4), np.int16)
    assert len(np.unique(units, axis=0)) == 16
    assert clusters.predict(points[:0]).shape == (0, 4)


def test_more_units_than_frames_are_refused(clips):
    with pytest.raises(InputError, match="cannot make 500 units"):
        fit_units(mfcc, clips[:1], 500, 10_000, seed=0)
