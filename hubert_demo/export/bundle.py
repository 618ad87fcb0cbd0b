"""Everything about one recording in a folder or a zip, with the settings and a script that makes it again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hubert_demo import __version__
from hubert_demo.analysis.transcript.confidence import meaning
from hubert_demo.changes import to_dict
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.export.changes import PATCHED_STATES, needs_patches, patched_states
from hubert_demo.export.choices import Choices
from hubert_demo.export.exhibits import Exhibit
from hubert_demo.export.files import file_content
from hubert_demo.export.registry import EXHIBITS
from hubert_demo.export.script import how_python_counts, script
from hubert_demo.export.sound import as_wav
from hubert_demo.export.texts import TEXTS

if TYPE_CHECKING:
    from hubert_demo.api import Analysis

_MAPS_ARE_KEPT = (
    "UMAP makes the same map only on the same machine with the same number of threads, so reproduce.py "
    "redraws this one from its saved points (numbers/layer_maps.npz)."
)


def write_folder(
    analysis: Analysis,
    choices: Choices,
    directory: str | Path,
    exhibits: Mapping[str, Exhibit] = EXHIBITS,
) -> None:
    """Write every file of the bundle into a folder, which is created if needed.

    Args:
        analysis: The recording.
        choices: What to show.
        directory: Where to write.
        exhibits: The figures and tables to write.

    Raises:
        InputError: If a choice does not fit the recording.
        OSError: If the folder cannot be written.
    """
    for name, content in _files(analysis, choices, exhibits):
        path = Path(directory) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_zip(
    analysis: Analysis, choices: Choices, path: Path, exhibits: Mapping[str, Exhibit] = EXHIBITS
) -> None:
    """Write the same files into one zip; arguments as for `write_folder`.

    Raises:
        InputError: If a choice does not fit the recording.
    """
    for _ in zip_steps(analysis, choices, path, exhibits):
        pass


def zip_steps(
    analysis: Analysis, choices: Choices, path: Path, exhibits: Mapping[str, Exhibit] = EXHIBITS
) -> Iterator[None]:
    """Write the same zip in steps, a file each, so that others may compute meanwhile; else as `write_zip`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(analysis, choices, exhibits):
            archive.writestr(name, content)
            yield


def _files(
    analysis: Analysis, choices: Choices, exhibits: Mapping[str, Exhibit]
) -> Iterator[tuple[str, bytes]]:
    """Names and contents, the settings last: they say what had to be left out, and why."""
    chosen = choices.resolved(analysis)
    left_out = {
        f"{folder}/{name}.{file_format}": reason
        for folder, name, file_format in _places(exhibits.values())
        if (reason := exhibits[name].why_not(analysis))
    }
    # What the script begins with: sound that was silenced is silenced there again.
    yield "recording.wav", as_wav((analysis.before or analysis).encoding.waveform, "FLOAT")
    for text in TEXTS.values():
        yield f"transcript.{text.suffix}", text.make(analysis).encode()
        if text.write_both is None:
            greedy = text.make(analysis, analysis.transcript_greedy)
            yield f"transcript_greedy.{text.suffix}", greedy.encode()
    for folder, name, file_format in _places([each for each in exhibits.values() if each.is_of(analysis)]):
        path = f"{folder}/{name}.{file_format}"
        try:
            content = file_content(analysis, name, file_format, chosen, exhibits)
        # Some of a checkpoint's files are read only when they are needed, and may turn out to be damaged.
        except (InputError, CheckpointError) as error:
            left_out[path] = str(error)
        else:
            yield path, content
    if needs_patches(analysis.changes):
        yield PATCHED_STATES, patched_states(analysis.changes)
    yield "reproduce.py", script(analysis, chosen).encode()
    settings = {
        "hubert_explorer": __version__,
        "checkpoint": analysis.encoding.checkpoint,
        "sources": analysis.source_names,
        "duration_s": analysis.encoding.waveform.duration_s,
        "notes": list(analysis.encoding.notes),
        "changes": [to_dict(change) for change in analysis.changes],
        "choices": chosen.as_json(),
        "confidence": meaning(analysis.ctc, analysis.has_language_model),
        "note": f"{how_python_counts(chosen)} "
        f"For hidden states, 0 is the input of the first layer, as on the page. {_MAPS_ARE_KEPT}",
        "left_out": left_out,
    }
    yield "settings.json", (json.dumps(settings, indent=2) + "\n").encode()


def _places(exhibits: Collection[Exhibit]) -> Iterator[tuple[str, str, str]]:
    """Folder, name and format of each file: figures in all formats, numbers in the first one they have."""
    for exhibit in exhibits:
        yield from (("figures", exhibit.name, file_format) for file_format in exhibit.figure_formats)
    for exhibit in exhibits:
        yield from (("numbers", exhibit.name, file_format) for file_format in exhibit.table_formats[:1])
    for exhibit in exhibits:
        yield from (("sound", exhibit.name, file_format) for file_format in exhibit.sound_formats)
