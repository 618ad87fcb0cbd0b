"""The checkpoint that ships with the code: complete, small, and the same in transformers."""

import shutil

import jiwer
import numpy as np
import pytest
import torch
import transformers
from safetensors import safe_open

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CHECKPOINTS, DEFAULT_CHECKPOINT, PRETRAINED_CHECKPOINT, load, resolve
from hubert_demo.checkpoints.decoding import DECODING_NAME
from hubert_demo.errors import CheckpointError
from hubert_demo.model import (
    HubertForCTC,
    HubertModel,
    KeywordHead,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.model.readouts import READOUTS_NAME
from hubert_demo.model.sound_decoders import DECODERS_NAME

LABELS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go", "_unknown_", "_silence_")


@pytest.fixture(scope="module")
def folder(root):
    return root / "assets" / "hubert-explorer"


@pytest.fixture(scope="module")
def samples(examples):
    return Waveform.from_file(examples[0]).samples


@pytest.fixture(scope="module")
def loaded():
    return load(resolve(DEFAULT_CHECKPOINT))


def test_it_is_the_default_and_registered():
    assert DEFAULT_CHECKPOINT in {spec.name for spec in CHECKPOINTS}
    assert resolve(DEFAULT_CHECKPOINT).name == DEFAULT_CHECKPOINT


def test_its_weights_are_half_precision_and_together_at_most_28_mb(folder):
    assert sum(path.stat().st_size for path in folder.glob("*.safetensors")) <= 28e6
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            assert {file.get_tensor(name).dtype for name in file.keys()} <= {torch.float16, torch.bfloat16}  # noqa: SIM118


def test_it_loads_in_float32_and_eval_mode(loaded):
    assert {parameter.dtype for parameter in loaded.ctc_model.parameters()} == {torch.float32}
    assert not loaded.ctc_model.training
    modules = (loaded.ctc_model, loaded.keyword_head)
    assert loaded.num_parameters == sum(p.numel() for module in modules for p in module.parameters())


def test_transformers_reads_it_to_the_same_logits_and_text(folder, samples):
    theirs, report = transformers.AutoModelForCTC.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values())
    oracle = transformers.Wav2Vec2Processor.from_pretrained(folder)
    ours, processor = HubertForCTC.from_pretrained(folder), Wav2Vec2Processor.from_pretrained(folder)
    with torch.no_grad():
        expected = theirs.eval()(**oracle(samples, sampling_rate=16_000, return_tensors="pt")).logits
        actual = ours(**processor(samples, sampling_rate=16_000, return_tensors="pt")).logits
    assert (actual - expected).abs().max() <= 1e-4
    assert processor.batch_decode(actual.argmax(-1)) == oracle.batch_decode(expected.argmax(-1))


def test_its_keyword_head_as_a_complete_classifier_is_the_same_in_transformers(loaded, samples, tmp_path):
    head = loaded.keyword_head
    assert isinstance(head, KeywordHead)
    assert head.labels == LABELS
    head.with_encoder(loaded.encoder).save_pretrained(tmp_path)
    theirs = transformers.HubertForSequenceClassification.from_pretrained(tmp_path, dtype=torch.float32)
    inputs = loaded.feature_extractor(samples, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        states = loaded.encoder(**inputs, output_hidden_states=True).hidden_states
        frames = head(torch.stack(states)[:, 0])
        expected = theirs.eval()(**inputs).logits[0]
    assert (frames.mean(0) - expected).abs().max() <= 1e-4
    assert theirs.config.id2label == dict(enumerate(LABELS))


def test_its_vocabulary_is_the_alphabet_with_blank_and_delimiter(loaded):
    assert loaded.tokenizer.vocab_size == loaded.ctc_model.config.vocab_size == 32
    assert loaded.tokenizer.pad_token_id == loaded.ctc_model.config.pad_token_id == 0
    assert loaded.tokenizer.convert_ids_to_tokens([loaded.tokenizer.word_delimiter_token_id]) == ["|"]


def test_its_card_names_data_and_licences(folder):
    card = (folder / "README.md").read_text()
    for word in ("LibriSpeech", "Speech Commands", "CC BY 4.0", "Apache-2.0", "Kokoro"):
        assert word in card


def test_the_encoder_before_fine_tuning_is_embedded_without_a_head_and_says_that_it_is_distilled(root):
    folder = root / "assets" / PRETRAINED_CHECKPOINT
    loaded = load(resolve(PRETRAINED_CHECKPOINT))
    assert loaded.ctc_model is loaded.tokenizer is loaded.keyword_head is None
    assert "distilled" in loaded.spec.trained_on
    assert "**distilled**, not self-supervised" in (folder / "README.md").read_text()


def test_the_encoder_before_fine_tuning_is_the_same_in_transformers(root, samples):
    folder = root / "assets" / PRETRAINED_CHECKPOINT
    theirs, report = transformers.AutoModel.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values())
    inputs = Wav2Vec2FeatureExtractor.from_pretrained(folder)(
        samples, sampling_rate=16_000, return_tensors="pt"
    )
    with torch.no_grad():
        expected = theirs.eval()(**inputs).last_hidden_state
        actual = HubertModel.from_pretrained(folder)(**inputs).last_hidden_state
    assert (actual - expected).abs().max() <= 1e-4


