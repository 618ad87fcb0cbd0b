"""Which of the twelve keyword classes the model recognised, and when."""

import numpy as np

from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, View, pack


def payload(analysis: Analysis) -> Json:
    """The class probabilities, the stretch they are about, every one-second window, the layers' weights."""
    found = analysis.keywords
    if found is None:
        return {"labels": []}
    return {
        "labels": [label.strip("_") for label in found.labels],
        "probabilities": found.probabilities.tolist(),
        "start_s": found.start_s,
        "end_s": found.end_s,
        "is_heard": found.is_heard,
        "threshold": found.threshold,
        "layer_weights": None if found.layer_weights is None else found.layer_weights.tolist(),
        "window_times_s": found.window_times_s.tolist(),
        "window_probabilities": pack(found.window_probabilities.astype(np.float32)),
    }


VIEW = View(
    name="keywords",
    title="Keywords",
    what="Which of ten commands it heard.",
    hint="Say “yes”, “stop” or “left” and see when it is heard.",
    payload=payload,
)
