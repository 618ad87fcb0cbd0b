"""A page, launched once for all tests of this folder, and a browser in front of it."""

import asyncio
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.inference import load_checkpoint
from hubert_demo.ui.app import Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def run(coroutine):
    """Runs it in a thread of its own, because playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="session")
def run_async():
    """Gives what a coroutine gives."""
    return run


def build(**options):
    """A page, built where a loop is running: elsewhere Gradio opens loops that nobody closes."""

    async def build_here():
        return Page(**options)

    return run(build_here())


@pytest.fixture(scope="session")
def build_page():
    """`Page`, without what Gradio leaves open."""
    return build


@pytest.fixture(scope="session")
def page():
    """The page, served."""
    page = build()

    async def launch():
        page.launch(prevent_thread_lock=True, quiet=True)

    run(launch())
    yield page
    page.close()


@pytest.fixture(scope="session")
def harbour(root):
    """Four seconds of speech."""
    return root / "assets" / "examples" / "harbour.wav"


@pytest.fixture(scope="session")
def bad_file(tmp_path_factory):
    """Text that calls itself a recording."""
    path = tmp_path_factory.mktemp("bad") / "poem.wav"
    path.write_text("Shall I compare thee to a summer's day?")
    return path


@pytest.fixture
def write_wav(tmp_path):
    """Writes a recording that no other test has used, so that nothing about it is kept already."""

    def write(name="noise.wav", duration_s=1.2, seed=0, rate_hz=16_000, channels=1):
        count = round(duration_s * rate_hz) * channels
        samples = np.random.default_rng(seed).normal(0, 3000, count).astype("<i2")
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(samples.tobytes())
        return path

    return write


@pytest.fixture
def encoder_passes():
    """Counts how often the encoder's first layer runs while the block lasts."""

    @contextmanager
    def count():
        calls = []
        encoder = load_checkpoint(DEFAULT_CHECKPOINT).model.hubert.encoder
        hook = encoder.layers[0].register_forward_hook(lambda *_: calls.append(1))
        try:
            yield calls
        finally:
            hook.remove()

    return count


@pytest.fixture(scope="module")
def browser(chromium, harbour):
    """Chromium, whose microphone plays an example over and over."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        microphone = f"--use-file-for-fake-audio-capture={harbour}"
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, microphone])
        yield browser
        browser.close()
