"""Which of the twelve keyword classes the model recognised, and when."""

import numpy as np

from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, View, pack, plain


def payload(analysis: Analysis) -> Json:
    """The class probabilities, the stretch they are about, every one-second window, the layers' weights."""
    found = analysis.keywords
    if found is None:
        return {"labels": []}
    return {
        "labels": [label.strip("_") for label in found.labels],
        **plain(found, "probabilities", "start_s", "end_s", "is_heard", "threshold"),
        **plain(found, "layer_weights", "window_times_s"),
        "window_probabilities": pack(found.window_probabilities.astype(np.float32)),
    }


VIEW = View(
    name="keywords",
    title="Keywords",
    what="Which of ten commands it heard.",
    hint="Say “yes”, “stop” or “left” and see when it is heard.",
    payload=payload,
)
