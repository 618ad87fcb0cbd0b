"""A Python script that makes the same figures and numbers again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubert_demo import __version__
from hubert_demo.export.changes import changing_lines, needs_patches
from hubert_demo.export.choices import Choices

if TYPE_CHECKING:
    from hubert_demo.api import Analysis


def script(analysis: Analysis, choices: Choices) -> str:
    """A Python script that makes the same figures and numbers again from `recording.wav`.

    The maps of the layers it draws from the points in `numbers/layer_maps.npz`.

    Raises:
        InputError: If a choice does not fit the recording.
    """
    chosen = choices.resolved(analysis)
    arguments = "".join(f"    {name}={value!r},\n" for name, value in chosen.as_json().items())
    return _SCRIPT.format(
        version=__version__,
        checkpoint=analysis.encoding.checkpoint,
        choices=arguments,
        changing=changing_lines(analysis.changes),
        patches=", restore_patches" if needs_patches(analysis.changes) else "",
        counting=how_python_counts(chosen),
        **chosen.as_json(),
    )


def how_python_counts(chosen: Choices) -> str:
    """A sentence on how to find the page's attention layer and head in files and from Python.

    Args:
        chosen: Resolved choices.
    """
    layer, head = chosen.attention_layer, chosen.head
    assert layer is not None
    return (
        f"Python counts from 0: layer {layer + 1}, head {head + 1} on the page "
        f"is attention_layer={layer}, head={head}."
    )


_SCRIPT = '''\
"""Reproduces what HuBERT Explorer {version} showed of one recording: `python reproduce.py`."""

from pathlib import Path

import hubert_demo
from hubert_demo.export import Choices, restore_maps{patches}, write_folder

here = Path(__file__).parent
MAPS = "numbers/layer_maps.npz"
# The zip ("Download all (zip)" on the page) contains recording.wav; you can also give a file of your own.
analysis = hubert_demo.analyze(here / "recording.wav", checkpoint={checkpoint!r})
{changing}
# {counting}
# `layer` is the layer on the map: 0 is the input of the first one, as on the page.
choices = Choices(
{choices})

# UMAP makes the same map only on the same machine with the same number of threads, so this one is
# redrawn from its saved points. Delete these two lines for a file of your own.
if (here / MAPS).exists():
    restore_maps(analysis, choices, here / MAPS)

print(analysis.transcript.text)
print(analysis.transcript_greedy.text, "(greedy)")
print(analysis.projections(choices.projection).points[{layer}].shape, "points of layer {layer}")
print(analysis.attention({attention_layer}, {head}).shape, "map of layer {attention_layer}, head {head}")
write_folder(analysis, choices, here / "again")
'''
