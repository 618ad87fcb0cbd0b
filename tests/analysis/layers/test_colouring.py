"""Colourings: a value for every frame, and what it means."""

import numpy as np
import pytest

from hubert_demo.analysis.layers.colouring import (
    LETTER_GROUPS,
    by_energy,
    by_letter,
    by_pitch,
    by_time,
    by_unit,
    frame_characters,
)
from hubert_demo.analysis.timeline.prosody import MAX_PITCH_HZ, MIN_PITCH_HZ, Prosody


def prosody(energy=(-20.0,), pitch=(100.0,)) -> Prosody:
    return Prosody(np.array(energy, np.float32), np.array(pitch, np.float32))


def test_time_runs_from_the_first_frame_to_the_end_of_the_last():
    colouring = by_time(np.array([0.0125, 0.0325, 0.0525]), (0.0025, 0.0625))
    assert colouring.values.tolist() == [0.0125, 0.0325, 0.0525]
    assert (colouring.low, colouring.high) == pytest.approx((0.0025, 0.0625))
    assert colouring.unit == "s"


def test_letters_are_coloured_by_their_kind():
    values = by_letter(["a", "t", "s", "m", " ", "", "'"]).values
    assert values[:5].tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(values[5:]).all()


def test_every_letter_is_of_exactly_one_kind():
    letters = "".join(letters for _, letters in LETTER_GROUPS)
    assert sorted(letters) == sorted("abcdefghijklmnopqrstuvwxyz ")


def test_energy_is_told_apart_down_to_sixty_decibels_below_the_loudest():
    assert by_energy(prosody([-100, -50, -10])).low == -70
    assert by_energy(prosody([-50, -10])).low == -50
    assert by_energy(prosody([-50, -10])).high == -10


def test_pitch_leaves_outliers_out_and_silent_frames_uncoloured():
    pitch = [*np.linspace(100, 200, 101), 480, np.nan]
    colouring = by_pitch(prosody([0] * 103, pitch))
    assert np.isnan(colouring.values[-1])
    assert 100 < colouring.low < 105
    assert 195 < colouring.high < 205


def test_a_steady_pitch_and_none_at_all_still_have_a_scale():
    steady, silent = by_pitch(prosody(pitch=[200] * 5)), by_pitch(prosody(pitch=[np.nan] * 5))
    assert (steady.low, steady.high) == (190, 210)
    assert (silent.low, silent.high) == (MIN_PITCH_HZ, MAX_PITCH_HZ)


def test_units_are_counted_from_one():
    colouring = by_unit(np.array([0, 2, 1]), 3)
    assert colouring.values.tolist() == [0, 2, 1]
    assert colouring.classes == ("unit 1", "unit 2", "unit 3")


def test_characters_of_frames_are_small_letters_without_blanks(make_encoding):
    encoding = make_encoding(["<pad>", "A", "|", "B"])
    assert frame_characters(encoding.ctc, np.array([0, 4, 3, 5])) == ("", "a", " ", "b")
