"""From what every frame says to a text, in CTC's two steps: merge repeats, then drop blanks."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from hubert_demo.encoding import CtcOutput


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
