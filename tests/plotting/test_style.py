"""Figures as files: the same result gives the same bytes, and svg files hold together."""

import re
import threading
from collections.abc import Callable

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.plotting import transcript_figure
from hubert_demo.plotting.style import rendered


@pytest.fixture
def draw(make_emissions, words) -> Callable[[], Figure]:
    """Draws a figure with markers, clips, a picture and letters in it, the same each time."""
    path = [0, 3, 3, 0, 2, 1, *[0] * 44]
    return lambda: transcript_figure(make_emissions(np.eye(5)[path]), HUBERT_GRID, words, path)


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_the_same_result_gives_the_same_bytes(draw, file_format):
    assert rendered(draw(), file_format) == rendered(draw(), file_format)


def test_two_threads_get_the_same_svg_and_no_setting_is_changed(draw):
    alone, found = rendered(draw(), "svg"), []
    before = dict(matplotlib.rcParams)
    threads = [threading.Thread(target=lambda: found.append(rendered(draw(), "svg"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4
    assert dict(matplotlib.rcParams) == before


def test_what_an_svg_mentions_is_in_it_once(draw):
    svg = rendered(draw(), "svg").decode()
    given = re.findall(r' id="([^"]+)"', svg)
    mentioned = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    names = {one or other for one, other in mentioned}
    assert len(given) == len(set(given))
    assert len(names) > 10
    assert names <= set(given)
    assert not re.search(r'id="[a-z]+[0-9a-f]{10}"', svg)
