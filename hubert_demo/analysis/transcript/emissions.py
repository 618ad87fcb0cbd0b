"""How probable every letter is in every frame: the matrix that decoding works on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.collapse import writes
from hubert_demo.analysis.transcript.ctc import token_probabilities
from hubert_demo.encoding import CtcOutput
from hubert_demo.errors import InputError

MAX_LETTERS = 40
# Labels of the rows that are no letters.
SPACE, BLANK = "space", "blank"
NOT_LETTERS = (SPACE, BLANK)


@dataclass(frozen=True, eq=False)
class Emissions:
    """Probabilities of letters over time.

    Attributes:
        token_ids: int64 `(rows,)`, which token of the vocabulary each row is: first the space between words,
            then letters in alphabetical order, last the blank.
        labels: What to write beside each row.
        probabilities: float64 `(frames, rows)`, 0..1; what a frame lacks to one, other tokens have.
    """

    token_ids: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    probabilities: npt.NDArray[np.float64]


def emissions(ctc: CtcOutput, max_letters: int = MAX_LETTERS) -> Emissions:
    """Read the CTC head's probabilities, without tokens that write nothing, but with the blank.

    Args:
        ctc: What a CTC head says of one recording.
        max_letters: A vocabulary may have thousands of letters: of more than these, the ones that come
            closest to being chosen get a row.

    Raises:
        InputError: If `max_letters` is below 1.
    """
    if max_letters < 1:
        raise InputError(f"max_letters is {max_letters}; give at least 1.")
    probabilities = token_probabilities(ctc)
    letters = [token_id for token_id in range(len(ctc.vocabulary)) if writes(ctc, token_id)]
    letters = sorted(letters, key=lambda token_id: -probabilities[:, token_id].max())[:max_letters]
    letters.sort(key=lambda token_id: (token_id != ctc.word_delimiter_id, ctc.vocabulary[token_id]))
    token_ids = np.array([*letters, ctc.blank_id], dtype=np.int64)
    names = {ctc.word_delimiter_id: SPACE, ctc.blank_id: BLANK}
    labels = tuple(names.get(token_id, ctc.vocabulary[token_id]) for token_id in token_ids.tolist())
    return Emissions(token_ids, labels, probabilities[:, token_ids])
