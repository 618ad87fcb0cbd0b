"""What is left of the sound in each layer: spectrum, words, pitch and voice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from hubert_demo.analysis.timeline.prosody import measure_prosody
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.errors import CheckpointError
from hubert_demo.experiments.mel import NUM_BANDS, at_level, log_mel, sound_of
from hubert_demo.experiments.resynthesis import at_level_of, resynthesise
from hubert_demo.inference import decoded_sound, encode
from hubert_demo.model.sound_scores import SoundScores
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.data.states import grid_of, layer_states, sound_columns
from hubert_demo.training.engine.encode import encoded
from hubert_demo.training.evaluation.ridge import SoundRidge, share_of_variance
from hubert_demo.training.evaluation.scores import Count, ErrorDifference, ErrorRate

_FRAMES_OF_THE_PROBE = 5
_LEAST_VOICED = 20


@dataclass(frozen=True)
class LayerSound:
    """What of the sound is left in one layer.

    Attributes:
        share: Of the variance of the log-mel spectrogram, what the decoder explains, up to 1.
        ridge_share: What a ridge regression explains that was fitted on the decoder's own training clips.
        errors: Character errors when the model reads the layer's sound, beside those on the original.
        pitch: Correlation of the pitch with the original's, where both have a voice: the mean over clips.
        speaker: Frames whose reader a linear probe tells from the states, fitted on half of each reader's
            clips and scored on the others.
    """

    share: float
    ridge_share: float
    errors: ErrorDifference
    pitch: float
    speaker: Count


@dataclass(frozen=True)
class ResynthesisScores:
    """All layers, and what could be reached.

    Attributes:
        layers: The layers' input first.
        ceiling: The same errors on sound made of the original's own spectrogram.
        ceiling_pitch: Its pitch.
        speaker_by_chance: The commonest reader's share of the frames.
        trained_on: How much the decoders and the ridge were taught on.
        num_clips: How many clips were measured.
        num_speakers: How many people read them.
    """

    layers: tuple[LayerSound, ...]
    ceiling: ErrorDifference
    ceiling_pitch: float
    speaker_by_chance: float
    trained_on: str
    num_clips: int
    num_speakers: int

    @property
    def as_shown(self) -> SoundScores:
        """What the page shows of them."""
        return SoundScores(
            tuple(round(layer.share, 3) for layer in self.layers),
            tuple(round(layer.pitch, 3) for layer in self.layers),
            tuple(round(layer.speaker.share, 3) for layer in self.layers),
            round(self.speaker_by_chance, 3),
            self.num_clips,
            self.num_speakers,
        )

    @property
    def lines(self) -> list[str]:
        """A table, a line a layer."""
        gain = np.mean([layer.share - layer.ridge_share for layer in self.layers])
        lines = [
            f"sound of every layer: share of log-mel variance ({NUM_BANDS} bands, each band's mean removed, "
            f"every clip at one level; in parentheses a ridge regression on the same {self.trained_on}), "
            "character error rate of the model on it, correlation of pitch, and frames whose reader a linear "
            f"probe tells ({self.speaker_by_chance:.2f} by chance)"
        ]
        for number, layer in enumerate(self.layers):
            lines.append(
                f"  layer {number}: {layer.share:.3f} ({layer.ridge_share:.3f})  {layer.errors.after}, "
                f"{layer.errors} of the original  pitch {layer.pitch:.3f}  reader {layer.speaker.share:.3f}"
            )
        lines.append(
            f"  the original's spectrogram: {self.ceiling.after}, {self.ceiling} of the original "
            f"({self.ceiling.before.value:.3f})  pitch {self.ceiling_pitch:.3f}"
        )
        return [*lines, f"  decoders explain {gain:+.3f} more than the ridge, mean of all layers"]


def resynthesis_scores(
    loaded: LoadedCheckpoint, data_dir: Path, clips: Sequence[Clip], states_dir: Path | None = None
) -> ResynthesisScores:
    """Measure the sound of every layer.

    Args:
        loaded: With a CTC head and decoders.
        data_dir: Holds the corpora that the decoders were taught on.
        clips: With samples, texts and readers.
        states_dir: Has the states of the clips that the decoders were taught on, or receives them; None to
            keep none.

    Raises:
        CheckpointError: If it has no decoders.
        InputError: If the clips that they were taught on are not at hand.
    """
    decoders = loaded.sound_decoders
    if decoders is None:
        raise CheckpointError(
            f"{loaded.spec.name} has no decoders to sound; teach them with `resynthesise` before evaluating."
        )
    ridges = fitted_ridges(loaded, data_dir, states_dir)
    measured = [
        measure(loaded, ridges, clip) for clip in tqdm(clips, desc="sound", unit="clip", mininterval=10)
    ]
    return summed_up(measured, clips, f"{decoders.origin.taught['hours']} h of training clips")


@dataclass(frozen=True, eq=False)
class ClipSound:
    """What was measured on one clip; of layers, the layers' input first.

    Attributes:
        wanted: Its log-mel columns, `(frames, columns * NUM_BANDS)`.
        errors: Squared errors of each layer's decoder.
        ridge_errors: Of each layer's ridge.
        text: What the model reads of the original.
        texts: Of the sound of each layer, and last of the original's own spectrogram.
        pitches: Correlation with the original's pitch, likewise; None where a voice is too seldom.
        states: Every fifth frame's states, `(layers + 1, frames, hidden)`.
    """

    wanted: npt.NDArray[np.float32]
    errors: tuple[float, ...]
    ridge_errors: tuple[float, ...]
    text: str
    texts: tuple[str, ...]
    pitches: tuple[float | None, ...]
    states: npt.NDArray[np.float32]


def measure(loaded: LoadedCheckpoint, ridges: Sequence[SoundRidge], clip: Clip) -> ClipSound:
    """Make sound of every layer for one clip, and read it."""
    encoding = encode(loaded, clip.waveform)
    wanted = sound_columns(clip.samples, encoding.grid)
    layers = range(len(ridges))
    said = [decoded_sound(loaded, encoding, layer) for layer in layers]
    by_ridge = [ridges[layer].predict(encoding.hidden_states[layer]) for layer in layers]
    pitch = measure_prosody(clip.waveform, encoding.grid).pitch_hz
    sounds = [*(resynthesise(loaded, encoding, layer) for layer in layers), _of_its_own_spectrogram(encoding)]
    return ClipSound(
        wanted,
        tuple(float(np.square(each - wanted, dtype=np.float64).sum()) for each in said),
        tuple(float(np.square(each - wanted, dtype=np.float64).sum()) for each in by_ridge),
        transcribe(encoding).text,
        tuple(transcribe(encode(loaded, sound)).text for sound in sounds),
        tuple(_correlation(pitch, measure_prosody(sound, encoding.grid).pitch_hz) for sound in sounds),
        encoding.hidden_states[:, ::_FRAMES_OF_THE_PROBE].copy(),
    )


def summed_up(measured: Sequence[ClipSound], clips: Sequence[Clip], trained_on: str) -> ResynthesisScores:
    """The scores of all clips together.

    Args:
        measured: Of each clip.
        clips: The same, with texts and readers.
        trained_on: How much the decoders and ridges were taught on.
    """
    references, speakers = [clip.text for clip in clips], [clip.speaker for clip in clips]
    original = ErrorRate.of_characters(references, [each.text for each in measured])
    rates = [
        ErrorDifference(original, ErrorRate.of_characters(references, texts))
        for texts in zip(*(each.texts for each in measured), strict=True)
    ]
    pitches = [_mean(found) for found in zip(*(each.pitches for each in measured), strict=True)]
    wanted = [each.wanted for each in measured]
    shares, ridge_shares = (
        [share_of_variance(sum(errors), wanted, NUM_BANDS) for errors in zip(*by_clip, strict=True)]
        for by_clip in ([each.errors for each in measured], [each.ridge_errors for each in measured])
    )
    layers = tuple(
        LayerSound(
            shares[layer],
            ridge_shares[layer],
            rates[layer],
            pitches[layer],
            speaker_probe([each.states[layer] for each in measured], speakers),
        )
        for layer in range(len(shares))
    )
    by_chance = _by_chance([each.states.shape[1] for each in measured], speakers)
    return ResynthesisScores(
        layers, rates[-1], pitches[-1], by_chance, trained_on, len(clips), len(set(speakers))
    )


def fitted_ridges(loaded: LoadedCheckpoint, data_dir: Path, states_dir: Path | None) -> list[SoundRidge]:
    """A ridge for every layer, fitted on the clips that the decoders were taught on."""
    decoders = loaded.sound_decoders
    assert decoders is not None
    taught = decoders.origin.taught
    listed = corpora.opening_clips(data_dir, taught["asked_hours"], taught["seed"])
    if len(listed) != taught["clips"]:
        raise CheckpointError(
            f"The decoders of {loaded.spec.name} were taught on {taught['clips']} clips, but {data_dir} "
            f"gives {len(listed)}. Teach them again with `resynthesise`."
        )
    ridges = []
    for layer in range(len(decoders.layers)):
        known = decoders.of(layer)
        measured = (known.mean, known.scale, known.mel_mean)
        ridges.append(SoundRidge(*(each.detach().cpu().numpy() for each in measured)))
    clips = load_clips(data_dir, listed)
    for states, columns in tqdm(
        _states_and_columns(loaded, clips, states_dir), "ridge", len(clips), unit="clip", mininterval=10
    ):
        for ridge, state in zip(ridges, states, strict=True):
            ridge.add(state, columns)
    return ridges


def _states_and_columns(
    loaded: LoadedCheckpoint, clips: Sequence[Clip], states_dir: Path | None
) -> Iterator[tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]]:
    """Every layer's states of each clip, and the columns of its sound."""
    if states_dir is None:
        grid = grid_of(loaded.encoder)
        for clip in clips:
            yield encoded(loaded.encoder, clip.samples).cpu().numpy(), sound_columns(clip.samples, grid)
        return
    kept = layer_states(loaded.encoder, clips, states_dir)
    for frames in kept.clips():
        yield kept.states[:, frames], kept.sound[frames]


