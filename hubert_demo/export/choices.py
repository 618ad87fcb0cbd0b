"""What somebody has chosen to look at: the settings behind every figure and table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from hubert_demo.analysis.layers.colouring import COLOURINGS
from hubert_demo.analysis.layers.projection import ProjectionSettings
from hubert_demo.analysis.transcript.beam import split_hotwords
from hubert_demo.deprecation import Renamed
from hubert_demo.errors import InputError, require_index

if TYPE_CHECKING:
    from hubert_demo.api import Analysis

MAX_TEXT = 2000

CLEAREST = "clearest"
"""Of the keywords, the one that is most probable."""


@dataclass(frozen=True)
class Choices:
    """Settings of one look at a recording.

    Attributes:
        layer: Index into the hidden states, 0 to `num_layers`; None for the last.
        attention_layer: 0 to `num_layers - 1`; None for the middle one.
        head: 0 to `num_heads - 1`.
        colour: What the dots of a layer's map show, one of `COLOURINGS`.
        num_units: Clusters of k-means; None for as many as suit the recording's length, see
            `Analysis.units`.
        method: `"umap"` or `"pca"`.
        num_neighbours: Of UMAP.
        metric: Of UMAP.
        seed: Of UMAP and k-means.
        reference: What was really said; "" if that is not known.
        hotwords: Words to listen for, separated by commas or spaces.
        head_sweep: The keyword or label that a sweep over all heads follows, or `CLEAREST`; "" leaves out the
            sweep, which takes hundreds of passes.
        word_sweep: The same of a sweep over all words.
        sound_layer: The layer that is heard, an index into the hidden states; None for the middle one.
    """

    layer: int | None = None
    attention_layer: int | None = None
    head: int = 0
    colour: str = "time"
    num_units: int | None = None
    method: str = ProjectionSettings.method
    num_neighbours: int = ProjectionSettings.num_neighbours
    metric: str = ProjectionSettings.metric
    seed: int = ProjectionSettings.seed
    reference: str = ""
    hotwords: str = ""
    head_sweep: str = ""
    word_sweep: str = ""
    sound_layer: int | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Choices:
        """Choices from what a browser or a program sent; names of anything else are ignored.

        Raises:
            InputError: If a value is of another type than the choice.
        """
        chosen: dict[str, Any] = {}
        for field in fields(cls):
            value = values.get(field.name)
            if value is None:
                continue
            wanted = str if isinstance(field.default, str) else int
            if not isinstance(value, wanted) or isinstance(value, bool) or len(str(value)) > MAX_TEXT:
                raise InputError(f"{field.name} is {str(value)[:20]!r}; give {_TYPES[wanted]}.")
            chosen[field.name] = value
        return cls(**chosen)

    def resolved(self, analysis: Analysis) -> Choices:
        """The choices for one recording, with the layers that None stands for.

        Raises:
            InputError: If the recording's checkpoint has no such layer or head, if there is no such colour,
                or if no map can have these settings.
        """
        num_layers, num_heads = analysis.encoding.num_layers, analysis.encoding.num_heads
        layer = num_layers if self.layer is None else self.layer
        attention_layer = (
            analysis.encoding.middle_layer if self.attention_layer is None else self.attention_layer
        )
        sound_layer = analysis.encoding.middle_layer if self.sound_layer is None else self.sound_layer
        require_index("Layer", layer, num_layers + 1)
        require_index("Layer", sound_layer, num_layers + 1)
        require_index("Attention layer", attention_layer, num_layers)
        require_index("Head", self.head, num_heads)
        if self.colour not in COLOURINGS:
            raise InputError(f"Colour {self.colour!r} is unknown; choose one of {', '.join(COLOURINGS)}.")
        found = replace(self, layer=layer, sound_layer=sound_layer, attention_layer=attention_layer)
        # What no map can have, a seed out of range for instance, is refused here rather than file by file.
        _ = found.projection
        return found

    @property
    def projection(self) -> ProjectionSettings:
        """How the layers are laid out.

        Raises:
            InputError: If there is no such method or metric, or a number is out of range.
        """
        return ProjectionSettings(self.method, self.num_neighbours, self.metric, self.seed)

    @property
    def hotword_list(self) -> list[str]:
        """The hotwords one by one."""
        return split_hotwords(self.hotwords)

    of = Renamed("resolved")
    words_to_hear = Renamed("hotword_list")

    def as_json(self) -> dict[str, Any]:
        """All choices by name."""
        return asdict(self)


_TYPES = {int: "a whole number", str: f"a text of at most {MAX_TEXT} characters"}
