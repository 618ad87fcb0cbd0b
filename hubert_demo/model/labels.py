"""Which classes a configuration names, where its file or its reader says it more than once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

_LABELS = ("id2label", "label2id", "num_labels")


def settled_labels(values: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The contents of a config.json without what contradicts its `id2label`, or repeats it.

    Returns:
        The values, and a sentence for whoever looks at the checkpoint where something was left out.
    """
    id2label, label2id = values.get("id2label"), values.get("label2id")
    if not isinstance(id2label, Mapping) or not id2label:
        return {**values, **_with_numbers(label2id)}, None
    settled = {name: value for name, value in values.items() if name not in ("label2id", "num_labels")}
    named = {str(label): str(index) for index, label in id2label.items()}
    is_mirrored = label2id is None or (
        isinstance(label2id, Mapping) and {str(k): str(v) for k, v in label2id.items()} == named
    )
    if is_mirrored:
        return settled, None
    return settled, "label2id in its config.json does not match id2label, which is used."


def _with_numbers(label2id: Any) -> dict[str, Any]:
    """A `label2id` whose numbers are no texts; nothing where it is anything else, which is refused later."""
    if not isinstance(label2id, Mapping) or not all(str(index).isdecimal() for index in label2id.values()):
        return {}
    return {"label2id": {label: int(index) for label, index in label2id.items()}}


def without_labels(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of a config.json without the classes that `overrides` replaces.

    Whoever gives another number of classes, or their names, means none of those in the file.
    """
    given = {name for name in _LABELS if overrides.get(name) is not None}
    id2label = values.get("id2label") or ()
    kept_count = isinstance(id2label, Collection) and overrides.get("num_labels") == len(id2label)
    if not given or (given == {"num_labels"} and kept_count):
        return dict(values)
    return {name: value for name, value in values.items() if name not in _LABELS}
