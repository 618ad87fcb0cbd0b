"""The lessons that come with the page: what each question's answer is, and where the page shows it."""

from functools import cache

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.checkpoints import PRETRAINED_CHECKPOINT
from hubert_demo.errors import InputError
from hubert_demo.ui.examples import FOLDER, examples
from hubert_demo.ui.lessons import lessons
from hubert_demo.ui.lessons.answers import filled, told
from hubert_demo.ui.lessons.measures import MEASURES, CannotAnswerError, Subject
from hubert_demo.ui.lessons.telling import Telling

LESSONS = lessons(example.path.name for example in examples())

MIN_STEPS, MIN_QUESTIONS, MIN_RECORDINGS = 6, 4, 3

# Measure of each question -> where the page shows its answer.
SHOWN = {
    "num_frames": "Layers, “dots”; Transcript, “How letters become text”",
    "least_sure_word": "Transcript, the shade of the words and the share beneath",
    "least_sure_confidence": "Transcript, the share beneath the word",
    "loudest_word": "Layers, colour: loudness, the brightest dot",
    "rarest_kind": "Attention, “All heads”, the filter of each kind",
    "first_command": "Keywords, the headline",
    "blank_share": "Transcript, “How letters become text”, all frames",
    "num_merged": "Transcript, “How letters become text”, all frames",
    "has_double_letter": "Transcript, the greedy transcript",
    "longest_word": "Transcript, the times beneath the words",
    "language_model_changes": "Transcript, the underlined words",
    "least_alike_cosine": "Layers, “How alike neighbouring layers are”",
    "cka_last_by_chance": "Layers, “How alike neighbouring layers are”, by chance",
    "pnmi_input": "Layers, how well clusters predict letters, layer 0",
    "pnmi_last": "Layers, how well clusters predict letters, last layer",
    "num_diagonal": "Attention, “All heads”, filter: diagonal",
    "most_diagonal_layer": "Attention, “All heads”, sort: most diagonal, the first",
    "near_share": "Attention, beneath the map",
    "key_head_layer": "Attention, “Switch parts off”, after “Every head off in turn”: the darkest head",
    "key_head_characters": "Transcript, “Before” and the words above it, with that head off",
    "num_spare_heads": "Attention, “Switch parts off”, colours: characters changed, the heads with 0",
    "key_layer_characters": "Attention, “Switch parts off”, colours: characters changed, column “all”",
    "key_feed_forward_characters": "Attention, “Switch parts off”, colours: characters changed, column “FF”",
    "key_word": "Attention, “Which sound made these words”, the longest bar",
    "cer_input": "Transcript, “Read every layer”, the errors of layer 0",
    "readable_layer": "Transcript, “Read every layer”, the errors of all layers",
    "num_early_letters": "Transcript, “Read every layer”, the letters with a 0",
    "latest_word": "Transcript, “Read every layer”, the words with the highest numbers",
    "pnmi_last_before": "Layers, how well clusters predict letters, before fine-tuning",
    "pnmi_last_after": "Layers, how well clusters predict letters, after fine-tuning",
    "cosine_last_before": "Layers, “How alike neighbouring layers are”, before fine-tuning",
    "cosine_last_after": "Layers, “How alike neighbouring layers are”, after fine-tuning",
    "num_diagonal_after": "Attention, “All heads”, filter: diagonal, after fine-tuning",
}


@cache
def analysed(recording, checkpoint=None):
    chosen = {} if checkpoint is None else {"checkpoint": checkpoint}
    return analyze(FOLDER / recording, **chosen)


