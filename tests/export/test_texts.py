"""Texts to take away: known answers, and properties that hold for whatever was recognised."""

import csv
import io
import json
import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Character, Transcript, Word
from hubert_demo.export.texts import MAX_CUE_CHARACTERS, MIN_CUE_S, TEXTS, cues, to_textgrid

NOTHING = Transcript("", (), (), np.zeros(5, np.int64))


def transcript_of(*words):
    """A transcript of `(text, start_s, end_s)`, its characters spread evenly."""
    characters = []
    for text, start_s, end_s in words:
        edges = np.linspace(start_s, end_s, len(text) + 1).tolist()
        characters += [Character(*each, 0.5) for each in zip(text, edges, edges[1:], strict=False)]
    spoken = tuple(Word(text, start_s, end_s, 0.25) for text, start_s, end_s in words)
    return Transcript(" ".join(text for text, *_ in words), spoken, tuple(characters), np.zeros(5, np.int64))


def random_transcript(seed):
    rng = np.random.default_rng(seed)
    position, words = 0.0, []
    for _ in range(int(rng.integers(1, 60))):
        start_s = position + rng.choice([0.02, 0.1, 0.5, 2.0])
        position = start_s + rng.choice([0.02, 0.2, 0.6])
        text = "".join(rng.choice(list("ab'\"<&"), int(rng.integers(1, 12))))
        words.append((text, start_s, position))
    return transcript_of(*words), position + rng.choice([0.001, 1.0])


def write(name, transcript, duration_s=2.0):
    return TEXTS[name].write(transcript, duration_s)


TWO = transcript_of(("go", 0.1, 0.3), ("left", 1.25, 1.5))


def test_plain_text_is_one_line():
    assert write("txt", TWO) == "go left\n"


def test_a_pause_parts_subtitles_and_they_stay_long_enough_to_be_read():
    assert write("srt", TWO) == (
        "1\n00:00:00,100 --> 00:00:01,100\ngo\n\n2\n00:00:01,250 --> 00:00:02,000\nleft\n"
    )


def test_subtitles_for_the_web():
    assert write("vtt", TWO) == (
        "WEBVTT\n\n00:00:00.100 --> 00:00:01.100\ngo\n\n00:00:01.250 --> 00:00:02.000\nleft\n"
    )


def test_subtitles_for_the_web_hold_no_tag():
    assert "a&lt;b&gt;&amp;" in write("vtt", transcript_of(("a<b>&", 0.1, 0.3)))


def test_a_minute_has_sixty_seconds():
    assert "00:00:59,999 --> 00:01:00,500" in write("srt", transcript_of(("go", 59.9986, 60.5)), 60.5)


def test_the_table_has_a_row_a_word():
    assert write("csv", TWO) == ("word,start_s,end_s,confidence\ngo,0.1,0.3,0.25\nleft,1.25,1.5,0.25\n")


def test_json_has_words_and_characters():
    content = json.loads(write("json", TWO))
    assert content["text"] == "go left"
    assert content["duration_s"] == 2
    assert content["words"][1] == {"text": "left", "start_s": 1.25, "end_s": 1.5, "confidence": 0.25}
    assert [each["text"] for each in content["characters"]] == list("goleft")


def test_json_and_textgrid_have_room_for_both_readings():
    greedy = transcript_of(("go", 0.1, 0.3), ("lef", 1.25, 1.4))
    content = json.loads(TEXTS["json"].write_both(TWO, 2.0, "", greedy))
    assert content["transcript"] == content["text"] == "go left"
    assert content["transcript_greedy"] == "go lef"
    assert [word["text"] for word in content["words_greedy"]] == ["go", "lef"]
    assert [each["text"] for each in content["characters_greedy"]] == list("golef")
    grid = TEXTS["TextGrid"].write_both(TWO, 2.0, "", greedy)
    assert re.findall(r'name = "(\w+)"', grid) == ["words", "characters", "words_greedy", "characters_greedy"]
    assert "size = 4" in grid
    assert [name for name, each in TEXTS.items() if each.write_both] == ["TextGrid", "json"]


def test_a_textgrid_as_praat_writes_it():
    assert to_textgrid(transcript_of(('a"b', 0.5, 2.0)), 2.0).startswith(
        """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0.000000
xmax = 2.000000
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0.000000
        xmax = 2.000000
        intervals: size = 2
        intervals [1]:
            xmin = 0.000000
            xmax = 0.500000
            text = ""
        intervals [2]:
            xmin = 0.500000
            xmax = 2.000000
            text = "a""b"
    item [2]:
        class = "IntervalTier"
        name = "characters"
"""
    )


