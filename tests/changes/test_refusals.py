"""What a checkpoint or a recording cannot be changed by is refused in a sentence."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.changes import PatchSource, StatesPatched, composed
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.errors import InputError
from hubert_demo.inference import encode, encode_changed
from tests.changes.conftest import SMALL


@pytest.fixture(scope="module")
def loaded(make_loaded):
    return make_loaded()


@pytest.fixture(scope="module")
def without_masks(make_loaded):
    return make_loaded.__wrapped__(config=replace(SMALL, mask_time_prob=0.0, mask_feature_prob=0.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("head_off:4.0", "Layer 4 does not exist; choose 0 to 3."),
        ("head_off:0.3", "Head 3 does not exist; choose 0 to 2."),
        ("layer_skipped:4", "Layer 4 does not exist; choose 0 to 3."),
        ("feed_forward_off:9", "Layer 9 does not exist; choose 0 to 3."),
        ("attention_cut:0.1-0.2:0.3-0.4:4", "Layer 4 does not exist; choose 0 to 3."),
        ("frames_masked:0.9-1.1", "The recording is 1.000 s long; a stretch that ends at 1.1 s reaches"),
        ("stretch_silenced:2-3", "reaches beyond it"),
        ("attention_cut:0.1-0.2:0.9-1.2", "reaches beyond it"),
        ("frames_masked:0.5-0.501", "No frame has its centre between 0.5 s and 0.501 s"),
        ("attention_cut:0.5-0.501:others", "No frame has its centre"),
        ("attention_cut:0.1-0.2:0-1", "5 of 49 frames, the first of them frame 5, would have nothing left"),
        ("attention_cut:0.1-0.2:0-0.5,attention_cut:0.1-0.2:0.5-1:2", "nothing left to attend to"),
        ("stretch_silenced:0.5-0.50001", "is empty"),
        ("stretch_silenced:0-1", "Nothing would be left to hear"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(loaded, noise, text, words):
    before = encode(loaded, noise)
    with pytest.raises(InputError) as raised:
        encode_changed(loaded, before, [text])
    assert words in str(raised.value)


def test_frames_may_be_left_with_themselves_alone(loaded, noise):
    before = encode(loaded, noise)
    cuts = [f"attention_cut:{start:.1f}-{start + 0.1:.1f}:others" for start in np.arange(9) / 10]
    changed = encode_changed(loaded, before, cuts)
    assert changed.changes == composed(cuts)
    assert np.isfinite(changed.hidden_states).all()


def test_a_checkpoint_without_a_mask_embedding_masks_nothing(without_masks, noise):
    before = encode(without_masks, noise)
    with pytest.raises(InputError, match="has no mask embedding"):
        encode_changed(without_masks, before, ["frames_masked:0.2-0.4"])


@pytest.mark.parametrize(
    ("layer", "rows", "start_s", "words"),
    [
        (5, np.zeros((3, 24)), 0.2, "Layer 5 does not exist; choose 0 to 4."),
        (1, np.zeros((3, 25)), 0.2, "25 wide; those of this checkpoint are 24"),
        (1, np.zeros((30, 24)), 0.8, "30 frames from 0.8 s on reach beyond"),
        (1, None, 0.2, "The states to patch in are missing"),
    ],
)
def test_states_that_do_not_fit_are_refused(loaded, noise, layer, rows, start_s, words):
    patch = StatesPatched(layer, start_s, start_s + 0.1, PatchSource("mine", 0))
    with pytest.raises(InputError, match=words):
        encode_changed(loaded, encode(loaded, noise), [patch if rows is None else patch.with_rows(rows)])


def test_stretches_name_the_frames_whose_centres_they_hold():
    for first, last in ((0, 1), (10, 20), (48, 49), (0, 49), (137, 138)):
        stretch = round(HUBERT_GRID.start_s(first), 4), round(HUBERT_GRID.start_s(last), 4)
        assert HUBERT_GRID.frames_between(*stretch, 200) == slice(first, last)
    centres = HUBERT_GRID.times_s(200)
    assert HUBERT_GRID.frames_between(centres[7], centres[9], 200) == slice(7, 9)
    assert HUBERT_GRID.frames_between(0, 99, 200) == slice(0, 200)
    with pytest.raises(InputError, match="No frame"):
        HUBERT_GRID.frames_between(4.1, 5, 200)


def test_what_was_silenced_is_told_and_the_recording_is_left_alone(noise):
    silent = noise.silenced([(0.25, 0.5), (0.75, 0.8)])
    assert not silent.samples[4000:8000].any()
    assert not silent.samples[12_000:12_800].any()
    np.testing.assert_array_equal(silent.samples[8000:12_000], noise.samples[8000:12_000])
    assert silent.notes == ("silenced from 0.25 to 0.5 s", "silenced from 0.75 to 0.8 s")
    assert noise.samples[4000:8000].all()
    with pytest.raises(InputError, match="no sound between"):
        Waveform(noise.samples).silenced([(1.5, 2)])
