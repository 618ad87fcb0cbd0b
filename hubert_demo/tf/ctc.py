"""`TFHubertForCTC`: transcription, and its loss."""

from __future__ import annotations

from typing import Any

from hubert_demo.errors import InputError
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.weights import ENCODER_PREFIX
from hubert_demo.tf.inputs import as_tensor, check_labels
from hubert_demo.tf.layers import Linear, sizes
from hubert_demo.tf.libraries import keras, tf
from hubert_demo.tf.model import TFHubertModel
from hubert_demo.tf.outputs import TFHubertForCTCOutput
from hubert_demo.tf.pretrained import PretrainedModel


@keras.saving.register_keras_serializable(package="hubert_demo")
class TFHubertForCTC(PretrainedModel):
    """HuBERT with a linear layer over characters, trained with CTC.

    `compile` needs no loss: `fit` takes the labels from the input (`"labels"` in a dict) or as the targets.

    Args:
        config: Architecture; there are `vocab_size` outputs, and the blank is `pad_token_id`.
        dtype: Keras's policy of precision (`"mixed_float16"`); the global one when None.
        name: Keras's name of the model.
    """

    base_prefix = ENCODER_PREFIX

    def __init__(
        self, config: HubertConfig, dtype: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(config, dtype=dtype, name=name, **kwargs)
        policy = self.dtype_policy
        self.hubert = TFHubertModel(config, dtype=policy, name="hubert")
        self.dropout = keras.layers.Dropout(config.final_dropout, dtype=policy, name="dropout")
        self.lm_head = Linear(
            config.hidden_size, config.vocab_size, config.initializer_range, dtype=policy, name="lm_head"
        )
        self.built = True

    def freeze_feature_encoder(self) -> None:
        """Keep the convolutional front end as it is in training."""
        self.hubert.freeze_feature_encoder()

    def call(
        self,
        input_values: Any = None,
        attention_mask: Any = None,
        token_type_ids: Any = None,
        position_ids: Any = None,
        head_mask: Any = None,
        inputs_embeds: Any = None,
        output_attentions: bool | None = None,
        labels: Any = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        training: bool = False,
        mask_time_indices: Any = None,
    ) -> Any:
        """Character logits, and the CTC loss if labels are given.

        Args:
            input_values: As for `TFHubertModel`, like all arguments that are not described here.
            attention_mask: As for `TFHubertModel`.
            token_type_ids: Without effect.
            position_ids: Without effect.
            head_mask: As for `TFHubertModel`.
            inputs_embeds: As for `TFHubertModel`.
            output_attentions: As for `TFHubertModel`.
            labels: Token ids (batch, characters), padded with -100.
            output_hidden_states: As for `TFHubertModel`.
            return_dict: As for `TFHubertModel`.
            training: As for `TFHubertModel`.
            mask_time_indices: As for `TFHubertModel`.

        Returns:
            A `TFHubertForCTCOutput`, or a tuple: `logits` (batch, frames, vocab_size); `loss` float32 (1,),
            since transformers documents a loss of shape (n,) and gives one number.

        Raises:
            InputError: As for `TFHubertModel`; and if a label is outside the vocabulary or there is not one
                row of labels per recording (in a graph: `tf.errors.InvalidArgumentError` when it runs).
        """
        encoded = self.hubert.encode(
            input_values,
            attention_mask,
            head_mask,
            inputs_embeds,
            output_attentions,
            output_hidden_states,
            training,
            mask_time_indices,
        )
        logits = self.lm_head(self.dropout(encoded.last_hidden_state, training=training))
        loss = None
        if labels is not None:
            lengths = self.hubert.frame_lengths(attention_mask, inputs_embeds is not None)
            loss = self.ctc_loss(logits, labels, lengths)
        output = TFHubertForCTCOutput(
            loss=loss, logits=logits, hidden_states=encoded.hidden_states, attentions=encoded.attentions
        )
        return self._returned(output, return_dict)

    def ctc_loss(self, logits: Any, labels: Any, lengths: Any = None) -> Any:
        """The loss of labels, reduced as the configuration says.

        Args:
            logits: (batch, frames, vocab_size).
            labels: Token ids (batch, characters), padded with -100.
            lengths: Valid frames of each recording, (batch,); all when None.

        Returns:
            float32 (1,); infinite if a text needs more frames than there are and `ctc_zero_infinity` is off.

        """
        batch, frames, _ = sizes(logits)
        lengths = tf.fill([batch], frames) if lengths is None else lengths
        labels, counts = _without_padding(tf.cast(labels, tf.int32))
        # A letter said twice needs a blank in between.
        is_there = tf.sequence_mask(counts, sizes(labels)[1])
        repeats = tf.math.count_nonzero(
            (labels[:, 1:] == labels[:, :-1]) & is_there[:, 1:], axis=1, dtype=tf.int32
        )
        fits = counts + repeats <= lengths
        losses = tf.nn.ctc_loss(
            labels,
            tf.cast(logits, tf.float32),
            # Nothing is a text that fits everywhere; what comes out for it is not used.
            tf.where(fits, counts, 0),
            lengths,
            logits_time_major=False,
            blank_index=self.config.pad_token_id,
        )
        losses = tf.where(fits, losses, 0.0 if self.config.ctc_zero_infinity else float("inf"))
        if self.config.ctc_loss_reduction == "mean":
            return tf.reduce_mean(losses / tf.cast(tf.maximum(counts, 1), tf.float32))[None]
        return tf.reduce_sum(losses)[None]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """What `fit` lowers: the loss given to `compile`, of the logits; without one, the model's own.

        Args:
            x: The input.
            y: Labels, if they are not in the input.
            y_pred: The model's result.
            sample_weight: Only for a loss given to `compile`.
            training: Whether this is training.

        Raises:
            InputError: If there are no labels, or they do not fit.
        """
        given = self.arguments(x)
        if isinstance(y_pred, tuple):
            # Eagerly, where the configuration asks for it; the loss comes first, if there is one.
            loss, logits = y_pred[:2] if "labels" in given else (None, y_pred[0])
        else:
            loss, logits = y_pred.loss, y_pred.logits
        if self.loss is not None:
            return super().compute_loss(x, y, logits, sample_weight, training)
        if y is None:
            if loss is None:
                raise InputError(
                    'There are no labels: give them as "labels" in the input, or as the targets.'
                )
            return tf.reduce_sum(loss)
        y = as_tensor("labels", y, self.compute_dtype)
        check_labels(self.config, y, logits)
        lengths = self.hubert.frame_lengths(given.get("attention_mask"), "inputs_embeds" in given)
        return tf.reduce_sum(self.ctc_loss(logits, y, lengths))


def _without_padding(labels: Any) -> tuple[Any, Any]:
    """Labels (batch, characters) with the negative ones moved behind the others as 0, and how many others."""
    # One column more, so that there is one.
    labels = tf.pad(labels, [[0, 0], [0, 1]], constant_values=-100)
    is_padding = tf.cast(labels < 0, tf.int32)
    in_order = tf.argsort(is_padding, axis=1, stable=True)
    counts = tf.reduce_sum(1 - is_padding, axis=1)
    return tf.maximum(tf.gather(labels, in_order, batch_dims=1), 0), counts
