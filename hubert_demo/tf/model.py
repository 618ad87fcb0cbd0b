"""`TFHubertModel`: front end, positional convolution and Transformer encoder, in Keras.

Attributes have the names of the PyTorch modules, by which checkpoint files are read and written.
"""

from __future__ import annotations

from typing import Any

from hubert_demo.model.config import HubertConfig
from hubert_demo.tf.encoder import HubertEncoder
from hubert_demo.tf.front_end import HubertFeatureEncoder, HubertFeatureProjection
from hubert_demo.tf.layers import sizes
from hubert_demo.tf.libraries import keras, tf
from hubert_demo.tf.masking import span_mask
from hubert_demo.tf.outputs import TFHubertModelOutput
from hubert_demo.tf.pretrained import PretrainedModel


@keras.saving.register_keras_serializable(package="hubert_demo")
class TFHubertModel(PretrainedModel):
    """The bare HuBERT encoder: a waveform in, one vector for every frame and layer out.

    Args:
        config: Architecture.
        dtype: Keras's policy of precision (`"mixed_float16"`); the global one when None.
        name: Keras's name of the model.

    Source: Hsu et al. 2021, "HuBERT", section III; argument and result names as Hugging Face documents them.
    """

    def __init__(
        self, config: HubertConfig, dtype: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(config, dtype=dtype, name=name, **kwargs)
        policy = self.dtype_policy
        self.feature_extractor = HubertFeatureEncoder(config, dtype=policy, name="feature_extractor")
        self.feature_projection = HubertFeatureProjection(config, dtype=policy, name="feature_projection")
        if config.has_masked_spec_embed:
            self.masked_spec_embed = self.add_weight(
                shape=(config.hidden_size,),
                initializer=keras.initializers.RandomUniform(0, 1),
                name="masked_spec_embed",
            )
        self.encoder = HubertEncoder(config, dtype=policy, name="encoder")
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def freeze_feature_encoder(self) -> None:
        """Keep the convolutional front end as it is in training."""
        self.feature_extractor.trainable = False

    def call(
        self,
        input_values: Any = None,
        attention_mask: Any = None,
        token_type_ids: Any = None,
        position_ids: Any = None,
        head_mask: Any = None,
        inputs_embeds: Any = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        training: bool = False,
        mask_time_indices: Any = None,
    ) -> Any:
        """Encode waveforms.

        Args:
            input_values: Normalised waveforms, float (batch, samples), at least 400 samples.
            attention_mask: (batch, samples), 1 for the recording and 0 for padding, on the right; (batch,
                frames) beside `inputs_embeds`.
            token_type_ids: Without effect.
            position_ids: Without effect.
            head_mask: (heads,) or (layers, heads): what each head's result is multiplied by, 0 to switch it
                off. Maps are returned as they are without it.
            inputs_embeds: (batch, frames, hidden), in place of `input_values`: the front end's projected
                features.
            output_attentions: Return the maps of all layers; the configuration decides when None, and always
                in a graph, as it does about the next.
            output_hidden_states: Return the states of all layers.
            return_dict: False for a plain tuple; always true in a graph.
            training: Whether to drop and to mask.
            mask_time_indices: Boolean (batch, frames): frames to replace by the learned mask vector, also
                outside training.

        Returns:
            A `TFHubertModelOutput`, or a tuple: `last_hidden_state`, and `hidden_states` and `attentions` if
            they are wanted.

        Raises:
            InputError: Eagerly, if `input_values` is not (batch, samples) of finite floats, a recording is
                shorter than one frame, or a mask has another shape. In a graph, types and sizes that are
                known when it is traced are refused then, in an error of TensorFlow's with the same sentence;
                others when it runs, by `tf.errors.InvalidArgumentError` (not under XLA, which drops such
                checks); and NaN gives NaN.
        """
        output = self.encode(
            input_values,
            attention_mask,
            head_mask,
            inputs_embeds,
            output_attentions,
            output_hidden_states,
            training,
            mask_time_indices,
        )
        return self._returned(output, return_dict)

    def encode(
        self,
        input_values: Any,
        attention_mask: Any,
        head_mask: Any,
        inputs_embeds: Any,
        output_attentions: bool | None,
        output_hidden_states: bool | None,
        training: bool,
        mask_time_indices: Any = None,
    ) -> TFHubertModelOutput:
        """`call` with one type of result, for the head."""
        states = inputs_embeds
        if states is None:
            features = self.feature_extractor(input_values, training=training)
            states = self.feature_projection(features, training=training)
        lengths = self.frame_lengths(attention_mask, inputs_embeds is not None)
        states = self._mask_states(states, mask_time_indices, lengths, training)
        frame_mask = None if lengths is None else tf.sequence_mask(lengths, sizes(states)[1])
        if head_mask is not None and head_mask.shape.rank == 1:
            head_mask = tf.tile(head_mask[None], (self.config.num_hidden_layers, 1))
        wants_maps = self._chosen("output_attentions", output_attentions)
        last, layer_states, maps = self.encoder(
            states, frame_mask, head_mask, output_attentions=wants_maps, training=training
        )
        return TFHubertModelOutput(
            last_hidden_state=last,
            hidden_states=tuple(layer_states)
            if self._chosen("output_hidden_states", output_hidden_states)
            else None,
            attentions=tuple(maps) if wants_maps else None,
        )

    def frame_lengths(self, attention_mask: Any, is_of_frames: bool = False) -> Any:
        """Valid frames of each recording, int32 (batch,), from a mask (batch, samples); None without one."""
        if attention_mask is None:
            return None
        samples = tf.math.count_nonzero(attention_mask, axis=-1, dtype=tf.int32)
        return samples if is_of_frames else self.num_frames(samples)

    def num_frames(self, num_samples: Any) -> Any:
        """Number of frames that the front end makes from this many samples (0 if too few for one)."""
        frames = (num_samples - self.config.min_samples) // self.config.inputs_to_logits_ratio + 1
        return max(frames, 0) if isinstance(frames, int) else tf.maximum(frames, 0)

    def _mask_states(self, states: Any, mask_time_indices: Any, lengths: Any, training: bool) -> Any:
        """Mask the given frames; in training also what SpecAugment draws (frames only if none are given)."""
        config, (batch, frames, hidden) = self.config, sizes(states)
        augments = training and config.apply_spec_augment
        if augments and mask_time_indices is None and config.mask_time_prob > 0:
            spans = config.mask_time_prob, config.mask_time_length, config.mask_time_min_masks
            mask_time_indices = span_mask(batch, frames, *spans, self.seed_generator, lengths)
        if mask_time_indices is not None:
            learned = tf.cast(self.masked_spec_embed, states.dtype)
            states = tf.where(tf.cast(mask_time_indices, tf.bool)[..., None], learned, states)
        if augments and config.mask_feature_prob > 0:
            spans = config.mask_feature_prob, config.mask_feature_length, config.mask_feature_min_masks
            feature_mask = span_mask(batch, hidden, *spans, self.seed_generator)
            states = tf.where(feature_mask[:, None], tf.zeros((), states.dtype), states)
        return states
