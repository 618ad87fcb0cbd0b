"""`HubertCTCTokenizer` and `HubertProcessor` against transformers'."""

import json

import numpy as np
import pytest
import transformers

from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertCTCTokenizer, HubertFeatureExtractor, HubertProcessor

TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINSHRDLUMWCFGYPBVK'XJQZ"]
VOCAB = {token: index for index, token in enumerate(TOKENS)}
PAD, UNK, SPACE = VOCAB["<pad>"], VOCAB["<unk>"], VOCAB["|"]


def ids(text):
    """Token ids of a string in which _ is the blank and a space the word delimiter."""
    return [VOCAB[{"_": "<pad>", " ": "|"}.get(character, character)] for character in text]


@pytest.fixture
def tokenizer():
    return HubertCTCTokenizer(VOCAB)


@pytest.fixture
def pair(tokenizer, tmp_path):
    """Our tokenizer and the one transformers makes of its files."""
    tokenizer.save_pretrained(tmp_path)
    return tokenizer, transformers.Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ("HHEE_L_LLOO", "HELLO"),
        ("__YES__", "YES"),
        ("T O", "T O"),
        ("TT  OO__  ", "T O"),
        (" _ NO _ ", "NO"),
        ("____", ""),
        ("", ""),
        ("DON'T", "DON'T"),
    ],
)
def test_repeats_are_grouped_before_blanks_are_dropped(tokenizer, frames, text):
    assert tokenizer.decode(ids(frames)) == text


def test_ungrouped_decoding_keeps_repeats(tokenizer):
    assert tokenizer.decode(ids("HELLO_"), group_tokens=False) == "HELLO"


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("settings", [{}, {"group_tokens": False}])
def test_random_frames_decode_as_in_transformers(pair, seed, settings):
    ours, theirs = pair
    rng = np.random.default_rng(seed)
    for tokens in (range(7), [PAD, SPACE, 5, 6]):
        frames = rng.choice(tokens, size=60).tolist()
        assert ours.decode(frames, **settings) == theirs.decode(frames, **settings)


def test_skipping_special_tokens_keeps_double_letters(tokenizer):
    """transformers 5 drops the blanks too early here and makes it HELO."""
    frames = [VOCAB["<s>"], *ids("HEL_LO"), UNK, VOCAB["</s>"]]
    assert tokenizer.decode(frames, skip_special_tokens=True) == "HELLO"
    assert tokenizer.decode(frames) == "<s>HELLO<unk></s>"


def test_the_embedding_of_words_in_delimiters_is_as_in_transformers(pair):
    ours, theirs = pair
    frames = ids(" _HE_  ___  LL_L _ ")
    assert ours.decode(frames) == theirs.decode(frames)


@pytest.mark.parametrize("text", ["HELLO WORLD", "IT'S", "A", ""])
def test_texts_encode_as_in_transformers_and_come_back(pair, text):
    ours, theirs = pair
    encoded = ours.encode(text)
    assert encoded == theirs(text).input_ids
    assert ours.decode(encoded, group_tokens=False) == text


def test_characters_outside_the_vocabulary_are_unknown(tokenizer):
    assert tokenizer.encode("A7é") == [VOCAB["A"], UNK, UNK]


def test_ids_are_those_of_transformers(pair):
    ours, theirs = pair
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.vocab_size == theirs.vocab_size == len(ours.get_vocab())
    assert ours.pad_token_id == theirs.pad_token_id == PAD
    assert ours.word_delimiter_token_id == theirs.word_delimiter_token_id == SPACE
    everything = list(range(len(TOKENS)))
    assert ours.convert_ids_to_tokens(everything) == theirs.convert_ids_to_tokens(everything) == TOKENS


def test_get_vocab_gives_a_copy(tokenizer):
    tokenizer.get_vocab().clear()
    assert tokenizer.vocab_size == len(TOKENS)


def test_files_of_transformers_load(tmp_path):
    vocab = {"[PAD]": 0, "[UNK]": 1, "/": 2, "a": 3, "b": 4}
    (tmp_path / "vocab.json").write_text(json.dumps(vocab))
    theirs = transformers.Wav2Vec2CTCTokenizer(
        str(tmp_path / "vocab.json"),
        pad_token="[PAD]",
        unk_token="[UNK]",
        bos_token=None,
        eos_token=None,
        word_delimiter_token="/",
    )
    theirs.save_pretrained(tmp_path / "saved")
    ours = HubertCTCTokenizer.from_pretrained(tmp_path / "saved")
    frames = [3, 3, 0, 3, 2, 2, 4, 0]
    assert ours.decode(frames) == theirs.decode(frames) == "aa b"
    assert ours.word_delimiter_token_id == 2


def test_a_vocabulary_without_blank_is_refused():
    with pytest.raises(CheckpointError, match="lacks <pad>"):
        HubertCTCTokenizer({"<unk>": 0, "|": 1, "A": 2})


def test_a_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"vocab\.json"):
        HubertCTCTokenizer.from_pretrained(tmp_path)


def test_processor_holds_both_ends_and_goes_to_transformers(tokenizer, tmp_path):
    ours = HubertProcessor(HubertFeatureExtractor(), tokenizer)
    ours.save_pretrained(tmp_path)
    theirs = transformers.Wav2Vec2Processor.from_pretrained(tmp_path)
    again = HubertProcessor.from_pretrained(tmp_path)
    frames = [ids("Y_ES "), ids("_NO__")]
    assert again.batch_decode(frames) == theirs.batch_decode(frames) == ["YES", "NO"]
    waveform = np.random.default_rng(0).standard_normal(800).astype(np.float32)
    expected = theirs(waveform, sampling_rate=16_000, return_tensors="np").input_values
    np.testing.assert_allclose(again(waveform, 16_000)["input_values"], expected, atol=1e-5)
