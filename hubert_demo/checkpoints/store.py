"""The checkpoints that are loaded, and those whose heads stand in for one that lacks them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from hubert_demo.checkpoints.loading import LoadedCheckpoint, load
from hubert_demo.checkpoints.specs import CHECKPOINTS, CheckpointSpec, resolve
from hubert_demo.errors import CheckpointError, InputError, MachineError
from hubert_demo.memo import Memo
from hubert_demo.model.files import Progress

MAX_LOADED_BYTES = 4 << 30

ZERO_GPU_VARIABLE = "SPACES_ZERO_GPU"
"""Environment variable of machines that lend their graphics card to single calls (`ui/zero_gpu.py`)."""

Load = Callable[[CheckpointSpec, str, Progress | None], LoadedCheckpoint]


@dataclass(frozen=True, eq=False)
class Companions:
    """A checkpoint, and those whose heads stand in where it has none.

    Attributes:
        chosen: The checkpoint that was asked for.
        with_ctc: The one that transcribes: `chosen` if it has a CTC head.
        with_keywords: The one that recognises keywords: `chosen` if it has a keyword head or tells other
            classes, or if neither has one.
    """

    chosen: LoadedCheckpoint
    with_ctc: LoadedCheckpoint
    with_keywords: LoadedCheckpoint


class CheckpointStore:
    """Loaded checkpoints in bounded memory, each loaded once. Safe to share between threads.

    Whoever asks for one that is being loaded waits for it; nobody else waits.

    Args:
        max_bytes: What their weights may take together; the one last loaded is always kept, and the largest
            leaves first.
        load: Reads a checkpoint, as the function `load` does.
    """

    def __init__(self, max_bytes: int = MAX_LOADED_BYTES, load: Load = load) -> None:
        self._load = load
        self._loaded: Memo[tuple[CheckpointSpec, str], LoadedCheckpoint] = Memo(
            max_bytes=max_bytes, size_of=lambda loaded: loaded.num_bytes
        )

    def get(self, spec: CheckpointSpec, device: str, progress: Progress | None = None) -> LoadedCheckpoint:
        """The checkpoint, loaded if need be.

        Args:
            spec: The checkpoint.
            device: Where its weights go.
            progress: Told how far each file is that has to be fetched.

        Raises:
            CheckpointError: If it cannot be loaded.
        """
        return self._loaded.get((spec, device), lambda: self._load(spec, device, progress))

    def find(
        self,
        checkpoint: str | Path | CheckpointSpec,
        device: str | None = None,
        progress: Progress | None = None,
    ) -> LoadedCheckpoint:
        """The checkpoint of a name, loaded if need be.

        Args:
            checkpoint: Name in the registry, a directory, the name of a repository on the hub, or what the
                registry would say of one.
            device: `"cpu"`, `"cuda"`, …; None takes CUDA when it is there.
            progress: Told how far each file is that has to be fetched from the hub.

        Returns:
            The loaded checkpoint, in eval mode. It is shared: do not change it.

        Raises:
            CheckpointError: If there is no such checkpoint or it cannot be loaded.
            InputError: If this machine has no such device.
        """
        return self.get(resolve(checkpoint), available_device(device), progress)

    def find_with_companions(
        self, checkpoint: str | Path | CheckpointSpec, device: str | None = None
    ) -> Companions:
        """The checkpoint of a name, and those that lend it the heads that it lacks.

        Args:
            checkpoint: As for `find`.
            device: As for `find`.

        Raises:
            CheckpointError: As for `find`; or if neither it nor its companion has a CTC head.
            InputError: As for `find`.
        """
        chosen = self.find(checkpoint, device)
        with_ctc = chosen if chosen.ctc_model else self.find(chosen.spec.ctc_companion, device)
        if with_ctc.ctc_model is None:
            raise CheckpointError(
                f"{chosen.spec.title} has no CTC head; {with_ctc.spec.title}, which transcribes in its "
                "place, has none either. Choose another checkpoint."
            )
        with_keywords = chosen
        if chosen.keyword_head is None and chosen.classifier_head is None:
            companion = self.find(chosen.spec.keyword_companion, device)
            with_keywords = chosen if companion.keyword_head is None else companion
        return Companions(chosen, with_ctc, with_keywords)

    def check_folders(self, checkpoints: Iterable[str | Path]) -> None:
        """Load the folders of one's own, to say what is wrong with them before anybody chooses them.

        Args:
            checkpoints: Directories; names are passed over.

        Raises:
            CheckpointError: If any cannot be used; a line for each of them.
        """
        problems = []
        for checkpoint in checkpoints:
            try:
                spec = resolve(checkpoint)
                if spec not in CHECKPOINTS and isinstance(spec.source, Path):
                    self.find(spec)
            except (CheckpointError, MachineError) as error:
                problems.append(f"{checkpoint}: {error}")
        if problems:
            raise CheckpointError("\n".join(problems))


def available_device(device: str | None) -> str:
    """The device to load onto.

    Args:
        device: `"cpu"`, `"cuda"`, …; None takes CUDA when it is there.

    Raises:
        InputError: If this machine has no such device.
    """
    has_cuda = torch.cuda.is_available() and ZERO_GPU_VARIABLE not in os.environ and _card_answers()
    if device is None:
        return "cuda" if has_cuda else "cpu"
    try:
        device_type = torch.device(device).type
    except RuntimeError as error:
        raise InputError(f"There is no device {device!r}; use 'cpu' or 'cuda'.") from error
    if device_type == "cuda" and not has_cuda:
        raise InputError(f"Device {device!r} was asked for, but no CUDA device is usable. Use 'cpu'.")
    return device


def _card_answers() -> bool:
    """Whether the graphics card still computes: one that has failed once says in vain that it is there."""
    try:
        return bool((torch.ones(1, device="cuda") + 1 == 2).item())
    except RuntimeError:
        return False


STORE = CheckpointStore()
"""The checkpoints that this process has loaded, unless its caller keeps a store of its own."""


def load_checkpoint(
    checkpoint: str | Path | CheckpointSpec, device: str | None = None, progress: Progress | None = None
) -> LoadedCheckpoint:
    """`CheckpointStore.find` in the process's own store: up to 4 GiB of the latest stay loaded."""
    return STORE.find(checkpoint, device, progress)
