"""What is added to a vocabulary, and what is special in it: as in transformers, in its files too."""

import copy
import json
import pickle

import numpy as np
import pytest
import torch
import transformers

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import Wav2Vec2CTCTokenizer

TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINSHRDLUMWCFGYPBVK'XJQZ"]
VOCAB = {token: index for index, token in enumerate(TOKENS)}
NUM = len(TOKENS)


@pytest.fixture
def pair(tmp_path):
    """Our tokenizer and transformers', both of one vocabulary."""
    (tmp_path / "vocab.json").write_text(json.dumps(VOCAB))
    return (
        Wav2Vec2CTCTokenizer(tmp_path / "vocab.json"),
        transformers.Wav2Vec2CTCTokenizer(str(tmp_path / "vocab.json")),
    )


def plain(vocab):
    """Tokens by id, without the ones of the vocabulary itself that transformers lists as added."""
    return {token: index for token, index in vocab.items() if index >= NUM}


def test_special_tokens_are_those_of_transformers(pair):
    ours, theirs = pair
    assert ours.all_special_tokens == theirs.all_special_tokens
    assert ours.all_special_ids == theirs.all_special_ids
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.extra_special_tokens == theirs.extra_special_tokens == []
    assert ours.cls_token is ours.cls_token_id is ours.mask_token is None
    assert ours.init_kwargs["pad_token"] == "<pad>"


TEXTS = ["C xxx A", "CxxxA", "A yy B", "low zz top!?", "!A?", "<s> A", "xxxx"]


def test_other_names_mean_the_same(pair, tmp_path):
    ours, theirs = pair
    for each in pair:
        each.add_tokens("<new>")
        assert each.vocab == VOCAB
    for text in ("IT IS N'T , IS IT ?", "HE'S DO NOT !"):
        assert ours.clean_up_tokenization(text) == theirs.clean_up_tokenization(text)
    ours.save_pretrained(tmp_path / "saved")
    folder = str(tmp_path / "saved")
    again = [type(each).from_pretrained(folder).name_or_path for each in pair]
    assert again == [folder, folder]
    assert folder not in (tmp_path / "saved" / "tokenizer_config.json").read_text()


def test_tokens_are_added_as_in_transformers(pair):
    for tokens in (
        "xxx",
        ["yy", "!", "?", "A"],
        ["xxx"],
        transformers.AddedToken("zz", lstrip=True, rstrip=True),
    ):
        counts = {tokenizer.add_tokens(tokens) for tokenizer in pair}
        assert len(counts) == 1
    ours, theirs = pair
    assert (len(ours), ours.vocab_size) == (len(theirs), theirs.vocab_size) == (NUM + 5, NUM)
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.get_added_vocab() == ours.added_tokens_encoder == plain(theirs.get_added_vocab())
    assert sorted(ours.added_tokens_decoder) == sorted(plain(theirs.get_added_vocab()).values())
    for text in TEXTS:
        assert ours(text).input_ids == theirs(text).input_ids
        assert ours.tokenize(text) == theirs.tokenize(text)
    ids = [11, 5, 32, 32, 33, 4, 34, 35, 36, 99]
    assert ours.decode(ids) == theirs.decode(ids)
    assert ours.convert_ids_to_tokens(ids) == theirs.convert_ids_to_tokens(ids)
    assert ours.convert_ids_to_tokens(33) == theirs.convert_ids_to_tokens(33)


def test_special_tokens_are_added_as_in_transformers(pair):
    chosen = {"cls_token": "$$$", "pad_token": "[PAD]", "extra_special_tokens": ["<one>", "<two>"]}
    counts = [tokenizer.add_special_tokens(chosen) for tokenizer in pair]
    assert counts == [4, 4]
    ours, theirs = pair
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.all_special_tokens == theirs.all_special_tokens
    assert ours.all_special_ids == theirs.all_special_ids
    assert (ours.pad_token_id, ours.cls_token_id) == (theirs.pad_token_id, theirs.cls_token_id)
    ids = [1, 11, 5, theirs.cls_token_id, 15, *theirs.extra_special_tokens_ids, 4, 15, 2]
    for skips in (False, True):
        assert ours.decode(ids, skip_special_tokens=skips) == theirs.decode(ids, skip_special_tokens=skips)
    without = [tokenizer.convert_ids_to_tokens(ids, skip_special_tokens=True) for tokenizer in pair]
    assert without[0] == without[1]
    assert ours.add_tokens(["<three>"], special_tokens=True) == 1
    assert ours.extra_special_tokens == ["<one>", "<two>", "<three>"]


