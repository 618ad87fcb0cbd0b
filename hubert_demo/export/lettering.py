"""Words for people to read, as the page shows them: small letters where a vocabulary has only capitals."""

from collections.abc import Callable

from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis


def lettering(analysis: Analysis) -> Callable[[str], str]:
    """What turns a text in the vocabulary of a recording's transcript into one to read."""
    return reading_case(analysis.ctc.vocabulary)


def readable(analysis: Analysis, transcript: Transcript) -> Transcript:
    """A transcript of a recording, or a text laid over it, to read."""
    return transcript.in_reading_case(analysis.ctc.vocabulary)
