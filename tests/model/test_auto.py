"""HuBERT's documented examples, as they are written for transformers: only the line that imports differs.

Each runs twice, with transformers' classes and with ours, on the same local folders, and gives the same.
"""

from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
import torch
import transformers

import hubert_demo.model
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import AutoFeatureExtractor, AutoModel, AutoModelForCTC, AutoProcessor, AutoTokenizer
from tests.small import TINY

TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINS"]
WAVEFORM = 0.1 * np.random.default_rng(0).standard_normal(4000)
TEXT = "A STONE"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A CTC checkpoint and a classifier, as transformers saves them."""
    parent = tmp_path_factory.mktemp("documented")
    (parent / "vocab.json").write_text(str({t: i for i, t in enumerate(TOKENS)}).replace("'", '"'))
    extractor = transformers.Wav2Vec2FeatureExtractor()
    tokenizer = transformers.Wav2Vec2CTCTokenizer(str(parent / "vocab.json"))
    with torch.random.fork_rng():
        torch.manual_seed(3)
        ctc = transformers.HubertForCTC(transformers.HubertConfig(**TINY))
        classifier = transformers.HubertForSequenceClassification(
            transformers.HubertConfig(**TINY, num_labels=4)
        )
    ctc.save_pretrained(parent / "ctc")
    transformers.Wav2Vec2Processor(extractor, tokenizer).save_pretrained(parent / "ctc")
    classifier.save_pretrained(parent / "classifier")
    extractor.save_pretrained(parent / "classifier")
    return parent


def forward(library: ModuleType, folder):
    """`HubertModel.forward`."""
    processor = library.AutoProcessor.from_pretrained(folder / "ctc")
    model = library.HubertModel.from_pretrained(folder / "ctc")
    input_values = processor(WAVEFORM, return_tensors="pt").input_values  # Batch size 1
    hidden_states = model(input_values).last_hidden_state
    return [hidden_states]


def ctc(library: ModuleType, folder):
    """`HubertForCTC.forward`."""
    processor = library.AutoProcessor.from_pretrained(folder / "ctc")
    model = library.HubertForCTC.from_pretrained(folder / "ctc")
    sampling_rate = 16_000
    inputs = processor(WAVEFORM, sampling_rate=sampling_rate, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
    predicted_ids = torch.argmax(logits, dim=-1)
    transcription = processor.batch_decode(predicted_ids)
    inputs["labels"] = processor(text=TEXT, return_tensors="pt").input_ids
    loss = model(**inputs).loss
    return [logits, loss, transcription]


def classification(library: ModuleType, folder):
    """`HubertForSequenceClassification.forward`."""
    feature_extractor = library.AutoFeatureExtractor.from_pretrained(folder / "classifier")
    model = library.HubertForSequenceClassification.from_pretrained(folder / "classifier")
    sampling_rate = 16_000
    inputs = feature_extractor(WAVEFORM, sampling_rate=sampling_rate, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
    predicted_class_ids = torch.argmax(logits, dim=-1).item()
    predicted_label = model.config.id2label[predicted_class_ids]
    target_label = model.config.id2label[0]
    inputs["labels"] = torch.tensor([model.config.label2id[target_label]])
    loss = model(**inputs).loss
    return [logits, loss, predicted_label]


def automatic_ctc(library: ModuleType, folder):
    """The model's page: `AutoModelForCTC`, with `dtype` and `attn_implementation`."""
    processor = library.AutoProcessor.from_pretrained(folder / "ctc")
    model = library.AutoModelForCTC.from_pretrained(
        folder / "ctc", dtype=torch.float32, attn_implementation="sdpa"
    )
    inputs = processor(WAVEFORM, sampling_rate=16_000, return_tensors="pt").to(model.device)
    with torch.no_grad():
        logits = model(**inputs).logits
    return [logits, processor.batch_decode(logits.argmax(-1))]


def automatic_classification(library: ModuleType, folder):
    """`AutoModelForAudioClassification` with other classes, as for fine-tuning."""
    config = library.AutoConfig.from_pretrained(folder / "classifier", num_labels=2)
    model = library.AutoModelForAudioClassification.from_pretrained(
        folder / "classifier", config=config, ignore_mismatched_sizes=True
    )
    encoder = library.AutoModel.from_pretrained(folder / "classifier").eval()
    values = torch.from_numpy(WAVEFORM).float()[None]
    return [
        torch.tensor(model(values).logits.shape),
        encoder(values).last_hidden_state,
        str(dict(model.config.id2label)),
    ]


