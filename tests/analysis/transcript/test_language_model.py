"""Letters and words together: known probabilities, and the file."""

import numpy as np
import pytest

from hubert_demo.analysis.transcript.language_model import CHARACTERS, LanguageModel
from hubert_demo.analysis.transcript.ngrams import END
from hubert_demo.errors import CheckpointError, InputError

SENTENCES = ["THE CAT SAT", "THE HAT", "IT'S A CAT"]


def column(character):
    return 1 + CHARACTERS.index(character)


@pytest.mark.parametrize("order", [1, 2, 5, 12])
@pytest.mark.parametrize("text", ["", "T", "THE CA", "QZX", "THE CAT SAT ON THE MAT", "THE ", "IT'S"])
def test_probabilities_sum_to_one_after_any_text(order, text):
    logarithms = LanguageModel.from_sentences(SENTENCES, order).log_probabilities(text)
    assert logarithms.shape == (29,)
    assert np.exp(logarithms).sum() == pytest.approx(1)
    assert np.isfinite(logarithms).all()


def test_letters_are_weighed_against_words_by_what_each_foresaw():
    """Words foresee THE after nothing and A after it, letters what letters do; shares follow Bayes' rule."""
    model = LanguageModel.from_sentences(["THE CAT", "THE CAT", "A HAT"], 1)
    letters_alone = np.exp(model.log_probabilities("QQ"))
    start = np.exp(model.log_probabilities(""))
    words_say_t = (start[column("T")] - 0.3 * letters_alone[column("T")]) / 0.7
    # THE was seen twice after nothing, A once, and no other word.
    assert words_say_t > 0.5 > (start[column("A")] - 0.3 * letters_alone[column("A")]) / 0.7
    after_t = np.exp(model.log_probabilities("T"))
    share = 0.7 * words_say_t / start[column("T")]
    assert after_t[column("H")] == pytest.approx(share + (1 - share) * letters_alone[column("H")])


def test_a_word_nobody_knows_is_left_to_the_letters():
    model = LanguageModel.from_sentences(SENTENCES, 2)
    assert np.array_equal(model.log_probabilities("THE QH"), model.log_probabilities("A QH"))
    assert not np.array_equal(model.log_probabilities("THE H"), model.log_probabilities("A H"))


def test_a_text_ends_only_after_a_word():
    model = LanguageModel.from_sentences(["AB CD"] * 3, 3)
    after_ab, after_all = (np.exp(model.log_probabilities(text)) for text in ("AB", "AB CD"))
    assert after_ab[column(" ")] > 0.9
    assert after_all[END] > 0.8


def test_what_lies_further_back_changes_nothing():
    sentences = ["ALL OF THEM SAW IT", "NONE OF THEM SAW IT", "A B C D E"]
    model = LanguageModel.from_sentences(sentences, 4)
    for text in ("OF THEM SA", "OF THEM ", "A B C D ", "A B C "):
        known, again = (
            LanguageModel.from_sentences(sentences, 4).log_probabilities(f"{start} {text}") for start in "AQ"
        )
        assert np.array_equal(known, again)
        assert np.array_equal(model.log_probabilities(f"A {text}"), known)


def test_a_sentence_s_score_is_that_of_its_characters_and_its_end():
    model = LanguageModel.from_sentences(SENTENCES, 4)
    parts = [
        model.log_probabilities("")[column("A")],
        model.log_probabilities("A")[column(" ")],
        model.log_probabilities("A ")[column("H")],
        model.log_probabilities("A H")[END],
    ]
    assert model.score("A H") == pytest.approx(sum(parts))


def test_too_many_words_are_refused(monkeypatch):
    monkeypatch.setattr("hubert_demo.analysis.transcript.language_model._MAX_WORDS", 5)
    assert LanguageModel.from_sentences(["A B C D E"], 2)
    with pytest.raises(InputError, match="6 different words; give at most 5"):
        LanguageModel.from_sentences(["A B C D E F"], 2)


def test_other_characters_are_left_out():
    model = LanguageModel.from_sentences(SENTENCES, 4)
    assert model.score("THE CÉAT") == model.score("THE CAT")
    assert np.array_equal(model.log_probabilities("TéHE C"), model.log_probabilities("THE C"))


def test_what_was_read_is_likelier_than_what_was_not():
    model = LanguageModel.from_sentences(SENTENCES, 5)
    assert model.score("THE CAT") > model.score("TEH CAT")
    assert np.argmax(model.log_probabilities("THE CA")) == column("T")


def test_longer_contexts_fit_what_was_read_better():
    scores = [
        sum(map(LanguageModel.from_sentences(SENTENCES, order).score, SENTENCES)) for order in (1, 2, 4)
    ]
    assert scores == sorted(scores)


def test_a_model_comes_back_from_its_file(tmp_path):
    model = LanguageModel.from_sentences(SENTENCES, 4)
    model.save(tmp_path / "model.npz")
    again = LanguageModel.from_file(tmp_path / "model.npz")
    for text in ("", "THE", "IT'S A"):
        assert np.array_equal(again.log_probabilities(text), model.log_probabilities(text))


@pytest.mark.parametrize("content", [None, b"no archive at all"])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "model.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is not a language model"):
        LanguageModel.from_file(path)


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
        LanguageModel.from_sentences(sentences, order)
