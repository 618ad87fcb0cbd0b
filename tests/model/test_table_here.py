"""The README's table of what is here as in transformers: each row names only what both have, and it works."""

import inspect

import numpy as np
import pytest
import torch
import transformers

import hubert_demo.model
from hubert_demo.model import HubertForCTC, HubertForSequenceClassification, HubertModel
from hubert_demo.model.attention import ATTN_IMPLEMENTATIONS
from hubert_demo.model.files import HubOptions
from tests.model.conftest import OURS, make_twins
from tests.model.readme_table import README, Table
from tests.small import TINY, WITHOUT_CHANCE

row = Table("as in transformers")
TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C")
WAVEFORM = 0.1 * np.random.default_rng(0).standard_normal(1600)
LIBRARIES = (hubert_demo.model, transformers)

# transformers warns of names that peft and everybody use.
RENAMED = pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A CTC checkpoint with its processor, as transformers saves it."""
    path = tmp_path_factory.mktemp("table") / "saved"
    make_twins("ctc", "sdpa", feat_extract_norm="layer").theirs.save_pretrained(path)
    tokenizer = hubert_demo.model.Wav2Vec2CTCTokenizer({token: i for i, token in enumerate(TOKENS)})
    extractor = hubert_demo.model.Wav2Vec2FeatureExtractor(return_attention_mask=True)
    hubert_demo.model.Wav2Vec2Processor(extractor, tokenizer).save_pretrained(path)
    return str(path)


@pytest.fixture(scope="module")
def sides(folder):
    """Both libraries' processor of that folder."""
    return [library.Wav2Vec2Processor.from_pretrained(folder) for library in LIBRARIES]


def arguments(*functions):
    return {name for function in functions for name in inspect.signature(function).parameters}


def split(names, things, *functions):
    """Names that are arguments of these functions, and the others, which all of these things must have."""
    known = arguments(*functions)
    others = [name for name in names if name not in known]
    for thing in things:
        assert [name for name in others if not hasattr(thing, name)] == [], thing
    return [name for name in names if name in known], others


def test_every_row_is_tested_once():
    assert sorted(row.tested) == sorted(row.rows)


@row("models")
def test_models():
    names = [name for name in row.code("models") if name != "hubert_demo.tf"]
    assert {getattr(hubert_demo.model, name) for name in names} == set(OURS.values())
    assert all(hasattr(transformers, name) for name in names)
    # tests/tf runs them where there is TensorFlow.
    keras = (README.parent / "hubert_demo" / "tf" / "__init__.py").read_text()
    assert all(f'"TF{name}"' in keras for name in names if name != "HubertForSequenceClassification")


@row("before and after a model")
def test_before_and_after(sides):
    names = row.code("before and after a model")
    parts = [sides[0].feature_extractor, sides[0].tokenizer, sides[0]]
    assert [type(part) for part in parts] == [getattr(hubert_demo.model, name) for name in names]
    assert [
        type(part).__name__ for part in (sides[1].feature_extractor, sides[1].tokenizer, sides[1])
    ] == names


@row("Auto classes, each for the one class there is")
def test_auto(folder):
    for name in row.code("Auto classes, each for the one class there is"):
        ours, theirs = (getattr(library, name).from_pretrained(folder) for library in LIBRARIES)
        assert type(ours).__name__ == type(theirs).__name__


@row("`from_pretrained`")
def test_from_pretrained(folder):
    names = row.code("`from_pretrained`")[1:]
    settings = {"num_labels"}
    assert set(names) - settings <= arguments(HubertForCTC.from_pretrained) | {*HubOptions.__annotations__}
    given = {
        "dtype": torch.float64,
        "attn_implementation": "eager",
        "device_map": "cpu",
        "local_files_only": True,
        "num_labels": 5,
        "ignore_mismatched_sizes": True,
    }
    for library in LIBRARIES:
        model = library.HubertForSequenceClassification.from_pretrained(folder, **given)
        assert (model.dtype, model.config.num_labels, model.device.type) == (torch.float64, 5, "cpu")
        assert model.config._attn_implementation == "eager"
        _, info = library.HubertModel.from_pretrained(folder, output_loading_info=True)
        assert info["unexpected_keys"] == {"lm_head.weight", "lm_head.bias"}


