"""The registry of checkpoints, loading one with everything that belongs to it, and what is loaded.

Names are handed out lazily: the registry needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubert_demo.checkpoints.loading import (
        LoadedCheckpoint,
        fetch,
        is_here,
        load,
    )
    from hubert_demo.checkpoints.specs import (
        ASSETS_DIR,
        CHECKPOINTS,
        DEFAULT_CHECKPOINT,
        LANGUAGE_MODEL_NAME,
        PRETRAINED_CHECKPOINT,
        CheckpointSpec,
        HubRepository,
        offer,
        registry,
        resolve,
    )
    from hubert_demo.checkpoints.store import (
        MAX_LOADED_BYTES,
        STORE,
        ZERO_GPU_VARIABLE,
        CheckpointStore,
        Companions,
        available_device,
        load_checkpoint,
    )

__all__ = [
    "ASSETS_DIR",
    "CHECKPOINTS",
    "DEFAULT_CHECKPOINT",
    "LANGUAGE_MODEL_NAME",
    "MAX_LOADED_BYTES",
    "PRETRAINED_CHECKPOINT",
    "STORE",
    "ZERO_GPU_VARIABLE",
    "CheckpointSpec",
    "CheckpointStore",
    "Companions",
    "HubRepository",
    "LoadedCheckpoint",
    "available_device",
    "fetch",
    "is_here",
    "load",
    "load_checkpoint",
    "offer",
    "registry",
    "resolve",
]

_HOMES = {
    "ASSETS_DIR": "specs",
    "CHECKPOINTS": "specs",
    "CheckpointSpec": "specs",
    "DEFAULT_CHECKPOINT": "specs",
    "HubRepository": "specs",
    "LANGUAGE_MODEL_NAME": "specs",
    "PRETRAINED_CHECKPOINT": "specs",
    "offer": "specs",
    "registry": "specs",
    "resolve": "specs",
    "LoadedCheckpoint": "loading",
    "fetch": "loading",
    "is_here": "loading",
    "load": "loading",
    "MAX_LOADED_BYTES": "store",
    "STORE": "store",
    "ZERO_GPU_VARIABLE": "store",
    "CheckpointStore": "store",
    "Companions": "store",
    "available_device": "store",
    "load_checkpoint": "store",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
