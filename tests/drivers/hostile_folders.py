"""Checkpoint folders as strangers might hand them over: damaged, contradictory, or made to hurt.

`KINDS` are made by hand, one for each way in which a folder can be wrong; `mutated` changes a sound folder at
random. To fuzz the loading of folders, in the root of a checkout:

    python tests/drivers/hostile_folders.py [--minutes 10] [--seed 0]

Each folder must load and be analysed, or be refused in a sentence (`trial` says what is asked of one). The
first that is not is kept and ends the run with 1; the same seed makes the same folders.
"""

import argparse
import json
import os
import pickle
import random
import shutil
import struct
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

SETTINGS = (
    "config.json",
    "preprocessor_config.json",
    "vocab.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "keyword_head.json",
    "decoding.json",
    "confidence.json",
)
WEIGHTS = ("model.safetensors", "keyword_head.safetensors")

# Values that settings do not expect: of every type, and at every limit.
ODD = (
    *(None, True, False, 0, 1, -1, 2, 3, 7, 1000, 2**31, 2**63, 10**30, -(10**30), 1e300, 0.5, -0.5),
    *(
        float("nan"),
        float("inf"),
        float("-inf"),
        "",
        "3",
        "nan",
        "<pad>",
        "\ud800",
        "../../etc/passwd",
        "a" * 5000,
    ),
    *([], [3], [[]], [0] * 1000, {}, {"a": 1}, {"content": 3}, ["HubertForCTC"], "HubertForCTC", [None]),
)


class Runs:
    """What a pickle may do on being opened: this one leaves a mark."""

    def __reduce__(self):
        return os.mkdir, (str(MARK),)


MARK = Path(tempfile.gettempdir()) / f"hubert-explorer-a-pickle-ran-{os.getpid()}"


# --- by hand ---


def text(name, content):
    """The file holds this text."""
    return lambda folder: (folder / name).write_text(content, encoding="utf-8", errors="surrogatepass")


def data(name, content):
    """The file holds these bytes."""
    return lambda folder: (folder / name).write_bytes(content)


def values(name, **changed):
    """The settings have other values."""

    def change(folder):
        settings = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**settings, **changed}))

    return change


def without(*names):
    """The files are missing."""

    def remove(folder):
        for name in names:
            (folder / name).unlink()

    return remove


