"""The encoder's frames, masks and training behaviour."""

import pytest
import torch

from hubert_demo.errors import InputError
from hubert_demo.model import HubertForSequenceClassification, HubertModel

# The usual kernels and strides, eight channels wide.
FULL_HOP = {
    "conv_dim": (8,) * 7,
    "conv_stride": (5, 2, 2, 2, 2, 2, 2),
    "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
}


@pytest.fixture(scope="module")
def full_hop(tiny_config):
    return HubertModel(tiny_config(**FULL_HOP)).eval()


@pytest.fixture
def trainee(tiny_config):
    """Makes a fresh model in training mode, all randomness off but what is asked for."""

    def make(kind=HubertModel, **settings):
        torch.manual_seed(3)
        off = dict.fromkeys(
            ("hidden_dropout", "activation_dropout", "attention_dropout", "final_dropout", "layerdrop"), 0.0
        )
        return kind(tiny_config(**{**off, "mask_time_prob": 0.0, **settings})).train()

    return make


@pytest.mark.parametrize(
    ("num_samples", "num_frames"),
    [(0, 0), (399, 0), (400, 1), (719, 1), (720, 2), (16_000, 49), (160_000, 499), (960_000, 2999)],
)
def test_number_of_frames(full_hop, num_samples, num_frames):
    assert full_hop.num_frames(num_samples) == num_frames
    assert full_hop.num_frames(torch.tensor([num_samples])).tolist() == [num_frames]


@pytest.mark.parametrize(("num_samples", "num_frames"), [(400, 1), (719, 1), (720, 2), (16_000, 49)])
@pytest.mark.parametrize("kernel", [15, 16])
def test_forward_gives_that_number_of_frames(tiny_config, num_samples, num_frames, kernel):
    model = HubertModel(tiny_config(**FULL_HOP, num_conv_pos_embeddings=kernel)).eval()
    with torch.no_grad():
        output = model(torch.randn(1, num_samples), output_hidden_states=True, output_attentions=True)
    assert output.last_hidden_state.shape == (1, num_frames, 32)
    assert {state.shape for state in output.hidden_states} == {(1, num_frames, 32)}
    assert {maps.shape for maps in output.attentions} == {(1, 4, num_frames, num_frames)}


def test_a_recording_shorter_than_a_frame_is_refused(full_hop):
    with pytest.raises(InputError, match=r"399 samples.*at least 400 samples \(25 ms\)"):
        full_hop(torch.randn(1, 399))


def test_a_waveform_without_batch_is_refused(full_hop):
    with pytest.raises(InputError, match=r"\(16000,\).*\(batch, samples\)"):
        full_hop(torch.randn(16_000))


@pytest.mark.parametrize(
    ("values", "mask", "message"),
    [
        (torch.zeros(0, 1600), None, r"shape \(0, 1600\)"),
        (torch.zeros(1, 1, 1600), None, r"shape \(1, 1, 1600\)"),
        (torch.zeros(1, 1600, dtype=torch.int16), None, "torch.int16; HuBERT needs the floats"),
        (torch.full((1, 1600), float("nan")), None, "NaN or infinity"),
        (torch.full((1, 1600), float("inf")), None, "NaN or infinity"),
        (torch.zeros(1, 1600), torch.ones(1, 1500), r"shape \(1, 1500\) and input_values \(1, 1600\)"),
        (torch.zeros(2, 1600), torch.ones(1600), r"shape \(1600,\) and input_values \(2, 1600\)"),
    ],
    ids=["empty batch", "three dimensions", "integers", "NaN", "infinity", "short mask", "flat mask"],
)
def test_bad_input_is_refused(full_hop, values, mask, message):
    with pytest.raises(InputError, match=message):
        full_hop(values, attention_mask=mask)


