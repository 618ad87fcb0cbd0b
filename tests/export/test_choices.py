"""What is chosen: what None stands for, and what is refused."""

import pytest

from hubert_demo.analysis.layers.projection import ProjectionSettings
from hubert_demo.errors import InputError
from hubert_demo.export import Choices


def test_none_stands_for_the_last_hidden_state_and_the_middle_attention_layer(analysis):
    chosen = Choices(head=1).resolved(analysis)
    last, middle = analysis.encoding.num_layers, analysis.encoding.middle_layer
    assert chosen == Choices(last, middle, head=1, sound_layer=middle)
    assert chosen.resolved(analysis) == chosen
    assert Choices(layer=2).resolved(analysis).sound_layer == middle
    assert Choices(layer=2, sound_layer=0).resolved(analysis).sound_layer == 0


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (Choices(layer=99), "Layer 99 does not exist; choose 0 to 8"),
        (Choices(layer=-1), "Layer -1 does not exist"),
        (Choices(sound_layer=9), "Layer 9 does not exist"),
        (Choices(attention_layer=8), "Attention layer 8 does not exist; choose 0 to 7"),
        (Choices(head=99), "Head 99 does not exist"),
        (Choices(colour="mood"), "Colour 'mood' is unknown"),
        (Choices(seed=-1), "-1 is not a valid seed"),
        (Choices(method="astrology"), "'astrology' is unknown"),
        (Choices(metric="taxi"), "'taxi' is unknown"),
        (Choices(num_neighbours=1), "1 is not a valid number of neighbours"),
    ],
)
def test_what_does_not_fit_a_recording_is_refused_in_words(analysis, choices, message):
    with pytest.raises(InputError, match=message):
        choices.resolved(analysis)


def test_json_reads_back_as_it_was_and_other_names_are_left_out():
    choices = Choices(layer=2, colour="unit", seed=7, reference="Stop!")
    assert Choices.from_json({**choices.as_json(), "sort": "least spread"}) == choices
    assert Choices.from_json({"layer": None, "hotwords": None}) == Choices()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer": "three"}, "layer is 'three'; give a whole number"),
        ({"layer": 2.5}, "layer is '2.5'; give a whole number"),
        ({"head": True}, "head is 'True'; give a whole number"),
        ({"reference": "a" * 3000}, "at most 2000 characters"),
        ({"colour": 3}, "colour is '3'; give a text"),
    ],
)
def test_values_of_another_type_are_refused_in_words(values, message):
    with pytest.raises(InputError, match=message):
        Choices.from_json(values)


def test_a_map_is_made_with_the_same_seed_as_the_units():
    choices = Choices(method="umap", num_neighbours=5, metric="cosine", seed=3)
    assert choices.projection == ProjectionSettings("umap", 5, "cosine", 3)


def test_hotwords_have_commas_or_spaces_between_them():
    assert Choices(hotwords=" harbour, boats  still").hotword_list == ["harbour", "boats", "still"]
    assert Choices().hotword_list == []


def test_old_names_still_work_and_say_what_they_are_called_now(analysis):
    with pytest.warns(DeprecationWarning, match=r"Choices\.of is now called Choices\.resolved"):
        assert Choices().of(analysis) == Choices().resolved(analysis)
    with pytest.warns(DeprecationWarning, match=r"words_to_hear is now called Choices\.hotword_list"):
        assert Choices(hotwords="stop").words_to_hear == ["stop"]