def _of_its_own_spectrogram(encoding: Encoding) -> Waveform:
    """The original without its phase: the best that a decoder could do."""
    samples = encoding.waveform.samples
    return Waveform(at_level_of(sound_of(log_mel(at_level(samples)), len(samples)), encoding.waveform))


def _correlation(pitch: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float | None:
    """Of the logarithms, where both have a voice; None where that is too seldom."""
    both = np.isfinite(pitch) & np.isfinite(other)
    if both.sum() < _LEAST_VOICED:
        return None
    return float(np.corrcoef(np.log(pitch[both]), np.log(other[both]))[0, 1])


def _mean(found: Sequence[float | None]) -> float:
    """Of those that there are; NaN where there are none."""
    known = [each for each in found if each is not None]
    return float(np.mean(known)) if known else math.nan


def speaker_probe(states: Sequence[npt.NDArray[np.floating]], speakers: Sequence[str]) -> Count:
    """Frames whose speaker a linear probe tells, in clips that it was not fitted on.

    Fitted on every other clip of each speaker and scored on the rest, then the other way round.

    Args:
        states: Of one layer, `(frames, hidden)` of each clip.
        speakers: Of the clips.
    """
    halves = np.zeros(len(speakers), np.int64)
    for speaker in set(speakers):
        places = [index for index, each in enumerate(speakers) if each == speaker]
        halves[places] = np.arange(len(places)) % 2
    right = total = 0
    for half in range(2):
        rows, labels = zip(
            *(_joined(states, speakers, halves == each) for each in (half, 1 - half)), strict=True
        )
        if len(set(labels[0])) < 2 or not len(labels[1]):
            continue
        scaler = StandardScaler().fit(rows[0])
        probe = LogisticRegression(max_iter=200).fit(scaler.transform(rows[0]), labels[0])
        right += int((probe.predict(scaler.transform(rows[1])) == labels[1]).sum())
        total += len(labels[1])
    return Count(right, total)


def _joined(
    states: Sequence[npt.NDArray[np.floating]], speakers: Sequence[str], chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.str_]]:
    places = np.flatnonzero(chosen).tolist()
    labels = np.concatenate([[speakers[place]] * len(states[place]) for place in places] or [[]])
    return np.concatenate([states[place] for place in places] or [states[0][:0]]), labels.astype(str)


def _by_chance(frames: Sequence[int], speakers: Sequence[str]) -> float:
    """The commonest speaker's share of the frames."""
    totals = dict.fromkeys(speakers, 0)
    for count, speaker in zip(frames, speakers, strict=True):
        totals[speaker] += count
    return max(totals.values()) / sum(totals.values())
