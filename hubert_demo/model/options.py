"""What `from_pretrained` takes besides the name of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubert_demo.errors import InputError
from hubert_demo.model.files import HubOptions

_WITHOUT_EFFECT = {
    "trust_remote_code": "nothing that a checkpoint brings is ever run",
    "use_safetensors": "safetensors come first, and other files are read without running anything in them",
    "low_cpu_mem_usage": "no more memory is taken than loading needs",
    "use_fast": "there is one tokenizer",
    "resume_download": "what was received is always kept",
    "proxies": "the hub's client takes them from the environment",
    "weights_only": "weights alone are read in any case",
    "max_memory": "the model stays in one piece",
    "offload_folder": "the model stays in one piece",
    "offload_state_dict": "the model stays in one piece",
    "_from_auto": "transformers' Auto classes say by it who asks",
    "_from_pipeline": "its pipelines likewise",
    "_commit_hash": "it goes with `revision`",
}
"""Options of transformers' `from_pretrained` that change nothing here, and why."""


_REFUSED = {
    "adapter_kwargs": "load adapters with peft",
    "from_flax": "only weights of torch are read",
    "from_tf": "only weights of torch are read",
    "gguf_file": "only safetensors and weights of torch are read",
    "load_in_4bit": "quantisation is not supported; use dtype=",
    "load_in_8bit": "quantisation is not supported; use dtype=",
    "quantization_config": "quantisation is not supported; use dtype=",
    "tp_plan": "HuBERT stays in one piece; use device_map=",
    "use_kernels": "kernels from the hub are programs, which are never fetched; use attn_implementation=",
    "variant": "only weights of the usual names are read; use dtype=",
}
"""Options of transformers' that would not do here what they do there, and what to do instead."""


def hub_options(options: Mapping[str, Any]) -> tuple[HubOptions, dict[str, Any]]:
    """Divide the keyword arguments of a `from_pretrained`.

    Args:
        options: As they were given.

    Returns:
        Those that say where the files are, and the others: settings that replace what the files say. Options
        of transformers that change nothing here are in neither.

    Raises:
        InputError: If one would do something in transformers that is not supported here.
    """
    refused = [name for name in _REFUSED if options.get(name)]
    if refused:
        raise InputError(f"{refused[0]}= cannot be used here: {_REFUSED[refused[0]]}.")
    where: Any = {name: value for name, value in options.items() if name in HubOptions.__annotations__}
    others = {n: v for n, v in options.items() if n not in where and n not in {*_WITHOUT_EFFECT, *_REFUSED}}
    return where, others
