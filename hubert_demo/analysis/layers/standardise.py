"""Hidden states on a common scale, so that layers can be compared."""

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray

# Below what float32 can tell apart, a difference is only rounding.
_ROUNDING = 1e-6


def standardise(states: FloatArray) -> npt.NDArray[np.float64]:
    """Give every dimension mean 0 and deviation 1 over the frames.

    Args:
        states: `(frames, hidden)` of one layer.

    Returns:
        float64 `(frames, hidden)`. A dimension that is constant, up to rounding, becomes 0; where all frames
        are the same, everything does.
    """
    centred = states.astype(np.float64) - states.mean(axis=0, dtype=np.float64)
    spread = centred.std(axis=0)
    varies = spread > _ROUNDING * np.abs(states).max(axis=0)
    standardised: npt.NDArray[np.float64] = np.where(varies, centred / np.where(varies, spread, 1), 0)
    return standardised
