"""The README's table of what is different here: each test shows what transformers does, and what we do."""

import logging

import numpy as np
import pytest
import torch
import transformers

import hubert_demo.model
from hubert_demo.errors import CheckpointError, ConfigError, InputError
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)
from tests.model.conftest import make_twins
from tests.model.readme_table import Table
from tests.small import TINY

row = Table("different")
TOKENS = {token: index for index, token in enumerate(("<pad>", "<s>", "</s>", "<unk>", "|", *"EHLO"))}
RAMP = np.linspace(0.1, 0.9, 500, dtype=np.float32)


@pytest.fixture(scope="module")
def trained():
    """The twins of a kind, in training mode and without chance but for what is asked for."""

    def make(kind, **settings):
        off = dict.fromkeys(
            ("hidden_dropout", "activation_dropout", "attention_dropout", "final_dropout"), 0.0
        )
        pair = make_twins(kind, "sdpa", **{**off, "layerdrop": 0.0, **settings})
        return [model.train() for model in pair]

    return make


def test_every_row_is_tested_once():
    assert sorted(row.tested) == sorted(row.rows)


@row("last of the `hidden_states`, stable layer norm")
def test_last_hidden_state(twins, batch):
    ours, theirs = (
        model(batch[0], output_hidden_states=True)
        for model in twins("model", "sdpa", do_stable_layer_norm=True)
    )
    assert torch.allclose(ours.last_hidden_state, theirs.last_hidden_state, atol=1e-5)
    assert torch.equal(ours.hidden_states[-1], ours.last_hidden_state)
    assert not torch.allclose(theirs.hidden_states[-1], theirs.last_hidden_state, atol=1e-2)


@row("`output_attentions=True`")
def test_attention_maps(batch, tiny_config):
    ours, theirs = HubertModel(tiny_config()), transformers.HubertModel(transformers.HubertConfig(**TINY))
    for implementation, count in (("sdpa", 0), ("eager", 3)):
        for model in (ours, theirs):
            model.eval().set_attn_implementation(implementation)
        assert len(theirs(batch[0], output_attentions=True).attentions) == count
        assert len(ours(batch[0], output_attentions=True).attentions) == 3


@row("weighted sum of layers with `layerdrop`")
def test_weighted_sum_with_layerdrop(trained, batch):
    ours, theirs = trained("classifier", use_weighted_layer_sum=True, layerdrop=1.0)
    with pytest.raises(RuntimeError, match="stack"):
        theirs(batch[0])
    ours(batch[0], labels=torch.tensor([0, 1])).loss.backward()
    assert ours.layer_weights.grad.isfinite().all()


@row("padding under a group norm")
def test_padding_under_a_group_norm(batch, caplog):
    values, mask = batch
    for model in make_twins("model", "sdpa", feat_extract_norm="group"):
        padded = model(values * mask, attention_mask=mask).last_hidden_state[1, :20]
        alone = model(values[1:, :1000]).last_hidden_state[0, :20]
        assert not torch.allclose(padded, alone, atol=1e-2)
        model(values * mask, attention_mask=mask)
    assert [record.name for record in caplog.records] == ["hubert_demo.model.encoder"]
    assert "Run one recording at a time" in caplog.text


@row("padding and normalisation")
def test_padding_is_not_normalised():
    batch = [RAMP, np.concatenate([RAMP, -RAMP])]
    options = {"sampling_rate": 16_000, "padding": True}
    alone = Wav2Vec2FeatureExtractor()(RAMP, sampling_rate=16_000).input_values[0]
    ours = Wav2Vec2FeatureExtractor()(batch, **options).input_values[0]
    theirs = transformers.Wav2Vec2FeatureExtractor()(batch, **options).input_values[0]
    masked = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)(batch, **options)
    assert np.allclose(ours[:500], alone, atol=1e-5)
    assert np.allclose(masked.input_values[0][:500], alone, atol=1e-5)
    assert not np.allclose(theirs[:500], alone, atol=0.5)


