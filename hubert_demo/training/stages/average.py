"""The mean of the weights of several fine-tuned checkpoints, which can read better than each.

Source: Wortsman et al. 2022, "Model soups"; of a start and what it became, Wortsman et al. 2022, "Robust
fine-tuning of zero-shot models".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hubert_demo.errors import InputError
from hubert_demo.model import HubertForCTC
from hubert_demo.training.augmentation.recordings import put_together
from hubert_demo.training.augmentation.sounds import SOUNDS
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.checkpoints import character_tokenizer, save_ctc_checkpoint
from hubert_demo.training.evaluation.without_speech import sounds_without_speech
from hubert_demo.training.stages.ctc import character_error_rate, transcribe_greedily

SHARES = (0.3, 0.5, 0.7, 0.85, 1.0)
"""Of the newer weights, to choose from."""

_QUIET_S = 6.0
_SOUNDS_SEED = 24


def average_checkpoints(
    checkpoints: Sequence[Path], output: Path, shares: Sequence[float] | None = None
) -> HubertForCTC:
    """Write the CTC checkpoint whose weights are the mean of several that started from the same one.

    Args:
        checkpoints: CTC checkpoint folders of one architecture.
        output: Receives the whole folder, without a keyword head, since the encoder is another.
        shares: What each counts, in all one; equal parts if None.

    Returns:
        The model, in eval mode.

    Raises:
        InputError: If two differ in their weights' names or shapes, or there are not as many shares.
    """
    shares = [1 / len(checkpoints)] * len(checkpoints) if shares is None else shares
    if len(shares) != len(checkpoints) or abs(sum(shares) - 1) > 1e-6:
        raise InputError("Give every checkpoint a share, in all one.")
    models = [HubertForCTC.from_pretrained(checkpoint, require_head=True) for checkpoint in checkpoints]
    rows = [model.state_dict() for model in models]
    shapes = [{name: tensor.shape for name, tensor in row.items()} for row in rows]
    if any(each != shapes[0] for each in shapes):
        raise InputError("Only checkpoints of one architecture have a mean; give runs that began alike.")
    weights = list(zip(shares, rows, strict=True))
    models[0].load_state_dict({name: sum(share * row[name] for share, row in weights) for name in rows[0]})
    save_ctc_checkpoint(models[0], output)
    return models[0].eval()


def blend(start: Path, runs: Sequence[Path], output: Path, clips: Sequence[Clip]) -> float:
    """Write the mean of what a checkpoint became in several runs, mixed with itself as is best for reading.

    Args:
        start: CTC checkpoint folder that the runs started from.
        runs: Theirs.
        output: Receives the whole folder, without a keyword head.
        clips: With samples and texts, of speakers who train nothing. The share has the least sum of the
            character error on them alone, the same with six seconds of quiet on both sides, and the share of
            sounds without speech, of kinds that training hears, in which letters are read.

    Returns:
        The share of the runs.
    """
    tokenizer, device = character_tokenizer(), parallel.join()
    rng = np.random.default_rng(0)
    quiet = [put_together([clip], (_QUIET_S, _QUIET_S), rng) for clip in clips]
    sounds = [sound.clip for sound in sounds_without_speech(SOUNDS, _SOUNDS_SEED)]

    def written(share: float) -> HubertForCTC:
        shares = [1 - share, *[share / len(runs)] * len(runs)]
        return average_checkpoints([start, *runs], output, shares).to(device)

    def error(share: float) -> float:
        model = written(share)
        rates = [character_error_rate(model, tokenizer, heard) for heard in (clips, quiet)]
        num_read = sum(bool(transcribe_greedily(model, tokenizer, sound)) for sound in sounds)
        print(
            f"{share:.0%} of the runs: character error {rates[0]:.3f} alone, {rates[1]:.3f} with quiet; "
            f"letters in {num_read} of {len(sounds)} sounds",
            flush=True,
        )
        return sum(rates) + num_read / len(sounds)

    best = min(SHARES, key=error)
    written(best)
    return best