def word_times(library: ModuleType, folder):
    """`Wav2Vec2CTCTokenizer.decode`: when each word was said."""
    model = library.AutoModelForCTC.from_pretrained(folder / "ctc")
    tokenizer = library.AutoTokenizer.from_pretrained(folder / "ctc")
    feature_extractor = library.AutoFeatureExtractor.from_pretrained(folder / "ctc")
    input_values = feature_extractor(WAVEFORM, return_tensors="pt").input_values
    logits = model(input_values).logits[0]
    pred_ids = torch.argmax(logits, axis=-1)
    outputs = tokenizer.decode(pred_ids, output_word_offsets=True)
    time_offset = model.config.inputs_to_logits_ratio / feature_extractor.sampling_rate
    return [
        [
            (d["word"], round(d["start_offset"] * time_offset, 4), round(d["end_offset"] * time_offset, 4))
            for d in outputs.word_offsets
        ]
    ]


def configuration(library: ModuleType, folder):
    """`HubertConfig`."""
    configuration = library.HubertConfig(**TINY)
    model = library.HubertModel(configuration)
    configuration = model.config
    return [torch.tensor([configuration.hidden_size, configuration.inputs_to_logits_ratio])]


EXAMPLES = (forward, ctc, classification, automatic_ctc, automatic_classification, word_times, configuration)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_a_documented_example_differs_in_its_import_alone(example, folders):
    actual, expected = (
        example(import_module(library), folders) for library in ("hubert_demo.model", "transformers")
    )
    assert len(actual) == len(expected)
    for ours, theirs in zip(actual, expected, strict=True):
        if isinstance(theirs, torch.Tensor):
            torch.testing.assert_close(ours.detach(), theirs.detach(), atol=1e-4, rtol=1e-4)
        else:
            assert ours == theirs


def test_a_checkpoint_without_letters_has_a_feature_extractor_as_processor(folders):
    """transformers 5.24 fails there: it looks for a vocabulary."""
    assert type(AutoProcessor.from_pretrained(folders / "classifier")).__name__ == "Wav2Vec2FeatureExtractor"


def test_a_model_with_random_weights_is_made_of_a_configuration(tiny_config):
    model = AutoModelForCTC.from_config(tiny_config(), attn_implementation="eager")
    assert type(model).__name__ == "HubertForCTC"
    assert model.attn_implementation == "eager"


def test_every_name_is_listed():
    assert {name for name in dir(transformers) if name in dir(hubert_demo.model)} >= {
        "AutoConfig",
        "AutoFeatureExtractor",
        "AutoModel",
        "AutoModelForAudioClassification",
        "AutoModelForCTC",
        "AutoProcessor",
        "AutoTokenizer",
        "HubertConfig",
        "HubertForCTC",
        "HubertForSequenceClassification",
        "HubertModel",
        "Wav2Vec2CTCTokenizer",
        "Wav2Vec2FeatureExtractor",
        "Wav2Vec2Processor",
    }


# --- what from_pretrained takes ---


def test_settings_given_as_keywords_replace_those_of_the_folder(folders):
    ours = AutoModelForCTC.from_pretrained(
        folders / "ctc", ctc_loss_reduction="mean", pad_token_id=3, layerdrop=0.0, made_up="kept"
    )
    assert (ours.config.ctc_loss_reduction, ours.config.pad_token_id, ours.config.layerdrop) == (
        "mean",
        3,
        0.0,
    )
    assert ours.config.to_dict()["made_up"] == "kept"


def test_a_head_of_another_size_is_refused_or_made_anew(folders, caplog):
    with pytest.raises(CheckpointError, match=r"of another shape: lm_head\.bias \(12,\) for \(20,\)"):
        AutoModelForCTC.from_pretrained(folders / "ctc", vocab_size=20)
    ours = AutoModelForCTC.from_pretrained(folders / "ctc", vocab_size=20, ignore_mismatched_sizes=True)
    assert ours.lm_head.weight.shape == (20, 32)
    assert "lm_head.bias, lm_head.weight of another shape, newly initialised" in caplog.text
    theirs = transformers.HubertModel.from_pretrained(folders / "ctc").state_dict()
    for name, tensor in ours.hubert.state_dict().items():
        assert torch.equal(tensor, theirs[name])


