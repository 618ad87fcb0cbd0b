"""The formats of an exhibit follow from what draws and what tabulates it."""

import pytest

from hubert_demo.export import Exhibit


def nothing(analysis, choices):
    raise AssertionError("Nobody asked for it.")


@pytest.mark.parametrize(
    ("parts", "formats"),
    [
        ({"draw": nothing}, ("png", "svg")),
        ({"tabulate": nothing}, ("csv", "npz")),
        ({"tabulate": nothing, "is_table": False}, ("npz",)),
        ({"draw": nothing, "tabulate": nothing}, ("png", "svg", "csv", "npz")),
        ({"draw": nothing, "tabulate": nothing, "is_table": False}, ("png", "svg", "npz")),
        ({"draw": nothing, "sound": nothing}, ("png", "svg", "wav")),
        ({}, ()),
    ],
)
def test_an_exhibit_comes_in_the_formats_of_what_it_has(parts, formats):
    assert Exhibit("moon", "Moon", "timeline", **parts).formats == formats
