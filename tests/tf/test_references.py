"""Against the last TensorFlow implementation of transformers, as `references/make.py` wrote it down."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertConfig, HubertForCTC
from hubert_demo.tf import TFHubertForCTC
from hubert_demo.tf.weights import parameters


class Reference(NamedTuple):
    """What transformers gave, and our model with its weights."""

    kept: Any
    model: TFHubertForCTC


def with_weights(config, kept):
    model = TFHubertForCTC(config)
    for name, parameter in parameters(model).items():
        parameter.assign(kept[f"weights.{name}"])
    return model


@pytest.fixture(scope="module", params=["base", "large"])
def reference(request):
    with np.load(Path(__file__).parent / "references" / f"{request.param}.npz") as file:
        kept = dict(file)
    config = HubertConfig.from_dict(json.loads(str(kept["config"])))
    return Reference(kept, with_weights(config, kept))


@pytest.fixture(scope="module")
def in_pytorch(reference):
    """The PyTorch model with the same weights; a reduction of the loss may be chosen."""

    def make(**settings):
        model = HubertForCTC(replace(reference.model.config, **settings)).eval()
        names = (name for name in reference.kept if name.startswith("weights."))
        model.load_state_dict(
            {n.removeprefix("weights."): torch.from_numpy(reference.kept[n]).float() for n in names}
        )
        return model

    return make


def test_references_say_who_made_them(reference):
    assert str(reference.kept["made_by"]).startswith("transformers 4.57")


@pytest.mark.parametrize("case", ["whole", "padded"])
def test_states_maps_logits_and_loss_are_the_same(reference, assert_close, case):
    kept, model = reference
    output = model(
        kept["values"],
        attention_mask=kept["mask"] if case == "padded" else None,
        labels=kept["labels"],
        output_hidden_states=True,
        output_attentions=True,
    )
    assert_close(output.logits, kept[f"{case}.logits"])
    assert_close(output.loss, kept[f"{case}.loss"])
    for name in ("hidden_states", "attentions"):
        for mine, theirs in zip(output[name], kept[f"{case}.{name}"], strict=True):
            assert_close(mine, theirs)


def test_transformers_took_a_head_mask_and_did_nothing_with_it(reference, assert_close):
    kept, model = reference
    np.testing.assert_array_equal(kept["head_mask.logits"], kept["whole.logits"])
    ours = model(kept["values"], head_mask=kept["head_mask"]).logits
    assert not np.allclose(ours, kept["whole.logits"], atol=1e-2)


def test_transformers_did_not_divide_the_mean_loss_by_the_number_of_labels(
    reference, in_pytorch, assert_close
):
    kept, model = reference
    labels = kept["full_labels"]
    assert_close(kept["mean.loss"], kept["full.loss"] / len(labels))
    ours = with_weights(replace(model.config, ctc_loss_reduction="mean"), kept)
    with torch.no_grad():
        expected = in_pytorch(ctc_loss_reduction="mean")(
            torch.from_numpy(kept["values"]), labels=torch.from_numpy(labels)
        ).loss
    loss = ours(kept["values"], labels=labels).loss
    assert_close(loss, expected[None])
    assert_close(loss, kept["mean.loss"] / labels.shape[1])
