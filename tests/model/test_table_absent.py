"""The README's table of what is not here: absent, or refused in a sentence; and the ways out work."""

import inspect

import numpy as np
import pytest
import torch
import transformers

import hubert_demo
import hubert_demo.model
from hubert_demo.audio import Waveform
from hubert_demo.errors import ConfigError, HubertDemoError, InputError
from hubert_demo.model import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    AutoProcessor,
    AutoTokenizer,
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)
from hubert_demo.model.attention import ATTN_IMPLEMENTATIONS
from tests.model.readme_table import Table
from tests.small import TINY

row = Table("not here, on purpose")
TOKENS = {token: index for index, token in enumerate(("<pad>", "<s>", "</s>", "<unk>", "|", *"ABC"))}
SAMPLES = np.linspace(-0.5, 0.5, 1600, dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    return HubertForCTC(HubertConfig(**TINY)).eval()


@pytest.fixture(scope="module")
def processor():
    return Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), Wav2Vec2CTCTokenizer(TOKENS))


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("absent")
    model.save_pretrained(path)
    return path


def named(name):
    """The names in the first cell of a row."""
    return [span for span in row.code(name) if f"`{span}" in name or f'"{span}"' in name]


def assert_absent(names, *things):
    assert names
    for thing in things:
        assert [name for name in names if hasattr(thing, name)] == []


def assert_refused(load, options):
    """Each option alone is refused in a sentence that names it."""
    assert options
    for name, value in options.items():
        with pytest.raises(HubertDemoError, match=rf"{name}=.*(used here: |HuBERT stays in one piece).*\.$"):
            load(**{name: value})


def test_every_row_is_tested_once():
    assert sorted(row.tested) == sorted(row.rows)


@row("`prune_heads`")
def test_heads_are_not_removed(model):
    assert_absent(["prune_heads"], model, model.hubert, transformers.HubertModel)


@row("`target_lang=` of a model, language adapters")
def test_languages(model):
    with pytest.raises(ConfigError, match="language adapter, which HuBERT does not have"):
        HubertForCTC(model.config, target_lang="eng")
    nested = Wav2Vec2CTCTokenizer({"eng": TOKENS, "fra": {"É": 0}}, target_lang="eng")
    assert nested.target_lang == "eng"
    nested.set_target_lang("fra")
    assert nested.decode([0]) == "É"


@row("`add_adapter`, `load_adapter`, `set_adapter`, `active_adapters`")
def test_adapters(folder):
    names = named("`add_adapter`, `load_adapter`, `set_adapter`, `active_adapters`")
    model = HubertForCTC.from_pretrained(folder)
    assert_absent(names, model)
    assert all(hasattr(transformers.HubertForCTC, name) for name in names)
    peft = pytest.importorskip("peft")
    adapted = peft.get_peft_model(model, peft.LoraConfig(target_modules=["q_proj"]))
    assert 0 < adapted.get_nb_trainable_parameters()[0] < model.num_parameters()


