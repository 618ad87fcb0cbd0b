"""The names under which tools look for what they need, beside transformers' own models."""

import pytest
import torch

from hubert_demo.errors import InputError
from hubert_demo.model import HubertConfig, HubertForCTC, HubertModel

KINDS = pytest.mark.parametrize("kind", ["model", "ctc", "classifier"])


@KINDS
def test_the_models_say_of_themselves_what_transformers_says(new_twins, kind):
    ours, theirs = new_twins(kind, "sdpa", use_weighted_layer_sum=kind == "classifier")
    for model in (ours, theirs):
        for name, parameter in model.named_parameters():
            parameter.requires_grad_("feature_extractor" not in name)
    for name in ("base_model_prefix", "main_input_name", "input_modalities", "device", "dtype"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.can_generate() is theirs.can_generate() is False
    assert ours.num_parameters() == theirs.num_parameters()
    trainable = ours.num_parameters(only_trainable=True)
    assert trainable == theirs.num_parameters(only_trainable=True) < ours.num_parameters()
    assert ours.num_parameters(exclude_embeddings=True) == theirs.num_parameters(exclude_embeddings=True)
    assert type(ours).config_class is type(ours.config) is HubertConfig
    assert isinstance(ours.base_model, HubertModel)
    assert (ours.base_model is ours) == (theirs.base_model is theirs) == (kind == "model")


@KINDS
def test_frames_are_counted_and_masked_under_transformers_names(twins, batch, kind):
    ours, theirs = twins(kind, "sdpa")
    lengths = torch.tensor([1600, 1000, 12345])
    counted = ours._get_feat_extract_output_lengths(lengths)
    assert torch.equal(counted, theirs._get_feat_extract_output_lengths(lengths))
    assert ours._get_feat_extract_output_lengths(1600) == 39
    masks = [model._get_feature_vector_attention_mask(39, batch[1]) for model in (ours, theirs)]
    assert torch.equal(*masks)


def test_options_of_checkpointing_reach_torch(new_twins, batch, monkeypatch):
    model = new_twins("ctc", "sdpa").ours.train()
    model.config.layerdrop = 0.0
    given = []

    def checkpoint(layer, *arguments, **options):
        given.append(options)
        return layer(*arguments)

    monkeypatch.setattr("hubert_demo.model.encoder.checkpoint", checkpoint)
    model.gradient_checkpointing_enable()
    assert model.is_gradient_checkpointing is model.is_activation_checkpointing is True
    model(batch[0])
    assert given == [{"use_reentrant": False}] * 3
    given.clear()
    model.activation_checkpointing_enable({"use_reentrant": True, "preserve_rng_state": False})
    model(batch[0])
    assert given == [{"use_reentrant": True, "preserve_rng_state": False}] * 3
    given.clear()
    model.activation_checkpointing_disable()
    model(batch[0])
    assert (given, model.is_gradient_checkpointing) == ([], False)
    for options in ({"every_n_layers": 2}, {"offload": True}):
        with pytest.raises(InputError, match="all or not at all"):
            model.activation_checkpointing_enable(**options)


@pytest.mark.parametrize("reentrant", [False, True])
def test_either_way_of_checkpointing_gives_the_same_gradients(new_twins, batch, reentrant):
    chances = ("hidden", "activation", "attention", "final")
    off = {f"{name}_dropout": 0.0 for name in chances} | {"layerdrop": 0.0, "apply_spec_augment": False}
    model = new_twins("ctc", "sdpa", **off).ours.train()
    model.freeze_feature_encoder()
    gradients = []
    for _ in range(2):
        model.zero_grad()
        model(batch[0], labels=torch.tensor([[3, 4], [5, 6]])).loss.backward()
        gradients.append({n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None})
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": reentrant})
    plain, checkpointed = gradients
    assert plain.keys() == checkpointed.keys()
    assert all(torch.allclose(grad, checkpointed[name], atol=1e-5) for name, grad in plain.items())


@KINDS
def test_a_model_says_what_it_takes_and_where_its_layers_are(new_twins, kind):
    ours, theirs = new_twins(kind, "sdpa", conv_pos_batch_norm=True)
    for options in ({}, {"return_buffers": False}):
        assert ours.get_memory_footprint(**options) == theirs.get_memory_footprint(**options)
    assert ours.get_memory_footprint() > ours.get_memory_footprint(return_buffers=False)
    assert type(ours.get_encoder()).__name__ == type(theirs.get_encoder()).__name__ == "HubertEncoder"
    assert set(ours._no_split_modules) <= set(theirs._no_split_modules)
    assert ours._tied_weights_keys is theirs._tied_weights_keys is None
    assert len(ours._keep_in_fp32_modules) == len(theirs._keep_in_fp32_modules) == 0
    assert ours._can_set_attn_implementation() is theirs._can_set_attn_implementation() is True
    for name in ("load_missing", "load_unexpected", "save"):
        assert not getattr(ours, f"_keys_to_ignore_on_{name}")


def test_layers_can_be_given_gradients_although_all_before_them_is_frozen(new_twins, batch):
    model = new_twins("ctc", "sdpa", layerdrop=0.0).ours.train()
    model.gradient_checkpointing_enable({"use_reentrant": True})
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("encoder.layers" in name)
    model.enable_input_require_grads()
    model.enable_input_require_grads()
    model(batch[0], labels=torch.tensor([[3, 4], [5, 6]])).loss.backward()
    assert all(p.grad is not None for name, p in model.named_parameters() if "encoder.layers" in name)
    given = []
    model.hubert.feature_projection.register_forward_hook(lambda *states: given.append(states[-1]))
    model.disable_input_require_grads()
    model.disable_input_require_grads()
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad"):
        model(batch[0])
    assert not given[0].requires_grad


def test_the_older_name_freezes_the_front_end_too(new_twins):
    model = new_twins("ctc", "sdpa").ours
    model.freeze_feature_extractor()
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert frozen == {name for name in model.state_dict() if "feature_extractor" in name}


# --- the head over characters ---


def test_more_characters_leave_the_others_as_they_are(new_twins, batch, tmp_path):
    model = new_twins("ctc", "sdpa").ours
    with torch.no_grad():
        before = model(batch[0]).logits
        head = model.resize_token_embeddings(15)
        after = model(batch[0]).logits
    assert head is model.lm_head is model.get_output_embeddings()
    assert (model.config.vocab_size, after.shape[-1]) == (15, 15)
    assert torch.allclose(after[..., :12], before, atol=1e-5)
    # No more likely than the mean of those that were taught.
    assert torch.allclose(after[..., 12:], before.mean(-1, keepdim=True).expand(-1, -1, 3), atol=1e-5)
    assert model(batch[0], labels=torch.tensor([[14], [13]])).loss.requires_grad
    with pytest.raises(InputError, match="below vocab_size=15, got 15"):
        model(batch[0], labels=torch.tensor([[15], [13]]))
    model.save_pretrained(tmp_path)
    again = HubertForCTC.from_pretrained(tmp_path)
    assert torch.equal(again(batch[0]).logits, model.eval()(batch[0]).logits)


def test_fewer_characters_are_the_first_ones(new_twins, batch):
    model = new_twins("ctc", "sdpa").ours.to(torch.bfloat16)
    model.lm_head.requires_grad_(False)
    kept = model.lm_head.weight[:5].clone()
    head = model.resize_token_embeddings(5)
    assert torch.equal(head.weight, kept)
    assert (head.weight.dtype, head.weight.requires_grad) == (torch.bfloat16, False)
    assert model.resize_token_embeddings() is head
    assert model.resize_token_embeddings(pad_to_multiple_of=8).out_features == 8
    with pytest.raises(InputError, match="0 characters, rounded up to a multiple of 1: give numbers above 0"):
        model.resize_token_embeddings(0)


def test_only_the_ctc_model_has_a_layer_over_characters(twins):
    assert twins("model", "sdpa").ours.get_output_embeddings() is None
    assert twins("classifier", "sdpa").ours.get_output_embeddings() is None
    assert not hasattr(twins("classifier", "sdpa").ours, "resize_token_embeddings")


# --- a configuration that is changed after the model was made ---


def test_a_loaded_model_has_a_configuration_of_its_own(twins, tmp_path):
    twins("ctc", "sdpa").ours.save_pretrained(tmp_path)
    config = HubertConfig.from_pretrained(tmp_path)
    model = HubertForCTC.from_pretrained(tmp_path, config=config)
    model.config.layerdrop = 0.9
    assert config.layerdrop == HubertConfig().layerdrop


def test_what_is_read_in_every_pass_can_be_changed(new_twins, batch):
    model = new_twins("ctc", "sdpa").ours
    labels = torch.tensor([[3, 4], [5, 6]])
    total = model(batch[0], labels=labels).loss
    model.config.ctc_loss_reduction = "mean"
    assert model(batch[0], labels=labels).loss < total
    model.config.output_hidden_states = True
    assert len(model(batch[0]).hidden_states) == 4
    model.train()
    model.config.layerdrop = 1.0
    states = model(batch[0]).hidden_states
    assert torch.equal(states[0], states[3])


def test_masks_that_a_model_was_not_made_for_are_refused_in_a_sentence(new_twins, batch):
    model = new_twins("model", "sdpa", mask_time_prob=0.0).ours.train()
    model.config.mask_time_prob = 0.5
    with pytest.raises(InputError, match="leave mask_time_prob at 0"):
        model(batch[0])


def test_weights_of_layers_are_those_that_the_model_has(new_twins, batch):
    model = new_twins("classifier", "sdpa", num_labels=3, use_weighted_layer_sum=True).ours
    expected = model(batch[0]).logits
    model.config.use_weighted_layer_sum, model.config.num_labels = False, 7
    assert torch.equal(model(batch[0]).logits, expected)
    with pytest.raises(InputError, match="below num_labels=3, got 6"):
        model(batch[0], labels=torch.tensor([6, 0]))
