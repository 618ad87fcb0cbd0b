"""Keyword probabilities: pooled over a short recording, over windows of a longer one."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.keywords.detection import detect

YES, NO, UNKNOWN, SILENCE = np.eye(4, dtype=np.float32) * 10


def test_a_short_recording_is_judged_as_a_whole(make_encoding):
    logits = np.random.default_rng(0).normal(size=(49, 4)).astype(np.float32)
    keywords = detect(make_encoding(keyword_logits=logits))

    expected = np.exp(logits.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(keywords.probabilities, expected / expected.sum())
    np.testing.assert_array_equal(keywords.window_probabilities, [keywords.probabilities])
    assert keywords.start_s == 0
    assert keywords.end_s == pytest.approx((49 * 320 + 80) / 16_000)
    np.testing.assert_allclose(keywords.window_times_s, (24 * 320 + 200) / 16_000)


def test_a_longer_recording_is_judged_by_the_second_with_the_clearest_command(make_encoding):
    logits = np.tile(SILENCE, (200, 1))
    logits[100:149] = YES
    keywords = detect(make_encoding(keyword_logits=logits))

    assert keywords.label == "yes"
    assert keywords.probability == pytest.approx(np.exp(10) / (np.exp(10) + 3))
    assert (keywords.start_s, keywords.end_s) == pytest.approx((2.0, 3.0))


def test_neither_unknown_nor_silence_chooses_the_window(make_encoding):
    logits = np.tile(UNKNOWN, (200, 1))
    logits[50:99] = [0, 3, 2, 0]  # a weak "no" among certain unknowns
    keywords = detect(make_encoding(keyword_logits=logits))
    assert keywords.label == "no"
    assert keywords.start_s == pytest.approx(1.0)


def test_without_any_command_the_answer_may_be_unknown(make_encoding):
    keywords = detect(make_encoding(keyword_logits=np.tile(UNKNOWN, (200, 1))))
    assert keywords.label == "_unknown_"


def test_windows_are_one_second_and_a_tenth_apart(make_encoding):
    logits = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
    encoding = make_encoding(keyword_logits=logits)
    keywords = detect(encoding)

    assert len(keywords.window_times_s) == len(keywords.window_probabilities) == (200 - 49) // 5 + 1
    np.testing.assert_allclose(np.diff(keywords.window_times_s), 0.1)
    np.testing.assert_allclose(keywords.window_times_s, encoding.frame_times_s[24:176:5])
    expected = np.exp(logits[10:59].mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(keywords.window_probabilities[2], expected / expected.sum())


@pytest.mark.parametrize("num_frames", [4, 49, 74, 75, 76, 300])
def test_probabilities_are_finite_and_sum_to_one_at_every_length(make_encoding, num_frames):
    logits = 1e4 * np.random.default_rng(2).normal(size=(num_frames, 4)).astype(np.float32)
    keywords = detect(make_encoding(keyword_logits=logits))
    assert np.isfinite(keywords.window_probabilities).all()
    np.testing.assert_allclose(keywords.window_probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(keywords.probabilities.sum(), 1)
    assert 0 <= keywords.start_s < keywords.end_s <= max(0.1, num_frames * 0.02 + 0.005) + 1e-9


def test_commands_are_heard_in_order_each_in_its_clearest_second(make_encoding):
    logits = np.tile(SILENCE, (350, 1))
    logits[50:99], logits[200:249] = YES, NO
    keywords = detect(make_encoding(keyword_logits=logits))
    assert [command.label for command in keywords.heard] == ["yes", "no"]
    assert [(each.start_s, each.end_s) for each in keywords.heard] == [
        pytest.approx((1.0, 2.0)),
        pytest.approx((4.0, 5.0)),
    ]
    assert [command.probability for command in keywords.heard] == pytest.approx([keywords.probability] * 2)
    assert keywords.heard[0].time_s == pytest.approx(1.5)


def test_a_command_that_is_heard_again_in_the_same_second_was_said_once(make_encoding):
    keywords = detect(make_encoding(keyword_logits=np.tile(SILENCE, (200, 1))))
    windows = keywords.window_probabilities.copy()
    for window, probability in ((2, 0.7), (4, 0.9), (6, 0.8), (20, 0.7)):
        windows[window] = [probability, *[(1 - probability) / 3] * 3]
    again = replace(keywords, window_probabilities=windows)
    assert len(again.heard_from(0.6)) == 4
    assert [(each.label, each.probability) for each in again.heard] == [("yes", 0.9), ("yes", 0.7)]


def test_a_short_recording_holds_one_command_at_most_all_along(make_encoding):
    [heard] = detect(make_encoding(keyword_logits=np.tile(NO, (40, 1)))).heard
    assert (heard.label, heard.start_s) == ("no", 0)
    assert heard.end_s == pytest.approx((40 * 320 + 80) / 16_000)


def test_what_is_no_command_or_stays_below_the_threshold_is_not_heard(make_encoding):
    probabilities = np.full((200, 4), 0.15)
    probabilities[:, 0] = 0.55  # of 0.6
    for logits in (np.tile(UNKNOWN, (200, 1)), np.log(probabilities).astype(np.float32)):
        assert detect(make_encoding(keyword_logits=logits)).heard == ()


def test_a_checkpoint_without_keyword_head_has_no_keywords(make_encoding):
    assert detect(make_encoding()) is None


@pytest.mark.parametrize(
    ("label", "probability", "is_heard"),
    [(0, 0.61, True), (0, 0.59, False), (2, 0.99, False), (3, 0.99, False)],
)
def test_a_command_is_heard_from_the_threshold_on(make_encoding, label, probability, is_heard):
    probabilities = np.full((20, 4), (1 - probability) / 3)
    probabilities[:, label] = probability
    keywords = detect(make_encoding(keyword_logits=np.log(probabilities).astype(np.float32)))
    assert keywords.threshold == 0.6
    assert keywords.is_heard is is_heard


def test_the_layers_weights_are_those_of_the_head(make_encoding):
    encoding = make_encoding(keyword_logits=np.tile(YES, (20, 1)))
    weights = np.array([0.2, 0.5, 0.3])
    assert (
        detect(replace(encoding, classes=replace(encoding.classes, layer_weights=weights))).layer_weights
        is weights
    )


@pytest.mark.parametrize(("probability", "is_heard"), [(0.51, True), (0.49, False)])
def test_where_no_threshold_is_stated_a_command_must_outweigh_all_other_classes(
    make_encoding, probability, is_heard
):
    probabilities = np.full((20, 4), (1 - probability) / 3)
    probabilities[:, 1] = probability
    encoding = make_encoding(keyword_logits=np.log(probabilities).astype(np.float32))
    keywords = detect(replace(encoding, classes=replace(encoding.classes, threshold=None)))
    assert keywords.threshold == 0.5
    assert keywords.is_heard is is_heard
