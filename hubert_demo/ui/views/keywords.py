"""Which of the twelve keyword classes the model recognised, and when."""

import numpy as np

from hubert_demo.analysis.keywords.detection import NOT_COMMANDS
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, Part, View, pack, plain


def payload(analysis: Analysis) -> Json:
    """The commands that were heard; class probabilities, their stretch, every window; the layers' weights."""
    found = analysis.keywords
    if found is None:
        return {"scores": None}
    scores = {
        "heard": [plain(command) for command in found.heard],
        "labels": [label.strip("_") for label in found.labels],
        **plain(found, "probabilities", "start_s", "end_s", "is_heard", "threshold"),
        **plain(found, "layer_weights", "window_times_s"),
        "is_command": [label not in NOT_COMMANDS for label in found.labels],
        "window_probabilities": pack(found.window_probabilities.astype(np.float32)),
    }
    return {"scores": scores}


VIEW = View(
    name="keywords",
    title="Keywords",
    what="Which of ten commands the model heard, in order.",
    hint="Say “yes”, “stop” or “left” and see when it is heard.",
    parts=(Part("keywords", payload),),
)
