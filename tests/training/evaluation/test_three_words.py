"""Recordings of three commands: what is in them, and what counts as found."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.evaluation.listening import Answer
from hubert_demo.training.evaluation.scores import Count
from hubert_demo.training.evaluation.three_words import three_word_recordings, three_word_scores

from .test_detections import LABELS, row


@pytest.fixture
def words(data_dir):
    return load_clips(data_dir, corpora.word_test_clips(data_dir))


def answer(times_s, windows):
    rows = np.stack([row(*window) for window in windows])
    keywords = Keywords(LABELS, rows[0], 0.0, 1.0, np.array(times_s), rows)
    return Answer(Transcript("", (), (), np.zeros(0, np.int64)), keywords, (), None)


def test_every_command_comes_equally_often(words):
    recordings = three_word_recordings(words)
    labels = Counter(place.label for recording in recordings for place in recording.places)
    assert len(recordings) == 100
    assert labels == dict.fromkeys(corpora.COMMANDS, 30)


def test_the_same_recordings_are_made_every_time(words):
    first, again = three_word_recordings(words, 3), three_word_recordings(words, 3)
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.clip.samples, two.clip.samples)
        assert one.places == two.places


def test_words_lie_half_a_second_apart_with_room_noise_between(words):
    recording = three_word_recordings(words, 3)[0]
    samples = recording.clip.samples
    assert recording.clip.duration_s == pytest.approx(3 * 0.6 + 2 * 0.5)
    assert len(samples) == round(recording.clip.duration_s * 16_000)
    gap = samples[9_600:17_600].astype(float)
    assert 20 * np.log10(gap.std() / 32768) == pytest.approx(-60, abs=0.2)
    starts = [place.start_s for place in recording.places]
    assert starts == pytest.approx([-0.25, 0.85, 1.95])
    assert [place.end_s for place in recording.places] == pytest.approx([0.85, 1.95, 3.05])


def test_rare_commands_come_again(words):
    clips = [*[replace(words[0], text="GO")] * 5, replace(words[0], text="YES")]
    recordings = three_word_recordings(clips, 6)
    assert Counter(place.label for recording in recordings for place in recording.places) == {
        "go": 6,
        "yes": 6,
    }


def test_finds_and_alarms_by_hand(words):
    recording = three_word_recordings(words, 3)[0]
    first, second, third = (place.label for place in recording.places)
    other = next(label for label in corpora.COMMANDS if label not in (first, second, third))
    windows = [(first, 0.9), ("_unknown_", 0.9), (third, 0.9), (other, 0.9), ("_unknown_", 0.9), (third, 0.6)]
    # The third word is heard in the place of the second, and then, less clearly, in its own.
    heard = answer([0.3, 0.8, 1.2, 1.5, 2.0, 2.5], windows)
    scores = three_word_scores([recording], [heard], 0.5)
    assert scores.recall == Count(2, 3)
    assert scores.words[second] == Count(0, 1)
    assert scores.num_alarms == 2
    assert three_word_scores([recording], [heard], 0.7).recall == Count(1, 3)
    assert "2/3 [0.21, 0.94] commands found" in "\n".join(scores.lines)
    assert "2 found where they were not said, 2.00 [0.24, 7.22] a recording" in "\n".join(scores.lines)
