"""`Wav2Vec2CTCTokenizer` against transformers'."""

import json

import numpy as np
import pytest
import transformers

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import Wav2Vec2CTCTokenizer

TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINSHRDLUMWCFGYPBVK'XJQZ"]
VOCAB = {token: index for index, token in enumerate(TOKENS)}
PAD, UNK, SPACE = VOCAB["<pad>"], VOCAB["<unk>"], VOCAB["|"]


def ids(text):
    """Token ids of a string in which _ is the blank and a space the word delimiter."""
    return [VOCAB[{"_": "<pad>", " ": "|"}.get(character, character)] for character in text]


@pytest.fixture
def tokenizer():
    return Wav2Vec2CTCTokenizer(VOCAB)


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


OPTIONS = [
    {"output_char_offsets": True},
    {"output_word_offsets": True},
    {"output_char_offsets": True, "output_word_offsets": True, "group_tokens": False},
    {"spaces_between_special_tokens": True},
    {"clean_up_tokenization_spaces": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_every_option_decodes_as_in_transformers(pair, options, seed):
    ours, theirs = pair
    rng = np.random.default_rng(seed)
    rows = [rng.choice([PAD, SPACE, 5, 6, VOCAB["'"]], size=40).tolist() for _ in range(2)]
    for row in rows:
        expected = theirs.decode(row, **options)
        actual = ours.decode(row, **options)
        assert (dict(actual) == dict(expected)) if not isinstance(expected, str) else (actual == expected)
    batch, expected = ours.batch_decode(rows, **options), theirs.batch_decode(rows, **options)
    assert (dict(batch) == dict(expected)) if not isinstance(expected, list) else (batch == expected)


def test_offsets_count_frames_even_when_special_tokens_are_skipped(tokenizer):
    frames = [VOCAB["<s>"], *ids("__YES _NO")]
    words = tokenizer.decode(frames, skip_special_tokens=True, output_word_offsets=True).word_offsets
    assert words == [
        {"word": "YES", "start_offset": 3, "end_offset": 6},
        {"word": "NO", "start_offset": 8, "end_offset": 10},
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"padding": True},
        {"padding": "max_length", "max_length": 12},
        {"padding": True, "truncation": True, "max_length": 3},
        {"padding": True, "pad_to_multiple_of": 8},
        {"padding": True, "return_tensors": "np"},
        {},
    ],
    ids=str,
)
def test_texts_are_batched_as_in_transformers(pair, options):
    ours, theirs = pair
    texts = ["HELLO WORLD", "YES"]
    actual, expected = ours(texts, **options), theirs(texts, **options)
    assert actual.keys() == expected.keys()
    for name in actual:
        for row, reference in zip(actual[name], expected[name], strict=True):
            assert list(row) == list(reference)


@pytest.mark.parametrize("text", ["<s>HI</s>", "A <unk> B", "<pad>", "A|B", "<s"])
def test_tokens_of_several_characters_stay_whole(pair, text):
    ours, theirs = pair
    assert ours.encode(text) == theirs(text).input_ids


def test_lower_case_goes_in_and_comes_out(tmp_path):
    ours = Wav2Vec2CTCTokenizer(VOCAB, do_lower_case=True)
    ours.save_pretrained(tmp_path)
    theirs = transformers.Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    assert ours.encode("yes") == theirs("yes").input_ids == ids("YES")
    assert ours.decode(ids("YES")) == theirs.decode(ids("YES")) == "yes"


def test_one_language_of_a_nested_vocabulary_is_used(tmp_path):
    nested = {"eng": VOCAB, "fra": {**VOCAB, "É": 32}}
    (tmp_path / "vocab.json").write_text(json.dumps(nested))
    tokenizer = Wav2Vec2CTCTokenizer(tmp_path / "vocab.json", target_lang="fra")
    assert tokenizer.encode("É") == [32]
    tokenizer.save_pretrained(tmp_path)
    assert Wav2Vec2CTCTokenizer.from_pretrained(tmp_path).encode("É") == [32]
    assert Wav2Vec2CTCTokenizer.from_pretrained(tmp_path, target_lang="eng").encode("É") == [UNK]
    with pytest.raises(InputError, match="choose eng, fra"):
        tokenizer.set_target_lang("deu")
    with pytest.raises(InputError, match="only one language"):
        Wav2Vec2CTCTokenizer(VOCAB, target_lang="eng")


def test_clean_up_undoes_english_spaces(tokenizer):
    assert tokenizer.decode(ids("DON ' T"), clean_up_tokenization_spaces=True, group_tokens=False) == "DON'T"


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
    ours = Wav2Vec2CTCTokenizer.from_pretrained(tmp_path / "saved")
    frames = [3, 3, 0, 3, 2, 2, 4, 0]
    assert ours.decode(frames) == theirs.decode(frames) == "aa b"
    assert ours.word_delimiter_token_id == 2


def test_a_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"vocab\.json"):
        Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
