"""The little card that says which model is listening."""

from hubert_demo.inference import load_checkpoint
from hubert_demo.ui.views.base import Json

TEMPLATE = '<div class="hx-root hx-card hx-model" data-testid="model-card"></div>'


def model_card(checkpoint: str) -> Json:
    """Title of a checkpoint, and rows of a name and a value.

    Args:
        checkpoint: Name in the registry, or a directory.

    Raises:
        CheckpointError: If it cannot be loaded.
    """
    loaded = load_checkpoint(checkpoint)
    config = loaded.encoder.config
    device = loaded.encoder.device.type
    rows = [
        ("parameters", f"{loaded.num_parameters / 1e6:.1f} million"),
        ("layers", f"{config.num_hidden_layers}, with {config.num_attention_heads} heads each"),
        ("trained on", loaded.spec.trained_on),
        ("licence", loaded.spec.licence),
        ("running on", "processor (CPU)" if device == "cpu" else f"graphics card ({device.upper()})"),
    ]
    return {"title": loaded.spec.title, "rows": rows}
