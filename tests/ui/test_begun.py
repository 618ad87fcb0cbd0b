"""What has begun and may be had after a reload: bounded, and deaf to whatever else is sent."""

import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.begun import Begun
from hubert_demo.ui.results import GONE


def noise(seed, seconds=1):
    return Waveform(np.random.default_rng(seed).normal(0, 0.1, seconds * 16_000).astype(np.float32))


def test_what_has_begun_is_found_by_its_claim():
    begun = Begun()
    waveform = noise(1)
    claims = [begun.keep(waveform, name, {"title": "mine.wav"}) for name in (None, "small")]
    assert [begun.find(claim).checkpoint for claim in claims] == [None, "small"]
    assert begun.find(claims[0]).waveform is waveform
    assert begun.find(claims[0]).about == {"title": "mine.wav"}


def test_the_oldest_leaves_where_all_take_too_much_and_the_newest_stays():
    begun = Begun(max_bytes=2 * 64_000)
    first, second, third = (begun.keep(noise(seed), None, {}) for seed in range(3))
    with pytest.raises(InputError, match=GONE):
        begun.find(first)
    assert begun.find(second)
    long = begun.keep(noise(3, seconds=5), None, {})
    assert begun.find(long)
    with pytest.raises(InputError, match=GONE):
        begun.find(third)


@pytest.mark.parametrize("claim", [None, 7, [], {}, "", "guessed", "\ud800"])
def test_anything_else_gets_a_sentence(claim):
    begun = Begun()
    begun.keep(noise(1), None, {})
    with pytest.raises(InputError):
        begun.find(claim)
