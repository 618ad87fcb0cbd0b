"""Published checkpoints and full sizes: the examples that Hugging Face documents for HuBERT.

Run with `python -m pytest -m hub` (network; `pip install datasets` for the utterance) and `-m slow` (memory).
"""

import pytest
import torch
import transformers

from hubert_demo.benchmark.contenders import SIZES
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertForSequenceClassification,
    HubertModel,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)


@pytest.fixture(scope="module")
def utterance():
    """The first utterance of the documentation's LibriSpeech sample, float (samples,) at 16 kHz."""
    datasets = pytest.importorskip("datasets")
    dummy = datasets.load_dataset("hf-internal-testing/librispeech_asr_dummy", "clean", split="validation")
    return dummy.sort("id")[0]["audio"]["array"]


@pytest.mark.hub
def test_ctc_example(utterance):
    text = "MISTER QUILTER IS THE APOSTLE OF THE MIDDLE CLASSES AND WE ARE GLAD TO WELCOME HIS GOSPEL"
    processor = Wav2Vec2Processor.from_pretrained("facebook/hubert-large-ls960-ft")
    model = HubertForCTC.from_pretrained("facebook/hubert-large-ls960-ft")
    inputs = processor(utterance, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
        inputs["labels"] = processor(text=text, return_tensors="pt").input_ids
        loss = model(**inputs).loss
    assert processor.batch_decode(logits.argmax(-1)) == [text]
    assert loss.item() == pytest.approx(22.68, abs=0.01)


@pytest.mark.hub
def test_classification_example(utterance):
    extractor = Wav2Vec2FeatureExtractor.from_pretrained("superb/hubert-base-superb-ks")
    model = HubertForSequenceClassification.from_pretrained("superb/hubert-base-superb-ks")
    inputs = extractor(utterance, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
        loss = model(**inputs, labels=torch.tensor([0])).loss
    assert model.config.id2label[logits.argmax(-1).item()] == "_unknown_"
    assert loss.item() == pytest.approx(8.53, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("settings", SIZES.values(), ids=SIZES)
def test_full_sizes_go_both_ways_bit_for_bit(tmp_path, settings):
    ours = HubertModel(HubertConfig(**settings)).eval()
    ours.save_pretrained(tmp_path / "ours")
    theirs = transformers.HubertModel.from_pretrained(tmp_path / "ours", dtype=torch.float32).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    again = HubertModel.from_pretrained(tmp_path / "theirs")
    for name, tensor in ours.state_dict().items():
        assert torch.equal(tensor, theirs.state_dict()[name])
        assert torch.equal(tensor, again.state_dict()[name])
    values = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        reference = theirs(values).last_hidden_state
        difference = (ours(values).last_hidden_state - reference).abs().max().item()
    assert difference <= 1e-5 * max(1.0, reference.abs().max().item())
