"""Frame targets by offline clustering: MFCC for a first teacher, a layer of a checkpoint for the next.

Source: Hsu et al. 2021, "HuBERT", section III-A and IV-B: k-means with 100 clusters on MFCC with first and
second differences, then 500 clusters on a middle layer of the first iteration's model. Several codebooks tell
a small student more than one does (Guo et al. 2023, "Predicting Multi-Codebook Vector Quantization Indexes
for Knowledge Distillation"); here they come from residual k-means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
from sklearn.cluster import MiniBatchKMeans
from tqdm import tqdm

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.errors import InputError
from hubert_demo.model import HubertModel
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.encode import encoded

Features = Callable[[Clip], npt.NDArray[np.float32]]
"""From a clip to (frames, dimensions), 20 ms a frame."""

MFCC_UNITS, LAYER_UNITS = 100, 500
MAX_FRAMES = 500_000
_NUM_MFCC = 13


def make_targets(
    data_dir: Path,
    units_dir: Path,
    num_units: int,
    encoder: Path | None = None,
    layer: int = 0,
    max_frames: int = MAX_FRAMES,
    seed: int = 0,
    num_codebooks: int = 1,
) -> None:
    """Cluster the training clips' frames and write every clip's units, valid clips' too.

    Args:
        data_dir: Holds the corpus folders.
        units_dir: Receives `<corpus>.npz`.
        num_units: Clusters of a codebook.
        encoder: Checkpoint folder whose layer is clustered; MFCC if None.
        layer: Index into its hidden states.
        max_frames: Most frames that the clustering sees.
        seed: Of the clustering.
        num_codebooks: Codebooks, each of what those before it leave over.
    """
    clips = load_clips(data_dir, corpora.pretraining_clips(data_dir))
    features: Features = mfcc
    if encoder is not None:
        features = layer_states(HubertModel.from_pretrained(encoder).eval().to(parallel.join()), layer)
    clusters = fit_units(features, clips, num_units, max_frames, seed, num_codebooks)
    valid = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"))
    write_units(features, clusters, [*clips, *valid], units_dir)


def mfcc(clip: Clip) -> npt.NDArray[np.float32]:
    """13 cepstral coefficients with first and second differences, (frames, 39); no frames below three.

    A row sees the samples of one frame of the encoder, no more and no less.
    """
    coefficients = librosa.feature.mfcc(
        y=clip.samples.astype(np.float32) / 32768,
        sr=SAMPLE_RATE_HZ,
        n_mfcc=_NUM_MFCC,
        # A longer transform would look past the window, and librosa would put the window into its middle.
        n_fft=HUBERT_GRID.window_samples,
        hop_length=HUBERT_GRID.hop_samples,
        n_mels=40,
        center=False,
    )
    width = min(9, (coefficients.shape[1] - 1) // 2 * 2 + 1)
    if width < 3:
        return np.zeros((0, 3 * _NUM_MFCC), np.float32)
    differences = [librosa.feature.delta(coefficients, width=width, order=order) for order in (1, 2)]
    stacked: npt.NDArray[np.float32] = np.concatenate([coefficients, *differences]).T.astype(np.float32)
    return stacked


def layer_states(encoder: HubertModel, layer: int) -> Features:
    """Features that are the states of one layer.

    Args:
        encoder: In eval mode.
        layer: Index into the hidden states.

    Raises:
        InputError: If there is no such layer.
    """
    if not 0 <= layer <= encoder.config.num_hidden_layers:
        raise InputError(f"Layer {layer} does not exist; choose 0 to {encoder.config.num_hidden_layers}.")

    def states(clip: Clip) -> npt.NDArray[np.float32]:
        array: npt.NDArray[np.float32] = encoded(encoder, clip.samples)[layer].float().cpu().numpy()
        return array

    return states


class ResidualKMeans:
    """K-means of frames, then of what each codebook leaves over.

    Args:
        num_units: Clusters of a codebook.
        num_codebooks: Codebooks.
        seed: Of the clustering.
    """

    def __init__(self, num_units: int, num_codebooks: int, seed: int) -> None:
        self.codebooks = [
            MiniBatchKMeans(
                num_units, batch_size=10_000, n_init=5, max_no_improvement=100, random_state=seed + n
            )
            for n in range(num_codebooks)
        ]

    def fit(self, frames: npt.NDArray[np.float32]) -> ResidualKMeans:
        """Learn from frames (frames, dimensions)."""
        for clusters in self.codebooks:
            frames = frames - clusters.fit(frames).cluster_centers_[clusters.labels_]
        return self

    def predict(self, frames: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
        """Units (frames, codebooks) of frames (frames, dimensions)."""
        units = np.zeros((len(frames), len(self.codebooks)), np.int16)
        for column, clusters in enumerate(self.codebooks):
            if len(frames):
                units[:, column] = clusters.predict(frames)
                frames = frames - clusters.cluster_centers_[units[:, column]]
        return units


def fit_units(
    features: Features,
    clips: Sequence[Clip],
    num_units: int,
    max_frames: int,
    seed: int,
    num_codebooks: int = 1,
) -> ResidualKMeans:
    """Cluster frames drawn evenly from all clips.

    Args:
        features: Of a clip.
        clips: With samples; of speakers that train.
        num_units: Clusters of a codebook.
        max_frames: Most frames to cluster.
        seed: Of the choice of frames and of the clustering.
        num_codebooks: Codebooks.

    Raises:
        InputError: If there are fewer frames than clusters.
    """
    rng = np.random.default_rng(seed)
    num_frames = sum(len(clip.samples) // HUBERT_GRID.hop_samples for clip in clips)
    share = min(1.0, max_frames / max(num_frames, 1))
    chosen = []
    for clip in tqdm(clips, desc="features", unit="clip", mininterval=5):
        frames = features(clip)
        chosen.append(frames[rng.random(len(frames)) < share])
    sample = np.concatenate(chosen)
    if len(sample) < num_units:
        raise InputError(f"{len(sample)} frames cannot make {num_units} units; give more speech.")
    return ResidualKMeans(num_units, num_codebooks, seed).fit(sample)


def write_units(features: Features, clusters: ResidualKMeans, clips: Sequence[Clip], units_dir: Path) -> None:
    """Every frame's units, in one `<corpus>.npz` a corpus: file name → int16 (frames, codebooks)."""
    by_corpus: dict[str, dict[str, npt.NDArray[np.int16]]] = {}
    for clip in tqdm(clips, desc="units", unit="clip", mininterval=5):
        by_corpus.setdefault(clip.corpus, {})[clip.file] = clusters.predict(features(clip))
    units_dir.mkdir(parents=True, exist_ok=True)
    for corpus, units_by_file in by_corpus.items():
        np.savez_compressed(units_dir / f"{corpus}.npz", **units_by_file)  # type: ignore[arg-type]
