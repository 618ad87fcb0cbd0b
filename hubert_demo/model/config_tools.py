"""What tools that work with transformers' models ask of a configuration."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

USUAL = {"architectures": None, "is_encoder_decoder": False, "problem_type": None, "_commit_hash": None}
"""What tools read of every configuration of transformers, whether its file says so or not."""


class ConfigForTools:
    """Names under which tools look for what they need; of this only `dtype` is written to config.json."""

    keys_to_ignore_at_inference: ClassVar[list[str]] = ["frame_mask"]
    """Outputs that transformers' `Trainer` does not count as predictions."""
    base_config_key: ClassVar[str] = ""
    attribute_map: ClassVar[dict[str, str]] = {}
    """Settings under other names: HuBERT has none."""
    sub_configs: ClassVar[dict[str, type]] = {}
    """Configurations within this one: HuBERT, which is one model, has none."""

    extra: dict[str, Any]
    return_dict: bool

    def get_text_config(self, decoder: bool | None = None, encoder: bool | None = None) -> Any:
        """The configuration of the part that writes text: this one, there are no parts.

        Args:
            decoder: Without effect, like `encoder`.
            encoder: Likewise.
        """
        return self

    @property
    def name_or_path(self) -> str:
        """The directory or repository that the configuration was read from; "" for a new one."""
        return str(vars(self).get("_read_from", self.extra.get("_name_or_path", "")))

    @name_or_path.setter
    def name_or_path(self, value: object) -> None:
        vars(self)["_read_from"] = str(value)

    _name_or_path = name_or_path

    @property
    def _attn_implementation(self) -> str | None:
        """How the last model that was made with this configuration computes attention; None before one was.

        A new model that is not told otherwise does the same. A model that exists is not changed by it, but by
        its `set_attn_implementation`.
        """
        name: str | None = vars(self).get("_attention")
        return name

    @_attn_implementation.setter
    def _attn_implementation(self, value: str | None) -> None:
        vars(self)["_attention"] = value

    @property
    def dtype(self) -> Any:
        """Precision of the weights: its name in the file, torch's own of a loaded model, None if unknown."""
        return self.extra.get("dtype", self.extra.get("torch_dtype"))

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self.extra["dtype"] = value

    torch_dtype = dtype

    @property
    def use_return_dict(self) -> bool:
        """An older name of `return_dict`."""
        return self.return_dict


def without_torch(value: Any) -> Any:
    """A dtype by its name, as files have it; anything else as it is. Torch is not loaded to find out."""
    dtype = getattr(sys.modules.get("torch"), "dtype", None)
    return str(value).removeprefix("torch.") if dtype is not None and isinstance(value, dtype) else value
