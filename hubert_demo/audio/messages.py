"""What a reader and whoever asks it say to each other through pipes.

A message is two lengths in bytes (32 bits each, the most significant byte first), a JSON object of the first
length, and samples of the second.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")
# More than an answer ever has: notes, tracks, and a minute of samples or an overview.
MAX_JSON_BYTES = 1 << 20
MAX_SAMPLE_BYTES = 4 << 20


def pack(fields: Mapping[str, Any], samples: bytes = b"") -> bytes:
    """A message as it is sent.

    Args:
        fields: Small JSON values by name.
        samples: float32 in this machine's byte order.
    """
    # In ASCII: the name of a file need not be UTF-8.
    said = json.dumps(fields).encode("ascii")
    return _LENGTHS.pack(len(said), len(samples)) + said + samples


def unpack(content: bytes | bytearray) -> tuple[dict[str, Any], bytes] | None:
    """The message that these bytes begin with, or None as long as some of it is still to come.

    Raises:
        ValueError: If it is none.
    """
    if len(content) < _LENGTHS.size:
        return None
    num_json, num_samples = _LENGTHS.unpack_from(content)
    if num_json > MAX_JSON_BYTES or num_samples > MAX_SAMPLE_BYTES:
        raise ValueError(f"a message of {num_json} and {num_samples} bytes is too long")
    end = _LENGTHS.size + num_json
    if len(content) < end + num_samples:
        return None
    fields = json.loads(bytes(content[_LENGTHS.size : end]))
    if not isinstance(fields, dict):
        raise ValueError("a message holds a JSON object")
    return fields, bytes(content[end : end + num_samples])


def receive(pipe: BinaryIO) -> dict[str, Any] | None:
    """Wait for a message without samples; None if the other side is gone.

    Args:
        pipe: To read from.

    Raises:
        ValueError: If something else comes.
    """
    content = pipe.read(_LENGTHS.size)
    if len(content) < _LENGTHS.size:
        return None
    found = unpack(content + pipe.read(min(_LENGTHS.unpack(content)[0], MAX_JSON_BYTES + 1)))
    return None if found is None else found[0]
