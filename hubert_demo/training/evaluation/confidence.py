"""Words read letter by letter and with a language model, and whether their confidence can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tqdm import tqdm

from hubert_demo.analysis.transcript.beam import beam_search
from hubert_demo.analysis.transcript.best import read_best
from hubert_demo.analysis.transcript.ctc import Transcript, transcribe
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.checkpoints.confidence import ConfidenceCurve
from hubert_demo.encoding import Encoding
from hubert_demo.inference import encode
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.calibration import NUM_BINS, Calibration

_COLUMNS = ("{:56}", "{:>5}", "{:>5}", "{:20}", "{:20}", "{:20}", "{}")


@dataclass(frozen=True, eq=False)
class Readings:
    """What a clip says.

    Attributes:
        greedy: Read letter by letter.
        best: Read with the language model and laid over the clip; None without one.
    """

    greedy: Transcript
    best: Transcript | None


def read(
    loaded: LoadedCheckpoint,
    clip: Clip,
    curves: Sequence[ConfidenceCurve | None],
    language_model: LanguageModel | None = None,
) -> list[Readings]:
    """Read a clip once; for each of the curves, the same words with their confidence by it.

    Args:
        loaded: With a CTC head; its own curves count for nothing.
        clip: With samples.
        curves: None stands for the plain product.
        language_model: To listen to.
    """
    encoding = encode(loaded, clip.waveform)
    hypotheses = beam_search(encoding, language_model, num_best=1) if language_model is not None else None
    found = []
    for curve in curves:
        judged = _judged_by(encoding, curve)
        greedy = transcribe(judged)
        best = None if hypotheses is None else read_best(judged, greedy, lambda: hypotheses)
        found.append(Readings(greedy, best))
    return found


def confidence_table(
    loaded: LoadedCheckpoint, clips: Mapping[str, Sequence[Clip]], language_model: LanguageModel | None = None
) -> str:
    """Calibration error of the words' confidence, with a checkpoint's curves and without.

    Args:
        loaded: With a CTC head and its curves.
        clips: By corpus, with samples and texts.
        language_model: To listen to.

    Returns:
        A line for each corpus and way to read it; the last column is the difference to the one before.
    """
    fitted = loaded.confidence
    assert fitted is not None
    curves = (None, replace(fitted, with_language_model=None), fitted)
    lines = [
        f"expected calibration error in {NUM_BINS} equal bins; 95% intervals by bootstrap over clips",
        _line("", "words", "right", "plain product", "greedy words' curve", "own curve", "difference"),
    ]
    for corpus, listed in clips.items():
        references = [clip.text for clip in listed]
        progress = tqdm(listed, desc=corpus, unit="clip", mininterval=10)
        by_curve = list(zip(*(read(loaded, clip, curves, language_model) for clip in progress), strict=True))
        greedy = [Calibration.of(references, [each.greedy for each in found]) for found in by_curve]
        # Theirs is the curve of greedy words.
        lines.append(_row(f"{corpus}, letter by letter", greedy[:2]))
        if language_model is not None:
            best = [
                Calibration.of(references, [each.best for each in found if each.best]) for found in by_curve
            ]
            lines.append(_row(f"{corpus}, with the language model", best))
    return "\n".join(lines)


def _judged_by(encoding: Encoding, curve: ConfidenceCurve | None) -> Encoding:
    """The encoding of a checkpoint that would have these curves."""
    ctc = replace(
        encoding.require_ctc(),
        confidence_curve=None if curve is None else (curve.slope, curve.offset),
        laid_curve=None if curve is None else curve.with_language_model,
    )
    return replace(encoding, ctc=ctc)


def _row(name: str, found: Sequence[Calibration]) -> str:
    before, after = found[-2:]
    difference = after.minus(before)
    errors = [f"{each.error:.3f} [{each.interval[0]:.3f}, {each.interval[1]:.3f}]" for each in found]
    return _line(
        name,
        f"{after.num_words.sum():.0f}",
        f"{after.num_right.sum() / max(after.num_words.sum(), 1):.3f}",
        *errors,
        *[""] * (3 - len(errors)),
        f"{after.error - before.error:+.3f} [{difference[0]:+.3f}, {difference[1]:+.3f}]",
    )


def _line(*cells: str) -> str:
    return "  ".join(column.format(cell) for column, cell in zip(_COLUMNS, cells, strict=True))
