"""`analyze`: everything about one recording from one pass of each encoder that is needed."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hubert_demo.api.analysis import Analysis
from hubert_demo.audio import SAMPLE_RATE_HZ, Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, STORE, CheckpointSpec, CheckpointStore
from hubert_demo.inference import Pass, Passes, encode


def analyze(
    recording: str | os.PathLike[str] | npt.NDArray[np.generic] | Waveform,
    *,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    checkpoint: str | Path | CheckpointSpec = DEFAULT_CHECKPOINT,
    device: str | None = None,
    passes: Passes | None = None,
    store: CheckpointStore = STORE,
) -> Analysis:
    """Analyse one recording of 0.1 s to 60 s.

    A file is decoded in this process, with the same checks as everywhere; one that was made to harm may crash
    the process or fill its memory. For files of strangers, hand over what `hubert_demo.audio.Readers` reads.

    Args:
        recording: A file, samples as `Waveform.from_array` takes them, or a waveform.
        sample_rate_hz: Rate of `recording` if it is an array.
        checkpoint: Name in the registry, a directory in transformers' layout, or the name of a repository on
            the hub, `owner/name` or `owner/name@revision`, which is downloaded unless it was before.
        device: `"cpu"`, `"cuda"`, …; None takes CUDA when it is there.
        passes: Where to look for encodings that other analyses hold, before an encoder is run.
        store: Where to look for checkpoints that are loaded already.

    Returns:
        The analysis; the encoder, and that of a companion whose head it borrows, has run once and will not
        run again.

    Raises:
        InputError: If the recording or the device cannot be used.
        CheckpointError: If there is no such checkpoint, or it or its companion cannot be loaded.
    """
    waveform = _to_waveform(recording, sample_rate_hz)
    found = store.find_with_companions(checkpoint, device)
    run = encode if passes is None else passes.encode
    distinct = {loaded.spec: loaded for loaded in (found.chosen, found.with_ctc, found.with_keywords)}
    made = {spec: Pass(spec, run(loaded, waveform)) for spec, loaded in distinct.items()}
    return Analysis(
        chosen=made[found.chosen.spec],
        ctc=made[found.with_ctc.spec],
        keywords=made[found.with_keywords.spec],
        load=lambda spec: store.find(spec, device),
    )


def _to_waveform(
    recording: str | os.PathLike[str] | npt.NDArray[np.generic] | Waveform, sample_rate_hz: int
) -> Waveform:
    if isinstance(recording, Waveform):
        return recording
    if isinstance(recording, str | os.PathLike):
        return Waveform.from_file(recording)
    return Waveform.from_array(recording, sample_rate_hz)