@row("`save_pretrained`")
def test_save_pretrained(folder, tmp_path):
    assert set(row.code("`save_pretrained`")[1:]) <= arguments(HubertForCTC.save_pretrained)
    values = torch.randn(1, 1600, generator=torch.Generator().manual_seed(0))
    first = HubertForCTC.from_pretrained(folder)
    first.save_pretrained(tmp_path / "ours", max_shard_size="20KB")
    theirs = transformers.HubertForCTC.from_pretrained(tmp_path / "ours")
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size="20KB")
    last = HubertForCTC.from_pretrained(tmp_path / "theirs")
    assert torch.equal(first(values).logits, last(values).logits)
    assert torch.allclose(first(values).logits, theirs(values).logits, atol=1e-5)


@row("configuration")
def test_configuration():
    names = row.code("configuration")[1:]
    for library in LIBRARIES:
        config = library.HubertConfig(**TINY)
        assert [name for name in names if not hasattr(config, name)] == []
        config.update({"layerdrop": 0.5})
        again = library.HubertConfig.from_dict(config.to_diff_dict())
        assert (again.layerdrop, again.hidden_size) == (0.5, 32)


@row("what tools ask of a model")
def test_what_tools_ask_of_a_model(twins):
    names = row.code("what tools ask of a model")
    pair = twins("ctc", "sdpa")
    for model in pair:
        assert [name for name in names if not hasattr(model, name)] == []
    ours, theirs = pair
    for name in ("main_input_name", "base_model_prefix"):
        assert getattr(ours, name) == getattr(theirs, name)
    for name in ("num_parameters", "get_memory_footprint", "can_generate"):
        assert getattr(ours, name)() == getattr(theirs, name)()
    assert ours._get_feat_extract_output_lengths(1600) == theirs._get_feat_extract_output_lengths(1600)


@row("attention")
def test_attention(tiny_config, twins, batch):
    *implementations, setter = row.code("attention")
    assert tuple(implementations) == ATTN_IMPLEMENTATIONS
    expected = twins("model", "sdpa").theirs(batch[0]).last_hidden_state
    for name in ("eager", "sdpa"):
        ours = twins("model", name).ours
        assert torch.allclose(ours(batch[0]).last_hidden_state, expected, atol=1e-5)
        getattr(ours, setter)(name)
        assert ours.attn_implementation == name


@RENAMED
@row("training")
def test_training(batch):
    labels = torch.tensor([[3, 4], [5, 6]])
    pair = make_twins("ctc", "sdpa", **{**TINY, **WITHOUT_CHANCE})
    used, _ = split(row.code("training"), pair, HubertForCTC.forward, HubertModel.forward)
    assert used == ["labels", "mask_time_indices"]
    gradients = []
    for model in pair:
        model.train().freeze_feature_encoder()
        model.gradient_checkpointing_enable()
        model(batch[0], labels=labels).loss.backward()
        gradients.append({n: p.grad for n, p in model.named_parameters() if p.grad is not None})
        model.gradient_checkpointing_disable()
        model.freeze_base_model()
        frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
        assert frozen
        assert all(name.startswith("hubert.") for name in frozen)
    ours, theirs = gradients
    assert ours.keys() == theirs.keys()
    for name, gradient in ours.items():
        assert torch.allclose(gradient, theirs[name], atol=1e-3, rtol=1e-3), name


