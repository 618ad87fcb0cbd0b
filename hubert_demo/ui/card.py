"""The little card that says which model is listening, and what in the views comes from another one."""

from hubert_demo.api import Analysis
from hubert_demo.changes import Change, StatesPatched, text_of
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.ui import zero_gpu
from hubert_demo.ui.downloads import lacking, reasons
from hubert_demo.ui.views.base import Json, plain

TEMPLATE = '<div class="hx-root hx-card hx-model" data-testid="model-card"></div>'

_KERNELS = {
    "sdpa": "fused kernel (sdpa)",
    "eager": "step by step (eager)",
    "flash_attention_2": "flash-attn 2",
}


def model_card(loaded: LoadedCheckpoint) -> Json:
    """Title of a checkpoint, and rows of a name and a value."""
    encoder = loaded.encoder
    config = encoder.config
    rows = [
        ("parameters", _size(loaded)),
        ("layers", f"{config.num_hidden_layers}, with {config.num_attention_heads} heads each"),
        ("trained on", loaded.spec.trained_on),
        ("licence", loaded.spec.licence),
        ("running on", _whereabouts(encoder.device.type)),
        ("attention", _KERNELS[encoder.attn_implementation]),
    ]
    return {"title": loaded.spec.title, "rows": rows}


def _size(loaded: LoadedCheckpoint) -> str:
    """Parameters of what reads: a keyword head comes on top of it, and not of every checkpoint."""
    counted = "encoder" if loaded.ctc_model is None else "encoder and CTC head"
    model = loaded.ctc_model or loaded.encoder
    return f"{counted}: {sum(weights.numel() for weights in model.parameters()) / 1e6:.1f} million"


def _whereabouts(device: str) -> str:
    if zero_gpu.is_lent():
        return "GPU, lent for each recording (ZeroGPU)"
    return "CPU" if device == "cpu" else f"GPU ({device.upper()})"


def about(analysis: Analysis, loaded: LoadedCheckpoint) -> Json:
    """What the browser is told of a result's model, of its changes, and of what there is to choose from.

    Of each change: what a link calls it, in words, and whether a link can hold it.
    """
    changes = analysis.changes
    return {
        "changes": text_of(changes),
        "changed": [
            {"text": text_of([change]), "words": change.as_words(), "fits_link": _fits_link(change)}
            for change in changes
        ],
        "checkpoint": analysis.checkpoint.name,
        "model": model_card(loaded),
        **plain(analysis.encoding, "num_layers", "num_heads", "middle_layer"),
        "sources": borrowed(analysis),
        "lacking": lacking(analysis),
        "why_not": reasons(analysis),
    }


def _fits_link(change: Change) -> bool:
    return not isinstance(change, StatesPatched) or change.fits_link


def borrowed(analysis: Analysis) -> Json:
    """A sentence for each view, by its name, that another checkpoint fills or lends its words to.

    For the timeline it is a note beside those on what was done to the recording.
    """
    chosen, made = analysis.checkpoint.title, analysis.sources
    is_inside = any(not change.is_of_sound for change in analysis.changes)
    apart = f" What is changed inside “{chosen}” does not reach it." if is_inside else ""
    sentences = {}
    if made.transcript != chosen:
        sentences["transcript"] = (
            f"This model was not trained to transcribe; the transcript comes from “{made.transcript}”.{apart}"
        )
        sentences["layers"] = sentences["attention"] = f"Letters and words come from “{made.transcript}”."
        sentences["timeline"] = f"words from “{made.transcript}”"
    if made.keywords not in (None, chosen):
        sentences["keywords"] = (
            f"This model was not trained to recognise keywords; they come from “{made.keywords}”.{apart}"
        )
    return sentences
