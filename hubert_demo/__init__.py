"""HuBERT Explorer: see what a speech model hears, layer by layer.

`analyze` gives everything about one recording; `hubert_demo.model` is HuBERT itself. Importing this package
is cheap: torch is only loaded when one of these is first used.
"""

from typing import TYPE_CHECKING

from hubert_demo.errors import CheckpointError, ConfigError, HubertDemoError, InputError
from hubert_demo.lazy import hand_out

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

__getattr__ = hand_out(__name__, {"Analysis": "api", "Waveform": "audio", "analyze": "api"})
