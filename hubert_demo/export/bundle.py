"""Everything about one recording in a folder or a zip, with the settings and a script that makes it again."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import soundfile

from hubert_demo import __version__
from hubert_demo.api import Analysis
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.errors import InputError
from hubert_demo.export.choices import Choices
from hubert_demo.export.numbers import NUMBERS, Columns
from hubert_demo.export.pictures import PICTURES
from hubert_demo.export.texts import TEXTS
from hubert_demo.plotting.style import rendered

PICTURE_FORMATS = ("png", "svg")
NUMBER_FORMATS = ("csv", "npz")

Kind = TypeVar("Kind")


def picture(analysis: Analysis, name: str, file_format: str, choices: Choices) -> bytes:
    """One figure as a file.

    Args:
        analysis: The recording.
        name: Key of `PICTURES`.
        file_format: `"png"` or `"svg"`.
        choices: What to show.

    Raises:
        InputError: If there is no such figure or format, or the recording does not have what it shows.
    """
    draw = _known(PICTURES, name, "figure").make
    if file_format not in PICTURE_FORMATS:
        raise InputError(f"Format {file_format!r} is unknown; choose {' or '.join(PICTURE_FORMATS)}.")
    return rendered(draw(analysis, choices.of(analysis)), file_format)


def numbers(analysis: Analysis, name: str, file_format: str, choices: Choices) -> bytes:
    """One table as a file.

    Args:
        analysis: The recording.
        name: Key of `NUMBERS`.
        file_format: `"npz"`, or `"csv"` where every column has one value a row.
        choices: What to show.

    Raises:
        InputError: If there is no such table, not in this format, or the recording does not have it.
    """
    table = _known(NUMBERS, name, "table")
    if file_format not in NUMBER_FORMATS or (file_format == "csv" and not table.is_table):
        raise InputError(f"{name} cannot be had as {file_format!r}; choose csv for tables, or npz.")
    columns = table.make(analysis, choices.of(analysis))
    return as_csv(columns) if file_format == "csv" else _as_npz(columns)


def write_folder(analysis: Analysis, choices: Choices, directory: Path) -> None:
    """Write every file of the bundle into a folder, which is made if need be.

    Raises:
        InputError: If a choice does not fit the recording.
        OSError: If the folder cannot be written.
    """
    for name, content in _files(analysis, choices):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_zip(analysis: Analysis, choices: Choices, path: Path) -> None:
    """Write the same files into one zip.

    Raises:
        InputError: If a choice does not fit the recording.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(analysis, choices):
            archive.writestr(name, content)


def script(analysis: Analysis, choices: Choices) -> str:
    """A Python script that makes the same figures and numbers again from `recording.wav`."""
    chosen = choices.of(analysis)
    given = "".join(f"    {name}={value!r},\n" for name, value in chosen.as_json().items())
    return _SCRIPT.format(
        version=__version__,
        checkpoint=analysis.encoding.checkpoint,
        choices=given,
        counting=_counting(chosen),
        layer=chosen.layer,
        attention_layer=chosen.attention_layer,
        head=chosen.head,
    )


_SCRIPT = '''\
"""What HuBERT Explorer {version} showed of one recording, made again: `python reproduce.py`."""

from pathlib import Path

import hubert_demo
from hubert_demo.export import Choices, write_folder

here = Path(__file__).parent
# The zip ("All of it, as a zip" on the page) holds recording.wav; or give a file of your own.
analysis = hubert_demo.analyze(here / "recording.wav", checkpoint={checkpoint!r})

# {counting}
# `layer` is the layer on the map: 0 is the input of the first one, as on the page.
choices = Choices(
{choices})

print(analysis.transcript.text)
print(analysis.projections(choices.projection).points[{layer}].shape, "points of layer {layer}")
print(analysis.attention({attention_layer}, {head}).shape, "map of layer {attention_layer}, head {head}")
write_folder(analysis, choices, here / "again")
'''


def _counting(chosen: Choices) -> str:
    """How to find the page's attention layer and head in what is taken away."""
    layer, head = chosen.attention_layer, chosen.head
    assert layer is not None
    return (
        f"Python counts from 0: the page's layer {layer + 1}, head {head + 1} "
        f"is attention_layer={layer}, head={head}."
    )


def _files(analysis: Analysis, choices: Choices) -> Iterator[tuple[str, bytes]]:
    """Names and contents, the settings last: they say what had to be left out, and why."""
    chosen = choices.of(analysis)
    left_out: dict[str, str] = {}
    yield "recording.wav", _wave(analysis)
    for kind in TEXTS.values():
        yield f"transcript.{kind.suffix}", kind.make(analysis).encode()
    for name, make in _drawings_and_tables(analysis, chosen).items():
        try:
            content = make()
        except InputError as error:
            left_out[name] = str(error)
        else:
            yield name, content
    yield "reproduce.py", script(analysis, chosen).encode()
    settings = {
        "hubert_explorer": __version__,
        "checkpoint": analysis.encoding.checkpoint,
        "duration_s": analysis.encoding.waveform.duration_s,
        "changes": list(analysis.encoding.waveform.notes),
        "choices": chosen.as_json(),
        "note": f"{_counting(chosen)} Of hidden states, 0 is the input of the first layer, as on the page.",
        "left_out": left_out,
    }
    yield "settings.json", (json.dumps(settings, indent=2) + "\n").encode()


def _drawings_and_tables(analysis: Analysis, choices: Choices) -> dict[str, Callable[[], bytes]]:
    """What makes each file, by its name in the bundle."""
    files: dict[str, Callable[[], bytes]] = {}
    for name in PICTURES:
        for file_format in PICTURE_FORMATS:
            files[f"figures/{name}.{file_format}"] = partial(picture, analysis, name, file_format, choices)
    for name, table in NUMBERS.items():
        file_format = "csv" if table.is_table else "npz"
        files[f"numbers/{name}.{file_format}"] = partial(numbers, analysis, name, file_format, choices)
    return files


def as_csv(columns: Columns) -> bytes:
    """Columns with a heading each, in UTF-8."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))
    return stream.getvalue().encode()


def _as_npz(columns: Columns) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(
        stream, allow_pickle=False, **{name: _plain(array) for name, array in columns.items()}
    )
    return stream.getvalue()


def _plain(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Without objects: text of fixed width, as `np.load` reads it without pickle."""
    return array.astype(str) if array.dtype == object else array


def _wave(analysis: Analysis) -> bytes:
    stream = io.BytesIO()
    samples = analysis.encoding.waveform.samples
    soundfile.write(stream, samples, SAMPLE_RATE_HZ, format="WAV", subtype="FLOAT")
    return stream.getvalue()


def _known(kinds: Mapping[str, Kind], name: str, what: str) -> Kind:
    if name not in kinds:
        raise InputError(f"There is no {what} {name[:30]!r}; choose one of {', '.join(kinds)}.")
    return kinds[name]
