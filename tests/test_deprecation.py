"""Old names: they warn at the line that uses them."""

from pathlib import Path

import pytest

from hubert_demo.deprecation import warn_renamed


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
