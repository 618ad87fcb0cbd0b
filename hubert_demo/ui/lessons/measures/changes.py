"""What may be asked about parts of the model that are switched off, and words that are silenced."""

from itertools import islice

import numpy as np

from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis
from hubert_demo.api.opening import sweep_steps
from hubert_demo.changes import FeedForwardOff, HeadOff, LayerSkipped, text_of
from hubert_demo.experiments.heads import HeadSweep, LayerSweep
from hubert_demo.experiments.words import WordSweep
from hubert_demo.ui.lessons.measures.base import (
    COUNT,
    DECIMAL,
    LAYER,
    MAX_OPTIONS,
    TEXT,
    WORD,
    CannotAnswerError,
    Subject,
    measure,
)


@measure(LAYER)
def key_head_layer(subject: Subject) -> int:
    """Layer, from 1, of the head without which the CTC loss of the greedy transcript rises most."""
    return _key_head(subject)[0] + 1


@measure(LAYER)
def key_head(subject: Subject) -> int:
    """Number of that head within its layer, from 1."""
    return _key_head(subject)[1] + 1


@measure(TEXT)
def key_head_off(subject: Subject) -> str:
    """That head switched off, as `changes` of a state."""
    return text_of([HeadOff(*_key_head(subject))])


@measure(DECIMAL)
def key_head_rise(subject: Subject) -> float:
    """By how much the loss rises without that head, in nats."""
    return float(_heads(subject).effects.loss_rise[_key_head(subject)])


@measure(COUNT)
def key_head_characters(subject: Subject) -> int:
    """Characters of the greedy transcript that change without that head."""
    return int(_heads(subject).effects.characters_changed[_key_head(subject)])


@measure(COUNT)
def num_spare_heads(subject: Subject) -> int:
    """Heads without which, one at a time, not one character of the greedy transcript changes."""
    return int((_heads(subject).effects.characters_changed == 0).sum())


@measure(COUNT)
def num_better_without(subject: Subject) -> int:
    """Heads without which, one at a time, the loss falls."""
    return int((_heads(subject).effects.loss_rise < 0).sum())


@measure(LAYER)
def key_layer(subject: Subject) -> int:
    """The layer, from 1, that raises the loss most when it is skipped."""
    return int(_layers(subject).skipped.loss_rise.argmax()) + 1


@measure(TEXT)
def key_layer_skipped(subject: Subject) -> str:
    """That layer skipped, as `changes` of a state."""
    return text_of([LayerSkipped(key_layer(subject) - 1)])


@measure(COUNT)
def key_layer_characters(subject: Subject) -> int:
    """Characters of the greedy transcript that change when that layer is skipped."""
    return int(_layers(subject).skipped.characters_changed[key_layer(subject) - 1])


@measure(LAYER)
def key_feed_forward(subject: Subject) -> int:
    """Layer, from 1, of the feed-forward without which the loss rises most."""
    return int(_layers(subject).feed_forward_off.loss_rise.argmax()) + 1


@measure(TEXT)
def key_feed_forward_off(subject: Subject) -> str:
    """That feed-forward switched off, as `changes` of a state."""
    return text_of([FeedForwardOff(key_feed_forward(subject) - 1)])


@measure(COUNT)
def key_feed_forward_characters(subject: Subject) -> int:
    """Characters of the greedy transcript that change without that feed-forward."""
    return int(_layers(subject).feed_forward_off.characters_changed[key_feed_forward(subject) - 1])


def _silenced_options(subject: Subject) -> list[str]:
    """Up to four of the words: the one that matters most, the one that matters least, others between."""
    sweep, show = _words(subject.analysis), reading_case(subject.analysis.ctc.vocabulary)
    order = np.argsort(-sweep.effects.loss_rise, kind="stable")
    spread = [order[0], order[-1], *order[1 :: max(1, len(order) // MAX_OPTIONS)]]
    chosen = list(dict.fromkeys(show(sweep.words[number].text) for number in spread))[:MAX_OPTIONS]
    said = dict.fromkeys(show(word.text) for word in sweep.words)
    return [text for text in said if text in chosen]


@measure(WORD, options=_silenced_options)
def key_word(subject: Subject) -> str:
    """The word of the greedy transcript whose sound, silenced, raises the loss most."""
    sweep = _words(subject.analysis)
    text = sweep.words[int(sweep.effects.loss_rise.argmax())].text
    return reading_case(subject.analysis.ctc.vocabulary)(text)


def _heads(subject: Subject) -> HeadSweep:
    _require_letters(subject.analysis)
    sweep = subject.analysis.sweep("heads", num_draws=0)
    assert isinstance(sweep, HeadSweep)
    return sweep


def _layers(subject: Subject) -> LayerSweep:
    _require_letters(subject.analysis)
    sweep = subject.analysis.sweep("layers")
    assert isinstance(sweep, LayerSweep)
    return sweep


def _key_head(subject: Subject) -> tuple[int, int]:
    rises = _heads(subject).effects.loss_rise
    layer, head = np.unravel_index(rises.argmax(), rises.shape)
    return int(layer), int(head)


def _words(analysis: Analysis) -> WordSweep:
    """Without what chance would do: the words come first."""
    count = len(analysis.transcript_greedy.words)
    if not count:
        raise CannotAnswerError("No speech was recognised here, so there are no words to silence.")
    *_, sweep = islice(sweep_steps(analysis, "words"), count)
    assert isinstance(sweep, WordSweep)
    return sweep


def _require_letters(analysis: Analysis) -> None:
    if analysis.encoding.ctc is None:
        raise CannotAnswerError(
            f"“{analysis.checkpoint.title}” was not trained to transcribe, so no part of it matters to a "
            "transcript of its own. Choose another model."
        )
