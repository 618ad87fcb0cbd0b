"""What the model wrote down, word by word, how it came to that, and how it compares with what was said."""

from hubert_demo.analysis.transcript.alignment import (
    MAX_REFERENCE,
    AlignedWord,
    Outcome,
    differing_words,
)
from hubert_demo.analysis.transcript.beam import MAX_HOTWORDS_TEXT, BeamSettings, split_hotwords
from hubert_demo.analysis.transcript.collapse import Run, merge_repeats
from hubert_demo.analysis.transcript.confidence import meaning
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.export.texts import TEXTS
from hubert_demo.ui.views import lens
from hubert_demo.ui.views.base import (
    SLOW,
    Json,
    Part,
    View,
    before_of,
    grid_as_json,
    plain,
    text_of,
)
from hubert_demo.ui.views.letters import compared, path_as_json

NUM_BEST = 5


def payload(analysis: Analysis) -> Json:
    """The emission map, the greedy path, where its frames lie; the formats of a text; what confidence is."""
    return {
        "formats": [{"name": each.suffix, "title": each.title} for each in TEXTS.values()],
        "language_model": analysis.has_language_model,
        "confidence": meaning(analysis.ctc, analysis.has_language_model),
        "greedy_before": _greedy_before(analysis),
        **grid_as_json(analysis.ctc_encoding),
        **_path(analysis),
    }


def _greedy_before(analysis: Analysis) -> list[Json] | None:
    """The greedy words before something was changed."""
    before = before_of(analysis, "transcript")
    if before is None:
        return None
    earlier, now = (each.transcript_greedy.text for each in (before, analysis))
    return compared(earlier, now, reading_case(analysis.ctc.vocabulary))


def _times(word: Word | AlignedWord) -> Json:
    return plain(word, "start_s", "end_s", "confidence")


def _path(analysis: Analysis) -> Json:
    """The map, and the runs of the best path, now and before something was changed."""
    before = before_of(analysis, "transcript")
    runs_before = None if before is None else _runs(before)
    return path_as_json(analysis.ctc, analysis.emissions(), _runs(analysis), runs_before)


def _runs(analysis: Analysis) -> tuple[Run, ...]:
    return merge_repeats(analysis.transcript_greedy.frame_token_ids.tolist())


def reading(analysis: Analysis) -> Json:
    """The best reading and the greedy one, and where their words differ; and the best one before.

    A word is changed, as in the timeline, where another one or none was there before something was changed.
    """
    show, best, greedy = (
        reading_case(analysis.ctc.vocabulary),
        analysis.transcript,
        analysis.transcript_greedy,
    )
    before = before_of(analysis, "transcript")
    earlier = best.text if before is None else before.transcript.text
    differs = [differs for _, differs in differing_words(best.text, greedy.text)]
    changed = [differs for _, differs in differing_words(best.text, earlier)]
    return {
        "words": [
            {**_times(word), "text": show(word.text), "differs": other, "changed": is_changed}
            for word, other, is_changed in zip(best.words, differs, changed, strict=True)
        ],
        "before": None if before is None else compared(earlier, best.text, show),
        "greedy": compared(greedy.text, best.text, show),
    }


def readings(analysis: Analysis, request: Json) -> Json:
    """The texts that beam search finds, best first, with `hotwords` preferred; and what a score is.

    The best one tells where it differs from the greedy one, the others where they differ from the best one.
    """
    hotwords = split_hotwords(text_of(request, "hotwords", MAX_HOTWORDS_TEXT))
    show = reading_case(analysis.ctc.vocabulary)
    found = analysis.beam_search(NUM_BEST, hotwords)
    others = [analysis.transcript_greedy.text, *(found[0].text for _ in found[1:])]
    return {
        "score": _score(BeamSettings.for_head(analysis.ctc), analysis.has_language_model, bool(hotwords)),
        "readings": [
            {
                "words": compared(one.text, other, show),
                **plain(one, "score", "ctc_log_probability"),
            }
            for one, other in zip(found, others, strict=True)
        ],
    }


def _score(settings: BeamSettings, has_language_model: bool, has_hotwords: bool) -> str:
    parts = ["CTC log-probability"]
    if has_language_model:
        parts.append(f"{settings.lm_weight:g} × language-model log-probability")
        parts.append(f"{settings.character_bonus:g} per letter and space")
    if has_hotwords:
        parts.append(f"{settings.hotword_bonus:g} per letter of a word to listen for")
    return f"Score: {' + '.join(parts)}; higher is better."


def align(analysis: Analysis, request: Json) -> Json:
    """What was really said, put in time and compared with the best reading."""
    found = analysis.align(text_of(request, "reference", MAX_REFERENCE))
    show = reading_case(analysis.ctc.vocabulary)
    return {
        "compared": show(found.reference.text),
        "left_out": list(found.left_out),
        "words": [
            {
                **_times(word),
                "kind": word.outcome.value,
                "text": show(word.text),
                "heard": show(word.recognised),
            }
            for word in found.words
        ],
        "wer": found.wer,
        "cer": found.cer,
        "counts": {outcome.value: found.count(outcome) for outcome in Outcome},
    }


def text(analysis: Analysis, request: Json) -> Json:
    """The best reading, or a `reference` laid over the recording, as a file of a `format`."""
    wanted = request.get("format")
    if not isinstance(wanted, str) or wanted not in TEXTS:
        raise InputError(f"There is no format {str(wanted)[:20]!r}; choose one of {', '.join(TEXTS)}.")
    chosen = TEXTS[wanted]
    reference = text_of(request, "reference", MAX_REFERENCE)
    written = analysis.align(reference).reference if reference else None
    name = "aligned" if reference else "transcript"
    return {"name": f"{name}.{chosen.suffix}", "mime": chosen.mime, "text": chosen.make(analysis, written)}


VIEW = View(
    name="transcript",
    title="Transcript",
    what="What the model recognised.",
    hint="Shaded words are the ones it was unsure of. Click a word to hear it.",
    parts=(Part("transcript", payload), Part("reading", reading, SLOW)),
    quick_answers=(align, text, lens.lens_layer),
    slow_answers=(readings, lens.lens, lens.layer_sound),
)
