"""Old names: they warn at the line that uses them."""

from pathlib import Path

import pytest

from hubert_demo.deprecation import Renamed, warn_renamed


def old_name():
    warn_renamed("old_name", "new_name")


def test_the_warning_names_both_and_shows_the_line_that_used_the_old_name():
    with pytest.warns(DeprecationWarning, match="old_name is now called new_name") as caught:
        old_name()  # this line
    (warning,) = caught
    lines = Path(__file__).read_text().splitlines()
    assert warning.filename == __file__
    assert lines[warning.lineno - 1].endswith("# this line")


def test_the_level_counts_as_in_warnings_warn():
    with pytest.warns(DeprecationWarning, match="old is now called new") as caught:
        warn_renamed("old", "new", stacklevel=1)  # this line
    assert Path(__file__).read_text().splitlines()[caught[0].lineno - 1].endswith("# this line")


class Part:
    value = 3


class Whole:
    old_value = Renamed("value")
    old_make = Renamed("make")
    old_part = Renamed("part.value", absent=lambda whole: -whole.value)

    def __init__(self, part):
        self.value, self.part = 5, part

    @classmethod
    def make(cls):
        return cls(None)


@pytest.mark.parametrize(
    ("use", "old", "new", "found"),
    [
        (lambda: Whole(None).old_value, "old_value", "value", 5),
        (lambda: Whole(Part()).old_part, "old_part", "part.value", 3),
        (lambda: Whole(None).old_part, "old_part", "part.value", -5),
        (lambda: Whole.old_make().value, "old_make", "make", 5),
    ],
)
def test_an_old_name_in_a_class_gives_what_the_new_one_has(use, old, new, found):
    with pytest.warns(DeprecationWarning, match=rf"^Whole\.{old} is now called Whole\.{new};") as caught:
        assert use() == found
    (warning,) = caught
    assert (warning.filename, warning.lineno) == (__file__, use.__code__.co_firstlineno)