def intervals_of(tier):
    found = re.findall(r'xmin = (\S+)\n +xmax = (\S+)\n +text = "(.*)"', tier)
    return [(float(start), float(end), text.replace('""', '"')) for start, end, text in found]


@pytest.mark.parametrize("seed", range(20))
def test_both_tiers_cover_the_recording_without_gaps_and_hold_every_piece(seed):
    transcript, duration_s = random_transcript(seed)
    words, characters = to_textgrid(transcript, duration_s).split("    item [2]:")
    for tier, pieces in ((words, transcript.words), (characters, transcript.characters)):
        intervals = intervals_of(tier)
        assert intervals[0][0] == 0
        assert intervals[-1][1] == pytest.approx(duration_s, abs=1e-6)
        assert all(start < end for start, end, _ in intervals)
        assert [end for _, end, _ in intervals[:-1]] == [start for start, _, _ in intervals[1:]]
        assert [text for _, _, text in intervals if text] == [piece.text for piece in pieces]
        assert f"intervals: size = {len(intervals)}\n" in tier


@pytest.mark.parametrize("seed", range(20))
def test_subtitles_hold_every_word_once_in_order_without_overlap(seed):
    transcript, duration_s = random_transcript(seed)
    found = cues(transcript.words, duration_s)
    assert " ".join(cue.text for cue in found) == transcript.text
    assert all(cue.start_s < cue.end_s <= duration_s for cue in found)
    assert all(cue.end_s <= following.start_s for cue, following in pairwise(found))
    assert all(len(cue.text) <= MAX_CUE_CHARACTERS or " " not in cue.text for cue in found)


def test_a_word_longer_than_a_subtitle_stands_alone():
    long = "a" * 50
    found = cues(transcript_of(("go", 0.1, 0.2), (long, 0.3, 0.6), ("on", 0.7, 0.8)).words, 3.0)
    assert [cue.text for cue in found] == ["go", long, "on"]
    assert found[-1].end_s == pytest.approx(0.7 + MIN_CUE_S)


@pytest.mark.parametrize("seed", range(5))
def test_table_and_json_read_back_as_they_were(seed):
    transcript, duration_s = random_transcript(seed)
    rows = list(csv.DictReader(io.StringIO(write("csv", transcript, duration_s))))
    words = json.loads(write("json", transcript, duration_s))["words"]
    for row, word, expected in zip(rows, words, transcript.words, strict=True):
        assert row["word"] == word["text"] == expected.text
        assert float(row["start_s"]) == word["start_s"] == pytest.approx(expected.start_s, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("txt", ""), ("srt", ""), ("vtt", "WEBVTT\n"), ("csv", "word,start_s,end_s,confidence\n")],
)
def test_nothing_recognised_is_an_empty_text(name, expected):
    assert write(name, NOTHING) == expected


def test_nothing_recognised_is_one_empty_interval_a_tier():
    assert intervals_of(write("TextGrid", NOTHING, 2.0)) == [(0, 2, "")] * 2
    assert json.loads(write("json", NOTHING))["words"] == []


@pytest.mark.parametrize(("vocabulary", "text"), [(("G", "O"), "go\n"), (("G", "O", "o"), "GO\n")])
def test_capitals_are_written_small_where_there_is_nothing_else(vocabulary, text):
    analysis = SimpleNamespace(
        transcript=transcript_of(("GO", 0.1, 0.3)),
        ctc=SimpleNamespace(vocabulary=vocabulary),
        ctc_encoding=SimpleNamespace(checkpoint="made up", changes=()),
        encoding=SimpleNamespace(waveform=SimpleNamespace(duration_s=1.0)),
    )
    assert TEXTS["txt"].make(analysis) == text
    assert TEXTS["txt"].make(analysis, transcript_of(("GOG", 0.1, 0.3))) == f"{text.strip()}{text[0]}\n"


def test_the_old_name_of_make_with_a_transcript_still_works_and_says_so(analysis):
    with pytest.warns(DeprecationWarning, match=r"TextFormat\.of is now called TextFormat\.make"):
        written = TEXTS["txt"].of(analysis, analysis.transcript)
    assert written == TEXTS["txt"].make(analysis)


def test_every_format_has_its_own_suffix_and_a_media_type():
    assert list(TEXTS) == ["txt", "srt", "vtt", "TextGrid", "json", "csv"]
    assert all("/" in each.mime for each in TEXTS.values())