@row("integers as samples")
def test_integers():
    pcm = np.array([16384, -8192] * 300, np.int16)
    theirs = transformers.Wav2Vec2FeatureExtractor(do_normalize=False)(pcm, sampling_rate=16_000)
    ours = Wav2Vec2FeatureExtractor(do_normalize=False)(pcm, sampling_rate=16_000)
    assert theirs.input_values[0][:2].tolist() == [16384, -8192]
    assert ours.input_values[0][:2].tolist() == [0.5, -0.25]


@row("doubled letters with `skip_special_tokens=True`")
def test_doubled_letters(tmp_path):
    ours = Wav2Vec2CTCTokenizer(TOKENS)
    ours.save_pretrained(tmp_path)
    theirs = transformers.Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    frames = [TOKENS[token] for token in ("<s>", "H", "E", "L", "<pad>", "L", "O", "O")]
    assert ours.decode(frames) == theirs.decode(frames) == "<s>HELLO"
    assert theirs.decode(frames, skip_special_tokens=True) == "HELO"
    assert ours.decode(frames, skip_special_tokens=True) == "HELLO"


@row("precision of a loaded model")
def test_precision(tmp_path, tiny_config):
    HubertModel(tiny_config()).half().save_pretrained(tmp_path)
    assert transformers.HubertModel.from_pretrained(tmp_path).dtype is torch.float16
    assert HubertModel.from_pretrained(tmp_path).dtype is torch.float32
    assert HubertModel.from_pretrained(tmp_path, dtype="auto").dtype is torch.float16


@row("recordings shorter than a frame, NaN, integers")
def test_bad_recordings(twins):
    ours, theirs = twins("model", "sdpa")
    short, nan, whole = torch.randn(1, 5), torch.full((1, 1600), torch.nan), torch.ones(1, 1600).long()
    for values, message in ((short, "is 5 samples"), (nan, "has NaN"), (whole, "is torch.int64")):
        with pytest.raises(InputError, match=message):
            ours(values)
    for values in (short, whole):
        with pytest.raises(RuntimeError):
            theirs(values)
    assert theirs(nan).last_hidden_state.isnan().all()
    mask = torch.tensor([[1] * 1600, [1] * 5 + [0] * 1595])
    frames = theirs._get_feature_vector_attention_mask(39, mask).sum(-1).tolist()
    assert frames == [39, 38]  # Although the second recording is too short for one.
    with pytest.raises(InputError, match="Recording 1 of the batch is 5 samples"):
        ours(torch.randn(2, 1600), attention_mask=mask)


@row("training on clips shorter than `mask_time_length`")
def test_short_clips(trained):
    ours, theirs = trained("ctc", mask_time_prob=0.5, mask_time_length=10)
    clip, labels = torch.randn(1, 200), torch.tensor([[3]])
    with pytest.raises(ValueError, match="mask_length"):
        theirs(clip, labels=labels)
    ours(clip, labels=labels).loss.backward()
    masked = torch.ones(1, 4, dtype=torch.bool)
    assert torch.equal(ours.hubert(clip)[0], ours.hubert(clip, mask_time_indices=masked)[0])


@row("chance in training")
def test_chance(trained, batch):
    settings = {"mask_time_prob": 0.5, "mask_time_length": 4, "layerdrop": 0.5, "hidden_dropout": 0.1}
    said = []
    for model in trained("model", **settings):
        runs = []
        for numpy_seed in range(4):
            np.random.seed(numpy_seed)
            torch.manual_seed(0)
            runs.append(model(batch[0]).last_hidden_state)
        said.append(all(torch.equal(run, runs[0]) for run in runs))
    assert said == [True, False]


@row("loss of a classifier with one label")
def test_loss_of_one_label(twins, batch):
    ours, theirs = twins("classifier", "sdpa", num_labels=1)
    wanted = torch.tensor([0.5, -2.0])
    result = ours(batch[0], labels=wanted)
    assert torch.allclose(result.loss, ((result.logits[:, 0] - wanted) ** 2).mean())
    with pytest.raises(RuntimeError):
        theirs(batch[0], labels=wanted)
    assert theirs(batch[0], labels=torch.zeros(2).long()).loss == 0


