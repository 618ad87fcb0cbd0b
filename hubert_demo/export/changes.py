"""Changes in the files of a bundle: patched states as an NPZ file, and all of them in the script."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hubert_demo.changes import Change, StatesPatched, from_dict, text_of, to_dict
from hubert_demo.errors import InputError

PATCHED_STATES = "numbers/patched_states.npz"
"""Where a bundle has what was patched in."""

_COUNTING = "What was changed inside the model; layers and heads count from 0."


def patched_states(changes: Iterable[Change]) -> bytes:
    """The patches among changes as an NPZ file: `patches`, JSON, and `rows_0`, … `(frames, hidden)` each."""
    patches = [change for change in changes if isinstance(change, StatesPatched)]
    rows = {f"rows_{number}": patch.require_rows() for number, patch in enumerate(patches)}
    stream = io.BytesIO()
    said = np.array(json.dumps([to_dict(patch) for patch in patches]))
    np.savez_compressed(stream, allow_pickle=False, patches=said, **rows)
    return stream.getvalue()


def restore_patches(path: str | Path) -> tuple[StatesPatched, ...]:
    """The patches that `patched_states` wrote, with their states.

    Args:
        path: The NPZ file.

    Raises:
        InputError: If the file holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            patches = [from_dict(each) for each in json.loads(str(saved["patches"]))]
            rows = [saved[f"rows_{number}"] for number in range(len(patches))]
    except (KeyError, ValueError, EOFError, OSError) as error:
        raise InputError(f"{Path(path).name} holds no patched states that can be read: {error}") from error
    # Other changes have no states; `patched_states` writes none.
    found = [each for each in patches if isinstance(each, StatesPatched)]
    return tuple(patch.with_rows(states) for patch, states in zip(found, rows, strict=True))


def needs_patches(changes: Iterable[Change]) -> bool:
    """Whether some of the changes have states of their own."""
    return any(isinstance(change, StatesPatched) for change in changes)


def changing_lines(changes: Iterable[Change]) -> str:
    """Lines of a script that change `analysis`, whose patches lie beside it; "" where nothing is changed."""
    given = list(changes)
    plain = [repr(text_of([change])) for change in given if not isinstance(change, StatesPatched)]
    patches = [f'*restore_patches(here / "{PATCHED_STATES}")'] if needs_patches(given) else []
    lines = "".join(f"    {each},\n" for each in [*plain, *patches])
    if not lines:
        return ""
    return f"\n# {_COUNTING}\nanalysis = analysis.change(\n{lines})\n"
