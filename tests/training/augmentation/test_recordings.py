"""Clips put together to recordings, with quiet and sounds between."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.training.augmentation.recordings import LONGEST_S, Layout, lay_out, put_together
from hubert_demo.training.data.clips import NO_UNIT, PlacedWord

DURATIONS_S = [0.8] * 60 + [5.0] * 60 + [16.0] * 20


def layouts(pause_share=0.6, empty_share=0.1, may_join=None, seed=0):
    may_join = [True] * len(DURATIONS_S) if may_join is None else may_join
    speeds = [1.0] * len(DURATIONS_S)
    return lay_out(DURATIONS_S, speeds, may_join, pause_share, empty_share, np.random.default_rng(seed))


def test_every_clip_comes_exactly_once():
    indices = [index for layout in layouts() for index in layout.indices]
    assert sorted(indices) == list(range(len(DURATIONS_S)))


def test_recordings_are_put_together_of_several_clips_with_short_and_long_pauses():
    together = [layout for layout in layouts() if len(layout.indices) > 1]
    pauses_s = np.concatenate([layout.pauses_s for layout in together])
    assert max(len(layout.indices) for layout in together) > 4
    assert (pauses_s < 0.4).mean() > 0.3
    assert (pauses_s > 3).mean() > 0.05
    assert pauses_s.max() <= 20
    assert all(layout.duration_s(DURATIONS_S) <= LONGEST_S + 1e-9 for layout in together)


def test_a_share_of_the_recordings_holds_no_speech():
    found = layouts(empty_share=0.1)
    empty = [layout for layout in found if not layout.indices]
    assert len(empty) == round(0.1 * (len(found) - len(empty)))
    assert all(0.5 <= layout.duration_s(DURATIONS_S) <= 20 for layout in empty)


def test_without_pauses_every_recording_is_a_clip_as_it_is():
    assert all(layout.is_plain for layout in layouts(pause_share=0, empty_share=0))


def test_clips_that_may_not_be_joined_stay_alone():
    may_join = [index % 2 == 0 for index in range(len(DURATIONS_S))]
    for layout in layouts(pause_share=1.0, may_join=may_join):
        assert layout.is_plain or all(may_join[index] for index in layout.indices)


def test_text_units_and_words_go_along(clips):
    said = replace(clips[0], commands=(PlacedWord("NO", 0.5, 0.8),))
    quiet = replace(clips[1], commands=())
    heard = put_together([said, quiet], (1.0, 2.03, 0.5), np.random.default_rng(0))
    assert heard.text == f"{said.text} {quiet.text}"
    assert len(heard.samples) == round(heard.duration_s * 16_000)
    begin_s, second_s = heard.speech_s[0][0], heard.speech_s[1][0]
    assert begin_s == 1.0
    assert second_s == pytest.approx(1.0 + 2.2 + 2.03, abs=0.02)
    assert heard.commands == (PlacedWord("NO", begin_s + 0.5, begin_s + 0.8),)
    first, again = round(begin_s * 50), round(second_s * 50)
    known = len(said.units) - 1
    assert np.array_equal(heard.units[first : first + known], said.units[:known])
    assert np.array_equal(heard.units[again : again + known], quiet.units[:known])
    assert np.all(heard.units[:first] == NO_UNIT)
    assert np.all(heard.units[first + known + 1 : again] == NO_UNIT)


def test_speech_is_where_it_is_said_to_be(clips):
    for seed in range(100):
        heard = put_together(clips[:2], (1.0, 1.0, 1.0), np.random.default_rng(seed))
        spoken = np.zeros(len(heard.samples), bool)
        for start_s, end_s in heard.speech_s:
            spoken[round(start_s * 16_000) : round(end_s * 16_000)] = True
        if np.abs(heard.samples[~spoken]).max() == 0:
            return
    pytest.fail("no recording of a hundred has silence in its pauses")


def test_a_text_that_one_clip_lacks_is_nobody_s(clips):
    unknown = replace(clips[1], text="")
    heard = put_together([clips[0], unknown], (0.0, 0.5, 0.0), np.random.default_rng(0))
    assert heard.text == ""
    assert not heard.is_silent
    assert heard.commands is None


def test_a_recording_without_speech_says_nothing_and_mostly_sounds():
    recordings = [put_together([], (2.0,), np.random.default_rng(seed)) for seed in range(40)]
    assert all(heard.is_silent and heard.text == "" and heard.commands == () for heard in recordings)
    assert all(len(heard.samples) == 32_000 for heard in recordings)
    silent = [not heard.samples.any() for heard in recordings]
    assert 0 < sum(silent) < 25


def test_a_background_stays_well_below_the_speech(clips):
    for seed in range(30):
        heard = put_together(clips[:1], (0.0, 1.0), np.random.default_rng(seed))
        if heard.samples.any():
            spoken = heard.samples[: len(clips[0].samples)].astype(float)
            assert np.corrcoef(spoken, clips[0].samples)[0, 1] > 0.5


def test_a_layout_of_one_is_plain():
    assert Layout.of_one(3).is_plain
    assert not Layout((3,), (1.0,), (0.0, 0.2)).is_plain
    assert Layout((0,), (2.0,), (1.0, 0.5)).duration_s([4.0]) == 3.5
