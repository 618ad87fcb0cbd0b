"""Words beside the pictures: no two touch, and only those that would are left out."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox

from hubert_demo.analysis.timeline.spectrogram import Spectrogram
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.analysis.transcript.emissions import Emissions
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.plotting import attention_figure, timeline_figure, transcript_figure

DURATION_S = 60.0
NUM_WORDS = 180
NUM_FRAMES = 2999
VOCABULARY = ("blank", "space", *"abcdefghijklmnopqrstuvwxyz")


@pytest.fixture
def many_words() -> tuple[Word, ...]:
    rng = np.random.default_rng(0)
    starts = np.linspace(0, DURATION_S - 0.3, NUM_WORDS)
    return tuple(
        Word("".join(rng.choice(list("abemow"), rng.integers(1, 8))), start, start + 0.25, 0.9)
        for start in starts.tolist()
    )


def timeline(words) -> Figure:
    samples = np.sin(np.arange(0, DURATION_S, 1 / 1000)).astype(np.float32)
    decibels = np.zeros((4, 61), np.float32)
    return timeline_figure(
        samples, 1000, Spectrogram(decibels, np.arange(61.0), np.linspace(40, 500, 4)), words
    )


def transcript(words) -> Figure:
    rng = np.random.default_rng(1)
    path = np.where(rng.random(NUM_FRAMES) < 0.3, rng.integers(2, len(VOCABULARY), NUM_FRAMES), 0)
    emissions = Emissions(np.arange(len(VOCABULARY)), VOCABULARY, np.eye(len(VOCABULARY))[path])
    return transcript_figure(emissions, HUBERT_GRID, words, path)


def attention(words) -> Figure:
    return attention_figure(np.full((60, 60), 1 / 60, np.float32), (0.0, DURATION_S), 0, 0, words)


def upright_boxes(figure: Figure, labels: list[Text]) -> list[Bbox]:
    """Where labels are in a frame that is turned by their common angle, when the figure has been laid out."""
    figure.draw_without_rendering()
    angle = labels[0].get_rotation()
    assert {label.get_rotation() for label in labels} == {angle}
    boxes = []
    for label in labels:
        anchor = label.get_transform().transform(label.get_position())
        label.set_rotation(0)
        box = label.get_window_extent()
        label.set_rotation(angle)
        boxes.append(box.translated(*(Affine2D().rotate_deg(-angle).transform(anchor) - anchor)))
    return boxes


def labels_of(figure: Figure) -> dict[float, list[Text]]:
    """The labels by their angle: slanting ones above, level ones beside or in the picture."""
    found: dict[float, list[Text]] = {}
    for label in figure.axes[0].texts:
        found.setdefault(label.get_rotation(), []).append(label)
    return found


@pytest.mark.parametrize(("draw", "num_groups"), [(timeline, 1), (transcript, 2), (attention, 2)])
def test_no_two_labels_touch_in_a_long_recording(draw, num_groups, many_words):
    figure = draw(many_words)
    groups = labels_of(figure)
    assert len(groups) == num_groups
    for labels in groups.values():
        assert len(labels) >= 15
        boxes = upright_boxes(figure, labels)
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("draw", [timeline, transcript, attention])
def test_every_word_keeps_its_bracket(draw, many_words):
    brackets = [line for line in draw(many_words).axes[0].lines if len(line.get_xdata()) == 2]
    assert len(brackets) == NUM_WORDS * (2 if draw is attention else 1)


def test_words_that_have_room_are_all_written():
    words = [Word("go", start, start + 0.5, 0.9) for start in range(0, 60, 4)]
    assert len(labels_of(timeline(words))[45]) == 15


def test_a_very_long_word_is_shortened():
    figure = timeline([Word("m" * 40, 1.0, 2.0, 0.9), Word("m" * 24, 30.0, 31.0, 0.9)])
    assert [label.get_text() for label in figure.axes[0].texts] == [f"{'m' * 22}…", "m" * 24]