def test_a_mask_of_frames_must_fit_the_recordings_and_the_model(full_hop, tiny_config):
    with pytest.raises(InputError, match=r"mask_time_indices has shape \(1, 4\); give \(1, 3\)"):
        full_hop(torch.randn(1, 1100), mask_time_indices=torch.zeros(1, 4, dtype=torch.bool))
    unmasked = HubertModel(tiny_config(mask_time_prob=0.0, mask_feature_prob=0.0)).eval()
    with pytest.raises(InputError, match="there is no vector for masked frames"):
        unmasked(torch.randn(1, 1600), mask_time_indices=torch.zeros(1, 3, dtype=torch.bool))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"feat_extract_norm": "group"}, "front end's group norm"),
        ({"feat_extract_norm": "group", "conv_pos_batch_norm": True}, "front end's group norm"),
        ({"feat_extract_norm": "layer", "conv_pos_batch_norm": True}, "batch norm before the positional"),
        ({"feat_extract_norm": "layer"}, None),
    ],
)
@pytest.mark.parametrize("lengths", [(1600, 1000), (1000, 1000), (1000,)], ids=["one", "both", "a single"])
def test_padding_that_changes_results_is_warned_of_once(tiny_config, caplog, settings, said, lengths):
    torch.manual_seed(0)
    model = HubertModel(tiny_config(**settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    values = torch.randn(len(lengths), 1600)
    mask = (torch.arange(1600) < torch.tensor(lengths)[:, None]).long()
    values *= mask
    model(values, attention_mask=torch.ones_like(mask))
    assert caplog.messages == []
    for _ in range(2):
        padded = model(values, attention_mask=mask).last_hidden_state[-1]
    alone = model(values[-1:, : lengths[-1]]).last_hidden_state[0]
    assert torch.allclose(padded[: len(alone)], alone, atol=1e-5) == (said is None)
    assert len(caplog.messages) == (said is not None)
    if said is not None:
        assert said in caplog.text
        assert "one recording at a time" in caplog.text


@pytest.mark.parametrize("stable", [False, True])
def test_checkpointing_changes_no_gradient(trainee, batch, stable):
    gradients = []
    for enabled in (False, True):
        model = trainee(do_stable_layer_norm=stable)
        if enabled:
            model.gradient_checkpointing_enable()
        calls = []
        model.encoder.layers[0].register_forward_pre_hook(lambda *_, calls=calls: calls.append(1))
        model(batch[0]).last_hidden_state.square().mean().backward()
        assert len(calls) == 1 + enabled
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    plain, checkpointed = gradients
    assert plain.keys() == checkpointed.keys()
    for name, gradient in plain.items():
        assert torch.allclose(gradient, checkpointed[name], atol=1e-6)
    model.gradient_checkpointing_disable()
    calls.clear()
    model(batch[0]).last_hidden_state.square().mean().backward()
    assert len(calls) == 1


def test_device_and_dtype_move_with_the_model(tiny_config):
    model = HubertModel(tiny_config())
    assert (model.device, model.dtype) == (torch.device("cpu"), torch.float32)
    assert model.to(torch.bfloat16).dtype == torch.bfloat16
    assert model(torch.randn(1, 1600, dtype=torch.bfloat16)).last_hidden_state.dtype == torch.bfloat16


def test_frame_mask_marks_the_frames_made_of_real_samples(full_hop):
    mask = torch.zeros(3, 1040, dtype=torch.long)
    mask[0], mask[1, :720], mask[2, :399] = 1, 1, 1
    assert full_hop.frame_mask(mask, 3).tolist() == [
        [True, True, True],
        [True, True, False],
        [False, False, False],
    ]


def test_evaluation_is_repeatable_and_leaves_the_input_alone(twins, batch):
    model = twins("model", "sdpa").ours
    values, mask = batch
    before = values.clone()
    with torch.no_grad():
        once, again = (model(values, attention_mask=mask).last_hidden_state for _ in range(2))
    assert torch.equal(once, again)
    assert torch.equal(values, before)


def test_the_configuration_may_ask_for_states_and_maps(tiny_config, batch):
    model = HubertModel(tiny_config(output_hidden_states=True, output_attentions=True)).eval()
    output = model(batch[0])
    assert (len(output.hidden_states), len(output.attentions)) == (4, 3)
    assert model(batch[0], output_hidden_states=False).hidden_states is None


def test_dropped_layers_still_have_their_states(trainee, batch):
    model = trainee(HubertForSequenceClassification, layerdrop=1.0, use_weighted_layer_sum=True)
    output = model(batch[0], labels=torch.tensor([0, 1]), output_hidden_states=True)
    output.loss.backward()
    assert len(output.hidden_states) == 4
    assert torch.equal(output.hidden_states[0], output.hidden_states[3])


def test_layers_are_dropped_in_training_only(trainee, batch):
    model = trainee(layerdrop=1.0)
    states = model.eval()(batch[0], output_hidden_states=True).hidden_states
    assert not torch.equal(states[0], states[3])


def test_spec_augment_masks_in_training_only(trainee, batch):
    model = trainee(mask_time_prob=0.5, mask_time_length=3)
    plain = model.eval()(batch[0]).last_hidden_state
    assert torch.equal(plain, model(batch[0]).last_hidden_state)
    model.train()
    assert not torch.equal(plain, model(batch[0]).last_hidden_state)


def test_spec_augment_can_be_switched_off(trainee, batch):
    model = trainee(mask_time_prob=0.5, mask_time_length=3, apply_spec_augment=False)
    assert torch.equal(model(batch[0]).last_hidden_state, model.eval()(batch[0]).last_hidden_state)


def test_spec_augment_follows_torch_s_seed(trainee, batch):
    model = trainee(mask_time_prob=0.5, mask_time_length=3, mask_feature_prob=0.2, mask_feature_length=2)
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(model(batch[0]).last_hidden_state)
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_a_training_clip_shorter_than_a_masked_span_is_no_error(trainee):
    model = trainee(mask_time_prob=0.5, mask_time_length=10)
    assert torch.isfinite(model(torch.randn(1, 200)).last_hidden_state).all()


@pytest.mark.parametrize("attn", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_a_row_shorter_than_a_frame_is_refused_by_its_number(twins, batch, kind, attn):
    model = twins(kind, attn, feat_extract_norm="layer").ours
    mask = batch[1].clone()
    mask[1, 20:] = 0
    with pytest.raises(InputError, match=r"Recording 1 of the batch is 20 samples"):
        model(batch[0], attention_mask=mask)


@pytest.mark.parametrize("name", ["gelu", "relu", "silu"])
def test_activations_may_be_given_as_functions(tiny_config, batch, name):
    torch.manual_seed(5)
    by_name = HubertModel(tiny_config(hidden_act=name)).eval()
    function = getattr(torch.nn.functional, name)
    by_function = HubertModel(tiny_config(hidden_act=function)).eval()
    by_function.load_state_dict(by_name.state_dict())
    assert torch.equal(by_name(batch[0]).last_hidden_state, by_function(batch[0]).last_hidden_state)
