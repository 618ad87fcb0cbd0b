"""The best reading there is of a recording: what beam search finds where a language model has a say."""

from collections.abc import Callable, Sequence

from hubert_demo.analysis.transcript.alignment import lay
from hubert_demo.analysis.transcript.beam import Hypothesis
from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.encoding import Encoding


def read_best(
    encoding: Encoding, greedy: Transcript, search: Callable[[], Sequence[Hypothesis]] | None
) -> Transcript:
    """The best text of a search, laid over the recording at its most probable times.

    Args:
        encoding: One recording.
        greedy: What was recognised letter by letter.
        search: Gives texts, best first, as `beam_search` does; None where no language model would judge them.

    Returns:
        `greedy` where there is no search, where it has no letter (what is no speech to the model is not
        searched for speech), and where a text is written with letters of several characters, which cannot be
        told apart in it.
    """
    if search is None or not greedy.text:
        return greedy
    text = search()[0].text
    can_be_laid = set(text) <= {" ", *encoding.require_ctc().vocabulary}
    return lay(encoding, text) if can_be_laid else greedy
