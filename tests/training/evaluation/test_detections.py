"""Runs of windows as detections, and detections held against words, by hand."""

import numpy as np

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.transcript.ctc import Transcript, Word
from hubert_demo.training.data import corpora
from hubert_demo.training.evaluation.detections import Detection, Place, detections, match, read_commands

LABELS = corpora.KEYWORD_LABELS


def keywords_of(*windows):
    """Keywords of windows 0.1 s apart, each a most probable class with its probability."""
    rows = np.stack([row(*window) for window in windows])
    return Keywords(LABELS, rows[0], 0.0, 1.0, 0.5 + 0.1 * np.arange(len(rows)), rows)


def row(label, probability):
    values = np.full(len(LABELS), (1 - probability) / (len(LABELS) - 1))
    values[LABELS.index(label)] = probability
    return values


def at_times(found):
    return [(detection.label, round(detection.time_s, 3)) for detection in found]


def test_a_run_of_windows_is_one_detection_at_its_most_probable_window():
    heard = keywords_of(
        ("yes", 0.6), ("yes", 0.9), ("yes", 0.7), ("_unknown_", 0.9), ("yes", 0.8), ("no", 0.8), ("no", 0.7)
    )
    assert at_times(detections(heard, 0.5)) == [("yes", 0.6), ("yes", 0.9), ("no", 1.0)]
    # What is below the threshold breaks a run.
    assert at_times(detections(heard, 0.75)) == [("yes", 0.6), ("yes", 0.9), ("no", 1.0)]
    assert at_times(detections(heard, 0.85)) == [("yes", 0.6)]


def test_what_is_no_command_is_not_detected():
    assert detections(keywords_of(("_silence_", 0.9), ("_unknown_", 0.9)), 0.5) == []


def test_a_recording_of_one_window_has_one_detection_at_most():
    assert at_times(detections(keywords_of(("go", 0.9)), 0.5)) == [("go", 0.5)]


def test_commands_that_were_read_lie_in_the_middle_of_their_letters():
    words = (Word("TURN", 0.1, 0.3, 0.9), Word("LEFT", 0.5, 0.9, 0.9))
    transcript = Transcript("TURN LEFT", words, (), np.zeros(0, np.int64))
    assert at_times(read_commands(transcript)) == [("left", 0.7)]


def test_a_detection_finds_a_word_of_its_label_in_its_place():
    places = [Place("yes", 0.0, 1.0), Place("no", 2.0, 3.0)]
    found = [Detection("yes", 1.0), Detection("yes", 2.5), Detection("no", 3.01)]
    matches = match(found, places)
    assert matches.is_found == (True, False)
    assert matches.alarms == (found[1], found[2])


def test_a_second_detection_of_a_word_is_neither_a_find_nor_an_alarm():
    matches = match([Detection("go", 0.4), Detection("go", 0.8)], [Place("go", 0.0, 1.0)])
    assert matches.is_found == (True,)
    assert matches.alarms == ()


def test_one_detection_finds_one_of_two_words_at_most():
    places = [Place("no", 0.0, 1.0), Place("no", 0.4, 1.4)]
    assert match([Detection("no", 0.7)], places).is_found == (True, False)
    assert match([Detection("no", 0.5), Detection("no", 0.9)], places).is_found == (True, True)


def test_where_a_label_is_passed_over_it_counts_neither_way():
    know = Place("no", 0.0, 1.0)
    matches = match([Detection("no", 0.5), Detection("yes", 0.5), Detection("no", 1.5)], [], [know])
    assert [alarm.label for alarm in matches.alarms] == ["yes", "no"]
    # A word that is there can be found there all the same.
    assert match([Detection("no", 0.9)], [Place("no", 0.8, 1.8)], [know]).is_found == (True,)
