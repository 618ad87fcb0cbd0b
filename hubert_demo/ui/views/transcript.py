"""What the model wrote down, word by word."""

from hubert_demo.analysis.ctc import Word
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, View


def payload(analysis: Analysis) -> Json:
    """The words with their times and confidence."""
    return {"words": [_as_json(word) for word in analysis.transcript.words]}


def _as_json(word: Word) -> Json:
    # Vocabularies of capitals only are a convention, and shouting to read.
    text = word.text.lower() if word.text.isupper() else word.text
    return {"text": text, "start_s": word.start_s, "end_s": word.end_s, "confidence": word.confidence}


VIEW = View(
    name="transcript",
    title="Transcript",
    what="What the model wrote down.",
    hint="Shaded words are the ones it was unsure about. Click a word to hear it.",
    payload=payload,
)
