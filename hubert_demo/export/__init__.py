"""An analysis as files to download: texts, numbers, figures, and all of it in a zip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubert_demo.deprecation import warn_renamed
from hubert_demo.export.bundle import write_folder, write_zip, zip_steps
from hubert_demo.export.changes import restore_patches
from hubert_demo.export.choices import Choices
from hubert_demo.export.exhibits import Exhibit
from hubert_demo.export.files import file_content
from hubert_demo.export.layers import restore_maps
from hubert_demo.export.registry import EXHIBITS
from hubert_demo.export.script import script

if TYPE_CHECKING:
    from hubert_demo.api import Analysis

__all__ = [
    "EXHIBITS",
    "Choices",
    "Exhibit",
    "file_content",
    "restore_maps",
    "restore_patches",
    "script",
    "write_folder",
    "write_zip",
    "zip_steps",
]

# What figures were called while their tables had names of their own.
_OLD_FIGURES = {
    "emissions_map": "emissions",
    "keyword_strip": "keywords",
    "map_of_layer": "layer_map",
    "all_layers": "layer_maps",
    "layer_curves": "layers",
    "attention_map": "attention",
    "all_heads": "heads",
}


def _picture(analysis: Analysis, name: str, file_format: str, choices: Choices) -> bytes:
    return file_content(analysis, _OLD_FIGURES.get(name, name), file_format, choices)


_RENAMED: dict[str, tuple[str, object]] = {
    "picture": ("file_content", _picture),
    "numbers": ("file_content", file_content),
    "PICTURES": ("EXHIBITS", {name: each for name, each in EXHIBITS.items() if each.draw}),
    "NUMBERS": ("EXHIBITS", {name: each for name, each in EXHIBITS.items() if each.tabulate}),
}


def __getattr__(name: str) -> object:
    """Names from before figures and tables were one list."""
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new_name, value = _RENAMED[name]
    warn_renamed(f"export.{name}", f"export.{new_name}")
    return value
