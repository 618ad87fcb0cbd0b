"""Attention maps on demand."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hubert_demo.audio import FloatArray
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.inference.changed import edits_in
from hubert_demo.inference.passes import to_numpy
from hubert_demo.model.faults import machine_faults


def attention_map(
    loaded: LoadedCheckpoint,
    encoding: Encoding,
    layer: int,
    heads: Sequence[int] | None = None,
    queries: slice | None = None,
) -> FloatArray:
    """Attention of one layer, recomputed from that layer's input; the encoder does not run again.

    Where attention was cut, it is cut in the map. A head that is off, or in a layer that is skipped, has the
    map that it would have, of which nothing is used.

    Args:
        loaded: The checkpoint that made `encoding`.
        encoding: One recording.
        layer: 0 to `encoding.num_layers - 1`.
        heads: Head indices; all when None.
        queries: Range of the frames that look; all when None.

    Returns:
        float32 `(heads, queries, frames)`; every row sums to one.

    Raises:
        InputError: If there is no such layer or head.
        MachineError: If the machine's memory or its graphics card fails.
    """
    with machine_faults(f"Attention in {loaded.spec.title}"), torch.inference_mode():
        # A slice: of a layer that does not exist it is empty, and the encoder says so.
        layer_input = torch.tensor(encoding.hidden_states[layer : layer + 1], device=loaded.encoder.device)
        edit = edits_in(loaded, encoding, encoding.changes).get(layer)
        may_attend = None if edit is None else edit.may_attend
        maps = loaded.encoder.attention_maps(layer_input, layer, heads, queries, may_attend=may_attend)[0]
    return to_numpy(maps)
