"""What each change has to give, computed by a whole pass of a copy of the model that is changed by hand."""

from copy import deepcopy

import numpy as np
import torch

from hubert_demo.audio import Waveform
from hubert_demo.changes import (
    AttentionCut,
    FeedForwardOff,
    FramesMasked,
    HeadOff,
    LayerSkipped,
    PatchSource,
    StatesPatched,
    StretchSilenced,
)
from hubert_demo.inference import model_input

# Frames 10 to 19 and 30 to 39 of the usual grid, by where their hops begin and end.
A, B = (0.2025, 0.4025), (0.6025, 0.8025)
IN_A, IN_B = slice(10, 20), slice(30, 40)


def head_off(model, layer, head):
    attention = model.encoder.layers[layer].attention
    width = attention.head_dim
    attention.out_proj.weight[:, head * width : (head + 1) * width] = 0


def head_at_its_mean(model, layer, head):
    attention = model.encoder.layers[layer].attention
    columns = slice(head * attention.head_dim, (head + 1) * attention.head_dim)

    def average(_, inputs):
        joined = inputs[0].clone()
        joined[0, :, columns] = joined[0, :, columns].sum(0) / joined.shape[1]
        return (joined,)

    attention.out_proj.register_forward_pre_hook(average)


def feed_forward_off(model, layer):
    dense = model.encoder.layers[layer].feed_forward.output_dense
    dense.weight.zero_()
    dense.bias.zero_()


def attention_cut(model, layer, queries, keys):
    """Attention step by step, with minus infinity where it is cut."""
    attention = model.encoder.layers[layer].attention

    def attend(module, inputs, _):
        states, width = inputs[0][0], module.head_dim
        query, key, value = (each(states) for each in (module.q_proj, module.k_proj, module.v_proj))
        heads = []
        for head in range(module.num_heads):
            columns = slice(head * width, (head + 1) * width)
            scores = query[:, columns] @ key[:, columns].T / width**0.5
            scores[queries, keys] = -torch.inf
            heads.append(scores.softmax(-1) @ value[:, columns])
        return module.out_proj(torch.cat(heads, -1))[None], None

    attention.register_forward_hook(attend)


def states_patched(model, layer, frames, rows):
    """A layer's input is what the layer before it gives."""

    def patch(_, inputs, output):
        states = output[0].clone()
        states[0, frames] = torch.tensor(rows)
        return states, None

    model.encoder.layers[layer - 1].register_forward_hook(patch)


def rows_of(loaded, num_rows=10) -> np.ndarray:
    size = (num_rows, loaded.encoder.config.hidden_size)
    return np.random.default_rng(1).normal(size=size).astype(np.float32)


def cases(loaded):
    """Every kind of change inside layers, and what changes a copy of the encoder so."""
    last = loaded.encoder.config.num_hidden_layers - 1
    middle, head = last // 2 + 1, loaded.encoder.config.num_attention_heads - 1
    rows = rows_of(loaded)

    def cut_everywhere(model):
        for layer in range(last + 1):
            attention_cut(model, layer, IN_A, IN_B)

    def several(model):
        head_off(model, middle, head)
        head_at_its_mean(model, middle, 0)
        feed_forward_off(model, last)
        attention_cut(model, 0, IN_A, IN_B)

    patch = StatesPatched(middle, *A, PatchSource("random", 0.0)).with_rows(rows)
    return {
        "head off": ([HeadOff(middle, head)], lambda model: head_off(model, middle, head)),
        "first head of all": ([HeadOff(0, 0)], lambda model: head_off(model, 0, 0)),
        "head at its mean": (
            [HeadOff(last, head, "mean")],
            lambda model: head_at_its_mean(model, last, head),
        ),
        "feed-forward off": ([FeedForwardOff(middle)], lambda model: feed_forward_off(model, middle)),
        "attention cut": (
            [AttentionCut(A, B, middle)],
            lambda model: attention_cut(model, middle, IN_A, IN_B),
        ),
        "attention cut everywhere": ([AttentionCut(A, B)], cut_everywhere),
        "states patched": ([patch], lambda model: states_patched(model, middle, IN_A, rows)),
        "several": (
            [HeadOff(middle, head), HeadOff(middle, 0, "mean"), FeedForwardOff(last), AttentionCut(A, B, 0)],
            several,
        ),
    }


def whole_pass(loaded, waveform, edit=lambda model: None, **arguments) -> tuple[torch.Tensor, ...]:
    """Hidden states of a whole pass by a copy of the encoder that is changed by hand."""
    model = deepcopy(loaded.encoder)
    with torch.no_grad():
        edit(model)
        output = model(**model_input(loaded, waveform), output_hidden_states=True, **arguments)
    return output.hidden_states


def without_layer(loaded, waveform, layer) -> list[torch.Tensor]:
    """Hidden states of a model that the layer was taken out of, with its input in place of its output."""

    def take_out(model):
        del model.encoder.layers[layer]

    states = list(whole_pass(loaded, waveform, take_out))
    return [*states[: layer + 1], *states[layer:]]


def masked(loaded, waveform, frames) -> tuple[torch.Tensor, ...]:
    indices = torch.zeros(1, loaded.encoder.num_frames(len(waveform.samples)), dtype=torch.bool)
    indices[0, frames] = True
    return whole_pass(loaded, waveform, mask_time_indices=indices)


def silenced(loaded, waveform, start, end) -> tuple[torch.Tensor, ...]:
    samples = waveform.samples.copy()
    samples[start:end] = 0
    return whole_pass(loaded, Waveform(samples))


def expected(loaded, waveform):
    """For every case its name, its changes, and the hidden states that they have to give."""
    layer = loaded.encoder.config.num_hidden_layers // 2
    yield "layer skipped", [LayerSkipped(layer)], without_layer(loaded, waveform, layer)
    yield "frames masked", [FramesMasked(*A)], masked(loaded, waveform, IN_A)
    yield "stretch silenced", [StretchSilenced(0.2, 0.4)], silenced(loaded, waveform, 3200, 6400)
    for name, (changes, edit) in cases(loaded).items():
        yield name, changes, whole_pass(loaded, waveform, edit)


def assert_as(encoding, loaded, states) -> None:
    """Compare states and logits with the expected ones, within 1e-5 of the largest."""

    def compare(actual, reference):
        reference = reference.numpy()
        assert actual.shape == reference.shape
        assert np.abs(actual - reference).max() <= 1e-5 * np.abs(reference).max()

    states = torch.cat(tuple(states))
    compare(encoding.hidden_states, states)
    with torch.no_grad():
        if loaded.ctc_model is not None:
            compare(encoding.ctc.logits, loaded.ctc_model.lm_head(states[-1]))
        if loaded.keyword_head is not None:
            compare(encoding.classes.logits, loaded.keyword_head(states))
