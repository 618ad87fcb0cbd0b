"""What both halves of the page say alike: `Facts` in `static/core/types.d.ts`."""

from collections.abc import Iterable

from hubert_demo import __version__
from hubert_demo.analysis.layers.colouring import COLOURINGS
from hubert_demo.analysis.layers.projection import MAX_NEIGHBOURS, MAX_SEED, METHODS, METRICS, MIN_NEIGHBOURS
from hubert_demo.analysis.layers.units import MAX_UNITS, MIN_UNITS
from hubert_demo.analysis.transcript.alignment import MAX_REFERENCE
from hubert_demo.analysis.transcript.beam import MAX_HOTWORDS_TEXT
from hubert_demo.audio import MAX_DURATION_S
from hubert_demo.export import Choices
from hubert_demo.inference import READ_OUTS
from hubert_demo.ui.examples import Example
from hubert_demo.ui.front_door import HTTP_TOO_LARGE, MAX_UPLOAD_MB, TOO_LARGE_UPLOAD
from hubert_demo.ui.glossary import read_glossary
from hubert_demo.ui.janitor import HTTP_NO_ROOM
from hubert_demo.ui.lessons import Lesson, overview
from hubert_demo.ui.models import Models
from hubert_demo.ui.views.base import NO_ROOM, Json


def facts(examples: Iterable[Example], models: Models, lessons: Iterable[Lesson]) -> Json:
    """What the browser is told with the page itself.

    Args:
        examples: The recordings to pick from, in the order of the page.
        models: The checkpoints to choose from.
        lessons: What a class may go through.
    """
    return {
        "max_upload_mb": MAX_UPLOAD_MB,
        "max_duration_s": MAX_DURATION_S,
        # What an upload was refused for, by the status that says so: Gradio shows neither.
        "refusals": {HTTP_NO_ROOM: NO_ROOM, HTTP_TOO_LARGE: TOO_LARGE_UPLOAD},
        "max_reference": MAX_REFERENCE,
        "max_hotwords": MAX_HOTWORDS_TEXT,
        # What an address may name, and what is on show where it names nothing.
        "examples": [example.path.name for example in examples],
        "checkpoints": [spec.name for spec in models.offered],
        "checkpoint": models.default.name,
        "any_model": models.any_model,
        "choices": Choices().as_json(),
        "colours": COLOURINGS,
        "methods": METHODS,
        "metrics": METRICS,
        "neighbours": [MIN_NEIGHBOURS, MAX_NEIGHBOURS],
        "max_seed": MAX_SEED,
        "units": [MIN_UNITS, MAX_UNITS],
        "read_outs": READ_OUTS,
        "lessons": [overview(lesson) for lesson in lessons],
        "glossary": read_glossary(),
        "version": __version__,
    }
