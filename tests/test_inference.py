"""One forward pass gives the whole encoding; attention maps come later without another."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hubert_demo import checkpoints
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointStore, LoadedCheckpoint, load_checkpoint
from hubert_demo.encoding import HUBERT_GRID, FrameGrid
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.inference import (
    Passes,
    attention_map,
    encode,
)
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    KeywordHead,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)

VOCABULARY = ("<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C")
TINY = HubertConfig(
    vocab_size=len(VOCABULARY),
    hidden_size=16,
    num_hidden_layers=3,
    num_attention_heads=2,
    intermediate_size=32,
    conv_dim=(8,) * 7,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=2,
)
STABLE = replace(TINY, do_stable_layer_norm=True, feat_extract_norm="layer", conv_bias=True)


def save_checkpoint(directory: Path, config: HubertConfig = TINY, *, keywords: bool = True) -> str:
    """Write a complete checkpoint of random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        HubertForCTC(config).save_pretrained(directory)
        if keywords:
            head = KeywordHead(
                ("yes", "no", "_silence_"), config.num_hidden_layers + 1, config.hidden_size, 8
            )
            head.save(directory)
    Wav2Vec2FeatureExtractor(return_attention_mask=config.feat_extract_norm == "layer").save_pretrained(
        directory
    )
    Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(VOCABULARY)}).save_pretrained(directory)
    return str(directory)


@pytest.fixture(scope="module", params=[TINY, STABLE], ids=["post-norm", "stable"])
def loaded(request, tmp_path_factory) -> LoadedCheckpoint:
    return load_checkpoint(save_checkpoint(tmp_path_factory.mktemp("checkpoint"), request.param), "cpu")


@pytest.fixture(scope="module")
def waveform() -> Waveform:
    return Waveform.from_array(np.random.default_rng(0).normal(size=8000) * 0.1)


def test_an_encoding_has_all_layers_heads_and_times(loaded, waveform):
    encoding = encode(loaded, waveform)
    num_frames = (8000 - 400) // 320 + 1
    assert encoding.hidden_states.shape == (4, num_frames, 16)
    assert encoding.hidden_states.dtype == encoding.ctc.logits.dtype == np.float32
    assert encoding.frame_times_s.shape == (num_frames,)
    assert encoding.ctc.logits.shape == (num_frames, len(VOCABULARY))
    assert encoding.classes.logits.shape == (num_frames, 3)
    assert (encoding.num_frames, encoding.num_layers, encoding.num_heads) == (num_frames, 3, 2)
    assert encoding.ctc.vocabulary == VOCABULARY
    assert (encoding.ctc.blank_id, encoding.ctc.word_delimiter_id) == (0, 4)
    assert encoding.classes.labels == ("yes", "no", "_silence_")
    assert encoding.checkpoint == loaded.spec.name
    assert encoding.waveform is waveform


def test_the_encoding_is_what_the_model_says(loaded, waveform):
    encoding = encode(loaded, waveform)
    normal = (waveform.samples - waveform.samples.mean()) / waveform.samples.std()
    with torch.no_grad():
        output = loaded.ctc_model(torch.tensor(normal)[None], output_hidden_states=True)
    np.testing.assert_allclose(encoding.ctc.logits, output.logits[0], atol=1e-5)
    for ours, theirs in zip(encoding.hidden_states, output.hidden_states, strict=True):
        np.testing.assert_allclose(ours, theirs[0], atol=1e-5)


