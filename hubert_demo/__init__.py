"""HuBERT Explorer: see what a speech model hears, layer by layer.

`analyze` gives everything about one recording; `hubert_demo.model` is HuBERT itself. Importing this package
is cheap: torch is only loaded when one of these is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from hubert_demo.errors import CheckpointError, ConfigError, HubertDemoError, InputError

if TYPE_CHECKING:
    from hubert_demo.api import Analysis, analyze
    from hubert_demo.audio import Waveform

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "CheckpointError",
    "ConfigError",
    "HubertDemoError",
    "InputError",
    "Waveform",
    "analyze",
]

_LAZY = {"Analysis": "hubert_demo.api", "Waveform": "hubert_demo.audio", "analyze": "hubert_demo.api"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
