"""K-means units against what was recognised: known answers for purity and mutual information."""

import numpy as np
import pytest

from hubert_demo.analysis.layers.units import (
    REFERENCE,
    TRANSCRIPT,
    NothingToPredict,
    default_num_units,
    frame_labels,
    kmeans_units,
    pnmi,
    purity,
    require_enough_letters,
    unit_scores,
)
from hubert_demo.errors import InputError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_frame_that_is_repeated_has_one_unit_without_a_warning(rng):
    different = rng.standard_normal((3, 4)).astype(np.float32)
    units = kmeans_units(np.repeat(different, 5, axis=0), 6)
    assert units.tolist() == [0] * 5 + [1] * 5 + [2] * 5


def test_units_find_groups_and_repeat_with_the_seed(rng):
    groups = np.repeat([0, 1, 2], 40)
    state = (10 * np.eye(3)[groups] + rng.normal(0, 0.1, (120, 3))).astype(np.float32)
    units = kmeans_units(state, 3, seed=1)
    assert purity(units, groups) == 1.0
    assert np.array_equal(units, kmeans_units(state, 3, seed=1))


@pytest.mark.parametrize("num_units", [1, 6])
def test_a_number_of_units_that_makes_no_sense_is_refused(num_units):
    with pytest.raises(InputError, match="choose 2 to 5"):
        kmeans_units(np.zeros((5, 2), np.float32), num_units)


def test_more_units_than_a_hundred_are_refused(rng):
    with pytest.raises(InputError, match="choose 2 to 100"):
        kmeans_units(rng.standard_normal((200, 3)), 101)


def test_units_are_numbered_as_they_come(rng):
    groups = np.array([2, 2, 0, 1, 0, 2])
    assert kmeans_units(10 * np.eye(3, dtype=np.float32)[groups], 3).tolist() == [0, 0, 1, 2, 1, 0]


def test_frames_that_are_alike_share_a_unit_even_where_more_were_asked_for():
    state = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    assert kmeans_units(state, 5).tolist() == np.repeat([0, 1, 2], 4).tolist()


@pytest.mark.parametrize(("num_frames", "expected"), [(4, 2), (60, 12), (100, 20), (3000, 20)])
def test_few_frames_begin_with_few_units(num_frames, expected):
    assert default_num_units(num_frames) == expected


def test_characters_reach_to_the_frames_around_them():
    path = np.zeros(20, int)
    path[[2, 6]] = [7, 8]
    # Frame 4 is as near to both; frames after 11 are further than 0.1 s from either.
    assert frame_labels(path, 0, 5).tolist() == [7] * 5 + [8] * 7 + [0] * 8


def test_a_path_of_blanks_stays_as_it_is():
    assert frame_labels(np.full(5, 3), 3, 5).tolist() == [3] * 5


def test_scores_of_units_that_know_everything_and_nothing(rng):
    labels = np.repeat(rng.integers(0, 5, 60), 5)
    knowing, ignorant = labels + 3, rng.integers(0, 5, 300)
    scores = unit_scores([knowing, ignorant], labels, 5)
    assert scores.purity[0] == scores.pnmi[0] == pytest.approx(1)
    assert scores.purity[1] == pytest.approx(scores.purity_by_chance[1], abs=0.06)
    assert scores.pnmi[1] == pytest.approx(scores.pnmi_by_chance[1], abs=0.06)
    assert scores.pnmi_by_chance[0] < 0.3
    assert scores.most_common_share == np.bincount(labels).max() / 300
    assert (scores.num_units, scores.num_labels) == (5, 5)


def test_as_many_units_as_frames_are_pure_by_chance_too():
    labels = np.tile([0, 1], 10)
    scores = unit_scores([np.arange(20)], labels, 20)
    assert [*scores.purity, *scores.purity_by_chance] == pytest.approx([1.0, 1.0])


def test_units_cannot_be_compared_with_silence():
    with pytest.raises(InputError, match="Too few letters were recognised to compare"):
        unit_scores([np.arange(4)], np.zeros(4, int), 4)


def test_letters_must_come_back_and_be_no_fewer_than_groups():
    require_enough_letters(list("abababab"), 8)
    # Each letter is said once: whoever tells the moment tells the letter.
    with pytest.raises(
        NothingToPredict,
        match=r"4 letters, 4 of them different, are too few.*longer recording or fewer clusters",
    ):
        require_enough_letters(list("stop"), 2)
    with pytest.raises(NothingToPredict, match="too few for 9 clusters"):
        require_enough_letters(list("abababab"), 9)
    with pytest.raises(NothingToPredict, match="No letters"):
        require_enough_letters([], 2)


def test_scores_say_whose_letters_they_are_about():
    labels = np.tile([0, 1], 10)
    assert unit_scores([labels], labels, 2).letters_from == TRANSCRIPT
    assert unit_scores([labels], labels, 2, REFERENCE).letters_from == REFERENCE


def test_purity_and_information_by_hand():
    """Two units of four frames: one with a single label, one with a half and half."""
    units = np.array([0, 0, 1, 1])
    labels = np.array([5, 5, 5, 9])
    assert purity(units, labels) == 0.75
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert pnmi(units, labels) == pytest.approx((entropy - 0.5 * np.log(2)) / entropy)


def test_units_that_say_all_or_nothing():
    labels = np.array([0, 1, 2, 0, 1, 2])
    assert pnmi(labels + 7, labels) == pytest.approx(1)
    assert pnmi(np.zeros(6, int), labels) == pytest.approx(0)
    assert purity(np.zeros(6, int), labels) == pytest.approx(1 / 3)
    assert pnmi(np.arange(6), np.zeros(6, int)) == 1.0


def test_units_and_labels_of_different_frames_are_refused():
    with pytest.raises(InputError, match="one of each for every frame"):
        purity(np.zeros(3, int), np.zeros(4, int))
