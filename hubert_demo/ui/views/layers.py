"""Every layer's hidden states as points on a plane."""

from hubert_demo.analysis.projection import Projection
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, View, pack


def payload(analysis: Analysis) -> Json:
    """The character recognised in every frame."""
    token_ids = analysis.transcript.frame_token_ids
    tokens = [_letter(analysis, token_id) for token_id in token_ids.tolist()]
    return {"num_layers": analysis.encoding.num_layers, "tokens": tokens}


def _letter(analysis: Analysis, token_id: int) -> str:
    """The character of a frame: "" for the blank, a space between words."""
    encoding = analysis.encoding
    if token_id == encoding.blank_id:
        return ""
    return " " if token_id == encoding.word_delimiter_id else encoding.vocabulary[token_id].lower()


def soon(analysis: Analysis) -> Json:
    """PCA of all layers, to look at until UMAP is there."""
    return {"map": _as_json(analysis.projections("pca"))}


def late(analysis: Analysis) -> Json:
    """UMAP of all layers."""
    return {"map": _as_json(analysis.projections("umap"))}


def _as_json(projection: Projection) -> Json:
    return {
        "method": projection.method,
        "points": pack(projection.points),
        "trustworthiness": projection.trustworthiness.tolist(),
    }


VIEW = View(
    name="layers",
    title="Layers",
    what="Each dot is one 25 ms moment of the recording.",
    hint="Near means alike to this layer. Drag the slider to regroup them; click one to hear it.",
    payload=payload,
    soon=soon,
    late=late,
)
