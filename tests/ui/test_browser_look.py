"""In a real browser: every view on a wide and a narrow window, light and dark, left as pictures."""

import io

import numpy as np
import pytest
from PIL import Image

TITLES = ("Transcript", "Keywords", "Layers", "Attention")


@pytest.fixture(scope="module")
def folder(root):
    """Where the pictures go; git ignores it, and whoever runs the checks may keep it."""
    folder = root / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


def brightness(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=np.float32)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("window", "width"), [("wide", 1440), ("phone", 390)])
def test_every_view_fits_the_window_and_follows_the_theme(visit, folder, window, width, theme):
    visitor = visit(theme=theme, width=width)
    visitor.tab.wait_for_selector("body[data-hx-complete]")
    for title in TITLES:
        visitor.open(title)
        visitor.tab.wait_for_timeout(300)
        assert visitor.tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        picture = visitor.tab.screenshot(full_page=True)
        (folder / f"{title.lower()}-{window}-{theme}.png").write_bytes(picture)
        pixels = brightness(picture)
        assert (np.median(pixels) > 127) == (theme == "light")
        assert pixels.std() > 10
    for label in visitor.tab.locator("[role=img]").evaluate_all("all => all.map((one) => one.ariaLabel)"):
        assert label
