"""The character model: known probabilities, and its file."""

import numpy as np
import pytest

from hubert_demo.analysis.language_model import CHARACTERS, END, CharacterModel
from hubert_demo.errors import CheckpointError, InputError

SENTENCES = ["THE CAT SAT", "THE HAT", "IT'S A CAT"]


def column(character):
    return 1 + CHARACTERS.index(character)


@pytest.mark.parametrize("order", [1, 2, 5, 12])
@pytest.mark.parametrize("text", ["", "T", "THE CA", "QZX", "THE CAT SAT ON THE MAT"])
def test_probabilities_sum_to_one_after_any_text(order, text):
    logarithms = CharacterModel.train(SENTENCES, order).log_probabilities(text)
    assert logarithms.shape == (29,)
    assert np.exp(logarithms).sum() == pytest.approx(1)
    assert np.isfinite(logarithms).all()


def test_kneser_ney_by_hand():
    """Single letters count after how many symbols they came: A and B after one, the end after two.

    Two of those three were seen once and one twice: share 2 / (2 + 2), all discounts 1/2. Of the pairs two
    were seen once and two twice: share 1/3, discounts 1/3 for one and (clipped) 0.9 for two.
    """
    model = CharacterModel.train(["A", "A", "B"], 2)
    uniform = 1 / 29
    p_a = (1 - 0.5 + 1.5 * uniform) / 4
    p_end = (2 - 0.5 + 1.5 * uniform) / 4
    start = np.exp(model.log_probabilities(""))
    assert start[column("A")] == pytest.approx((2 - 0.9 + (0.9 + 1 / 3) * p_a) / 3)
    after_a = np.exp(model.log_probabilities("A"))
    assert after_a[END] == pytest.approx((2 - 0.9 + 0.9 * p_end) / 2)
    assert model.score("A") == pytest.approx(np.log(start[column("A")]) + np.log(after_a[END]))


def test_what_was_read_is_likelier_than_what_was_not():
    model = CharacterModel.train(SENTENCES, 5)
    assert model.score("THE CAT") > model.score("TEH CAT")
    assert np.argmax(model.log_probabilities("THE CA")) == column("T")


def test_longer_contexts_fit_what_was_read_better():
    scores = [sum(map(CharacterModel.train(SENTENCES, order).score, SENTENCES)) for order in (1, 2, 4)]
    assert scores == sorted(scores)


def test_a_model_comes_back_from_its_file(tmp_path):
    model = CharacterModel.train(SENTENCES, 4)
    model.save(tmp_path / "model.npz")
    again = CharacterModel.load(tmp_path / "model.npz")
    for text in ("", "THE", "IT'S A"):
        assert np.array_equal(again.log_probabilities(text), model.log_probabilities(text))


@pytest.mark.parametrize("content", [None, b"no archive at all"])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "model.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is no language model"):
        CharacterModel.load(path)


@pytest.mark.parametrize(
    ("sentences", "order", "message"),
    [
        (["A"], 0, "choose 1 to 12"),
        (["A"], 13, "choose 1 to 12"),
        ([], 3, "no sentence"),
        (["a?"], 3, "normalise"),
    ],
)
def test_bad_training_input_is_refused(sentences, order, message):
    with pytest.raises(InputError, match=message):
        CharacterModel.train(sentences, order)
