"""accelerate's training loop, with its way of saving a model."""

import pytest
import torch
from safetensors.torch import load_file
from torch.utils.data import DataLoader

accelerate = pytest.importorskip("accelerate")


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_the_documented_loop_gives_the_same_with_both(sides, clips, assert_close, tmp_path, precision):
    results = []
    for side in sides("HubertForSequenceClassification", use_weighted_layer_sum=True):

        def collate(some, processor=side.processor):
            inputs = processor(
                [clip.samples for clip in some], sampling_rate=16_000, padding=True, return_tensors="pt"
            )
            return {**inputs, "labels": torch.tensor([clip.label for clip in some])}

        accelerate.state.AcceleratorState._reset_state(True)
        accelerator = accelerate.Accelerator(cpu=True, mixed_precision=precision)
        model, optimiser, loader = accelerator.prepare(
            side.model.train(),
            torch.optim.AdamW(side.model.parameters(), lr=5e-3),
            DataLoader(clips, batch_size=3, collate_fn=collate),
        )
        losses = []
        for _ in range(4):
            for batch in loader:
                optimiser.zero_grad()
                output = model(**batch)
                accelerator.backward(output.loss)
                optimiser.step()
                losses.append(output.loss.item())
        assert output.logits.dtype == torch.float32
        assert losses[-1] < 0.9 * losses[0]
        folder = tmp_path / side.name
        accelerator.save_state(folder / "state")
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        with torch.no_grad():
            model.classifier.bias += 1
        accelerator.load_state(folder / "state")
        assert_close(dict(model.state_dict()), before)
        unwrapped = accelerator.unwrap_model(model)
        unwrapped.save_pretrained(
            folder / "saved",
            is_main_process=accelerator.is_main_process,
            save_function=accelerator.save,
            state_dict=accelerator.get_state_dict(model),
        )
        results.append((losses, folder))
    (their_losses, theirs), (losses, ours) = results
    if precision == "no":
        assert_close(losses, their_losses)
        for name in ("state", "saved"):
            files = [load_file(folder / name / "model.safetensors") for folder in (ours, theirs)]
            assert_close(*files)
    else:
        assert losses == pytest.approx(their_losses, abs=0.02)
