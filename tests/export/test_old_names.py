"""Names from before figures and tables were one list: they warn and still work."""

import pytest

from hubert_demo import export
from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices, file_content

OLD_FIGURES = {
    "emissions_map": "emissions",
    "keyword_strip": "keywords",
    "map_of_layer": "layer_map",
    "all_layers": "layer_maps",
    "layer_curves": "layers",
    "attention_map": "attention",
    "all_heads": "heads",
    "timeline": "timeline",
}


def picture():
    with pytest.warns(DeprecationWarning, match=r"export\.picture is now called export\.file_content"):
        return export.picture


def test_picture_gives_figures(analysis):
    expected = file_content(analysis, "keywords", "svg", Choices())
    assert picture()(analysis, "keyword_strip", "svg", Choices()) == expected


@pytest.mark.parametrize(("old", "new"), OLD_FIGURES.items())
def test_picture_knows_figures_by_old_and_new_names(analysis, old, new):
    for name in (old, new):
        with pytest.raises(InputError, match=f"^{new} does not come as 'gif'"):
            picture()(analysis, name, "gif", Choices())


def test_numbers_gives_tables(analysis):
    with pytest.warns(DeprecationWarning, match=r"export\.numbers is now called export\.file_content"):
        numbers = export.numbers
    expected = file_content(analysis, "words", "csv", Choices())
    assert numbers(analysis, "words", "csv", Choices()) == expected


def test_the_two_old_lists_are_the_exhibits_with_a_figure_and_those_with_numbers():
    with pytest.warns(DeprecationWarning, match=r"export\.PICTURES is now called export\.EXHIBITS"):
        pictures = export.PICTURES
    with pytest.warns(DeprecationWarning, match=r"export\.NUMBERS is now called export\.EXHIBITS"):
        numbers = export.NUMBERS
    new = {"classification", "head_sweep", "word_sweep", "lens", "layer_sound"}
    new |= {f"{name}_before_after" for name in ("words", "keywords", "classification", "layers")}
    assert set(pictures) == {*OLD_FIGURES.values(), *new}
    assert set(EXHIBITS) == {*pictures, *numbers}


def test_a_name_that_never_was_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'moon'"):
        _ = export.moon
