"""What lessons hear through other models is computed once, and displaces nothing that a visitor looks at."""

import pytest

from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import PRETRAINED_CHECKPOINT, STORE
from hubert_demo.errors import HubertDemoError
from hubert_demo.ui.examples import FOLDER
from hubert_demo.ui.lessons import Others, Telling
from hubert_demo.ui.lessons.others import MAX_ANALYSES


@pytest.fixture(scope="module")
def others(page):
    return Others(page.models, page._passes, STORE)


@pytest.fixture(scope="module")
def waveform():
    """What no other test has shown this page."""
    return Waveform(Waveform.from_file(FOLDER / "stop.wav").samples[123:])


def test_a_recording_is_analysed_once_by_each_model(others, page, waveform):
    first = others.analysis(waveform, PRETRAINED_CHECKPOINT)
    assert first.checkpoint.name == PRETRAINED_CHECKPOINT
    assert others.analysis(waveform, PRETRAINED_CHECKPOINT) is first
    assert others.analysis(waveform, page.models.default.name) is not first
    assert all(page.results.find(spec, waveform) is None for spec in (first.checkpoint, page.models.default))


def test_only_the_last_few_are_remembered(others, waveform):
    first = others.analysis(waveform, PRETRAINED_CHECKPOINT)
    for length in range(MAX_ANALYSES):
        others.analysis(Waveform(waveform.samples[: 8000 + 400 * length]), PRETRAINED_CHECKPOINT)
    assert others.analysis(waveform, PRETRAINED_CHECKPOINT) is not first


def test_a_model_that_is_not_offered_or_not_here_is_refused(others, waveform):
    for name in ("none", "facebook/hubert-base-ls960"):
        with pytest.raises(HubertDemoError):
            others.analysis(waveform, name)


def test_the_model_on_show_is_not_asked_again(others, page, waveform):
    asked = []

    def analyse(waveform, checkpoint):
        asked.append(checkpoint)
        return others.analysis(waveform, checkpoint)

    shown = page.analyse(Waveform.from_file(FOLDER / "charming.wav")).analysis
    telling = Telling(page.lessons, analyse)
    answer = telling.lesson_step(shown, {"lesson": "learning-to-read", "step": 1})
    assert answer["cannot"] is None
    assert set(asked) == {PRETRAINED_CHECKPOINT}