def subject(recording):
    return Subject(analysed(recording), lambda checkpoint: analysed(recording, checkpoint))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_long_enough_and_works_on_three_recordings(lesson):
    questions = [step.question for step in lesson.steps if step.question is not None]
    assert len(lesson.steps) >= MIN_STEPS
    assert len(questions) >= MIN_QUESTIONS
    assert any(not each.choices and each.measure.kind.is_number for each in questions)
    assert len(set(lesson.recordings)) >= MIN_RECORDINGS


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_each_answer_is_computed_quoted_shown_and_differs_between_recordings(lesson):
    for step in lesson.steps:
        answers = {recording: told(step, subject(recording)) for recording in lesson.recordings}
        assert all(each["cannot"] is None and each["text"] and each["link"] for each in answers.values())
        if step.question is None:
            continue
        measure = step.question.measure
        assert SHOWN[measure.name]
        rights = {recording: measure.compute(subject(recording)) for recording in lesson.recordings}
        shown = {measure.kind.show(right) for right in rights.values()}
        assert len(shown) > 1, (step.title, rights)
        for recording, right in rights.items():
            question, reveal = answers[recording]["question"], answers[recording]["reveal"]
            assert question["text"] == filled(step.question.text, subject(recording))
            assert question["shown"] in (measure.kind.show(right), *(question["choices"] or ()))
            # What is revealed quotes this recording's numbers.
            assert reveal != step.reveal or "{" not in step.reveal
            assert reveal == filled(step.reveal, subject(recording))
            if question["choices"] is None:
                assert abs(question["right"] - right * measure.kind.scale) <= 0.5
            else:
                assert 0 <= question["right"] < len(question["choices"])
                if measure.options is not None:
                    assert question["choices"][question["right"]] == right


def test_every_question_says_where_the_page_shows_its_answer():
    asked = {step.question.measure.name for lesson in LESSONS for step in lesson.steps if step.question}
    assert asked == set(SHOWN)


def test_answers_are_what_the_analysis_says():
    analysis = analysed("commands.wav")
    answers = {
        name: MEASURES[name].compute(subject("commands.wav"))
        for name in ("num_words", "first_command", "num_commands", "least_sure_word", "num_frames")
    }
    assert answers == {
        "num_words": 3,
        "first_command": "yes",
        "num_commands": 3,
        "least_sure_word": min(analysis.transcript.words, key=lambda word: word.confidence).text.lower(),
        "num_frames": analysis.encoding.num_frames,
    }
    before = MEASURES["num_diagonal_before"].compute(subject("commands.wav"))
    assert (
        before == (analysed("commands.wav", PRETRAINED_CHECKPOINT).head_metrics().kinds == "diagonal").sum()
    )


def test_a_recording_that_cannot_answer_gets_a_sentence_in_place_of_the_question(write_wav):
    hum = analyze(write_wav("hum.wav", duration_s=1.0, seed=77))
    silent = Subject(hum, lambda checkpoint: hum)
    cannot = {
        step.question.measure.name: told(step, silent)
        for lesson in LESSONS
        for step in lesson.steps
        if step.question is not None
    }
    assert (
        cannot["longest_word"]["cannot"] == "Too few words were recognised in this recording to compare them."
    )
    assert "letters" in cannot["pnmi_last"]["cannot"]
    for answer in cannot.values():
        assert (answer["question"] is None) == (answer["cannot"] is not None)
    assert cannot["num_frames"]["cannot"] is None


def test_equally_rare_kinds_are_no_question(monkeypatch):
    analysis = analysed("commands.wav")
    kinds = np.array(["global", "vertical", "diagonal"] * 2).reshape(2, 3)
    monkeypatch.setattr(type(analysis.head_metrics()), "kinds", kinds)
    with pytest.raises(CannotAnswerError, match="global and vertical and diagonal heads are equally rare"):
        MEASURES["rarest_kind"].compute(Subject(analysis, lambda checkpoint: analysis))


@pytest.mark.parametrize(
    "request_", [{}, {"lesson": "none", "step": 0}, {"lesson": "first-look", "step": 99}]
)
def test_what_the_browser_sends_may_be_anything(request_):
    telling = Telling(LESSONS, lambda waveform, name: analysed("commands.wav", name))
    with pytest.raises(InputError):
        telling.lesson_step(analysed("commands.wav"), request_)


def test_the_browser_is_told_a_step_of_the_recording_on_show():
    asked_for = []
    telling = Telling(
        LESSONS, lambda waveform, name: asked_for.append(name) or analysed("commands.wav", name)
    )
    answer = telling.lesson_step(analysed("commands.wav"), {"lesson": "learning-to-read", "step": 2})
    assert answer["question"]["right"] == pytest.approx(
        float(analysed("commands.wav", PRETRAINED_CHECKPOINT).layer_curves().cosines[-1]), abs=0.006
    )
    assert set(asked_for) == {PRETRAINED_CHECKPOINT}
