"""Commands inside running speech: found and false by hand, at any threshold."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Transcript, Word
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import InputError
from hubert_demo.training.evaluation.listening import Answer, Listener
from hubert_demo.training.evaluation.running_speech import RunningSpeechTrial, running_speech_scores
from hubert_demo.training.evaluation.scores import Count

from .test_detections import keywords_of

NOTHING = ("_unknown_", 0.9)


def word(text, middle_s):
    return Word(text, middle_s - 0.1, middle_s + 0.1, 0.9)


def answer(spoken, read, *windows):
    text = " ".join(each.text for each in read)
    transcript = Transcript(text, tuple(read), (), np.zeros(0, np.int64))
    return Answer(transcript, keywords_of(*windows), tuple(spoken), None)


@pytest.fixture
def trial(clips):
    """A minute with a yes that is found, a go that is not, a know that sounds like no, and two alarms."""
    windows = [("yes", 0.9), *[NOTHING] * 5, ("no", 0.8), *[NOTHING] * 8, ("stop", 0.6), NOTHING, ("up", 0.7)]
    spoken = [word("YES", 0.9), word("KNOW", 1.4), word("GO", 2.0)]
    read = [word("YES", 0.9), word("NO", 1.4), word("GO", 2.0), word("OFF", 2.4)]
    return RunningSpeechTrial([replace(clips[0], duration_s=60.0)], [answer(spoken, read, *windows)])


def test_words_are_found_near_their_middle_and_the_rest_is_an_alarm(trial):
    judged = trial.at(0.5)
    assert judged.words == {"yes": Count(1, 1), "go": Count(0, 1)}
    assert judged.recall == Count(1, 2)
    assert judged.alarms == {"stop": 1, "up": 1}
    assert judged.false_alarms_per_minute.value == 2.0
    assert trial.at(0.65).alarms == {"up": 1}
    assert trial.at(0.95).recall == Count(0, 2)


def test_a_detection_too_far_from_its_word_is_an_alarm(clips):
    far = answer([word("YES", 1.1)], [], ("yes", 0.9))
    judged = RunningSpeechTrial(clips[:1], [far]).at(0.5)
    assert (judged.recall, judged.alarms) == (Count(0, 1), {"yes": 1})


def test_what_was_read_is_judged_alike(trial):
    judged = trial.as_read()
    assert judged.recall == Count(2, 2)
    assert judged.alarms == {"off": 1}
    assert judged.threshold is None


def test_the_threshold_that_finds_most_with_few_alarms_is_chosen(trial):
    assert trial.choose(1.0).recall == Count(1, 2)
    assert trial.choose(1.0).false_alarms_per_minute.value <= 1.0
    # The higher of those that find as much.
    assert trial.choose(1.0).threshold == pytest.approx(0.9)


def test_where_no_threshold_is_quiet_enough_the_highest_is_taken(clips):
    loud = RunningSpeechTrial(clips[:1], [answer([], [], ("go", 1.0))])
    assert loud.choose(0.5).threshold == pytest.approx(0.995)
    assert loud.choose(0.5).alarms == {"go": 1}


def test_scores_tell_every_command_and_how_they_were_judged(trial):
    lines = "\n".join(running_speech_scores(trial, 0.5).lines)
    assert "1 clips, 1.0 min" in lines
    assert "at its threshold, 0.500: 1/2 [0.09, 0.91] found, 2.00 [0.24, 7.22] false alarms a minute" in lines
    assert "stop   0/0 [0.00, 1.00] found, 1 false alarms" in lines
    assert "words of the greedy transcript as detections: 2/2 [0.34, 1.00] found, 1.00 [" in lines
    assert "only shows the trade-off" in lines


def test_a_trial_listens_to_real_clips(clips):
    listener = Listener(load(resolve(DEFAULT_CHECKPOINT)))
    sentence = replace(clips[0], text="YES READS")
    judged = RunningSpeechTrial([sentence], listener.answers([sentence])).at(0.5)
    assert judged.recall.total == 1
    assert judged.minutes == pytest.approx(2.2 / 60)


def test_clips_are_needed():
    with pytest.raises(InputError, match="need clips of speech"):
        RunningSpeechTrial([], [])
