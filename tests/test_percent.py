"""How shares are written."""

import pytest

from hubert_demo.percent import percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (0.0004, "0%"),
        (0.0025, "0.3%"),
        (0.0094, "0.9%"),
        (0.0096, "1%"),
        (0.125, "13%"),
        (0.996, "100%"),
    ],
)
def test_shares_are_whole_percent_with_one_decimal_below_one(share, text):
    """The page's `percent` writes the same (tests/ui/static/pure.test.js)."""
    assert percent(share) == text
