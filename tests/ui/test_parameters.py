"""Values of any type: converted or refused in a sentence that names what is allowed."""

import math

import pytest

from hubert_demo.errors import InputError
from hubert_demo.ui.parameters import OneOf, Text, Whole, reading, shown


@pytest.mark.parametrize("value", [3, 3.0, "3", " 3 ", "+3", "3.0", "3."])
def test_a_whole_number_may_be_written_in_several_ways(value):
    found = Whole(1, 20).read("count", value)
    assert (found, type(found)) == (3, int)


@pytest.mark.parametrize(
    "value",
    [
        *(0, 21, -1, 3.5, math.nan, math.inf, 10**400, True, False),
        *("", "three", "3,0", "1e1", "0x3", "9" * 5000, "\uff13", "\ud800"),
        *([], [3], {}, {"value": 3}, [[[[[[3]]]]]], None),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_anything_else_is_no_whole_number(value):
    with pytest.raises(InputError, match=r"count is .*; give a whole number of 1 to 20\.") as error:
        Whole(1, 20).read("count", value)
    assert len(str(error.value)) < 200
    str(error.value).encode()


def test_a_whole_number_without_an_upper_bound():
    assert Whole(0).read("layer", "99") == 99
    with pytest.raises(InputError, match=r"layer is -1; give a whole number from 0\."):
        Whole(0).read("layer", -1)


def test_a_text_is_bounded_before_anybody_reads_it():
    assert Text(5).read("text", "héllo") == "héllo"
    with pytest.raises(InputError, match=r"text has 10000000 characters; give a text of at most 5 char"):
        Text(5).read("text", "a" * 10_000_000)


@pytest.mark.parametrize("value", [3, 3.5, None, [], ["a"], {}, True, "\ud800"])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(InputError, match=r"text is .*; give a text of at most 5 characters\."):
        Text(5).read("text", value)


def test_a_name_is_one_of_a_few():
    assert OneOf(("umap", "pca")).read("method", " PCA ") == "pca"
    for value in ("astrology", "", 1, None, ["pca"], {}, "pca" * 100):
        with pytest.raises(InputError, match=r"method is .*; give one of umap, pca\."):
            OneOf(("umap", "pca")).read("method", value)


def test_null_stands_for_the_default_where_there_is_one():
    read = reading(lambda text, count=5: None, {"text": Text(9), "count": Whole(1)})
    assert read("a", None) == {"text": "a", "count": 5}
    assert read(text="a", count="7") == {"text": "a", "count": 7}
    with pytest.raises(InputError, match="text is null"):
        read(None)


def test_what_is_shown_of_a_value_is_short_and_can_be_written():
    values = ["a" * 10**6, [0] * 10**6, {"a": {"b": {"c": {}}}}, 10**5000, "\ud800" * 100, b"\xff", object()]
    for value in values:
        assert len(shown(value).encode()) < 300
