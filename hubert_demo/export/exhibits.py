"""What an exhibit is: something the page shows that can be downloaded as figure, table or sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import Waveform
from hubert_demo.changes import Change, composed

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure

FIGURE_FORMATS = ("png", "svg")
SOUND_FORMATS = ("wav",)

Columns = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Need:
    """What must be chosen before an exhibit can be had.

    Attributes:
        choice: The field of `Choices` that must not be empty.
        reason: What people are told as long as it is.
    """

    choice: str
    reason: str


@dataclass(frozen=True)
class Exhibit:
    """Something the page shows, and how to draw it, write it as numbers, or make sound of it.

    Attributes:
        name: Of the figure, of the table and of their files.
        title: Shown to people.
        view: Name of the view it belongs to.
        draw: Gives the figure, from an analysis and resolved choices; None where there is no figure.
        tabulate: Gives the named columns, or arrays, texts in a fixed width; None where there are no numbers.
        sound: Gives the sound; None where there is none.
        is_table: Whether every column has one value per row, so that it can be written as CSV.
        need: What must be chosen first; None where nothing has to be.
        parts: The parts of an analysis in it, as `Sources` names them, the main one first: files say which
            checkpoint made each. None where it is of the recording alone.
        needs_changes: Whether it compares with what was before a change, which must reach its main part.
        why_not: Why the chosen checkpoint cannot have it, in a sentence; None where it can.
    """

    name: str
    title: str
    view: str
    draw: Callable[[Analysis, Choices], Figure] | None = None
    tabulate: Callable[[Analysis, Choices], Columns] | None = None
    sound: Callable[[Analysis, Choices], Waveform] | None = None
    is_table: bool = True
    need: Need | None = None
    parts: tuple[str, ...] = ()
    needs_changes: bool = False
    why_not: Callable[[Analysis], str | None] = lambda _: None

    def makers(self, analysis: Analysis) -> dict[str, str | None]:
        """The name of the checkpoint behind each of its parts."""
        return {part: analysis.source_names[part] for part in self.parts}

    def changes(self, analysis: Analysis) -> tuple[Change, ...]:
        """What any of its parts was changed by; of the recording alone, what was changed in the sound."""
        if not self.parts:
            return tuple(change for change in analysis.changes if change.is_of_sound)
        return composed(chain(*(analysis.source_changes.get(part, ()) for part in self.parts)))

    def is_of(self, analysis: Analysis) -> bool:
        """Whether an analysis has its main part: not every checkpoint has every head."""
        if self.needs_changes and not analysis.source_changes.get(self.parts[0]):
            return False
        return None not in list(self.makers(analysis).values())[:1] and self.why_not(analysis) is None

    @property
    def figure_formats(self) -> tuple[str, ...]:
        """The formats of its figure; none where there is no figure."""
        return () if self.draw is None else FIGURE_FORMATS

    @property
    def table_formats(self) -> tuple[str, ...]:
        """The formats of its numbers, the one for the bundle first; none where there are no numbers."""
        if self.tabulate is None:
            return ()
        return ("csv", "npz") if self.is_table else ("npz",)

    @property
    def sound_formats(self) -> tuple[str, ...]:
        """The formats of its sound; none where there is none."""
        return () if self.sound is None else SOUND_FORMATS

    @property
    def formats(self) -> tuple[str, ...]:
        """All formats it can be had in."""
        return self.figure_formats + self.table_formats + self.sound_formats
