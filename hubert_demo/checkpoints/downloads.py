"""What is asked of a repository on the hub before a download: is it a HuBERT, and does it fit the memory?"""

from __future__ import annotations

import os
from pathlib import Path

from hubert_demo.errors import CheckpointError, ConfigError
from hubert_demo.model import HubertConfig
from hubert_demo.model.config import CONFIG_NAME
from hubert_demo.model.files import CheckpointFiles, read_json, shown_value
from hubert_demo.model.weights import OLD_WEIGHTS_NAME, WEIGHTS_NAME

_FLOAT32_BYTES = 4
_BYTES = {"float16": 2, "bfloat16": 2, "float64": 8}

# A container's limit and what of it is used: of version 2 of control groups, and of version 1.
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def require_fit_for_download(files: CheckpointFiles) -> None:
    """Refuse a repository that is no HuBERT, or whose weights would not fit this machine's memory.

    Of its files only config.json, and the list of its shards if it has several, are fetched.

    Args:
        files: The repository.

    Raises:
        CheckpointError: If it is refused, or the hub cannot be asked.
    """
    config = _require_hubert(files)
    num_bytes = _weight_bytes(files)
    # In memory at the same time: what was read, and the model in single precision.
    in_file = _BYTES.get(str(config.extra.get("dtype") or config.extra.get("torch_dtype")), _FLOAT32_BYTES)
    needed = num_bytes + max(num_bytes // in_file, config.min_encoder_parameters) * _FLOAT32_BYTES
    available = available_bytes()
    if available is not None and needed > available:
        raise CheckpointError(
            f"{files.shown_name} is too large for this machine: its weights have {_shown(num_bytes)}, and "
            f"loading them takes about {_shown(needed)} of memory, of which {_shown(available)} are free. "
            "Nothing was downloaded. Choose a smaller model."
        )


def _require_hubert(files: CheckpointFiles) -> HubertConfig:
    values = read_json(files.require(CONFIG_NAME))
    kind, architectures = values.get("model_type"), values.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    if kind != "hubert" and not (kind is None and str(first).startswith("Hubert")):
        stated = "does not say what it is" if kind is None else f"is a {shown_value(kind)} model"
        raise CheckpointError(
            f"{files.shown_name} {stated}; only HuBERT models can be opened. Nothing was downloaded. Choose "
            "another one, such as facebook/hubert-base-ls960."
        )
    try:
        return HubertConfig.from_dict(values)
    except ConfigError as error:
        raise CheckpointError(f"{files.shown_name} cannot be opened. {error}") from error


def _weight_bytes(files: CheckpointFiles) -> int:
    """Size of the file of weights that would be fetched, or of all its shards together as their list says."""
    for name in (WEIGHTS_NAME, OLD_WEIGHTS_NAME):
        size = _size(files, name)
        if size is not None:
            return size
        index = files.find(f"{name}.index.json")
        if index is not None:
            metadata = read_json(index).get("metadata")
            total = metadata.get("total_size") if isinstance(metadata, dict) else None
            return total if isinstance(total, int) and total > 0 else 0
    raise CheckpointError(
        f"{files.shown_name} has neither {WEIGHTS_NAME} nor {OLD_WEIGHTS_NAME}, whole or in shards; choose "
        "another model."
    )


def _size(files: CheckpointFiles, name: str) -> int | None:
    """Bytes of a file on the hub, None if there is no such file."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError

    url = hf_hub_url(str(files.name_or_path), name, revision=files.revision)
    try:
        return get_hf_file_metadata(url, token=files.token, timeout=files.silence_s).size or 0
    except EntryNotFoundError:
        return None
    except RepositoryNotFoundError as error:
        # Its configuration may lie here since somebody with an access token fetched it.
        raise CheckpointError(
            f"{files.shown_name} is no public repository on the hub. Check the spelling, or choose another."
        ) from error
    except Exception as error:  # The client's transport has errors of its own.
        raise CheckpointError(
            f"{files.shown_name} cannot be fetched ({name}): the hub does not say how large it is. Try again "
            "in a minute."
        ) from error


def available_bytes() -> int | None:
    """Memory that can still be had on this machine, or in this container; None if that is unknown."""
    found = [_free_of_machine(), *(_free_of_container(Path(limit), Path(used)) for limit, used in _LIMITS)]
    return min((free for free in found if free is not None), default=None)


def _free_of_machine() -> int | None:
    """As Linux estimates it, with what can be swapped out; elsewhere all the memory there is."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        names = getattr(os, "sysconf_names", {})
        if "SC_PHYS_PAGES" not in names:
            return None
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return 1024 * (kilobytes["MemAvailable"] + kilobytes.get("SwapFree", 0))


def _free_of_container(limit: Path, used: Path) -> int | None:
    """What a control group has left; None where there is none, or it has no limit."""
    try:
        most = limit.read_text(encoding="ascii").strip()
        return None if most == "max" else max(0, int(most) - int(used.read_text(encoding="ascii")))
    except FileNotFoundError:
        return None


def _shown(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e8 else f"{num_bytes / 1e6:,.1f} MB"