def directory(name):
    """A directory lies in the file's place."""

    def replace(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return replace


def link(name, target):
    """A link lies in the file's place."""

    def replace(folder):
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return replace


def cut(name, share):
    """The file ends early."""
    return lambda folder: (folder / name).write_bytes(
        (folder / name).read_bytes()[: int(share * (folder / name).stat().st_size)]
    )


def header(name, change):
    """The header of a safetensors file says something else."""

    def rewrite(folder):
        content = (folder / name).read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        told = json.loads(content[8 : 8 + length])
        change(told)
        packed = json.dumps(told).encode()
        (folder / name).write_bytes(struct.pack("<Q", len(packed)) + packed + content[8 + length :])

    return rewrite


def old_weights(make):
    """The weights are a pickle."""

    def replace(folder):
        (folder / "model.safetensors").unlink()
        make(folder / "pytorch_model.bin")

    return replace


def saved_by_torch(value):
    """A pickle as torch writes it."""

    def make(path):
        import torch

        torch.save(value() if callable(value) else value, path)

    return make


def dumped(value):
    """A pickle as Python writes it."""
    return lambda path: path.write_bytes(pickle.dumps(value))


def index(content):
    """The weights are in shards, as this index says."""

    def replace(folder):
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors.index.json").write_text(json.dumps(content))

    return replace


def tensors(name, change):
    """Other tensors in a safetensors file."""

    def rewrite(folder):
        from safetensors.torch import load_file, save_file

        found = load_file(folder / name)
        change(found)
        save_file(found, folder / name)

    return rewrite


def first(told):
    """The first tensor that a header tells of."""
    return told[next(key for key in told if key != "__metadata__")]


def zipped(**members):
    """A language model with other contents."""

    def write(folder):
        with zipfile.ZipFile(folder / "language_model.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(f"{name}.npy", content)

    return write


def vocabulary(change):
    """Another vocabulary."""

    def rewrite(folder):
        vocab = json.loads((folder / "vocab.json").read_text())
        change(vocab)
        (folder / "vocab.json").write_text(json.dumps(vocab))

    return rewrite


def _fill(value):
    def change(found):
        for tensor in found.values():
            tensor.fill_(value)

    return change


def _sparse():
    import torch

    return {"hubert.feature_projection.projection.weight": torch.eye(8).to_sparse()}


DEEP = "[" * 100_000 + "]" * 100_000
CONFIG, VOCAB, PREPROCESSOR = "config.json", "vocab.json", "preprocessor_config.json"
PROCESSOR, ADDED = "processor_config.json", "added_tokens.json"
MODEL, HEAD, DECODING, CONFIDENCE, TOKENIZER = (
    "model.safetensors",
    "keyword_head.json",
    "decoding.json",
    "confidence.json",
    "tokenizer_config.json",
)

KINDS = {
    "config is a list": text(CONFIG, "[]"),
    "config is a number": text(CONFIG, "3"),
    "config is a text": text(CONFIG, '"hubert"'),
    "config is empty": text(CONFIG, ""),
    "config is an empty object": text(CONFIG, "{}"),
    "config is no JSON": text(CONFIG, "{'a': 1}"),
    "config is nested deeply": text(CONFIG, DEEP),
    "config is an object nested deeply": text(CONFIG, '{"a":' * 50_000 + "1" + "}" * 50_000),
    "config is not UTF-8": data(CONFIG, b'{"model_type": "\xff\xfe"}'),
    "config is UTF-16": data(CONFIG, '{"model_type": "hubert"}'.encode("utf-16")),
    "config is huge": text(CONFIG, '{"a": "' + "a" * (17 << 20) + '"}'),
    "config has endless digits": text(CONFIG, '{"hidden_size": ' + "9" * 100_000 + "}"),
    "config of another model": values(CONFIG, model_type="wav2vec2"),
    "config whose model is a list": values(CONFIG, model_type=["hubert"]),
    "config is a directory": directory(CONFIG),
    "config is a dangling link": link(CONFIG, "nowhere"),
    "config is a link to itself": link(CONFIG, CONFIG),
    "config is a link to a device": link(CONFIG, "/dev/null"),
    "no config": without(CONFIG),
    "hidden size is gigantic": values(CONFIG, hidden_size=2**40, num_attention_heads=2),
    "hidden size is beyond every number": values(CONFIG, hidden_size=10**30),
    "hidden size is negative": values(CONFIG, hidden_size=-16),
    "hidden size is zero": values(CONFIG, hidden_size=0),
    "hidden size is a text": values(CONFIG, hidden_size="16"),
    "hidden size is null": values(CONFIG, hidden_size=None),
    "hidden size is a list": values(CONFIG, hidden_size=[16]),
    "hidden size is NaN": values(CONFIG, hidden_size=float("nan")),
    "a thousand million layers": values(CONFIG, num_hidden_layers=10**9),
    "no layers": values(CONFIG, num_hidden_layers=0),
    "a vocabulary larger than memory": values(CONFIG, vocab_size=10**12),
    "labels larger than memory": values(CONFIG, num_labels=10**12, id2label=None, label2id=None),
    "labels that are a list": values(CONFIG, id2label=["yes"], label2id=None),
    "labels numbered by words": values(CONFIG, id2label={"one": "yes"}, label2id=None),
    "a classifier whose labels begin elsewhere": values(
        CONFIG, architectures=["HubertForSequenceClassification"], id2label={"7": "yes"}, label2id=None
    ),
    "convolutions that are a number": values(CONFIG, conv_dim=8),
    "convolutions that are texts": values(CONFIG, conv_kernel=["10", "3", "3", "3", "3", "2", "2"]),
    "convolutions of different number": values(CONFIG, conv_stride=[5, 2]),
    "kernels larger than memory": values(CONFIG, conv_kernel=[10**12] * 7),
    "a million convolutions": values(
        CONFIG, conv_dim=[1] * 10**6, conv_stride=[1] * 10**6, conv_kernel=[1] * 10**6
    ),
    "strides of hours": values(CONFIG, conv_stride=[10**9, 2, 2, 2, 2, 2, 2]),
    "strides of nothing": values(CONFIG, conv_stride=[1] * 7),
    "positions larger than memory": values(CONFIG, num_conv_pos_embeddings=10**12),
    "an activation nobody knows": values(CONFIG, hidden_act="__import__('os')"),
    "an epsilon that is infinite": text(CONFIG, '{"layer_norm_eps": Infinity}'),
    "probabilities that are texts": values(CONFIG, layerdrop="0.1"),
    "architectures that are a text": values(CONFIG, architectures="HubertForCTC"),
    "architectures that are a number": values(CONFIG, architectures=7),
    "architectures of another head": values(CONFIG, architectures=["HubertForSequenceClassification"]),
    "weights that are empty": data(MODEL, b""),
    "weights cut in the header": cut(MODEL, 0.01),
    "weights cut in the middle": cut(MODEL, 0.5),
    "weights that are a text": text(MODEL, "Not Found"),
    "weights that are a directory": directory(MODEL),
    "weights that are a dangling link": link(MODEL, "blobs/gone"),
    "weights that are missing": without(MODEL),
    "a header longer than the file": data(MODEL, struct.pack("<Q", 2**62) + b"{}"),
    "a header that is a list": data(MODEL, struct.pack("<Q", 2) + b"[]"),
    "a header nested deeply": data(MODEL, struct.pack("<Q", len(DEEP)) + DEEP.encode()),
    "a header that lies about shapes": header(MODEL, lambda told: first(told).update(shape=[2**40])),
    "a header that lies about places": header(
        MODEL, lambda told: first(told).update(data_offsets=[0, 2**40])
    ),
    "a header that lies about types": header(MODEL, lambda told: first(told).update(dtype="F99")),
    "a header that names itself twice": header(MODEL, lambda told: told.update(twin=dict(first(told)))),
    "weights that are not numbers": tensors(MODEL, _fill(float("nan"))),
    "weights that are infinite": tensors(MODEL, _fill(float("inf"))),
    "weights of another name": tensors(MODEL, lambda found: found.update({"a" * 9999: found.popitem()[1]})),
    "weights that are complex": tensors(
        MODEL, lambda found: found.update({key: found[key] * (1 + 1j) for key in found})
    ),
    "a pickle that runs": old_weights(dumped(Runs())),
    "a pickle of torch that runs": old_weights(saved_by_torch({"lm_head.weight": Runs()})),
    "a pickle of a number": old_weights(saved_by_torch(3)),
    "a pickle of lists": old_weights(saved_by_torch({"lm_head.weight": [1, 2]})),
    "a pickle of numbered tensors": old_weights(saved_by_torch(lambda: {3: _sparse().popitem()[1]})),
    "a pickle of sparse tensors": old_weights(saved_by_torch(_sparse)),
    "a pickle that is empty": old_weights(lambda path: path.write_bytes(b"")),
    "a pickle that is a text": old_weights(lambda path: path.write_text("<html>Not Found</html>")),
    "a pickle that is a zip of nothing": old_weights(lambda path: zipfile.ZipFile(path, "w").close()),
    "a pickle that is cut": old_weights(lambda path: path.write_bytes(pickle.dumps({"a": [1] * 99})[:-9])),
    "an index that is a list": index([]),
    "an index without shards": index({"weight_map": {}}),
    "an index whose map is a text": index({"weight_map": "model.safetensors"}),
    "an index that leaves the folder": index({"weight_map": {"a": "../../../etc/passwd"}}),
    "an index of an absolute path": index({"weight_map": {"a": "/etc/passwd"}}),
    "an index of lists": index({"weight_map": {"a": ["model.safetensors"]}}),
    "an index of pickles": index({"weight_map": {"a": "pytorch_model.bin"}}),
    "an index of missing shards": index({"weight_map": {"a": "model-00001-of-00002.safetensors"}}),
    "an index of an endless name": index({"weight_map": {"a": "a" * 9999 + ".safetensors"}}),
    "a vocabulary that is a list": text(VOCAB, '["a", "b"]'),
    "a vocabulary without a blank": vocabulary(lambda vocab: vocab.pop("<pad>")),
    "a vocabulary of texts": vocabulary(lambda vocab: vocab.update(A="5")),
    "a vocabulary of negative ids": vocabulary(lambda vocab: vocab.update(A=-1)),
    "a vocabulary of fractions": vocabulary(lambda vocab: vocab.update(A=5.5)),
    "a vocabulary of one id twice": vocabulary(lambda vocab: vocab.update(A=vocab["B"])),
    "a vocabulary beyond the head": vocabulary(lambda vocab: vocab.update(Z=10**9)),
    "a vocabulary whose blank is beyond the head": vocabulary(lambda vocab: vocab.update({"<pad>": 10**30})),
    "a vocabulary of a language": vocabulary(lambda vocab: vocab.update({"<pad>": {"<pad>": 0}})),
    "a vocabulary of half a character": text(VOCAB, '{"<pad>": 0, "<unk>": 1, "|": 2, "\\ud800": 3}'),
    "a vocabulary of endless tokens": vocabulary(lambda vocab: vocab.update({"a" * 10**6: 9})),
    "a vocabulary of too many tokens": vocabulary(
        lambda vocab: vocab.update({f"<{number}>": number for number in range(9, 100_100)})
    ),
    "a tokenizer that is a number": text(TOKENIZER, "3"),
    "a tokenizer whose blank is a number": values(TOKENIZER, pad_token=3),
    "a tokenizer whose blank is a list": values(TOKENIZER, pad_token=["<pad>"]),
    "a tokenizer whose blank has no text": values(TOKENIZER, pad_token={"lstrip": True}),
    "a tokenizer whose unknown is half a character": values(TOKENIZER, unk_token="\ud800"),
    "a tokenizer of a language of endless name": values(TOKENIZER, target_lang="a" * 5000),
    "a tokenizer of another language": values(TOKENIZER, target_lang="tlh"),
    "special tokens that are a list": text("special_tokens_map.json", "[]"),
    "a processor that is a list": text(PROCESSOR, "[]"),
    "a processor whose extractor is a number": text(PROCESSOR, '{"feature_extractor": 3}'),
    "a processor of telephones": text(PROCESSOR, '{"feature_extractor": {"sampling_rate": 8000}}'),
    "a processor with odd names": text(PROCESSOR, '{"feature_extractor": {"self": 1, "padding_side": "up"}}'),
    "added tokens that are a list": text(ADDED, "[]"),
    "added tokens with a text as id": text(ADDED, '{"<x>": "nine"}'),
    "added tokens of one id": text(ADDED, '{"<x>": 9, "<y>": 9}'),
    "added tokens of negative ids": text(ADDED, '{"<x>": -9}'),
    "added tokens described by numbers": values(TOKENIZER, added_tokens_decoder={"9": 3}),
    "added tokens described in a list": values(TOKENIZER, added_tokens_decoder=["<x>"]),
    "special tokens that are a number": values(TOKENIZER, extra_special_tokens=3),
    "a blank that was only added": vocabulary(lambda vocab: vocab.pop("<pad>")),
    "texts of no length": values(TOKENIZER, model_max_length=-1),
    "texts padded upwards": values(TOKENIZER, padding_side="up"),
    "a preprocessor that is a list": text(PREPROCESSOR, "[]"),
    "a rate that is a text": values(PREPROCESSOR, sampling_rate="16000"),
    "a rate of zero": values(PREPROCESSOR, sampling_rate=0),
    "a rate of telephones": values(PREPROCESSOR, sampling_rate=8000),
    "a padding that is no number": values(PREPROCESSOR, padding_value=float("nan")),
    "a padding on the side of half a character": values(PREPROCESSOR, padding_side="\ud800"),
    "a keyword head with a label of half a character": values(HEAD, labels=["yes", "\ud800"]),
    "a padding on an odd side": values(PREPROCESSOR, padding_side=["left"] * 1000),
    "normalising that is a text": values(PREPROCESSOR, do_normalize="yes"),
    "eighty features": values(PREPROCESSOR, feature_size=80),
    "a keyword head that is a list": text(HEAD, "[]"),
    "a keyword head without labels": values(HEAD, labels=None),
    "a keyword head whose labels are a text": values(HEAD, labels="yes"),
    "a keyword head with labels alike": values(HEAD, labels=["yes", "yes"]),
    "a keyword head with too many labels": values(HEAD, labels=[str(number) for number in range(100_000)]),
    "a keyword head whose threshold is a text": values(HEAD, threshold="0.5"),
    "a keyword head whose threshold is no number": values(HEAD, threshold=float("nan")),
    "a keyword head of another encoder": values(HEAD, encoder="0123456789abcdef"),
    "a keyword head whose encoder is a number": values(HEAD, encoder=7),
    "a keyword head without weights": without("keyword_head.safetensors"),
    "a keyword head that is cut": cut("keyword_head.safetensors", 0.5),
    "a keyword head that is a directory": directory(HEAD),
    "a keyword head of another width": tensors(
        "keyword_head.safetensors",
        lambda found: found.update({"projector.weight": found["projector.weight"][:, :4].contiguous()}),
    ),
    "decoding that is a list": text(DECODING, "[]"),
    "decoding without weights": text(DECODING, "{}"),
    "decoding whose weight is a text": values(DECODING, lm_weight="1.1"),
    "decoding whose weight is no number": values(DECODING, lm_weight=float("nan")),
    "decoding whose weight is infinite": values(DECODING, character_bonus=float("inf")),
    "decoding whose weight is gigantic": values(DECODING, lm_weight=1e300),
    "decoding of another encoder": values(DECODING, encoder="0123456789abcdef"),
    "decoding of an encoder of endless name": values(DECODING, encoder="a" * 5000),
    "decoding that is a directory": directory(DECODING),
    "confidence that is a list": text(CONFIDENCE, "[]"),
    "confidence without a curve": text(CONFIDENCE, "{}"),
    "confidence that falls": values(CONFIDENCE, slope=-1.0),
    "confidence that is level": values(CONFIDENCE, slope=0),
    "confidence whose offset is no number": values(CONFIDENCE, offset=float("nan")),
    "confidence whose offset is a truth": values(CONFIDENCE, offset=True),
    "confidence that is too steep": values(CONFIDENCE, slope=1e300),
    "confidence of another encoder": values(CONFIDENCE, encoder="0123456789abcdef"),
    "confidence of an encoder that is a list": values(CONFIDENCE, encoder=[]),
    "confidence with a language model that is a number": values(CONFIDENCE, with_language_model=2.0),
    "confidence with a language model without a curve": values(CONFIDENCE, with_language_model={}),
    "confidence with a language model that falls": values(
        CONFIDENCE, with_language_model={"slope": -1.0, "offset": 0.0}
    ),
    "a language model that is a text": text("language_model.npz", "no zip"),
    "a language model that is empty": data("language_model.npz", b""),
    "a language model that is an array": data("language_model.npz", b"\x93NUMPY\x01\0" + bytes(200)),
    "a language model of nothing": zipped(),
    "a language model of pickles": zipped(
        **dict.fromkeys(("letters_order", "letters_steps", "letters_counts"), pickle.dumps(Runs()))
    ),
    "a language model that unpacks to gigabytes": zipped(letters_steps=bytes(200 << 20)),
    "a language model that is a directory": directory("language_model.npz"),
}
"""What is wrong with a folder, and what makes a sound one so."""


# --- at random ---


def mutated(folder, rng):
    """Change a folder at random: values, lines, bytes, lengths, places; says what was done."""
    told = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice(
            (_odd_value, _odd_value, _odd_value, _odd_bytes, _odd_bytes, _odd_place, _odd_header)
        )
        told.append(change(folder, rng))
    return "; ".join(told)


def _odd_value(folder, rng):
    name = rng.choice(SETTINGS)
    try:
        settings = json.loads((folder / name).read_text())
        key = rng.choice([*settings, "extra"])
    except (OSError, ValueError, TypeError):
        return f"{name} is damaged already"
    if rng.random() < 0.1:
        settings.pop(key, None)
        told = f"{name} without {key}"
    else:
        value = rng.choice(ODD)
        if isinstance(settings.get(key), list) and settings[key] and rng.random() < 0.5:
            settings[key][rng.randrange(len(settings[key]))] = value
        else:
            settings[key] = value
        told = f"{key} of {name} is {value!r:.60}"
    (folder / name).write_text(json.dumps(settings))
    return told


def _odd_bytes(folder, rng):
    path = rng.choice([path for path in sorted(folder.iterdir()) if path.is_file()])
    content = bytearray(path.read_bytes())
    kind = rng.choice(("flip", "cut", "insert", "repeat", "zero"))
    place = rng.randrange(len(content) + 1)
    if rng.random() < 0.5:
        # Headers and names stand at the beginning.
        place = min(place, rng.randrange(400))
    if kind == "flip":
        for _ in range(rng.randrange(1, 9)):
            if content:
                content[min(place, len(content) - 1)] = rng.randrange(256)
                place = min(len(content) - 1, place + rng.randrange(30))
    elif kind == "cut":
        del content[place:]
    elif kind == "insert":
        content[place:place] = rng.randbytes(rng.randrange(1, 50))
    elif kind == "repeat":
        content[place:place] = content[place : place + rng.randrange(1, 500)]
    else:
        content[place : place + 64] = bytes(len(content[place : place + 64]))
    path.write_bytes(content)
    return f"{kind} at {place} of {path.name}"


def _odd_place(folder, rng):
    path = rng.choice([path for path in sorted(folder.iterdir()) if path.is_file()])
    other = rng.choice([path for path in sorted(folder.iterdir()) if path.is_file()])
    kind = rng.choice(("missing", "directory", "dangling", "another", "empty"))
    content = other.read_bytes()
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind != "missing":
        path.write_bytes(content if kind == "another" else b"")
    return f"{kind} in the place of {path.name}"


def _odd_header(folder, rng):
    name = rng.choice(WEIGHTS)
    field, value = (
        rng.choice(("shape", "data_offsets", "dtype")),
        rng.choice((*ODD, [0, 2**40], [2**33, 2**33])),
    )

    def change(told):
        told[rng.choice([key for key in told if key != "__metadata__"])][field] = value

    try:
        header(name, change)(folder)
    except (OSError, ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError):
        return f"{name} is damaged already"
    return f"{field} of {name} is {value!r:.60}"


# --- what is asked of a folder ---


def sound(folder):
    """Write a small checkpoint that has everything a folder may hold."""
    import torch

    from hubert_demo.analysis.transcript.language_model import LanguageModel
    from hubert_demo.checkpoints.confidence import CONFIDENCE_NAME, ConfidenceCurve
    from hubert_demo.checkpoints.decoding import DECODING_NAME, DecodingWeights
    from hubert_demo.model import (
        HubertConfig,
        HubertForCTC,
        KeywordHead,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
    )

    tokens = ("<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C")
    torch.manual_seed(0)
    config = HubertConfig(
        vocab_size=len(tokens),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
    )
    HubertForCTC(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    Wav2Vec2CTCTokenizer({token: number for number, token in enumerate(tokens)}).save_pretrained(folder)
    KeywordHead(("yes", "_silence_"), 3, 16, 8, 0.5).save(folder)
    DecodingWeights(1.0, 1.0).save(folder / DECODING_NAME)
    ConfidenceCurve(0.5, 1.0, with_language_model=(3.0, -2.0)).save(folder / CONFIDENCE_NAME)
    LanguageModel.from_sentences(["A CAB", "BAA"], 3).save(folder / "language_model.npz")
    return folder


def trial(folder):
    """Load a folder and analyse half a second of noise by it; gives the sentence that refuses it, or None.

    Raises:
        AssertionError: If the sentence names a folder of this machine, or advises to open a pickle, or if a
            pickle has run.
        Exception: Anything but a refusal, which is a bug.
    """
    from hubert_demo.api import analyze
    from hubert_demo.audio import Waveform
    from hubert_demo.checkpoints import CheckpointStore
    from hubert_demo.errors import HubertDemoError

    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    said = None
    try:
        analysis = analyze(Waveform(noise), checkpoint=folder, store=CheckpointStore())
        analysis.beam_search(2)
        analysis.layer_curves()
    except HubertDemoError as error:
        said = str(error)
    assert not MARK.exists(), "a pickle has run"
    if said is not None:
        assert 0 < len(said) < 2000, said[:3000]
        assert str(folder.parent) not in said, said
        assert not {"weights_only", "Traceback"} & set(said.split()), said
        said.encode()
    return said


def main():
    """Fuzz for a while."""
    parser = argparse.ArgumentParser(description="Load checkpoint folders that are changed at random.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="hostile-folders-"))
    base = sound(root / "sound")
    until, number, refused, slowest = time.monotonic() + 60 * options.minutes, 0, 0, 0.0
    while time.monotonic() < until:
        folder = Path(shutil.copytree(base, root / f"{options.seed}-{number}"))
        told = mutated(folder, random.Random(f"{options.seed} {number}"))
        began = time.monotonic()
        try:
            refused += trial(folder) is not None
        except Exception as error:
            print(f"seed {options.seed}, folder {number}: {told}\nkept in {folder}", file=sys.stderr)
            raise SystemExit(1) from error
        slowest = max(slowest, time.monotonic() - began)
        shutil.rmtree(folder)
        number += 1
    shutil.rmtree(root)
    print(
        f"seed {options.seed}: {number} folders, {refused} refused in a sentence, the slowest {slowest:.1f} s"
    )


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main()