@pytest.mark.parametrize(
    "overrides",
    [
        {"num_labels": 3},
        {"num_labels": 4},
        {"id2label": {0: "a", 1: "b"}},
        {"label2id": {"a": 0, "b": 1, "c": 2}},
    ],
    ids=str,
)
def test_other_classes_replace_all_that_the_folder_says_of_them(folders, overrides):
    ours = hubert_demo.model.AutoConfig.from_pretrained(folders / "classifier", **overrides)
    count = len(next(iter(overrides.values()))) if "num_labels" not in overrides else overrides["num_labels"]
    assert ours.num_labels == len(ours.id2label) == count
    assert {label: index for index, label in ours.id2label.items()} == dict(ours.label2id)


@pytest.mark.parametrize("device_map", [None, "auto", "cpu", torch.device("cpu"), {"": "cpu"}], ids=str)
def test_a_model_goes_where_device_map_says(folders, device_map):
    model = AutoModel.from_pretrained(folders / "ctc", device_map=device_map)
    expected = "cuda" if device_map == "auto" and torch.cuda.is_available() else "cpu"
    assert model.device.type == expected


@pytest.mark.parametrize("device_map", ["balanced", {"encoder": 0, "feature_extractor": 1}, 3.5], ids=str)
def test_a_model_is_not_divided(folders, device_map):
    with pytest.raises(InputError, match="HuBERT stays in one piece: give 'auto', 'cpu' or 'cuda:0'"):
        AutoModel.from_pretrained(folders / "ctc", device_map=device_map)


def test_a_folder_inside_a_folder_is_named_as_such(folders):
    for auto in (
        AutoModelForCTC,
        AutoProcessor,
        AutoTokenizer,
        AutoFeatureExtractor,
        hubert_demo.model.AutoConfig,
    ):
        read = auto.from_pretrained(folders, subfolder="ctc")
        assert type(read) is type(auto.from_pretrained(folders / "ctc"))
    for subfolder in ("elsewhere", "..", "ctc/../.."):
        with pytest.raises(CheckpointError, match="subfolder= names one inside it"):
            AutoModel.from_pretrained(folders, subfolder=subfolder)


def test_options_without_effect_are_taken(folders):
    model = AutoModel.from_pretrained(
        folders / "ctc",
        trust_remote_code=False,
        low_cpu_mem_usage=True,
        use_safetensors=True,
        revision="main",
        force_download=False,
    )
    assert "trust_remote_code" not in model.config.to_dict()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"quantization_config": {"load_in_8bit": True}}, "quantisation is not supported; use dtype="),
        ({"variant": "fp16"}, "weights of the usual names"),
        ({"tp_plan": "auto"}, "stays in one piece"),
    ],
    ids=str,
)
def test_options_that_are_not_supported_are_refused_and_not_kept(folders, option, message):
    with pytest.raises(InputError, match=message):
        AutoModel.from_pretrained(folders / "ctc", **option)
    assert (
        AutoModel.from_pretrained(folders / "ctc", **dict.fromkeys(option))
        .config.extra.keys()
        .isdisjoint(option)
    )


def test_what_was_loaded_can_be_asked_for_as_in_transformers(folders):
    options = {"num_labels": 3, "ignore_mismatched_sizes": True, "output_loading_info": True}
    ours, theirs = (
        import_module(library).HubertForSequenceClassification.from_pretrained(
            folders / "classifier", **options
        )[1]
        for library in ("hubert_demo.model", "transformers")
    )
    assert sorted(ours["mismatched_keys"]) == sorted(
        (name, tuple(found), tuple(needed)) for name, found, needed in theirs["mismatched_keys"]
    )
    _, info = AutoModelForCTC.from_pretrained(folders / "classifier", output_loading_info=True)
    assert info["missing_keys"] == {"lm_head.bias", "lm_head.weight"}
    assert "classifier.weight" in info["unexpected_keys"]
