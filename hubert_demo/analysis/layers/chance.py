"""What chance would give: the same numbers with one side moved to other times of the recording."""

import numpy as np

_NUM_SHIFTS = 9


def shifts(num_frames: int) -> tuple[int, ...]:
    """By how many frames one side is moved, in a circle, so that it keeps its own course but not its place.

    Shuffled frames would be no fair comparison: neighbouring frames are alike in everything.

    Args:
        num_frames: Of the recording, at least 2.

    Returns:
        A tenth to nine tenths of the recording, nine of them; fewer in one of less than ten frames.
    """
    frames = np.rint(np.linspace(0.1, 0.9, _NUM_SHIFTS) * num_frames).astype(int)
    return tuple(np.unique(frames.clip(1, num_frames - 1)).tolist())
