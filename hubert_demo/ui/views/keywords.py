"""Which of the twelve keyword classes the model heard, and when."""

import numpy as np

from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, View, pack


def payload(analysis: Analysis) -> Json:
    """The class probabilities, the stretch they are about, every one-second window, the layers' weights."""
    heard = analysis.keywords
    if heard is None:
        return {"labels": []}
    return {
        "labels": [label.strip("_") for label in heard.labels],
        "probabilities": heard.probabilities.tolist(),
        "start_s": heard.start_s,
        "end_s": heard.end_s,
        "is_heard": heard.is_heard,
        "threshold": heard.threshold,
        "layer_weights": None if heard.layer_weights is None else heard.layer_weights.tolist(),
        "window_times_s": heard.window_times_s.tolist(),
        "window_probabilities": pack(heard.window_probabilities.astype(np.float32)),
    }


VIEW = View(
    name="keywords",
    title="Keywords",
    what="Which of ten commands it heard.",
    hint="Say “yes”, “stop” or “left” and see when it is heard.",
    payload=payload,
)
