"""One analysed recording, and how to read a table of it."""

import csv
import io

import pytest

from hubert_demo.api import analyze


@pytest.fixture(scope="session")
def analysis(root):
    """A recording of one command."""
    return analyze(root / "assets" / "examples" / "stop.wav")


@pytest.fixture(scope="session")
def rows():
    """Gives the rows of a CSV file's content, each by the names of the columns."""
    return lambda content: list(csv.DictReader(io.StringIO(content.decode())))
