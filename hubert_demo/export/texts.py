"""A transcript with its times as text: plain, JSON, subtitles, Praat's TextGrid, a table."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hubert_demo.analysis.transcript.ctc import Character, Transcript, Word
from hubert_demo.changes import text_of
from hubert_demo.deprecation import Renamed

if TYPE_CHECKING:
    from hubert_demo.api import Analysis

# A subtitle: one line, no longer pause inside, and long enough on the screen to be read.
MAX_CUE_CHARACTERS = 42
MAX_CUE_PAUSE_S = 0.7
MIN_CUE_S = 1.0

_DIGITS = 4

Pieces = Sequence[Word] | Sequence[Character]


@dataclass(frozen=True)
class TextFormat:
    """A way to write a transcript down.

    Attributes:
        title: What people call it.
        suffix: Of its files, without a dot.
        mime: Media type.
        write: Gives the text, from a transcript, the recording's length in seconds, the name of the
            checkpoint that wrote it, for which some formats have no room; `changes`, by name, is what was
            changed in the model, as a text.
        write_both: The same, with the greedy transcript beside the best one; None where a file has room for
            one only.
    """

    title: str
    suffix: str
    mime: str
    write: Callable[..., str]
    write_both: Callable[..., str] | None = None

    def make(self, analysis: Analysis, transcript: Transcript | None = None) -> str:
        """A transcript in this format; in small letters where the vocabulary has only capitals.

        Args:
            analysis: The recording.
            transcript: What to write, such as a reference laid over the recording; if None the best reading,
                and the greedy one where there is room for both.
        """
        vocabulary, duration_s = analysis.ctc.vocabulary, analysis.encoding.waveform.duration_s
        checkpoint, changes = analysis.ctc_encoding.checkpoint, text_of(analysis.ctc_encoding.changes)
        readable = (analysis.transcript if transcript is None else transcript).in_reading_case(vocabulary)
        if self.write_both is None or transcript is not None:
            return self.write(readable, duration_s, checkpoint, changes=changes)
        greedy = analysis.transcript_greedy.in_reading_case(vocabulary)
        return self.write_both(readable, duration_s, checkpoint, greedy, changes=changes)

    of = Renamed("make")


@dataclass(frozen=True)
class Cue:
    """One subtitle.

    Attributes:
        start_s: When it appears.
        end_s: When it goes.
        text: One line.
    """

    start_s: float
    end_s: float
    text: str


def to_txt(transcript: Transcript, duration_s: float, checkpoint: str = "", changes: str = "") -> str:
    """The words on one line; nothing at all where no speech was recognised."""
    return f"{transcript.text}\n" if transcript.text else ""


def to_json(
    transcript: Transcript,
    duration_s: float,
    checkpoint: str = "",
    greedy: Transcript | None = None,
    changes: str = "",
) -> str:
    """Text, words and characters with times in seconds and confidence of 0 to 1, of one reading or of both.

    `checkpoint` wrote it, unless that is not known, with these `changes`, if there are any.
    Of both, `transcript` is the text once more, and what is of the greedy one ends in `_greedy`.
    """
    content: dict[str, Any] = {
        "text": transcript.text,
        **({"checkpoint": checkpoint} if checkpoint else {}),
        **({"changes": changes} if changes else {}),
        "duration_s": round(duration_s, _DIGITS),
        "words": [_fields(word) for word in transcript.words],
        "characters": [_fields(character) for character in transcript.characters],
    }
    if greedy is not None:
        content = {
            "transcript": transcript.text,
            "transcript_greedy": greedy.text,
            **content,
            "words_greedy": [_fields(word) for word in greedy.words],
            "characters_greedy": [_fields(character) for character in greedy.characters],
        }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def to_csv(transcript: Transcript, duration_s: float, checkpoint: str = "", changes: str = "") -> str:
    """One row a word: `word,start_s,end_s,confidence,checkpoint,changes`, the last two if there are any."""
    target = io.StringIO()
    rows = csv.writer(target, lineterminator="\n")
    made = {"checkpoint": checkpoint, "changes": changes}
    by = {name: value for name, value in made.items() if value}
    rows.writerow(("word", "start_s", "end_s", "confidence", *by))
    rows.writerows((*_fields(word).values(), *by.values()) for word in transcript.words)
    return target.getvalue()


def to_srt(transcript: Transcript, duration_s: float, checkpoint: str = "", changes: str = "") -> str:
    """Subtitles as SubRip has them; nothing at all where no speech was recognised."""
    return "\n".join(
        f"{number}\n{_clock(cue.start_s, ',')} --> {_clock(cue.end_s, ',')}\n{cue.text}\n"
        for number, cue in enumerate(cues(transcript.words, duration_s), start=1)
    )


def to_vtt(transcript: Transcript, duration_s: float, checkpoint: str = "", changes: str = "") -> str:
    """Subtitles for the web.

    Source: W3C, "WebVTT: The Web Video Text Tracks Format", sections 4.1 and 4.2.2 (what is escaped).
    """
    blocks = [
        f"{_clock(cue.start_s, '.')} --> {_clock(cue.end_s, '.')}\n{html.escape(cue.text, quote=False)}\n"
        for cue in cues(transcript.words, duration_s)
    ]
    # Of a folder's name, which may hold anything; a note ends at an empty line and has no arrow.
    maker = html.escape(" ".join(checkpoint.split()), quote=False)
    changed = f", changed by {changes}" if changes else ""
    note = [f"NOTE Transcript by {maker}{changed}\n"] if maker else []
    return "\n".join(["WEBVTT\n", *note, *blocks])


def to_textgrid(
    transcript: Transcript,
    duration_s: float,
    checkpoint: str = "",
    greedy: Transcript | None = None,
    changes: str = "",
) -> str:
    """Interval tiers for Praat, words and characters, without gaps from 0 to the recording's end.

    With the greedy reading, its tiers follow, `words_greedy` and `characters_greedy`.

    Source: Praat's manual, "TextGrid file formats", the long format.
    """
    tiers: dict[str, Pieces] = {"words": transcript.words, "characters": transcript.characters}
    if greedy is not None:
        tiers |= {"words_greedy": greedy.words, "characters_greedy": greedy.characters}
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        *_span(0, duration_s),
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, pieces) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", *(f"        {line}" for line in _tier(name, pieces, duration_s))]
    return "\n".join(lines) + "\n"


TEXTS: dict[str, TextFormat] = {
    each.suffix: each
    for each in (
        TextFormat("TXT", "txt", "text/plain", to_txt),
        TextFormat("SRT", "srt", "application/x-subrip", to_srt),
        TextFormat("WebVTT", "vtt", "text/vtt", to_vtt),
        TextFormat("TextGrid", "TextGrid", "text/plain", to_textgrid, to_textgrid),
        TextFormat("JSON", "json", "application/json", to_json, to_json),
        TextFormat("CSV", "csv", "text/csv", to_csv),
    )
}


def cues(words: Sequence[Word], duration_s: float) -> list[Cue]:
    """Cut words into subtitles, at pauses and before a line grows too long.

    Args:
        words: In order of time.
        duration_s: Of the recording.

    Returns:
        Cues in order of time that do not overlap. Each holds at least one word, and at most
        `MAX_CUE_CHARACTERS` characters unless a single word is longer; it stays for `MIN_CUE_S` if neither
        the next one nor the end of the recording comes earlier.
    """
    groups: list[list[Word]] = []
    for word in words:
        if groups and _fits(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    starts = [group[0].start_s for group in groups]
    return [
        Cue(start, max(group[-1].end_s, min(start + MIN_CUE_S, following)), _line(group))
        for group, start, following in zip(groups, starts, [*starts, duration_s][1:], strict=True)
    ]


def _fits(group: list[Word], word: Word) -> bool:
    pause_s = word.start_s - group[-1].end_s
    return pause_s <= MAX_CUE_PAUSE_S and len(_line([*group, word])) <= MAX_CUE_CHARACTERS


def _line(words: Iterable[Word]) -> str:
    return " ".join(word.text for word in words)


def _fields(piece: Word | Character) -> dict[str, str | float]:
    numbers = ("start_s", "end_s", "confidence")
    return {"text": piece.text, **{name: round(getattr(piece, name), _DIGITS) for name in numbers}}


def _clock(seconds: float, comma: str) -> str:
    """Hours, minutes, seconds and milliseconds, such as 00:00:01,250."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{comma}{thousandths:03}"


def _tier(name: str, pieces: Pieces, duration_s: float) -> list[str]:
    """One interval tier, with empty intervals where nothing was recognised."""
    edges = [0.0, *(edge for piece in pieces for edge in (piece.start_s, piece.end_s)), duration_s]
    texts = ["", *(text for piece in pieces for text in (piece.text, ""))]
    spans = zip(pairwise(edges), texts, strict=True)
    intervals = [(start_s, end_s, text) for (start_s, end_s), text in spans if start_s < end_s]
    lines = ['class = "IntervalTier"', f'name = "{name}"', *_span(0, duration_s)]
    lines.append(f"intervals: size = {len(intervals)}")
    for number, (start_s, end_s, text) in enumerate(intervals, start=1):
        quoted = text.replace('"', '""')
        content = [*_span(start_s, end_s), f'text = "{quoted}"']
        lines += [f"intervals [{number}]:", *(f"    {line}" for line in content)]
    return lines


def _span(start_s: float, end_s: float) -> list[str]:
    # Six digits tell any two samples apart, and neighbours must agree on the edge between them.
    return [f"xmin = {start_s:.6f}", f"xmax = {end_s:.6f}"]