@row("`resize_token_embeddings`")
def test_more_letters(tiny_config):
    with pytest.raises(NotImplementedError):
        transformers.HubertForCTC(transformers.HubertConfig(**TINY)).resize_token_embeddings(20)
    model = HubertForCTC(tiny_config())
    model.resize_token_embeddings(20)
    assert (model.lm_head.out_features, model.config.vocab_size) == (20, 20)


@row("results after the model has run")
def test_results_are_read_only(twins, batch):
    values, mask = batch
    ours, theirs = (model(values, attention_mask=mask) for model in twins("model", "sdpa"))
    theirs["last_hidden_state"] = values
    assert theirs.last_hidden_state is values
    with pytest.raises(TypeError):
        ours["last_hidden_state"] = values
    with pytest.raises(AttributeError):
        ours.last_hidden_state = values
    assert ours.frame_mask.sum(-1).tolist() == [39, 24]
    assert not hasattr(theirs, "frame_mask")


@row("impossible settings")
def test_impossible_settings():
    impossible = {"hidden_size": 33, "num_attention_heads": 4, "layerdrop": 3.0}
    assert transformers.HubertConfig(**impossible).layerdrop == 3.0
    with pytest.raises(ConfigError, match=r"layerdrop=3\.0.*num_attention_heads=4"):
        HubertConfig(**impossible)


@row("a `label2id` that contradicts `id2label`")
def test_contradicting_labels(tmp_path, caplog):
    config = transformers.HubertConfig(**TINY)
    config.id2label, config.label2id = {0: "no", 1: "yes"}, {"yes": 0, "no": 1}
    config.save_pretrained(tmp_path)
    assert transformers.HubertConfig.from_pretrained(tmp_path).label2id == {"yes": 0, "no": 1}
    with caplog.at_level(logging.WARNING):
        assert HubertConfig.from_pretrained(tmp_path).label2id == {"no": 0, "yes": 1}
    assert "does not match id2label, which is used" in caplog.text


@row("`AutoProcessor` without a vocabulary")
def test_processor_of_a_classifier(tmp_path, twins):
    twins("classifier", "sdpa").theirs.save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises((OSError, TypeError, ValueError)):
        transformers.AutoProcessor.from_pretrained(tmp_path)
    assert isinstance(hubert_demo.model.AutoProcessor.from_pretrained(tmp_path), Wav2Vec2FeatureExtractor)


@row("`model.config._attn_implementation = …`")
def test_attention_set_later(tiny_config, batch):
    theirs = transformers.HubertModel(transformers.HubertConfig(**TINY)).eval()
    theirs.config._attn_implementation = "eager"
    assert len(theirs(batch[0], output_attentions=True).attentions) == 3  # None with sdpa.
    ours = HubertModel(tiny_config())
    ours.config._attn_implementation = "eager"
    kernels = [layer.attention.implementation for layer in ours.encoder.layers]
    assert [ours.attn_implementation, *kernels] == ["sdpa"] * 4
    assert HubertModel(ours.config).attn_implementation == "eager"
    ours.set_attn_implementation("eager")
    assert ours.encoder.layers[0].attention.implementation == "eager"


@row("what transformers' `Trainer` saves")
def test_what_trainer_saves(trained, tmp_path):
    arguments = transformers.TrainingArguments(str(tmp_path), use_cpu=True, report_to=[])
    folders = [tmp_path / name for name in ("ours", "theirs")]
    for model, folder in zip(trained("ctc"), folders, strict=True):
        transformers.Trainer(model, arguments).save_model(folder)
    assert [(folder / "config.json").exists() for folder in folders] == [False, True]
    with pytest.raises(CheckpointError, match="Trainer saves weights alone; save_pretrained saves all"):
        HubertForCTC.from_pretrained(folders[0])
    trained("ctc")[0].save_pretrained(folders[0])
    assert isinstance(HubertForCTC.from_pretrained(folders[0]), HubertForCTC)