@row("`HubertPreTrainedModel` to derive a model from")
def test_a_model_of_one_s_own(folder):
    assert_absent(["HubertPreTrainedModel"], hubert_demo.model)

    class Emotions(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.hubert = HubertModel.from_pretrained(folder)
            self.head = torch.nn.Linear(self.hubert.config.hidden_size, 4)

        def forward(self, input_values):
            return self.head(self.hubert(input_values).last_hidden_state.mean(1))

    assert Emotions()(torch.from_numpy(SAMPLES)[None]).shape == (1, 4)


@row("`quantization_config=`, `load_in_8bit=`, `load_in_4bit=`, `gguf_file=`")
def test_quantisation(folder):
    names = named("`quantization_config=`, `load_in_8bit=`, `load_in_4bit=`, `gguf_file=`")
    assert_refused(
        lambda **options: HubertModel.from_pretrained(folder, **options), dict.fromkeys(names, "x")
    )
    for dtype in ("float16", "bfloat16"):
        assert HubertModel.from_pretrained(folder, dtype=dtype).dtype is getattr(torch, dtype)


@row("`from_tf=`, `from_flax=`, `variant=`")
def test_other_weights(folder):
    options = dict.fromkeys(named("`from_tf=`, `from_flax=`, `variant=`"), "fp16")
    assert_refused(lambda **options: HubertModel.from_pretrained(folder, **options), options)


@row("`device_map=` by layers, `tp_plan=`, `use_kernels=`")
def test_one_device(folder):
    options = {"device_map": {"encoder": 0, "feature_extractor": 1}, "tp_plan": "auto", "use_kernels": True}
    assert list(options) == named("`device_map=` by layers, `tp_plan=`, `use_kernels=`")
    assert_refused(lambda **options: HubertModel.from_pretrained(folder, **options), options)
    assert HubertModel.from_pretrained(folder, device_map="cpu").device.type == "cpu"


@row('`"flex_attention"`, kernels from the hub')
def test_other_attention(folder):
    for name in ("flex_attention", "kernels-community/flash-attn2"):
        with pytest.raises(ConfigError, match="is not available; use one of eager, sdpa, flash_attention_2"):
            HubertModel.from_pretrained(folder, attn_implementation=name)
    assert set(row.code('`"flex_attention"`, kernels from the hub')[1:]) <= {*ATTN_IMPLEMENTATIONS}


@row("`trust_remote_code=`, `register_for_auto_class`, `AutoConfig.register`")
def test_no_code_of_a_checkpoint_is_run(model, folder, processor, tmp_path):
    autos = (AutoConfig, AutoModel, AutoProcessor, AutoFeatureExtractor, AutoTokenizer)
    assert_absent(["register"], *autos)
    assert_absent(["register_for_auto_class"], model, model.config, processor)
    config = model.config.to_dict() | {"auto_map": {"AutoModel": "modeling.Evil"}}
    HubertConfig.from_dict(config).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    (tmp_path / "modeling.py").write_text("raise SystemExit('run')")
    assert type(AutoModel.from_pretrained(tmp_path, trust_remote_code=True)) is HubertModel


@row("`get_input_embeddings`, `tie_weights`, `generate`")
def test_no_tokens_are_read(model):
    assert_absent(named("`get_input_embeddings`, `tie_weights`, `generate`"), model)
    assert model.can_generate() is False
    with pytest.raises(NotImplementedError):
        transformers.HubertModel(transformers.HubertConfig(**TINY)).get_input_embeddings()


@row("`activation_checkpointing_enable(offload=True)`, or of some layers")
def test_all_layers_are_recomputed(model):
    for options in ({"offload": True}, {"every_n_layers": 2}):
        with pytest.raises(InputError, match="all or not at all"):
            model.activation_checkpointing_enable(**options)
    assert not model.is_activation_checkpointing


@row("`Wav2Vec2ProcessorWithLM`")
def test_language_models(root):
    assert_absent(["Wav2Vec2ProcessorWithLM"], hubert_demo.model)
    assert hasattr(transformers, "Wav2Vec2ProcessorWithLM")
    analysis = hubert_demo.analyze(root / "assets" / "examples" / "stop.wav")
    assert analysis.transcript.text == analysis.beam_search()[0].text
    assert analysis.transcript.text


@row("`as_target_processor`, `as_target_tokenizer`")
def test_texts_are_named_as_such(processor):
    older, newer = processor, transformers.Wav2Vec2Processor
    assert_absent(["as_target_processor"], older, newer)
    assert_absent(["as_target_tokenizer"], processor.tokenizer, transformers.Wav2Vec2CTCTokenizer)
    assert processor(text="A CAB").input_ids == [5, 4, 7, 5, 6]


@row("`apply_chat_template`, images, video")
def test_only_sound(processor):
    assert_absent(["apply_chat_template"], processor, processor.tokenizer)
    for name in ("images", "videos"):
        with pytest.raises(
            InputError, match=f"Neither the feature extractor nor the tokenizer takes '{name}'"
        ):
            processor(SAMPLES, **{name: SAMPLES})


@row("`fetch_audio`, addresses as recordings")
def test_nothing_is_fetched(processor, root):
    assert_absent(["fetch_audio"], processor.feature_extractor)
    assert hasattr(transformers.Wav2Vec2FeatureExtractor, "fetch_audio")
    with pytest.raises(InputError, match="A recording has shape"):
        processor.feature_extractor("https://example.org/speech.wav")
    samples = Waveform.from_file(root / "assets" / "examples" / "stop.wav").samples
    assert len(processor(samples, sampling_rate=16_000).input_values[0]) == len(samples)


@row('`padding_side="left"` of recordings')
def test_padding_is_on_the_right():
    with pytest.raises(InputError, match="padding_side is 'left'; it must be 'right'"):
        Wav2Vec2FeatureExtractor(padding_side="left")
    assert transformers.Wav2Vec2FeatureExtractor(padding_side="left").padding_side == "left"


@row('`return_tensors="jax"` and `"mlx"`')
def test_other_tensors(processor):
    for name in ("jax", "mlx"):
        for options in ({"audio": SAMPLES}, {"text": "A CAB"}):
            with pytest.raises(InputError, match="is not supported; use 'pt', 'tf', 'np' or None"):
                processor(**options, return_tensors=name)


@row("`update_from_string`")
def test_settings_come_in_a_dict():
    config = HubertConfig()
    assert_absent(["update_from_string"], config)
    config.update({"layerdrop": 0.5})
    assert config.layerdrop == 0.5
    assert inspect.signature(config.update).parameters.keys() == {"config_dict"}