def test_all_embedded_files_together_are_at_most_50_mb(root):
    files = [path for path in (root / "assets").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 50e6


def test_what_reads_its_layers_and_makes_sound_of_them_is_small(folder):
    assert (folder / READOUTS_NAME).stat().st_size <= 3e6
    assert (folder / DECODERS_NAME).stat().st_size <= 8e6


def test_its_layers_are_read_better_the_higher_they_are(root):
    analysis = analyze(root / "assets" / "examples" / "harbour.wav", device="cpu")
    lens = analysis.lens("the old harbour was quiet and the boats lay still upon the water")
    assert list(lens.read_outs) == ["head", "affine", "linear"]
    linear, head = lens.read_outs["linear"], lens.read_outs["head"]
    assert linear.is_above_chance.all()
    assert np.mean(linear.cer[:3]) > np.mean(linear.cer[3:6]) > np.mean(linear.cer[6:])
    assert (linear.cer[:-1] < head.cer[:-1]).all()
    assert linear.cer[-1] == pytest.approx(head.cer[-1], abs=0.05)
    assert linear.said.num_lost >= 0
    decided = [letter.decided_layer for letter in linear.letters.letters]
    assert min(decided) < 5 < max(decided)


def test_it_reads_the_sound_of_its_layers(root):
    analysis = analyze(root / "assets" / "examples" / "harbour.wav", device="cpu")
    text = analysis.transcript_greedy.text
    for layer, most in ((0, 0.25), (8, 0.35)):
        sound = analysis.resynthesise(layer)
        assert len(sound.samples) == len(analysis.encoding.waveform.samples)
        heard = analyze(sound, device="cpu").transcript_greedy.text
        assert jiwer.cer(text, heard) < most
        assert abs(np.corrcoef(sound.samples, analysis.encoding.waveform.samples)[0, 1]) < 0.2


def test_all_that_was_taught_on_its_encoder_says_so(loaded):
    own = encoder_fingerprint(loaded.encoder)
    assert loaded.keyword_head.encoder == own
    assert loaded.decoding.encoder == own
    assert loaded.confidence.encoder == own
    assert loaded.readouts.origin.encoder == own
    assert loaded.sound_decoders.origin.encoder == own
    # Read for these very decoders, or refused.
    assert loaded.sound_decoders.scores is not None
    # It has a language model, and words that this helped to read are judged by a curve of their own.
    assert loaded.confidence.with_language_model is not None


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"lm_weight": "much", "character_bonus": 1}', '{"lm_weight": 1}']
)
def test_damaged_weights_of_the_language_model_are_a_sentence(folder, tmp_path, damage):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / DECODING_NAME).write_text(damage)
    with pytest.raises(CheckpointError, match=f"{DECODING_NAME}.*(fetch|Fetch)"):
        load(resolve(tmp_path))
