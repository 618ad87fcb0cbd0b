"""The list of exhibits: each has one name, for its figure, its table and their files."""

from dataclasses import fields

import pytest

from hubert_demo.export import EXHIBITS, Choices, attention, changes, keywords, layers, timeline, transcript

MODULES = (timeline, transcript, keywords, layers, attention)
WITH_CHANGES = (*MODULES, changes)


def test_no_two_exhibits_have_the_same_name_or_the_same_title_in_a_view():
    listed = [exhibit for module in WITH_CHANGES for exhibit in module.EXHIBITS]
    assert [exhibit.name for exhibit in listed] == list(EXHIBITS)
    assert len({(exhibit.view, exhibit.title) for exhibit in listed}) == len(listed) == len(EXHIBITS)


@pytest.mark.parametrize("module", MODULES)
def test_the_exhibits_of_a_module_belong_to_the_view_of_that_name(module):
    assert {exhibit.view for exhibit in module.EXHIBITS} == {module.__name__.rsplit(".", 1)[-1]}


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_is_listed_under_its_name_and_can_be_had(name):
    assert EXHIBITS[name].name == name
    assert EXHIBITS[name].formats


@pytest.mark.parametrize("name", EXHIBITS)
def test_what_draws_and_what_tabulates_an_exhibit_are_named_after_it(name):
    exhibit = EXHIBITS[name]
    made = ((exhibit.draw, "draw"), (exhibit.tabulate, "tabulate"), (exhibit.sound, "sound"))
    for function, verb in made:
        if function is not None:
            assert function.__name__ == f"{verb}_{name}"


def test_what_an_exhibit_needs_is_a_choice():
    needs = [exhibit.need for exhibit in EXHIBITS.values() if exhibit.need]
    assert needs
    assert {need.choice for need in needs} <= {field.name for field in fields(Choices)}
