"""What can be downloaded of the Keywords view."""

from types import SimpleNamespace

import pytest

from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices, file_content


def test_the_table_has_every_class_in_every_window(analysis, rows):
    table = rows(file_content(analysis, "keywords", "csv", Choices()))
    found = analysis.keywords
    assert list(table[0]) == ["time_s", *found.labels, "checkpoint"]
    assert [[float(row[label]) for label in found.labels] for row in table] == pytest.approx(
        found.window_probabilities
    )


def test_the_commands_that_were_heard_are_a_table(analysis, rows):
    table = rows(file_content(analysis, "keywords_heard", "csv", Choices()))
    heard = analysis.keywords.heard
    assert [row["keyword"] for row in table] == [command.label for command in heard] == ["stop"]
    assert [float(row["start_s"]) for row in table] == [command.start_s for command in heard]


@pytest.mark.parametrize(
    "make",
    [EXHIBITS["keywords"].draw, EXHIBITS["keywords"].tabulate, EXHIBITS["keywords_heard"].tabulate],
)
def test_without_a_keyword_head_figure_and_table_say_what_to_choose(make):
    with pytest.raises(InputError, match="This checkpoint has no keyword head; choose one"):
        make(SimpleNamespace(keywords=None), Choices())
