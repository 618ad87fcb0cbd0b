"""The recording on show as other models hear it, which lessons compare."""

from hubert_demo.api import Analysis, analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointSpec, CheckpointStore
from hubert_demo.inference import Passes
from hubert_demo.memo import Memo
from hubert_demo.ui.models import Models

MAX_ANALYSES = 4


class Others:
    """Analyses for lessons alone: they displace none that a visitor looks at. Safe to share between threads.

    Args:
        models: The checkpoints that are offered.
        passes: Runs the encoder.
        store: Where checkpoints are loaded.
    """

    def __init__(self, models: Models, passes: Passes, store: CheckpointStore) -> None:
        self._models, self._passes, self._store = models, passes, store
        self._analyses: Memo[tuple[CheckpointSpec, str], Analysis] = Memo(MAX_ANALYSES)

    def analysis(self, waveform: Waveform, checkpoint: str) -> Analysis:
        """A recording's analysis, computed once while the last few are remembered.

        Args:
            waveform: The recording.
            checkpoint: Name of a model that is offered.

        Raises:
            HubertDemoError: As `hubert_demo.analyze` raises it; or if the model is not offered, or has to be
                fetched first.
        """
        spec = self._models.find_here(checkpoint)
        return self._analyses.get(
            (spec, waveform.fingerprint),
            lambda: analyze(waveform, checkpoint=spec, passes=self._passes, store=self._store),
        )
