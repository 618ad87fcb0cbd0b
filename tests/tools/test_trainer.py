"""transformers' `Trainer`, as the guides to speech recognition and audio classification use it."""

import json

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

pytest.importorskip("accelerate")

# From 5.24 on it is called activation_checkpointing.
pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning")


def with_padding(processor):
    """The collator of the guide to speech recognition: recordings and texts are padded each on their own."""

    def collate(features):
        recordings = [{"input_values": feature["input_values"]} for feature in features]
        batch = processor.pad(recordings, padding="longest", return_tensors="pt")
        if "labels" in features[0]:
            texts = [{"input_ids": feature["labels"]} for feature in features]
            labels = processor.pad(labels=texts, padding="longest", return_tensors="pt")
            batch["labels"] = labels["input_ids"].masked_fill(labels.attention_mask.ne(1), -100)
        return batch

    return collate


def with_classes(processor):
    def collate(features):
        recordings = [{"input_values": feature["input_values"]} for feature in features]
        batch = processor.feature_extractor.pad(recordings, padding=True, return_tensors="pt")
        if "labels" in features[0]:
            batch["labels"] = torch.tensor([feature["labels"] for feature in features])
        return batch

    return collate


def examples(processor, clips, kind):
    made = []
    for clip in clips:
        values = processor(clip.samples, sampling_rate=16_000).input_values[0]
        labels = processor(text=clip.text).input_ids if kind == "HubertForCTC" else clip.label
        made.append({"input_values": values, "labels": labels})
    return made


def trainer(side, clips, folder, **options):
    kind = type(side.model).__name__
    data = examples(side.processor, clips, kind)

    def compute_metrics(prediction):
        best = prediction.predictions.argmax(-1)
        right = prediction.label_ids == best if kind != "HubertForCTC" else best > 4
        return {"share": float(np.mean(right))}

    return transformers.Trainer(
        model=side.model,
        args=transformers.TrainingArguments(
            output_dir=str(folder),
            per_device_train_batch_size=2,
            per_device_eval_batch_size=3,
            learning_rate=5e-3 if kind == "HubertForCTC" else 2e-2,
            max_steps=8,
            logging_steps=1,
            save_steps=4,
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
            dataloader_pin_memory=False,
            **options,
        ),
        train_dataset=data,
        eval_dataset=data,
        data_collator=(with_padding if kind == "HubertForCTC" else with_classes)(side.processor),
        processing_class=side.processor,
        compute_metrics=compute_metrics,
    )


def losses(trainer):
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("HubertForCTC", {"ctc_loss_reduction": "mean"}),
        ("HubertForSequenceClassification", {"use_weighted_layer_sum": True}),
    ],
)
@pytest.mark.parametrize("checkpointing", [False, True], ids=["plain", "checkpointing"])
def test_training_goes_as_with_transformers_and_goes_on_from_a_checkpoint(
    sides, clips, assert_close, tmp_path, kind, settings, checkpointing
):
    results = []
    for side in sides(kind, **settings):
        folder = tmp_path / side.name
        side.model.freeze_feature_encoder()
        first = trainer(side, clips, folder, **({"gradient_checkpointing": True} if checkpointing else {}))
        first.train()
        assert losses(first)[-1] < 0.9 * losses(first)[0]
        measured = first.evaluate()
        predicted = first.predict(first.eval_dataset).predictions
        unlabelled = [{"input_values": example["input_values"]} for example in first.eval_dataset]
        np.testing.assert_array_equal(first.predict(unlabelled).predictions, predicted)
        first.save_model(str(folder / "trained"))
        side.model.save_pretrained(folder / "trained")
        again = type(side.model).from_pretrained(folder / "trained")
        fresh = type(again)(again.config)
        fresh.freeze_feature_encoder()
        resumed = trainer(side._replace(model=fresh), clips, folder / "resumed")
        resumed.train(resume_from_checkpoint=str(folder / "checkpoint-4"))
        assert_close(dict(resumed.model.state_dict()), dict(again.state_dict()))
        results.append((losses(first), measured, predicted, folder))
    (their_losses, their_measures, their_logits, theirs), (our_losses, measures, logits, ours) = results
    assert_close(our_losses, their_losses)
    for name in ("eval_loss", "eval_share"):
        assert_close(measures[name], their_measures[name])
    assert_close(logits, their_logits)
    for folder in ("checkpoint-4", "checkpoint-8", "trained"):
        assert_close(
            load_file(ours / folder / "model.safetensors"), load_file(theirs / folder / "model.safetensors")
        )
    missing = {path.name for path in (theirs / "trained").iterdir()} - {
        path.name for path in (ours / "trained").iterdir()
    }
    assert missing <= {"processor_config.json"}
    config, expected = (
        json.loads((folder / "trained" / "config.json").read_text()) for folder in (ours, theirs)
    )
    # The second follows from conv_dim.
    del expected["transformers_version"], expected["num_feat_extract_layers"]
    assert {name: config.get(name) for name in expected} == expected
