"""What is compared: the same random weights in transformers and here, doing the same task."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hubert_demo.analysis.attention.heads import pool
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.benchmark.flash import name_in_transformers
from hubert_demo.errors import ConfigError, HubertDemoError
from hubert_demo.model import HubertConfig, HubertModel
from hubert_demo.model.attention import ATTN_IMPLEMENTATIONS

SIZES: dict[str, dict[str, Any]] = {
    "base": {},
    "large": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "feat_extract_norm": "layer",
        "conv_bias": True,
        "do_stable_layer_norm": True,
    },
}
"""Settings of hubert-base-ls960 (the defaults) and hubert-large-ll60k."""

STATES, MAP, MAPS = "states", "map", "maps"
TASKS = {
    STATES: "every layer's hidden states",
    MAP: "states, one head's map in full and its layer's others as thumbnails",
    MAPS: "states and every head of one layer in full",
}

_THUMBNAIL_BINS = 300


@dataclass(frozen=True)
class Case:
    """One measurement's circumstances.

    Attributes:
        size: Key of `SIZES`.
        seconds: Length of every recording.
        batch: Recordings at once.
        dtype: `"float32"`, `"float16"` or `"bfloat16"`.
        task: Key of `TASKS`.
    """

    size: str
    seconds: float
    batch: int
    dtype: str
    task: str


@dataclass(frozen=True)
class Contender:
    """A library and the implementation of attention that it uses.

    Attributes:
        library: `"transformers"` or `"hubert_demo"`.
        implementation: `"eager"`, `"sdpa"` or `"flash_attention_2"`.
    """

    library: str
    implementation: str

    def __str__(self) -> str:
        return f"{self.library} {self.implementation}"


def contenders(case: Case, implementations: Collection[str] = ATTN_IMPLEMENTATIONS) -> list[Contender]:
    """Who can do a case here; flash-attn only where it is installed and the case is in half precision.

    For maps transformers has to be eager (it gives none under the others), and we are at our default.

    Args:
        case: What is to be done.
        implementations: Leave others out where there is a choice.
    """
    if case.task != STATES:
        return [Contender("transformers", "eager"), Contender("hubert_demo", "sdpa")]
    able = ["eager", "sdpa"]
    if case.dtype != "float32" and _has_flash():
        able.append("flash_attention_2")
    return [
        Contender(library, name)
        for name in able
        if name in implementations
        for library in ("transformers", "hubert_demo")
    ]


def make_models(
    case: Case, chosen: list[Contender], device: str | None = None
) -> dict[Contender, torch.nn.Module]:
    """Models in eval mode with one set of random weights, on CUDA where there is one or on a given device."""
    settings = SIZES[case.size]
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = getattr(torch, case.dtype)
    torch.manual_seed(0)
    reference = HubertModel(HubertConfig(**settings))
    weights = reference.state_dict()
    made: dict[Contender, torch.nn.Module] = {}
    for contender in chosen:
        model: torch.nn.Module
        if contender.library == "transformers":
            hf = import_transformers()
            config = hf.HubertConfig(**copy.deepcopy(settings))
            name = name_in_transformers(hf, contender.implementation)
            model = hf.HubertModel._from_config(config, attn_implementation=name)
            # Names and shapes are the same in both libraries.
            model.load_state_dict(weights)
        else:
            model = HubertModel(reference.config, attn_implementation=contender.implementation)
            model.load_state_dict(weights)
        made[contender] = model.to(device, dtype).eval()
    return made


def make_task(case: Case, contender: Contender, model: torch.nn.Module) -> Callable[[], Any]:
    """The work to measure, ready to be called."""
    device, dtype = next(model.parameters()).device, next(model.parameters()).dtype
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(case.batch, round(case.seconds * SAMPLE_RATE_HZ), generator=generator)
    values = values.to(device, dtype)
    is_theirs = contender.library == "transformers"

    def run() -> Any:
        with torch.inference_mode():
            if case.task == STATES:
                return model(values, output_hidden_states=True)
            if is_theirs:
                output = model(values, output_hidden_states=True, output_attentions=True)
                return output, _shown(case, output.attentions[0])
            assert isinstance(model, HubertModel)
            output = model(values, output_hidden_states=True)
            return output, _shown_on_demand(case, model, output.hidden_states[0])

    return run


def _shown(case: Case, maps: Tensor) -> Any:
    """What is looked at of a layer's maps (1, heads, frames, frames) that are all there."""
    if case.task == MAPS:
        return maps[0].float().cpu().numpy()
    return [pool(head[None].float().cpu().numpy(), _THUMBNAIL_BINS) for head in maps[0]]


def _shown_on_demand(case: Case, model: HubertModel, layer_input: Tensor) -> Any:
    """The same, computed from the layer's input."""
    if case.task == MAPS:
        return model.attention_maps(layer_input, 0)[0].float().cpu().numpy()
    full = model.attention_maps(layer_input, 0, [0])[0].float().cpu().numpy()
    others = range(1, model.config.num_attention_heads)
    maps = (model.attention_maps(layer_input, 0, [head])[0].float().cpu().numpy() for head in others)
    return full, [pool(head, _THUMBNAIL_BINS) for head in maps]


def has_transformers() -> bool:
    """Whether there is a library to compare with."""
    try:
        import_transformers()
    except HubertDemoError:
        return False
    return True


def import_transformers() -> Any:
    """The library to compare with.

    Raises:
        HubertDemoError: If it is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise HubertDemoError(
            "The benchmark compares with transformers; install it: pip install 'transformers>=5,<6'."
        ) from error
    return transformers


def _has_flash() -> bool:
    from hubert_demo.model.flash import check_flash_attention

    try:
        check_flash_attention()
    except ConfigError:
        return False
    return True
