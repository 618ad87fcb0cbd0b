"""The lens: the last layer reads as the model does, and chance is told as chance."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.changes import HeadOff
from hubert_demo.errors import InputError
from hubert_demo.experiments.lens import LensLetter, cross_validated_last_states, read_layers
from hubert_demo.inference import encode, encode_changed
from hubert_demo.model.readouts import Readouts
from hubert_demo.model.taught import Origin


@pytest.fixture(scope="module")
def loaded(make_loaded):
    return make_loaded(seed=4)


@pytest.fixture(scope="module")
def encoding(loaded, noise):
    return encode(loaded, noise)


def with_readouts(loaded):
    """Read-outs that say at every layer what the head says of the states as they are."""
    config = loaded.encoder.config
    num_states, width = config.num_hidden_layers + 1, config.hidden_size
    readouts = Readouts(num_states, width, config.vocab_size, Origin("it", {"hours": 1})).requires_grad_(
        False
    )
    readouts.affine_weight.copy_(torch.eye(width).expand(num_states, -1, -1))
    readouts.linear_weight.copy_(loaded.ctc_model.lm_head.weight.expand(num_states, -1, -1))
    readouts.linear_bias.copy_(loaded.ctc_model.lm_head.bias.expand(num_states, -1))
    return replace(loaded, readouts=readouts)


def test_the_last_layer_reads_as_the_model_does(loaded, encoding):
    lens = read_layers(loaded, encoding)
    text = transcribe(encoding).text
    assert text
    for read in lens.read_outs.values():
        assert len(read.texts) == 5
        assert read.texts[-1] == text
        assert read.cer[-1] == 0
        np.testing.assert_allclose(read.logits[-1], encoding.ctc.logits, atol=1e-4)
    assert lens.compared_with == text
    assert not lens.is_reference
    assert "own greedy transcript" in lens.note


def test_the_bare_head_reads_every_layer_with_the_last_norm_where_that_is_first(make_loaded, noise):
    loaded = make_loaded("layer", True)
    encoding = encode(loaded, noise)
    lens = read_layers(loaded, encoding)
    with torch.inference_mode():
        state = torch.from_numpy(encoding.hidden_states[1])
        expected = loaded.ctc_model.lm_head(loaded.encoder.encoder.layer_norm(state))
    np.testing.assert_allclose(lens.read_outs["head"].logits[1], expected, atol=1e-5)
    np.testing.assert_allclose(lens.read_outs["head"].logits[-1], encoding.ctc.logits, atol=1e-5)


def test_taught_read_outs_are_used_where_there_are_some(loaded, encoding):
    lens = read_layers(with_readouts(loaded), encoding)
    assert list(lens.read_outs) == ["head", "affine", "linear"]
    assert lens.best_read_out == "linear"
    assert not lens.is_cross_validated
    assert lens.taught == {"hours": 1}
    head, affine, linear = (read.logits for read in lens.read_outs.values())
    np.testing.assert_allclose(affine, head, atol=1e-4)
    np.testing.assert_allclose(linear, head, atol=1e-4)


def test_without_taught_ones_maps_are_fitted_on_other_frames_and_it_says_so(loaded, encoding):
    lens = read_layers(loaded, encoding)
    assert list(lens.read_outs) == ["head", "affine"]
    assert lens.is_cross_validated
    assert "python -m hubert_demo.training lens" in lens.note
    states = encoding.hidden_states
    mapped = cross_validated_last_states(states)
    np.testing.assert_array_equal(mapped[-1], states[-1])
    # What is in the first fifth has no say in how it is mapped.
    other = states.copy()
    other[-1, :10] = 7
    np.testing.assert_allclose(cross_validated_last_states(other)[0, :10], mapped[0, :10], atol=1e-5)
    assert not np.allclose(cross_validated_last_states(other)[0, 10:], mapped[0, 10:], atol=1e-3)


def test_an_affine_relation_is_found_whatever_the_width():
    rng = np.random.default_rng(0)
    for width in (8, 60):
        first = rng.normal(size=(400, 8)) @ rng.normal(size=(8, width))
        last = first @ rng.normal(size=(width, width)) / width + rng.normal(size=width)
        mapped = cross_validated_last_states(np.stack([first, last]).astype(np.float32))
        assert np.square(mapped[0] - last).mean() < 0.05 * last.var(axis=0).mean()


def test_random_weights_are_at_chance_against_what_was_said(loaded, encoding):
    lens = read_layers(with_readouts(loaded), encoding, "ABC CAB BAC ACB")
    assert lens.is_reference
    for read in lens.read_outs.values():
        assert not read.is_above_chance.any()
        assert np.abs(read.cer - read.cer_by_chance).max() < 0.3
        assert len(read.said.letters) == 12


def test_a_text_that_is_right_beats_chance(loaded, encoding):
    text = transcribe(encoding).text
    read = read_layers(loaded, encoding, text).best
    assert read.is_above_chance[-1]
    assert read.cer[-1] == 0 < read.cer_by_chance[-1]
    assert read.said.share_found[-1] == 1 > read.said.share_by_chance[-1]
    assert read.said.num_lost == 0


def test_a_letter_is_decided_where_all_layers_above_write_it():
    def letter(*is_found):
        return LensLetter("A", 0.0, 0.1, is_found)

    assert letter(True, False, True, True).decided_layer == 2
    assert letter(True, True).decided_layer == 0
    assert letter(False, False, True).decided_layer == 2
    assert letter(True, True, False).decided_layer is None
    assert letter(True, True, False).is_lost
    assert not letter(False, False).is_lost
    assert not letter(False, True).is_lost


def test_letters_are_those_of_the_transcript(loaded, encoding):
    lens = read_layers(loaded, encoding)
    characters = transcribe(encoding).characters
    letters = lens.best.letters.letters
    assert [(each.text, each.start_s, each.end_s) for each in letters] == [
        (each.text, each.start_s, each.end_s) for each in characters
    ]
    assert all(letter.is_found[-1] for letter in letters)


def test_changes_are_read_too(loaded, encoding):
    changed = encode_changed(loaded, encoding, [HeadOff(1, 0)])
    lens = read_layers(loaded, changed)
    assert lens.best.texts[-1] == transcribe(changed).text
    before = read_layers(loaded, encoding).read_outs["head"].logits
    after = lens.read_outs["head"].logits
    np.testing.assert_array_equal(after[:2], before[:2])
    assert not np.allclose(after[2], before[2])


def test_letters_of_any_layer_over_time(loaded, encoding):
    lens = read_layers(loaded, encoding)
    assert lens.emissions(0).probabilities.shape[0] == encoding.num_frames
    assert lens.emissions(4, "head").probabilities.sum(axis=1).max() <= 1 + 1e-9
    for arguments, words in (((5,), "Layer 5 does not exist"), ((0, "other"), "no read-out 'other'")):
        with pytest.raises(InputError, match=words):
            lens.emissions(*arguments)


def test_without_a_head_a_sentence_names_the_command(loaded, encoding):
    bare = replace(loaded, ctc_model=None, tokenizer=None)
    with pytest.raises(InputError, match=r"no CTC head.*hubert_demo\.training ctc"):
        read_layers(bare, replace(encoding, ctc=None))
