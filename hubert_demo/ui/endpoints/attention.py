"""Endpoints about attention heads, and what becomes of the answer without parts of the model."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import gradio as gr

from hubert_demo.analysis.attention.heads import pool
from hubert_demo.api.opening import Sweep, sweep_steps
from hubert_demo.changes import text_of
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.experiments.effects import edits
from hubert_demo.experiments.heads import NUM_DRAWS, HeadSweep
from hubert_demo.ui.answers import AttentionMap, Change, Changed, HeadNumbers, HeadSweepNumbers
from hubert_demo.ui.endpoints.base import Base, sources_of
from hubert_demo.ui.lanes import Rank, Steps
from hubert_demo.ui.views.base import SLOW, plain
from hubert_demo.ui.views.sweeps import DIGITS
from hubert_demo.ui.waiting import GLANCE

MAX_BINS = 200


class AttentionEndpoints(Base):
    """Look at heads, and switch them and other things off."""

    def attend(
        self, recording: gr.FileData, layer: int = 0, head: int = 0, checkpoint: str = DEFAULT_CHECKPOINT
    ) -> AttentionMap:
        """Show where one attention head looks, with neighbouring frames joined into at most 200 bins.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            layer: Layer, counted from 0 (layer 3 on the page is 2).
            head: Head of the layer, counted from 0 (head 1 on the page is 0).
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        pooled = self._in(GLANCE, lambda: pool(analysis.attention_maps(layer, [head]), MAX_BINS))
        return {
            "frames_per_bin": pooled.frames_per_bin,
            "attention": pooled.maps[0].tolist(),
            "sources": sources_of(analysis, "attention"),
        }

    def compare_heads(self, recording: gr.FileData, checkpoint: str = DEFAULT_CHECKPOINT) -> HeadNumbers:
        """Classify every attention head as in Yang et al. 2020, with the numbers behind it.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        metrics = self._in(SLOW, analysis.head_metrics)
        numbers = plain(metrics, "kinds", "globalness", "verticality", "diagonality")
        numbers |= {"entropy_nats": numbers["globalness"], "sources": sources_of(analysis, "attention")}
        return cast(HeadNumbers, numbers)

    def change(self, recording: gr.FileData, changes: str, checkpoint: str = DEFAULT_CHECKPOINT) -> Changed:
        """Switch parts of the model off, or mask or silence a stretch; the answers before and after.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            changes: What to change, separated by commas; layers and heads count from 0, times are seconds:
                head_off:3.1 (layer 3, head 1), head_off:3.1:mean, layer_skipped:4, feed_forward_off:4,
                frames_masked:1.2-1.6, stretch_silenced:1.2-1.6, attention_cut:1.2-1.6:2-2.4.
            checkpoint: Name of the model.
        """
        result, of_changes = self._changed(recording, checkpoint, changes)
        changed = of_changes.analysis
        before, after = (self._recognise(each) for each in (result.analysis, changed))
        return {
            "changes": [Change(text=text_of([each]), words=each.as_words()) for each in changed.changes],
            "before": before,
            "after": after,
            "characters_changed": edits(before["transcript_greedy"], after["transcript_greedy"]),
            "made_with": {part: text_of(each) for part, each in changed.source_changes.items()},
        }

    def sweep_heads(
        self,
        recording: gr.FileData,
        by: str = "zero",
        keyword: str = "",
        num_draws: int = NUM_DRAWS,
        seed: int = 0,
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> HeadSweepNumbers:
        """Switch every attention head off in turn, and measure how much the transcript and a keyword change.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            by: What a head gives when it is off: "zero", or its "mean" over the recording.
            keyword: Keyword, or another classifier's label, whose probability to follow; "": the likeliest.
            num_draws: Random subspaces of each layer to compare heads with, 0 to 200; 0 is the quickest.
            seed: Random seed of these.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        followed = keyword or None
        sweep = partial(
            sweep_steps, analysis, "heads", by=by, keyword=followed, num_draws=num_draws, seed=seed
        )
        found: HeadSweep = self._turn(SLOW, _last(sweep), Rank.LAST)
        numbers = {
            **plain(found, "by", "keyword", "by_chance", "is_marked"),
            **found.effects.as_json(DIGITS),
        }
        return cast(HeadSweepNumbers, {**numbers, "sources": sources_of(analysis, "attention")})


def _last(begin: Callable[[], Iterator[Sweep]]) -> Steps[Sweep]:
    """A sweep as a job in steps."""
    latest: Sweep | None = None
    for sweep in begin():
        latest = sweep
        yield
    assert latest is not None
    return latest
