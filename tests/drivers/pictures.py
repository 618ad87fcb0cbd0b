"""Pictures of the page as it is: for the README, and for previews of links to it.

    PYTHONPATH=. python tests/drivers/pictures.py

Starts the page of this checkout, takes `assets/page.png`, the moving `assets/page.webp` and the preview
image, and prints how large they are. Needs chromium, and playwright from the test requirements.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright
from soak import ROOT, Server

from hubert_demo.ui.preview import IMAGE_SIZE

STILL, MOVING = ROOT / "assets/page.png", ROOT / "assets/page.webp"
PREVIEW = ROOT / "hubert_demo/ui/static/page/preview.png"
QUALITY = 55
LONGEST_MS = 400


def still(page: Page, width: int, height: int, scrolled: int = 0) -> bytes:
    """The map of the greeting's last layer, once everything is there.

    Args:
        page: Shows the greeting.
        width: Of the picture, in pixels.
        height: Likewise.
        scrolled: How far down the page, in pixels.
    """
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_selector("body[data-hx-complete]", timeout=60_000)
    page.get_by_role("tab", name="Layers").click()
    page.mouse.wheel(0, scrolled)
    page.wait_for_timeout(6_000)
    return page.screenshot()


def frames(page: Page) -> Iterator[Image.Image]:
    """What a visitor does in half a minute: listen, go through the layers, look at heads."""

    def shots(number: int) -> Iterator[Image.Image]:
        for _ in range(number):
            yield Image.open(io.BytesIO(page.screenshot())).convert("RGB")

    def stepped(key: str, number: int) -> Iterator[Image.Image]:
        for _ in range(number):
            page.keyboard.press(key)
            yield from shots(3)

    def opened(tab: str) -> Locator:
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(1_000)
        slider = page.get_by_role("slider", name="Layer", exact=True).locator("visible=true")
        slider.focus()
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(1_000)
        return slider

    page.set_viewport_size({"width": 1120, "height": 720})
    page.get_by_role("tab", name="Transcript").click()
    page.mouse.wheel(0, -2_000)
    page.wait_for_timeout(1_000)
    yield from shots(6)
    page.get_by_role("button", name="Play").first.click()
    yield from shots(30)
    opened("Layers")
    yield from shots(6)
    yield from stepped("ArrowLeft", 8)
    yield from stepped("ArrowRight", 8)
    opened("Attention")
    yield from shots(6)
    yield from stepped("ArrowLeft", 3)
    yield from stepped("ArrowRight", 5)
    yield from shots(6)


def save_moving(page: Page, path: Path) -> None:
    """Write the frames, each shown for as long as it took, up to a limit."""
    taken, durations_ms = [], []
    since = time.monotonic()
    for frame in frames(page):
        now = time.monotonic()
        taken.append(frame)
        durations_ms.append(min(round(1_000 * (now - since)), LONGEST_MS))
        since = now
    taken[0].save(
        path,
        save_all=True,
        append_images=taken[1:],
        duration=[*durations_ms[1:], LONGEST_MS],
        loop=0,
        quality=QUALITY,
        method=6,
    )


def main() -> None:
    """Take all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(ROOT, Path(folder), 1)
        try:
            server.wait_until_ready()
            browser = playwright.chromium.launch(
                executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            page.goto(server.url)
            STILL.write_bytes(still(page, 1440, 1240))
            PREVIEW.write_bytes(still(page, *IMAGE_SIZE, scrolled=400))
            save_moving(page, MOVING)
        finally:
            server.close()
    for path in (STILL, MOVING, PREVIEW):
        print(path.relative_to(ROOT), f"{path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
