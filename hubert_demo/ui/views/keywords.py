"""Which of the twelve keyword classes the model recognised, and when; or what another classifier says."""

import numpy as np

from hubert_demo.analysis.keywords.detection import NOT_COMMANDS
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, Part, View, before_of, pack, plain


def payload(analysis: Analysis) -> Json:
    """What a keyword spotter heard, or what the model's own classifier says of the recording."""
    return {"scores": _scores(analysis), "classification": _classification(analysis)}


def _scores(analysis: Analysis) -> Json | None:
    """The commands that were heard; class probabilities, their stretch, every window; the layers' weights."""
    found = analysis.keywords
    if found is None:
        return None
    return {
        "heard": [plain(command) for command in found.heard],
        "labels": [label.strip("_") for label in found.labels],
        **plain(found, "probabilities", "start_s", "end_s", "is_heard", "threshold"),
        **plain(found, "layer_weights", "window_times_s"),
        "is_command": [label not in NOT_COMMANDS for label in found.labels],
        "window_probabilities": pack(found.window_probabilities.astype(np.float32)),
        "before": _scores_before(analysis),
    }


def _scores_before(analysis: Analysis) -> Json | None:
    """What was heard before something was changed, and the probabilities, each at its own clearest second."""
    before = before_of(analysis, "keywords")
    if before is None or before.keywords is None:
        return None
    found = before.keywords
    return {
        "heard": [command.label for command in found.heard],
        "probabilities": found.probabilities.tolist(),
        "window_probabilities": pack(found.window_probabilities.astype(np.float32)),
    }


def _classification(analysis: Analysis) -> Json | None:
    """The scores of the whole recording, then of every window; of many labels the most probable."""
    found = analysis.classification
    if found is None:
        return None
    shown, original = found.shown, before_of(analysis, "classification")
    before = None if original is None else original.classification
    return {
        "labels": [found.labels[index] for index in shown],
        "num_labels": len(found.labels),
        "scores": found.scores[shown].tolist(),
        "scores_before": None if before is None else before.scores[shown].tolist(),
        "window_scores": pack(found.window_scores[:, shown].astype(np.float32)),
        "window_scores_before": None
        if before is None
        else pack(before.window_scores[:, shown].astype(np.float32)),
        **plain(found, "problem", "by_chance", "window_times_s", "layer_weights"),
    }


VIEW = View(
    name="keywords",
    title="Keywords",
    what="Which of ten commands the model heard, in order.",
    hint="Say “yes”, “stop” or “left” and see when it is heard.",
    parts=(Part("keywords", payload),),
)
