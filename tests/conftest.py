"""What every test shares: no network, a way to demand chromium, and where things lie."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the environment before any test module is imported; only `-m hub` may reach the network."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # torch's threads otherwise spin while they wait, which on a busy machine slows small models tenfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if config.getoption("markexpr") != "hub":
        os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def missing():
    """Call it where a test's tool is missing: skips with the reason, but fails where CI=true."""

    def skip_or_fail(reason: str) -> None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{reason} (a skip elsewhere, a failure because CI=true)")
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def chromium(missing) -> str:
    """The path of the system's chromium, for playwright's `executable_path`."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return missing("no chromium on this machine; on Debian: apt-get install chromium")


@pytest.fixture(scope="session")
def examples(root) -> list[Path]:
    """The recordings that the page offers as examples."""
    paths = sorted(
        path for path in (root / "assets" / "examples").iterdir() if path.suffix in {".wav", ".flac"}
    )
    assert paths, "assets/examples holds no recordings"
    return paths
