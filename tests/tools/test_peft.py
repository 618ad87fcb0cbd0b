"""peft's LoRA: small matrices beside the attention's learn, and are saved alone or merged."""

import json

import pytest
import torch
from safetensors.torch import load_file

peft = pytest.importorskip("peft")

# peft asks transformers' models for it under its old name.
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.* is deprecated:FutureWarning")

CASES = pytest.mark.parametrize(
    ("kind", "head"),
    [("HubertForCTC", ["lm_head"]), ("HubertForSequenceClassification", ["projector", "classifier"])],
)


def batch_of(side, clips):
    inputs = side.processor(
        [clip.samples for clip in clips], sampling_rate=16_000, padding=True, return_tensors="pt"
    )
    if type(side.model).__name__ == "HubertForCTC":
        texts = side.processor(text=[clip.text for clip in clips], padding=True, return_tensors="pt")
        labels = texts.input_ids.masked_fill(texts.attention_mask.ne(1), -100)
    else:
        labels = torch.tensor([clip.label for clip in clips])
    return {**inputs, "labels": labels}


@CASES
def test_lora_learns_saves_and_loads_as_with_transformers(sides, clips, assert_close, tmp_path, kind, head):
    results = []
    for side in sides(kind):
        base = {name: tensor.clone() for name, tensor in side.model.state_dict().items()}
        batch = batch_of(side, clips)
        torch.manual_seed(0)
        options = peft.LoraConfig(
            r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], modules_to_save=head
        )
        model = peft.get_peft_model(side.model, options).train()
        counts = model.get_nb_trainable_parameters()
        optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
        losses = []
        for _ in range(6):
            loss = model(**batch).loss
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            losses.append(loss.item())
        assert losses[-1] < 0.9 * losses[0]
        folder = tmp_path / side.name
        model.save_pretrained(folder)
        fresh = type(side.model)(side.model.config)
        fresh.load_state_dict(base)
        again = peft.PeftModel.from_pretrained(fresh, folder).eval()
        with torch.no_grad():
            logits = model.eval()(**batch).logits
            assert_close(again(**batch).logits, logits)
            merged = again.merge_and_unload()
            assert type(merged) is type(side.model)
            assert_close(merged(**batch).logits, logits)
            merged.save_pretrained(folder / "merged")
            assert_close(type(merged).from_pretrained(folder / "merged")(**batch).logits, logits)
        results.append((counts, losses, logits, folder))
    (their_counts, their_losses, their_logits, theirs), (counts, losses, logits, ours) = results
    assert counts == their_counts
    assert_close(losses, their_losses)
    assert_close(logits, their_logits)
    assert_close(
        load_file(ours / "adapter_model.safetensors"), load_file(theirs / "adapter_model.safetensors")
    )
    config, expected = (json.loads((f / "adapter_config.json").read_text()) for f in (ours, theirs))
    for settings in (config, expected):
        # Sets, written in any order; and where the base model came from.
        settings["target_modules"] = sorted(settings["target_modules"])
        settings["auto_mapping"]["parent_library"] = None
    assert config == expected
    assert_close(
        load_file(ours / "merged" / "model.safetensors"), load_file(theirs / "merged" / "model.safetensors")
    )
