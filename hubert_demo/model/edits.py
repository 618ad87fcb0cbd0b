"""What changes ask of each layer, in torch: from the values of `hubert_demo.changes` to `LayerEdit`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hubert_demo.changes import (
    AttentionCut,
    Change,
    FeedForwardOff,
    HeadOff,
    LayerSkipped,
    StatesPatched,
)
from hubert_demo.errors import InputError, no_such
from hubert_demo.model.config import HubertConfig

Edit = Callable[[Tensor], Tensor]
Frames = Callable[[float, float], slice]


@dataclass(frozen=True, eq=False)
class LayerEdit:
    """What is done differently in one layer.

    Attributes:
        states: Gives what replaces the layer's input, (batch, frames, hidden) to the same shape; None where
            it stays. Behind the last layer, of its output.
        joined_heads: The same of the heads' outputs side by side, before `out_proj`. It may give a larger
            batch from a batch of one: variants, which go on side by side.
        may_attend: Boolean (frames, frames), false where a query frame, the row, cannot attend to a key
            frame; None where nothing is cut.
        is_skipped: Whether the layer hands on its input.
        has_feed_forward: Whether the feed-forward adds what it computes.
    """

    states: Edit | None = None
    joined_heads: Edit | None = None
    may_attend: Tensor | None = None
    is_skipped: bool = False
    has_feed_forward: bool = True


def edits_of(
    changes: Iterable[Change],
    config: HubertConfig,
    frames_between: Frames,
    num_frames: int,
    device: torch.device,
) -> dict[int, LayerEdit]:
    """What changes ask of each layer; those of sound and of frames before the first layer ask nothing of any.

    Args:
        changes: Put together, see `hubert_demo.changes.composed`.
        config: Of the model.
        frames_between: Gives the frames of a stretch of seconds.
        num_frames: Of the recording.
        device: Where the model is.

    Returns:
        By layer, the number of layers for what comes behind the last one; nothing for layers that stay as
        they are.

    Raises:
        InputError: If the model has no such layer or head, a frame is left with nothing to attend to, or
            states to patch in are missing, too many or of another width.
    """
    given = list(changes)
    num_layers = config.num_hidden_layers
    for change in given:
        _require_fit(change, config)
    edits = {}
    for layer in range(num_layers + 1):
        here = [each for each in given if getattr(each, "layer", None) == layer]
        cuts = [each for each in given if isinstance(each, AttentionCut) and each.layer in (None, layer)]
        if layer < num_layers and (here or cuts):
            edits[layer] = LayerEdit(
                states=_patched(here, config, frames_between, num_frames, device),
                joined_heads=_heads_off(here, config),
                may_attend=_may_attend(cuts, frames_between, num_frames, device),
                is_skipped=any(isinstance(each, LayerSkipped) for each in here),
                has_feed_forward=not any(isinstance(each, FeedForwardOff) for each in here),
            )
        elif here:
            edits[layer] = LayerEdit(_patched(here, config, frames_between, num_frames, device))
    return edits


def _require_fit(change: Change, config: HubertConfig) -> None:
    num_layers = config.num_hidden_layers
    layer = getattr(change, "layer", None)
    count = num_layers + 1 if isinstance(change, StatesPatched) else num_layers
    if layer is not None and layer >= count:
        raise no_such("Layer", layer, count)
    if isinstance(change, HeadOff) and change.head >= config.num_attention_heads:
        raise no_such("Head", change.head, config.num_attention_heads)


def heads_off(zero: Sequence[int], mean: Sequence[int], head_dim: int) -> Edit:
    """An edit of joined heads: some give zero, some their mean over all frames."""

    def edit(joined: Tensor) -> Tensor:
        changed = joined.clone()
        # (batch, frames, heads, head_dim), the same memory.
        split = changed.view(*changed.shape[:2], -1, head_dim)
        split[:, :, list(zero)] = 0
        chosen = list(mean)
        split[:, :, chosen] = split[:, :, chosen].mean(1, keepdim=True)
        return changed

    return edit


def _heads_off(changes: Sequence[Change], config: HubertConfig) -> Edit | None:
    by: dict[str, list[int]] = {"zero": [], "mean": []}
    for change in changes:
        if isinstance(change, HeadOff):
            by[change.by].append(change.head)
    if not any(by.values()):
        return None
    return heads_off(by["zero"], by["mean"], config.hidden_size // config.num_attention_heads)


def _may_attend(
    cuts: Sequence[AttentionCut], frames_between: Frames, num_frames: int, device: torch.device
) -> Tensor | None:
    if not cuts:
        return None
    allowed = torch.ones(num_frames, num_frames, dtype=torch.bool)
    for cut in cuts:
        queries, keys = (
            None if each is None else _is_among(frames_between(*each), num_frames)
            for each in (cut.queries, cut.keys)
        )
        if queries is None:
            assert keys is not None
            queries = ~keys
        elif keys is None:
            keys = ~queries
        allowed &= ~(queries[:, None] & keys)
    lonely = (~allowed.any(1)).nonzero()
    if len(lonely):
        raise InputError(_who_is_lonely(lonely.flatten().tolist(), num_frames))
    return allowed.to(device)


def _is_among(frames: slice, num_frames: int) -> Tensor:
    among = torch.zeros(num_frames, dtype=torch.bool)
    among[frames] = True
    return among


def _patched(
    changes: Sequence[Change],
    config: HubertConfig,
    frames_between: Frames,
    num_frames: int,
    device: torch.device,
) -> Edit | None:
    patches = [
        _placed(each, config, frames_between, num_frames)
        for each in changes
        if isinstance(each, StatesPatched)
    ]
    if not patches:
        return None

    def edit(states: Tensor) -> Tensor:
        patched = states.clone()
        for start, rows in patches:
            patched[:, start : start + len(rows)] = rows.to(device, states.dtype)
        return patched

    return edit


def _placed(
    patch: StatesPatched, config: HubertConfig, frames_between: Frames, num_frames: int
) -> tuple[int, Tensor]:
    """Where a patch begins, and its states."""
    rows = torch.tensor(patch.require_rows())
    if rows.shape[1] != config.hidden_size:
        raise InputError(
            f"The states to patch in are {rows.shape[1]} wide; those of this checkpoint are "
            f"{config.hidden_size}. Take them from a checkpoint of the same size."
        )
    start = frames_between(patch.start_s, patch.end_s).start
    if start + len(rows) > num_frames:
        raise InputError(
            f"{len(rows)} frames from {patch.start_s:g} s on reach beyond the recording's end. Patch them in "
            "earlier, or take a shorter stretch."
        )
    return start, rows


def _who_is_lonely(frames: Sequence[int], num_frames: int) -> str:
    who = f"{len(frames)} of {num_frames} frames, the first of them frame {frames[0]},"
    if len(frames) == 1:
        who = f"Frame {frames[0]}"
    if len(frames) == num_frames:
        who = "All frames"
    return f"{who} would have nothing left to attend to. Cut attention to a shorter stretch."
