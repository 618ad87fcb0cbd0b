"""What the seconds of a recording are called."""

import numpy as np
import pytest

from hubert_demo.training.data.clips import Clip, PlacedWord
from hubert_demo.training.data.corpora import KEYWORD_LABELS
from hubert_demo.training.data.windows import HOP_FRAMES, NO_LABEL, WINDOW_FRAMES, window_labels

NOTHING = np.zeros(0, np.int16)


def recording(seconds, *commands, speech_s=None, is_known=True):
    placed = tuple(PlacedWord(*command) for command in commands) if is_known else None
    return Clip(
        "c", "f", "train", "s", "TEXT", seconds, NOTHING, np.zeros((0, 1), np.int16), False, placed, speech_s
    )


def labels(clip):
    found = window_labels(clip, int(clip.duration_s * 50) - 1)
    return [None if index == NO_LABEL else KEYWORD_LABELS[index] for index in found]


def middle_s(window):
    return (window * HOP_FRAMES + (WINDOW_FRAMES - 1) / 2) * 0.02 + 0.0125


def test_windows_around_a_command_are_it_and_those_far_away_are_unknown():
    found = labels(recording(6.0, ("STOP", 2.8, 3.2)))
    for window, label in enumerate(found):
        distance_s = abs(middle_s(window) - 3.0)
        expected = "stop" if distance_s <= 0.3 else None if distance_s < 0.75 else "_unknown_"
        assert label == expected, window
    assert found.count("stop") == 6


def test_there_are_as_many_windows_as_the_page_has():
    # `detect` moves its window in the same steps: one more for every tenth of a second.
    assert len(labels(recording(1.02))) == 1
    assert len(labels(recording(3.0))) == (149 - WINDOW_FRAMES) // HOP_FRAMES + 1
    assert labels(recording(0.5)) == []


def test_between_two_commands_the_nearer_one_counts_if_it_is_clearly_nearer():
    found = labels(recording(6.0, ("ON", 2.8, 3.0), ("OFF", 3.2, 3.4)))
    named = {round(middle_s(w), 2): label for w, label in enumerate(found)}
    assert all(label in ("on", None) for time_s, label in named.items() if 2.3 < time_s < 2.95)
    assert all(label in ("off", None) for time_s, label in named.items() if 3.25 < time_s < 3.9)
    assert "on" in found
    assert "off" in found
    assert all(label is None for time_s, label in named.items() if abs(time_s - 3.1) < 0.05)


def test_words_that_sound_like_a_command_have_no_label():
    found = labels(recording(6.0, ("KNOW", 2.8, 3.2)))
    assert set(found) == {None, "_unknown_"}
    assert found[25] is None


def test_where_nobody_speaks_is_silence():
    found = labels(recording(9.0, speech_s=((0.0, 3.0), (6.0, 9.0))))
    named = {round(middle_s(w), 2): label for w, label in enumerate(found)}
    assert all(label == "_silence_" for time_s, label in named.items() if 3.5 < time_s < 5.5)
    assert all(label == "_unknown_" for time_s, label in named.items() if time_s < 2.9 or time_s > 6.1)
    assert None in found


def test_a_recording_without_speech_is_silence_throughout():
    assert set(labels(recording(3.0, speech_s=()))) == {"_silence_"}


@pytest.mark.parametrize("seconds", [2.0, 8.0])
def test_where_nobody_looked_there_are_no_labels(seconds):
    assert set(labels(recording(seconds, is_known=False))) == {None}