def test_special_tokens_can_be_set_by_text_and_by_id(pair):
    for tokenizer in pair:
        tokenizer.bos_token = "A"
        tokenizer.eos_token_id = 8
        tokenizer.mask_token_id = None
        tokenizer.unk_token_id = 5
    ours, theirs = pair
    assert ours.bos_token_id == theirs.bos_token_id == VOCAB["A"]
    assert ours.eos_token == theirs.eos_token == TOKENS[8]
    assert ours.unk_token == theirs.unk_token == TOKENS[5]
    assert ours.mask_token is None
    ours.extra_special_tokens_ids = [6, 7]
    assert ours.extra_special_tokens == ours.additional_special_tokens == [TOKENS[6], TOKENS[7]]


@pytest.mark.parametrize("tokens", [3, [3], [None]])
def test_what_is_no_token_is_refused(pair, tokens):
    with pytest.raises(InputError, match="is not a token"):
        pair[0].add_tokens(tokens)


def test_an_unknown_use_of_a_token_is_refused(pair):
    with pytest.raises(InputError, match="no special token 'end_token'; choose bos_token"):
        pair[0].add_special_tokens({"end_token": "X"})


# --- special tokens that the vocabulary lacks ---


@pytest.mark.parametrize("tokens", [["[UNK]", "[PAD]", "|", "A"], ["A", "B"], ["ʈʰ", "æ", "æ̃", "˧"]])
def test_special_tokens_that_the_vocabulary_lacks_are_added_as_in_transformers(tokens, tmp_path):
    (tmp_path / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    path = str(tmp_path / "vocab.json")
    ours, theirs = Wav2Vec2CTCTokenizer(path), transformers.Wav2Vec2CTCTokenizer(path)
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.vocab_size == theirs.vocab_size
    text = " ".join(tokens)
    assert ours(text).input_ids == theirs(text).input_ids
    assert ours.decode(ours(text).input_ids) == theirs.decode(theirs(text).input_ids)


def test_languages_without_special_tokens_change_as_in_transformers(tmp_path):
    nested = {"eng": {"a": 7, "b": 8}, "spa": {"a": 23, "c": 88}, "ita": {"a": 6, "d": 9}}
    (tmp_path / "vocab.json").write_text(json.dumps(nested))
    ours = Wav2Vec2CTCTokenizer.from_pretrained(tmp_path, target_lang="eng")
    assert (ours.encoder, ours.decode([7, 8, 7])) == (nested["eng"], "aba")
    ours.set_target_lang("spa")
    assert (ours.encoder, ours.decode([23, 88, 23])) == (nested["spa"], "aca")
    assert ours.decoder == {23: "a", 88: "c"}
    ours.save_pretrained(tmp_path)
    assert Wav2Vec2CTCTokenizer.from_pretrained(tmp_path).encoder == nested["spa"]
    with pytest.raises(CheckpointError, match="several languages; give target_lang, one of eng, spa, ita"):
        Wav2Vec2CTCTokenizer(nested)


# --- files ---


def saved_by(tokenizer, folder):
    """The tokenizer as both libraries read what it saves."""
    tokenizer.save_pretrained(folder)
    return (
        Wav2Vec2CTCTokenizer.from_pretrained(folder),
        transformers.Wav2Vec2CTCTokenizer.from_pretrained(folder),
    )


@pytest.mark.parametrize("whose", [0, 1], ids=["ours", "transformers'"])
def test_what_was_added_survives_saving_both_ways(pair, whose, tmp_path):
    tokenizer = pair[whose]
    tokenizer.add_tokens(["xxx", "yy"])
    tokenizer.add_special_tokens({"cls_token": "$$$", "extra_special_tokens": ["<one>"]})
    ours, theirs = saved_by(tokenizer, tmp_path / "saved")
    for read in (ours, theirs):
        assert read.get_vocab() == tokenizer.get_vocab()
        assert read.all_special_tokens == tokenizer.all_special_tokens
        assert (read.cls_token, read.cls_token_id) == ("$$$", tokenizer.cls_token_id)
        for text in ("A xxx B", "AyyB", "$$$ A <one>"):
            assert read(text).input_ids == tokenizer(text).input_ids
    added = json.loads((tmp_path / "saved" / "added_tokens.json").read_text())
    assert added == {"xxx": NUM, "yy": NUM + 1, "$$$": NUM + 2, "<one>": NUM + 3}


def test_older_files_of_added_tokens_are_read(pair, tmp_path):
    """As many CTC models on the hub have them: the sentence's tokens in added_tokens.json alone."""
    vocab = {"[PAD]": 0, "[UNK]": 1, "|": 2, "a": 3}
    files = {
        "vocab.json": vocab,
        "added_tokens.json": {"<s>": 4, "</s>": 5, "<mine>": 6},
        "tokenizer_config.json": {"unk_token": "[UNK]", "pad_token": "[PAD]", "word_delimiter_token": "|"},
        "special_tokens_map.json": {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": False}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    ours = Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    theirs = transformers.Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    assert ours.get_vocab() == theirs.get_vocab() == {**vocab, "<s>": 4, "</s>": 5, "<mine>": 6}
    assert (ours.bos_token_id, ours.eos_token_id) == (4, 5)
    assert ours("a<mine>a").input_ids == theirs("a<mine>a").input_ids == [3, 6, 3]


def test_nothing_added_leaves_no_file_of_it(pair, tmp_path):
    pair[0].add_tokens("xxx")
    pair[0].save_pretrained(tmp_path / "saved")
    Wav2Vec2CTCTokenizer(VOCAB).save_pretrained(tmp_path / "saved")
    assert not (tmp_path / "saved" / "added_tokens.json").exists()
    assert len(Wav2Vec2CTCTokenizer.from_pretrained(tmp_path / "saved")) == NUM


def test_the_vocabulary_can_be_saved_alone(pair, tmp_path):
    (path,) = pair[0].save_vocabulary(tmp_path / "alone", filename_prefix="mine")
    assert path == str(tmp_path / "alone" / "mine-vocab.json")
    assert json.loads((tmp_path / "alone" / "mine-vocab.json").read_text()) == VOCAB


def test_keywords_replace_what_the_files_say_and_unknown_ones_are_kept(pair, tmp_path):
    pair[0].save_pretrained(tmp_path)
    options = {"pad_token": "[PAD]", "do_lower_case": True, "bos_token": "(BOS)", "made_up": [1, 2]}
    ours = Wav2Vec2CTCTokenizer.from_pretrained(tmp_path, **options)
    theirs = transformers.Wav2Vec2CTCTokenizer.from_pretrained(tmp_path, **options)
    assert ours.get_vocab() == theirs.get_vocab()
    assert (ours.pad_token, ours.do_lower_case) == ("[PAD]", True)
    assert ours("yes").input_ids == theirs("yes").input_ids
    assert ours.init_kwargs["made_up"] == [1, 2]
    ours.save_pretrained(tmp_path / "again")
    assert Wav2Vec2CTCTokenizer.from_pretrained(tmp_path / "again").init_kwargs == ours.init_kwargs
    token = transformers.AddedToken("[EOS]", lstrip=True)
    assert Wav2Vec2CTCTokenizer.from_pretrained(tmp_path, eos_token=token).eos_token == "[EOS]"
    with pytest.raises(CheckpointError, match=r"do_lower_case .* must be true or false"):
        Wav2Vec2CTCTokenizer.from_pretrained(tmp_path, do_lower_case="yes")


# --- batches ---


def test_padding_keeps_the_mask_that_was_given(pair):
    examples = [
        {"input_ids": [11, 5, 15], "attention_mask": [1, 0, 1]},
        {"input_ids": [5], "attention_mask": [1]},
    ]
    batches = [tokenizer.pad(copy.deepcopy(examples), return_tensors="np") for tokenizer in pair]
    for name in ("input_ids", "attention_mask"):
        np.testing.assert_array_equal(batches[0][name], batches[1][name])
    assert batches[0].attention_mask.tolist() == [[1, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    "options",
    [
        {"padding_side": "left"},
        {"return_attention_mask": False},
        {"padding": "max_length", "max_length": 6},
        {"pad_to_multiple_of": 4},
        {"padding": False},
    ],
    ids=str,
)
def test_examples_are_padded_as_in_transformers(pair, options):
    examples = {"input_ids": [[11, 5, 15], [5]]}
    ours, theirs = (tokenizer.pad(copy.deepcopy(examples), **options) for tokenizer in pair)
    assert {name: list(map(list, rows)) for name, rows in ours.items()} == dict(theirs)


def test_tensors_one_example_and_other_names_are_padded_too(pair):
    ours = pair[0]
    batch = ours.pad(
        [{"input_ids": torch.tensor([11, 5])}, {"input_ids": torch.tensor([5])}], return_tensors="pt"
    )
    assert batch.input_ids.tolist() == [[11, 5], [5, 0]]
    one = ours.pad({"input_ids": [11, 5], "attention_mask": [1, 1]}, padding="max_length", max_length=3)
    assert (one.input_ids, one.attention_mask) == ([11, 5, 0], [1, 1, 0])
    kept = ours.pad(
        [{"input_ids": [5], "length": 1}, {"input_ids": [5, 6], "length": 2}], return_tensors="np"
    )
    assert kept["length"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ({"labels": [[1]]}, "no input_ids to pad, only labels"),
        ([{"input_ids": [1], "a": 1}, {"input_ids": [1]}], "no 'a', which the first one has"),
        ({"input_ids": [[1], [2]], "attention_mask": [[1]]}, "the same number of rows"),
    ],
)
def test_examples_that_cannot_be_padded_are_refused(pair, examples, message):
    with pytest.raises(InputError, match=message):
        pair[0].pad(examples)


@pytest.mark.parametrize(
    "options",
    [
        {"add_special_tokens": False},
        {"padding": True, "padding_side": "left"},
        {"truncation": True},
        {"truncation": True, "max_length": 3},
        {"padding": True, "return_special_tokens_mask": True},
        {"text_pair": ["AND", "NO"], "padding": True, "return_token_type_ids": True},
    ],
    ids=str,
)
def test_texts_are_encoded_as_in_transformers(pair, options):
    texts = ["HELLO WORLD", "YES"]
    ours, theirs = (dict(tokenizer(texts, **options)) for tokenizer in pair)
    assert ours == theirs
    assert pair[0].encode("YES", "NO") == pair[1].encode("YES", "NO")
    assert pair[0].encode_plus("YES") == pair[0]("YES")
    assert pair[0].batch_encode_plus(["YES"]) == pair[0](["YES"])
    assert dict(pair[0]([("A", "B"), ("C", "D")])) == dict(pair[1]([("A", "B"), ("C", "D")]))
    for tokenizer in pair:
        assert tokenizer.build_inputs_with_special_tokens([5, 6], [7]) == [5, 6, 7]
        assert tokenizer.num_special_tokens_to_add(pair=True) == 0
        assert tokenizer.get_special_tokens_mask([1, 5, 2], already_has_special_tokens=True) == [1, 0, 1]


def test_longer_texts_can_be_cut_on_the_left(tmp_path):
    ours = Wav2Vec2CTCTokenizer(VOCAB, truncation_side="left", model_max_length=3)
    ours.save_pretrained(tmp_path)
    theirs = transformers.Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    again = Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    assert ours.model_max_length == again.model_max_length == theirs.model_max_length == 3
    for tokenizer in (ours, again, theirs):
        assert tokenizer("HELLO", truncation=True).input_ids == [VOCAB["L"], VOCAB["L"], VOCAB["O"]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"padding_side": "up"}, "'left' or 'right'"), ({"model_max_length": 0}, "a number of tokens")],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Wav2Vec2CTCTokenizer(VOCAB, **settings)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ([3], {}, "takes a text"),
        (["A", "B"], {"text_pair": ["C"]}, "as many to go on with"),
        ("A", {"truncation": True, "max_length": 3, "pad_to_multiple_of": 2}, "must be a multiple of 2"),
    ],
)
def test_texts_that_cannot_be_encoded_are_refused(pair, texts, options, message):
    with pytest.raises(InputError, match=message):
        pair[0](texts, **options)


def test_an_empty_text_has_no_ids(pair):
    for tokenizer in pair:
        assert tokenizer("", return_tensors="pt").input_ids.dtype == torch.int64


def test_one_id_is_decoded_and_tokens_make_a_text_as_in_transformers(pair):
    ours, theirs = pair
    assert ours.decode(11) == TOKENS[11]
    tokens = ["T", "T", "<pad>", "T", "|", "I", "S"]
    assert ours.convert_tokens_to_string(tokens) == theirs.convert_tokens_to_string(tokens)
    everything = {"output_char_offsets": True, "output_word_offsets": True}
    assert ours.convert_tokens_to_string(tokens, **everything) == theirs.convert_tokens_to_string(
        tokens, **everything
    )
    assert ours.convert_tokens_to_ids(["T", "?"]) == theirs.convert_tokens_to_ids(["T", "?"])


def test_tokenizers_can_be_copied_and_sent_to_other_processes(pair):
    ours = pair[0]
    ours.add_tokens("xxx")
    for same in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert same("A xxx").input_ids == ours("A xxx").input_ids
        assert same.get_vocab() == ours.get_vocab()
