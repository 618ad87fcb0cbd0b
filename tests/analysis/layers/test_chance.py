"""By how much one side is moved to see what chance would give."""

import pytest

from hubert_demo.analysis.layers.chance import shifts


def test_nine_shifts_go_from_a_tenth_to_nine_tenths():
    assert shifts(100) == (10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert len(shifts(10)) == 9


@pytest.mark.parametrize("num_frames", range(2, 60))
def test_no_shift_leaves_everything_in_its_place(num_frames):
    found = shifts(num_frames)
    assert len(set(found)) == len(found)
    assert all(0 < by < num_frames for by in found)
