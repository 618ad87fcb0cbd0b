"""What can be changed inside a model, as small values that can be written down, sent and put together."""

from hubert_demo.changes.patches import PatchedRows, PatchSource, StatesPatched
from hubert_demo.changes.texts import (
    composed,
    describe,
    from_dict,
    from_text,
    text_of,
    to_dict,
)
from hubert_demo.changes.values import (
    AttentionCut,
    Change,
    FeedForwardOff,
    FramesMasked,
    HeadOff,
    LayerSkipped,
    StretchSilenced,
)

__all__ = [
    "AttentionCut",
    "Change",
    "FeedForwardOff",
    "FramesMasked",
    "HeadOff",
    "LayerSkipped",
    "PatchSource",
    "PatchedRows",
    "StatesPatched",
    "StretchSilenced",
    "composed",
    "describe",
    "from_dict",
    "from_text",
    "text_of",
    "to_dict",
]