@row("results")
def test_results(twins, batch):
    names = [name for name in row.code("results") if name != "return_dict=False"]
    for model in twins("ctc", "sdpa"):
        result = model(batch[0], labels=torch.tensor([[3], [4]]))
        assert [name for name in names if not hasattr(result, name)] == []
        assert result.logits is result["logits"] is result[1] is result.get("logits")
        assert list(result.keys()) == [name for name, _ in result.items()] == ["loss", "logits"]
        plain = model(batch[0], labels=torch.tensor([[3], [4]]), return_dict=False)
        assert torch.equal(plain[1], result.to_tuple()[1])


@row("feature extractor")
def test_feature_extractor(sides):
    pair = [side.feature_extractor for side in sides]
    for extractor in pair:
        used, _ = split(row.code("feature extractor"), pair, extractor.__call__)
        assert len(used) == 7
    options = {"padding": "max_length", "max_length": 1500, "truncation": True, "pad_to_multiple_of": 8}
    ours, theirs = (
        each([WAVEFORM, WAVEFORM[:900]], sampling_rate=16_000, return_tensors="pt", **options)
        for each in pair
    )
    assert ours.keys() == theirs.keys() == {"input_values", "attention_mask"}
    assert torch.allclose(ours.input_values, theirs.input_values, atol=1e-5)
    assert torch.equal(ours.attention_mask, theirs.attention_mask)


@row("tokenizer")
def test_tokenizer(sides):
    pair = [side.tokenizer for side in sides]
    used, others = split(row.code("tokenizer"), pair, pair[0].decode)
    assert len(used) == 5
    assert {"decode", "batch_decode", "encode", "save_vocabulary"} < set(others)
    frames = [5, 5, 0, 4, 6, 0, 6, 7]
    for options in ({}, {"group_tokens": False}, {"spaces_between_special_tokens": True}):
        ours, theirs = (each.decode(frames, **options) for each in pair)
        assert ours == theirs
    ours, theirs = (each.decode(frames, output_char_offsets=True, output_word_offsets=True) for each in pair)
    assert (ours.text, ours.char_offsets, ours.word_offsets) == (
        theirs.text,
        theirs.char_offsets,
        theirs.word_offsets,
    )
    for name in ("encode", "tokenize"):
        ours, theirs = (getattr(each, name)("A CAB") for each in pair)
        assert ours == theirs


@row("processor")
def test_processor(sides):
    used, _ = split(row.code("processor"), sides, sides[0].__call__)
    assert used == ["text"]
    options = {"sampling_rate": 16_000, "return_tensors": "pt"}
    for inputs in ({"audio": WAVEFORM}, {"text": "A CAB"}, {"audio": WAVEFORM, "text": "A CAB"}):
        ours, theirs = (each(**inputs, **options) for each in sides)
        assert ours.keys() == theirs.keys()
        assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in ours)


@RENAMED
@row("tools that work with the models")
def test_tools(folder, tmp_path):
    """One step with each that takes no more than a moment; tests/tools and test_graphs.py go further."""
    peft = pytest.importorskip("peft")
    said = []
    for library in LIBRARIES:
        model = library.HubertForCTC.from_pretrained(folder)
        processor = library.Wav2Vec2Processor.from_pretrained(folder)
        recognise = transformers.pipeline(
            "automatic-speech-recognition",
            model=model,
            tokenizer=processor.tokenizer,
            feature_extractor=processor.feature_extractor,
            device="cpu",
        )
        adapted = peft.get_peft_model(model, peft.LoraConfig(target_modules=["q_proj", "v_proj"]))
        trainable, _ = adapted.get_nb_trainable_parameters()
        said.append((recognise(WAVEFORM.astype(np.float32)), trainable))
    assert said[0] == said[1]
    arguments = transformers.TrainingArguments(str(tmp_path), use_cpu=True, report_to=[])
    model = HubertForSequenceClassification.from_pretrained(folder)
    assert transformers.Trainer(model, arguments).model is model
    exported = torch.export.export(HubertModel.from_pretrained(folder), (torch.randn(1, 1600),))
    assert isinstance(exported, torch.export.ExportedProgram)
