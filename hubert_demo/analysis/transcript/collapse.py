"""From what every frame says to a text, in CTC's two steps: merge repeats, then drop blanks; and to words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import CtcOutput, FrameGrid

PAUSE_S = 0.3
"""A word ends where no letter comes for longer, whether or not a space was written there.

A CTC head that learnt from sentences often writes no space in a pause, and would spread a word over it.
"""


@dataclass(frozen=True)
class Run:
    """Neighbouring frames that say the same.

    Attributes:
        token_id: What they say.
        first_frame: The first of them.
        end_frame: The frame after the last of them.
    """

    token_id: int
    first_frame: int
    end_frame: int


def merge_repeats(frame_token_ids: Iterable[int]) -> tuple[Run, ...]:
    """Join neighbouring frames that say the same, blanks too.

    Source: Graves et al. 2006, "Connectionist Temporal Classification", section 3.1.

    Args:
        frame_token_ids: One token a frame.

    Returns:
        Runs in order of time; together they cover every frame once.
    """
    runs = []
    frame = 0
    for token_id, equal in groupby(frame_token_ids):
        first, frame = frame, frame + len(list(equal))
        runs.append(Run(int(token_id), first, frame))
    return tuple(runs)


def drop_blanks(runs: Iterable[Run], ctc: CtcOutput) -> tuple[Run, ...]:
    """The runs that write something: those of letters and of the space between words.

    Args:
        runs: As `merge_repeats` gives them; dropping first would join letters that a blank keeps apart.
        ctc: Whose vocabulary they are in.
    """
    return tuple(run for run in runs if writes(ctc, run.token_id))


def writes(ctc: CtcOutput, token_id: int) -> bool:
    """Whether a token is written down: the blank is not, nor is a special token such as `<s>` or `[UNK]`."""
    return token_id != ctc.blank_id and not is_special(ctc.vocabulary[token_id])


def is_special(token: str) -> bool:
    """Whether a token such as `<s>` or `[UNK]` stands for no sound."""
    return len(token) > 1 and token[0] in "<["


def split_words(
    runs: Iterable[Run], ctc: CtcOutput, grid: FrameGrid, pause_s: float = PAUSE_S
) -> tuple[tuple[Run, ...], ...]:
    """The letters of each word: it ends at a space, and where no letter comes for more than `pause_s`.

    Args:
        runs: In order of time; those that write nothing are left out.
        ctc: Whose vocabulary they are in.
        grid: Where its frames lie in time.
        pause_s: Longest time between two letters of a word.

    Returns:
        Words in order of time, each of at least one letter.
    """
    words: list[list[Run]] = []
    before: Run | None = None
    for run in drop_blanks(runs, ctc):
        if run.token_id == ctc.word_delimiter_id:
            before = None
        else:
            if before is None or _is_longer(run.first_frame - before.end_frame, pause_s, grid):
                words.append([])
            words[-1].append(run)
            before = run
    return tuple(map(tuple, words))


def pause_frames(frame_token_ids: Sequence[int], ctc: CtcOutput, grid: FrameGrid) -> tuple[int, ...]:
    """The middle of each pause that ends a word without a space.

    Args:
        frame_token_ids: One token a frame.
        ctc: Whose vocabulary they are in.
        grid: Where the frames lie in time.
    """
    runs = drop_blanks(merge_repeats(frame_token_ids), ctc)
    return tuple(
        (run.end_frame + after.first_frame) // 2
        for run, after in pairwise(runs)
        if ctc.word_delimiter_id not in (run.token_id, after.token_id)
        and _is_longer(after.first_frame - run.end_frame, PAUSE_S, grid)
    )


def _is_longer(num_frames: int, duration_s: float, grid: FrameGrid) -> bool:
    """In samples: whole frames and seconds would be off by a rounding."""
    return num_frames * grid.hop_samples > duration_s * SAMPLE_RATE_HZ
