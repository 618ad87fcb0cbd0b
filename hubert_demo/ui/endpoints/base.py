"""What all endpoints share: a recording is analysed, and what is asked of it computed in a lane."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.ui.blocks import uploaded_path
from hubert_demo.ui.lanes import Rank, at_once, one_step
from hubert_demo.ui.recognition import Recognition, recognition
from hubert_demo.ui.results import Result
from hubert_demo.ui.views.base import SLOW
from hubert_demo.ui.waiting import GLANCE

Value = TypeVar("Value")

# From here on a beam search takes so long that it waits with what else takes long.
LONG_S = 10.0
# Nor is whoever sends several such recordings refused: as many are heard at once as may wait here.
PATIENCE_S = 60.0


def changed_at_once(result: Result, changes: str, _rank: Rank) -> Result:
    """A result with changes, without a lane; nobody keeps it."""
    return Result("", result.analysis.change(changes), 0.0, result)


class Base:
    """Analyses a recording and computes what it is asked for, nothing else.

    Args:
        analyse: Analyses a recording by the checkpoint of a name, as `Page.analyse` does.
        read: Decodes a file, as `Readers.read` does where it may be a stranger's.
        turn: Has a job computed in a lane, as `Waiting.turn` does.
        change: Makes a result with changes of another, as `Changing.change` does.
    """

    def __init__(
        self,
        analyse: Callable[[Waveform, str], Result],
        read: Callable[[Path], Waveform] = Waveform.from_file,
        turn: Callable[..., Any] = at_once,
        change: Callable[[Result, str, Rank], Result] = changed_at_once,
    ) -> None:
        self._analyse_waveform = analyse
        self._read = read
        self._turn = turn
        self._change = change

    def _recognise(self, analysis: Analysis) -> Recognition:
        return recognition(self._search(analysis, lambda: analysis.transcript, PATIENCE_S), analysis)

    def _search(self, analysis: Analysis, compute: Callable[[], Value], patience_s: float = 0.0) -> Value:
        """What takes a beam search, unless that was made already."""
        lane = SLOW if analysis.encoding.waveform.duration_s > LONG_S else GLANCE
        value: Value = self._turn(lane, one_step(compute), patience_s=patience_s)
        return value

    def _in(self, lane: str, compute: Callable[[], Value]) -> Value:
        value: Value = self._turn(lane, one_step(compute))
        return value

    def _changed(self, recording: gr.FileData, checkpoint: str, changes: str) -> tuple[Result, Result]:
        """Results of a recording before and after something was changed; the same one if nothing was."""
        result = self._analyse_waveform(self._read(uploaded_path(recording)), checkpoint)
        return result, self._change(result, changes, Rank.LATER)

    def _analyse(self, recording: gr.FileData, checkpoint: str) -> Analysis:
        waveform = self._read(uploaded_path(recording))
        return self._analyse_waveform(waveform, checkpoint).analysis


def sources_of(analysis: Analysis, *parts: str) -> dict[str, str | None]:
    """The model behind each of some parts."""
    return {part: analysis.source_names[part] for part in parts}
