"""What the endpoint `analyze` answers: both readings of a recording, commands or labels, and by whom."""

from typing import TypedDict, cast

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import plain


class RecognisedWord(TypedDict):
    """One word: times in seconds, confidence of 0 to 1."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class RecognisedKeyword(TypedDict):
    """The strongest keyword class, all probabilities, and the stretch of the recording they are about.

    `is_heard`: whether the class is a command (not "_unknown_", not "_silence_") and its probability reaches
    the `threshold` from which this checkpoint counts one as heard.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    start_s: float
    end_s: float
    is_heard: bool
    threshold: float


class HeardCommand(TypedDict):
    """A command that was heard, and where most clearly."""

    label: str
    probability: float
    start_s: float
    end_s: float


class RecognisedKeywords(TypedDict):
    """`heard`: the commands that reach the `threshold`, in order of time; empty where there was none."""

    heard: list[HeardCommand]
    threshold: float


class ScoresOverTime(TypedDict):
    """A classifier's scores in one-second windows: their centres, and the scores of each label."""

    times_s: list[float]
    scores: dict[str, list[float]]


class RecognisedClasses(TypedDict):
    """What a classifier of something other than commands says of the whole recording, and over time.

    `scores`: probabilities where `problem` is "single_label_classification" (they sum to one, and `label` is
    the most probable) or "multi_label_classification" (each for itself); numbers where it is "regression".
    """

    problem: str
    label: str | None
    scores: dict[str, float]
    over_time: ScoresOverTime


class Recognition(TypedDict):
    """What `analyze` answers.

    `transcript`: the best reading, helped by a language model where the model has one; `words` are its words.
    `transcript_greedy`: the likeliest letter of every moment; `words_greedy` are its words.
    `keywords`: every command that was heard. `keyword`: the clearest one, heard or not.
    `classification`: what the model's own classifier says, where its classes are not the commands.
    `sources`: the model that each part comes from; another one lends what the chosen one was not trained for.
    """

    transcript: str
    words: list[RecognisedWord]
    transcript_greedy: str
    words_greedy: list[RecognisedWord]
    keywords: RecognisedKeywords | None
    keyword: RecognisedKeyword | None
    classification: RecognisedClasses | None
    sources: dict[str, str | None]


def recognition(best: Transcript, analysis: Analysis) -> Recognition:
    """The answer.

    Args:
        best: The best reading.
        analysis: All else.
    """
    greedy, keywords, classes = analysis.transcript_greedy, analysis.keywords, analysis.classification
    return {
        "transcript": best.text,
        "words": _words(best),
        "transcript_greedy": greedy.text,
        "words_greedy": _words(greedy),
        "keywords": None if keywords is None else _keywords(keywords),
        "keyword": None if keywords is None else _keyword(keywords),
        "classification": None if classes is None else cast(RecognisedClasses, classes.as_json()),
        "sources": analysis.source_names,
    }


def _words(transcript: Transcript) -> list[RecognisedWord]:
    return [cast(RecognisedWord, plain(word)) for word in transcript.words]


def _keywords(found: Keywords) -> RecognisedKeywords:
    heard = [cast(HeardCommand, plain(command)) for command in found.heard]
    return {"heard": heard, "threshold": found.threshold}


def _keyword(found: Keywords) -> RecognisedKeyword:
    told = plain(found, "label", "probability", "start_s", "end_s", "is_heard", "threshold")
    probabilities = dict(zip(found.labels, found.probabilities.tolist(), strict=True))
    return cast(RecognisedKeyword, {**told, "probabilities": probabilities})
