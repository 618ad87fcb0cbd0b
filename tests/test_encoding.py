"""Where frames lie in time, what is absent, and old names."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.encoding import HUBERT_GRID, ClassOutput, CtcOutput, Encoding, FrameGrid
from hubert_demo.errors import InputError

SPARSE = FrameGrid(hop_samples=640, window_samples=800)


@pytest.fixture
def encoding() -> Encoding:
    samples = np.sin(np.arange(8000)).astype(np.float32)
    states = np.zeros((5, HUBERT_GRID.num_frames(8000), 4), np.float32)
    return Encoding("made up", Waveform(samples), states, HUBERT_GRID, num_heads=2)


def test_frame_times_are_the_centres_of_the_windows():
    np.testing.assert_allclose(HUBERT_GRID.times_s(3), [0.0125, 0.0325, 0.0525])
    np.testing.assert_allclose(SPARSE.times_s(2), [0.025, 0.065])


@pytest.mark.parametrize("grid", [HUBERT_GRID, SPARSE])
def test_a_frame_stands_for_one_hop_in_the_middle_of_its_window(grid):
    starts = np.array([grid.start_s(frame) for frame in range(6)])
    np.testing.assert_allclose(np.diff(starts), grid.hop_s)
    np.testing.assert_allclose(starts[:5] + grid.hop_s / 2, grid.times_s(5))


@pytest.mark.parametrize(
    ("num_samples", "num_frames"), [(0, 0), (399, 0), (400, 1), (719, 1), (720, 2), (16_000, 49)]
)
def test_frames_are_counted_as_the_convolutions_make_them(num_samples, num_frames):
    assert HUBERT_GRID.num_frames(num_samples) == num_frames


@pytest.mark.parametrize("grid", [HUBERT_GRID, SPARSE])
def test_the_least_sound_for_so_many_frames_has_just_so_many(grid):
    num_samples = 9 * grid.hop_samples + grid.window_samples
    assert grid.num_frames(num_samples) == 10
    assert grid.num_frames(num_samples - 1) == 9


def test_the_nearest_frame_of_a_frame_s_centre_is_that_frame_and_ends_are_ends():
    assert HUBERT_GRID.nearest_frames(HUBERT_GRID.times_s(7), 7).tolist() == list(range(7))
    assert HUBERT_GRID.nearest_frames([-1.0, 0.05, 99.0], 7).tolist() == [0, 2, 6]
    assert (HUBERT_GRID.frames_within(0.1), SPARSE.frames_within(0.1)) == (5, 2)


def test_a_recording_spans_its_frames(encoding):
    assert encoding.num_frames == 24
    assert encoding.span_s == pytest.approx((0.0025, 0.4825))
    assert (encoding.num_layers, encoding.middle_layer) == (4, 1)


def test_without_a_head_there_is_none(encoding):
    assert encoding.ctc is encoding.classes is None
    with pytest.raises(InputError, match="made up has no CTC head"):
        encoding.require_ctc()


def test_old_names_work_with_a_warning(encoding):
    logits = np.zeros((24, 3), np.float32)
    full = replace(
        encoding,
        ctc=CtcOutput(logits, ("<pad>", "|", "A"), blank_id=0, word_delimiter_id=1),
        classes=ClassOutput(("yes", "no", "go"), logits + 1, 0.3, np.full(5, 0.2)),
    )
    for old, new in (
        ("ctc_logits", full.ctc.logits),
        ("vocabulary", full.ctc.vocabulary),
        ("word_delimiter_id", 1),
        ("keyword_logits", full.classes.logits),
        ("keyword_threshold", 0.3),
        ("layer_weights", full.classes.layer_weights),
    ):
        with pytest.warns(DeprecationWarning, match=rf"Encoding\.{old} is now called Encoding\.c"):
            assert getattr(full, old) is new
    with pytest.warns(DeprecationWarning, match=r"Encoding\.ctc\.logits"):
        assert encoding.ctc_logits.shape == (24, 0)
    with pytest.warns(DeprecationWarning, match="the old name will be removed"):
        assert (encoding.blank_id, encoding.vocabulary, encoding.keyword_logits) == (-1, (), None)
    with pytest.raises(AttributeError, match="no attribute 'keyword_logit'"):
        encoding.keyword_logit  # noqa: B018
