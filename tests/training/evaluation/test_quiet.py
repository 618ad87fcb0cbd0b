"""Clips with quiet around and between: what is in them, and the errors that are laid to it."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.training.evaluation.listening import Answer
from hubert_demo.training.evaluation.quiet import quiet_cases, quiet_scores, room_noise


@pytest.fixture
def sentences(clips):
    """Seven sentences, each unlike the others, one of half a minute."""
    some = [
        replace(clips[0], text=f"SENTENCE {letter}", samples=np.full(32_000, number + 1000, np.int16))
        for number, letter in enumerate("ABCDEF")
    ]
    some = [replace(clip, duration_s=2.0) for clip in some]
    long = np.full(52 * 16_000, 2000, np.int16)
    return [*some, replace(clips[0], text="LONG", samples=long, duration_s=52.0)]


class Reader:
    """Reads what `read` says of each clip."""

    def __init__(self, read):
        self._read = read

    def answers(self, clips):
        return [
            Answer(Transcript(self._read(clip), (), (), np.zeros(0, np.int64)), None, (), None)
            for clip in clips
        ]


def level_dbfs(samples):
    return 20 * np.log10(samples.astype(float).std() / 32768)


def test_room_noise_has_its_level():
    noise = room_noise(2.0, np.random.default_rng(0))
    assert len(noise) == 32_000
    assert level_dbfs(noise) == pytest.approx(-60, abs=0.1)


def test_noise_lies_on_both_sides_and_silence_before(sentences):
    both, before, _ = quiet_cases(sentences)
    samples = both.whole[0].samples
    assert len(samples) == len(sentences[0].samples) + 12 * 16_000
    assert level_dbfs(samples[: 6 * 16_000]) == pytest.approx(-60, abs=0.1)
    assert level_dbfs(samples[-6 * 16_000 :]) == pytest.approx(-60, abs=0.1)
    assert np.array_equal(samples[6 * 16_000 : -6 * 16_000], sentences[0].samples)
    assert not np.array_equal(samples[: 6 * 16_000], both.whole[1].samples[: 6 * 16_000])
    samples = before.whole[0].samples
    assert not samples[: 10 * 16_000].any()
    assert np.array_equal(samples[10 * 16_000 :], sentences[0].samples)


def test_what_is_longer_than_a_minute_is_left_out(sentences):
    for case in quiet_cases(sentences):
        assert all(whole.duration_s <= 60 for whole in case.whole)
        assert "LONG" not in {whole.text for whole in case.whole}
        assert len(case.parts) == len(case.whole)


def test_three_sentences_are_joined_by_noise_and_by_silence(sentences):
    pauses = quiet_cases(sentences)[2]
    assert len(pauses.whole) >= 2
    for index, (parts, whole) in enumerate(zip(pauses.parts, pauses.whole, strict=True)):
        assert len({part.text for part in parts}) == 3
        assert whole.text == " ".join(part.text for part in parts)
        assert whole.duration_s == pytest.approx(3 * 2 + 2 * 5)
        gap = whole.samples[2 * 16_000 : 7 * 16_000]
        if index % 2:
            assert not gap.any()
        else:
            assert level_dbfs(gap) == pytest.approx(-60, abs=0.2)


def test_as_many_triples_as_were_asked_for_the_same_every_time(sentences):
    first, again = (quiet_cases(sentences[:6], num_triples=20)[2] for _ in range(2))
    assert len(first.whole) == 20
    for one, two in zip(first.whole, again.whole, strict=True):
        assert np.array_equal(one.samples, two.samples)


def test_two_sentences_make_no_triple(sentences):
    assert len(quiet_cases(sentences[:2])) == 2


def test_errors_alone_and_with_quiet_are_held_against_the_same_texts(sentences):
    perfect = quiet_scores(Reader(lambda clip: clip.text), quiet_cases(sentences))
    assert [scores.characters.value for scores in perfect] == [0.0, 0.0, 0.0]
    # One letter more wherever there is quiet.
    reader = Reader(lambda clip: clip.text + "X" if clip.duration_s > 2 else clip.text)
    both, before, pauses = quiet_scores(reader, quiet_cases(sentences))
    assert both.characters.value == before.characters.value == pytest.approx(1 / 10)
    assert pauses.characters.value == pytest.approx(1 / 32)
    assert both.characters.interval == pytest.approx((0.1, 0.1))
    assert "6 recordings" in both.lines[0]
    assert (
        "0.000 [0.000, 0.000] alone, 0.100 [0.100, 0.100] with it: +0.100 [+0.100, +0.100]" in both.lines[1]
    )


def test_errors_of_the_three_alone_are_added_up(sentences):
    reader = Reader(lambda clip: clip.text if clip.duration_s > 2 else "")
    pauses = quiet_scores(reader, quiet_cases(sentences))[2]
    assert pauses.characters.before.value == 1.0
    assert pauses.characters.after.value == 0.0
    assert pauses.characters.value == -1.0
