"""The keyword head: the classifier without its encoder, frame by frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hubert_demo.deprecation import Renamed
from hubert_demo.errors import CheckpointError, DamagedFileError
from hubert_demo.model.encoder import HubertModel
from hubert_demo.model.faults import is_out_of_memory
from hubert_demo.model.files import read_json, shown_folder, shown_value, write_json
from hubert_demo.model.heads import HubertForSequenceClassification, weighted_sum


def _are_labels(labels: object) -> TypeGuard[list[str]]:
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        return False
    return len(set(labels)) == len(labels)


def _is_threshold(threshold: object) -> bool:
    if threshold is None:
        return True
    return isinstance(threshold, int | float) and not isinstance(threshold, bool) and 0 <= threshold <= 1


class KeywordHead(nn.Module):
    """The classifier of `HubertForSequenceClassification` without its encoder, frame by frame.

    Projection, mean pooling and classification are all affine, so the mean of this head's frame logits
    over a recording equals that model's logits, and the mean over any window equals the logits of the window.

    Args:
        labels: Class names.
        num_states: Encoder layers + 1.
        hidden_size: Width of the encoder's states.
        proj_size: Width of the projector.
        threshold: Smallest probability, 0..1, at which a command counts as heard; None where none was chosen.
        encoder: Fingerprint of the encoder it was taught on (`encoder_fingerprint`), None if nobody noted it.
    """

    weights_name = "keyword_head.safetensors"
    settings_name = "keyword_head.json"

    def __init__(
        self,
        labels: tuple[str, ...],
        num_states: int,
        hidden_size: int,
        proj_size: int,
        threshold: float | None = None,
        encoder: str | None = None,
    ) -> None:
        super().__init__()
        self.labels, self.threshold, self.encoder = labels, threshold, encoder
        self.layer_weights = nn.Parameter(torch.zeros(num_states))
        self.projector = nn.Linear(hidden_size, proj_size)
        self.classifier = nn.Linear(proj_size, len(labels))

    @property
    def layer_probabilities(self) -> Tensor:
        """Share of each layer's states in the mix, (layers + 1,), summing to one."""
        return self.layer_weights.detach().softmax(-1)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """(layers + 1, …, frames, hidden) to frame logits (…, frames, labels)."""
        return self.from_mix(weighted_sum(hidden_states, self.layer_weights))

    def from_mix(self, mix: Tensor) -> Tensor:
        """The same from all layers' states in their shares, `layer_probabilities`: (…, frames, hidden)."""
        logits: Tensor = self.classifier(self.projector(mix))
        return logits

    def save(self, directory: str | Path) -> None:
        """Write the head into the directory of a CTC checkpoint, with weights in half precision."""
        directory = Path(directory)
        save_file(
            {name: tensor.half().contiguous() for name, tensor in self.state_dict().items()},
            directory / self.weights_name,
            metadata={"format": "pt"},
        )
        settings = {"labels": list(self.labels), "threshold": self.threshold, "encoder": self.encoder}
        write_json(directory / self.settings_name, settings)

    @classmethod
    def from_directory(cls, directory: str | Path) -> KeywordHead:
        """Read the head that `save` wrote, in float32 and eval mode.

        Raises:
            CheckpointError: If a file is missing or damaged.
        """
        directory = Path(directory)
        cannot = f"The keyword head in {shown_folder(directory)} cannot be read:"
        try:
            settings = read_json(directory / cls.settings_name)
        except DamagedFileError as error:
            raise DamagedFileError(f"{cannot} {error}", error.path) from error
        labels, threshold, encoder = (settings.get(name) for name in ("labels", "threshold", "encoder"))
        if not _are_labels(labels) or not _is_threshold(threshold) or not isinstance(encoder, str | None):
            raise CheckpointError(
                f"{cannot} its labels, threshold or encoder are not what `save` writes. Fetch the "
                "checkpoint again."
            )
        try:
            tensors = {k: v.float() for k, v in load_file(directory / cls.weights_name).items()}
            proj_size, hidden_size = tensors["projector.weight"].shape
            num_states = len(tensors["layer_weights"])
            # In this order, so that no more memory is taken than the file's size.
            if tensors["classifier.weight"].shape != (len(labels), proj_size):
                raise ValueError("as many labels as classes")
            head = cls(tuple(labels), num_states, hidden_size, proj_size, threshold, encoder)
            head.load_state_dict(tensors)
        except Exception as error:  # Damaged files raise anything.
            if is_out_of_memory(error):
                raise
            raise DamagedFileError(
                f"{cannot} {cls.weights_name} is missing, damaged, or does not fit its labels. Fetch the "
                "checkpoint again.",
                directory / cls.weights_name,
            ) from error
        return head.eval()

    @classmethod
    def from_classifier(cls, model: HubertForSequenceClassification) -> KeywordHead:
        """The head of a complete classifier, for use frame by frame on the encoder's states.

        Args:
            model: Its `id2label` names the classes. If it has no weights for the layers, only the states of
                the last one count.

        Raises:
            CheckpointError: If the classes are not numbered from 0.
        """
        config = model.config
        if set(config.id2label) != set(range(config.num_labels)):
            raise CheckpointError(
                f"The classes are numbered {shown_value(sorted(config.id2label))}; they must be numbered "
                "from 0."
            )
        labels = tuple(config.id2label[index] for index in range(config.num_labels))
        head = cls(labels, config.num_hidden_layers + 1, config.hidden_size, config.classifier_proj_size)
        with torch.no_grad():
            if config.use_weighted_layer_sum:
                head.layer_weights.copy_(model.layer_weights)
            else:
                head.layer_weights[:-1] = -torch.inf
        head.projector.load_state_dict(model.projector.state_dict())
        head.classifier.load_state_dict(model.classifier.state_dict())
        return head.eval()

    load = Renamed("from_directory")
    of_classifier = Renamed("from_classifier")

    def with_encoder(self, encoder: HubertModel) -> HubertForSequenceClassification:
        """A complete classifier, made of `encoder` and this head, ready for `save_pretrained`."""
        config = replace(
            encoder.config.with_labels(self.labels),
            use_weighted_layer_sum=True,
            classifier_proj_size=self.projector.out_features,
        )
        model = HubertForSequenceClassification(config)
        model.hubert.load_state_dict(encoder.state_dict())
        model.load_state_dict(self.state_dict(), strict=False)
        return model.eval()