def test_the_mean_of_the_keyword_logits_is_the_classifiers_answer(loaded, waveform):
    classifier = loaded.keyword_head.with_encoder(loaded.encoder)
    inputs = loaded.feature_extractor(waveform.samples, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        expected = classifier(**inputs).logits[0]
    np.testing.assert_allclose(encode(loaded, waveform).classes.logits.mean(axis=0), expected, atol=1e-5)


def test_encoding_runs_the_encoder_once_and_attention_not_at_all(loaded, waveform, encoder_passes):
    with encoder_passes(loaded) as passes:
        encoding = encode(loaded, waveform)
        assert len(passes) == 1
        attention_map(loaded, encoding, 1)
        assert len(passes) == 1


def test_attention_on_demand_equals_the_pass_that_keeps_it(loaded, waveform):
    encoding = encode(loaded, waveform)
    with torch.no_grad():
        inputs = loaded.feature_extractor(waveform.samples, sampling_rate=16_000, return_tensors="pt")
        attentions = loaded.ctc_model(**inputs, output_attentions=True).attentions
    for layer, expected in enumerate(attentions):
        maps = attention_map(loaded, encoding, layer)
        np.testing.assert_allclose(maps, expected[0], atol=1e-5)
        np.testing.assert_allclose(maps.sum(axis=-1), 1, atol=1e-5)


def test_attention_of_some_heads_and_frames_is_part_of_the_whole(loaded, waveform):
    encoding = encode(loaded, waveform)
    whole = attention_map(loaded, encoding, 2)
    part = attention_map(loaded, encoding, 2, heads=[1], queries=slice(5, 9))
    assert part.dtype == np.float32
    np.testing.assert_allclose(part, whole[1:, 5:9], atol=1e-6)


@pytest.mark.parametrize("layer", [-1, 3])
def test_attention_of_a_missing_layer_is_refused(loaded, waveform, layer):
    with pytest.raises(InputError, match=f"Layer {layer} does not exist; choose 0 to 2"):
        attention_map(loaded, encode(loaded, waveform), layer)


def test_attention_of_a_missing_head_is_refused(loaded, waveform):
    with pytest.raises(InputError, match="0 to 1"):
        attention_map(loaded, encode(loaded, waveform), 0, heads=[2])


def test_a_checkpoint_without_keyword_head_has_no_keyword_logits(tmp_path, waveform):
    encoding = encode(load_checkpoint(save_checkpoint(tmp_path, keywords=False), "cpu"), waveform)
    assert encoding.classes is None


def test_the_grid_is_that_of_the_checkpoint_s_convolutions(tmp_path, loaded, waveform):
    assert encode(loaded, waveform).grid == HUBERT_GRID
    config = replace(TINY, conv_stride=(5, 2, 2, 2, 2, 2, 1))
    dense = encode(load_checkpoint(save_checkpoint(tmp_path, config, keywords=False), "cpu"), waveform)
    assert dense.grid == FrameGrid(hop_samples=160, window_samples=400)
    assert dense.num_frames == dense.grid.num_frames(8000) == (8000 - 400) // 160 + 1


def test_damaged_weights_are_told_from_results(tmp_path, waveform):
    loaded = load_checkpoint(save_checkpoint(tmp_path), "cpu")
    loaded.ctc_model.lm_head.weight.data[0, 0] = torch.nan
    with pytest.raises(CheckpointError, match=r"not finite.*Fetch it again"):
        encode(loaded, waveform)


def test_a_checkpoint_is_loaded_once_whoever_asks(tmp_path):
    path = save_checkpoint(tmp_path)
    loads: list[str] = []
    store = CheckpointStore(load=lambda *args: loads.append("load") or checkpoints.load(*args))
    results: list[LoadedCheckpoint] = []
    threads = [threading.Thread(target=lambda: results.append(store.find(path, "cpu"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(results) == 4
    assert all(result is results[0] for result in results)


def test_the_largest_checkpoint_leaves_the_memory_first(tmp_path, write_checkpoint):
    sizes = {"small": 16, "large": 64, "new": 32}
    specs = {
        name: checkpoints.resolve(write_checkpoint(tmp_path / name, "encoder", hidden_size=size))
        for name, size in sizes.items()
    }
    loaded = {name: checkpoints.load(spec) for name, spec in specs.items()}
    assert loaded["small"].num_bytes < loaded["new"].num_bytes < loaded["large"].num_bytes
    store = CheckpointStore(loaded["large"].num_bytes + loaded["small"].num_bytes)
    first = {name: store.get(spec, "cpu") for name, spec in specs.items()}
    assert store.get(specs["small"], "cpu") is first["small"]
    assert store.get(specs["new"], "cpu") is first["new"]
    assert store.get(specs["large"], "cpu") is not first["large"]


def test_one_checkpoint_is_kept_however_large(tmp_path, write_checkpoint):
    spec = checkpoints.resolve(write_checkpoint(tmp_path, "encoder"))
    store = CheckpointStore(1)
    assert store.get(spec, "cpu") is store.get(spec, "cpu")


def test_nobody_waits_for_a_checkpoint_that_somebody_else_loads(tmp_path, write_checkpoint):
    slow, quick = (
        checkpoints.resolve(write_checkpoint(tmp_path / name, "encoder")) for name in ("slow", "quick")
    )
    begun, may_end = threading.Event(), threading.Event()

    def load_slowly(spec, *arguments):
        if spec == slow:
            begun.set()
            may_end.wait(30)
        return checkpoints.load(spec, *arguments)

    store = CheckpointStore(1 << 20, load_slowly)
    thread = threading.Thread(target=store.get, args=(slow, "cpu"))
    thread.start()
    try:
        assert begun.wait(30)
        assert store.get(quick, "cpu").spec == quick
        assert thread.is_alive()
    finally:
        may_end.set()
        thread.join()


def test_encodings_that_nobody_holds_are_forgotten(loaded, waveform, encoder_passes):
    passes = Passes()
    with encoder_passes(loaded) as counted:
        held = passes.encode(loaded, waveform)
        assert passes.encode(loaded, waveform) is held
        assert len(counted) == 1
        del held
        passes.encode(loaded, waveform)
        assert len(counted) == 2


def test_the_same_sound_with_other_notes_needs_no_other_pass(loaded, waveform, encoder_passes):
    passes, part = Passes(), replace(waveform, notes=("a part of it",))
    with encoder_passes(loaded) as counted:
        whole = passes.encode(loaded, waveform)
        of_part = passes.encode(loaded, part)
        assert passes.encode(loaded, part) is of_part
    assert len(counted) == 1
    assert (whole.waveform, of_part.waveform) == (waveform, part)
    assert of_part.hidden_states is whole.hidden_states


def test_a_missing_checkpoint_is_named():
    with pytest.raises(CheckpointError, match="no-such-checkpoint"):
        load_checkpoint("no-such-checkpoint")


def test_an_unknown_device_is_refused(tmp_path):
    with pytest.raises(InputError, match="no device 'abacus'; use 'cpu' or 'cuda'"):
        load_checkpoint(save_checkpoint(tmp_path), "abacus")


def test_cuda_is_refused_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=r"no CUDA device is usable\. Use 'cpu'"):
        load_checkpoint(save_checkpoint(tmp_path), "cuda:0")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_what_the_cpu_gives(tmp_path, waveform):
    path = save_checkpoint(tmp_path)
    on_cuda, on_cpu = load_checkpoint(path), load_checkpoint(path, "cpu")
    assert next(on_cuda.encoder.parameters()).is_cuda
    first, second = encode(on_cuda, waveform), encode(on_cpu, waveform)
    np.testing.assert_allclose(first.hidden_states, second.hidden_states, atol=1e-3)
    maps = attention_map(on_cuda, first, 0)
    np.testing.assert_allclose(maps, attention_map(on_cpu, second, 0), atol=1e-3)
