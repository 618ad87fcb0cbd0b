"""The README's tables of what transformers has, and which of their rows are tested."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

README = Path(__file__).resolve().parents[2] / "README.md"

Test = TypeVar("Test", bound=Callable[..., None])


class Table:
    """One table, known by the head of its first column; `@table(name)` marks the test of a row.

    Attributes:
        rows: The cells behind the first one, by the first one.
        tested: The rows that have a test.
    """

    def __init__(self, head: str) -> None:
        text = README.read_text(encoding="utf-8")
        (table,) = re.findall(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
        cells = [re.split(r" \| ", line.strip("| ")) for line in table.splitlines()]
        self.rows = {name: others for name, *others in cells}
        assert len(self.rows) == len(cells), "two rows have the same name"
        self.tested: list[str] = []

    def __call__(self, name: str) -> Callable[[Test], Test]:
        """Say that the decorated function tests this row."""

        def register(test: Test) -> Test:
            self.tested.append(name)
            return test

        return register

    def code(self, name: str) -> list[str]:
        """What is set as code in a row, its name too, without the `=` of arguments and quotes."""
        spans = re.findall(r"`([^`]+)`", " ".join([name, *self.rows[name]]))
        return [span.removesuffix("=").strip('"') for span in spans]
