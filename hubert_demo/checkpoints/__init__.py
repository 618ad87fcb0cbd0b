"""The registry of checkpoints, loading one with everything that belongs to it, and what is loaded."""

from hubert_demo.checkpoints.loading import (
    COMMANDS,
    LoadedCheckpoint,
    examine,
    fetch,
    is_here,
    load,
)
from hubert_demo.checkpoints.specs import (
    ASSETS_DIR,
    CHECKPOINTS,
    DEFAULT_CHECKPOINT,
    PRETRAINED_CHECKPOINT,
    CheckpointSpec,
    HubRepository,
    offer,
    on_hub,
    registry,
    resolve,
)
from hubert_demo.checkpoints.store import STORE, ZERO_GPU_VARIABLE, CheckpointStore, load_checkpoint
from hubert_demo.model.sound_scores import SoundScores

__all__ = [
    "ASSETS_DIR",
    "CHECKPOINTS",
    "COMMANDS",
    "DEFAULT_CHECKPOINT",
    "PRETRAINED_CHECKPOINT",
    "STORE",
    "ZERO_GPU_VARIABLE",
    "CheckpointSpec",
    "CheckpointStore",
    "HubRepository",
    "LoadedCheckpoint",
    "SoundScores",
    "examine",
    "fetch",
    "is_here",
    "load",
    "load_checkpoint",
    "offer",
    "on_hub",
    "registry",
    "resolve",
]
