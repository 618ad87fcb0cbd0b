"""The page in the other two browser engines: every view of an example and of an upload is painted."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest

pytestmark = pytest.mark.slow

PATIENCE_S = 120
VISIT_S = 300


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except URLError:
        return False


@contextmanager
def served(root, folder):
    """The page in a process of its own, with files and log in a folder; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", folder / "page.log"
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(folder / "uploads")}
    with (
        log.open("w") as lines,
        subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=root,
            env=environment,
            stdout=lines,
            stderr=lines,
        ) as process,
    ):
        try:
            until = time.monotonic() + PATIENCE_S
            while not answers(url):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def url(root, tmp_path_factory):
    with served(root, tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture(scope="module")
def folder(root):
    """Where pictures of what was seen go."""
    folder = root / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def find(missing):
    """Where a program is, by any of its names."""

    def find(*names, package):
        paths = (shutil.which(name) for name in names)
        return next(filter(None, paths), None) or missing(
            f"no {names[0]} on this machine; on Debian: apt-get install {package}"
        )

    return find


@pytest.fixture
def visit(find, root, url, folder):
    """Walks through the page with a browser; fails with all that went wrong."""
    node = find("node", package="nodejs")
    program = root / "tests" / "drivers" / "engines" / "visit.js"

    def visit(engine, *display, **environment):
        recording = root / "assets" / "examples" / "family.wav"
        done = subprocess.run(
            [*display, node, str(program), engine, url, str(recording), str(folder)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=VISIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        print(done.stdout)

    return visit


def test_firefox_shows_every_view(find, missing, root, visit):
    if not (root / ".ci" / "node_modules" / "puppeteer-core").exists():
        missing("no puppeteer-core here; in .ci: npm ci")
    visit("firefox", FIREFOX=find("firefox-esr", "firefox", package="firefox-esr"))


def test_webkit_shows_every_view(find, missing, visit):
    find("WebKitWebDriver", package="webkit2gtk-driver")
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not browsers:
        missing("no MiniBrowser of WebKitGTK on this machine; on Debian: apt-get install webkit2gtk-driver")
    display = [find("xvfb-run", package="xvfb xauth"), "-a", "-s", "-screen 0 1440x2000x24"]
    visit("webkit", *display, MINIBROWSER=str(browsers[-1]))
