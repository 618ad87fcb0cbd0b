"""`python -m hubert_demo.audio.reader`: decodes one file, which may be made to harm, and ends.

A program of its own, which needs none of the other rooms but the errors. It waits for a message at its
standard input, answers with one at its standard output (`messages.py`), and is started by `Readers`. On Linux
it limits its own address space, everywhere its processor time. It writes no file and leaves no core dump.
"""

import argparse
import os
import resource
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from hubert_demo.audio.decoding import Overview, decode, overview
from hubert_demo.audio.messages import pack, receive
from hubert_demo.errors import InputError, TooLongError


def main() -> None:
    """Answer one request."""
    parser = argparse.ArgumentParser(description="Decodes one file for hubert_demo.audio.Readers.")
    parser.add_argument("--processor-s", type=int, required=True, help="seconds of processor time")
    parser.add_argument("--address-space-mb", type=int, help="where the system keeps to it")
    options = parser.parse_args()
    limit(options.processor_s, options.address_space_mb)
    answers = _silence()
    request = receive(sys.stdin.buffer)
    if request is not None:
        answers.write(answer(request))
        answers.flush()


def limit(processor_s: int, address_space_mb: int | None) -> None:
    """Limit this process for good.

    Args:
        processor_s: Seconds of processor time, after which the system ends it.
        address_space_mb: Megabytes of address space, beyond which memory is refused; None for no limit.
    """
    wanted = {
        resource.RLIMIT_CPU: (processor_s, processor_s + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    if address_space_mb is not None:
        wanted[resource.RLIMIT_AS] = (address_space_mb << 20, address_space_mb << 20)
    for what, (soft, hard) in wanted.items():
        _, highest = resource.getrlimit(what)
        if highest != resource.RLIM_INFINITY:
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(what, (soft, hard))


def answer(request: dict[str, Any]) -> bytes:
    """The message that answers a request.

    Args:
        request: `path`, and either `"overview": True` or `stretch`, a pair of seconds or None.

    Returns:
        `notes` with samples at 16 kHz, or what an `Overview` holds, with its peaks; `error`, a sentence,
        and whether it `is_too_long`; or `bug`, a traceback.
    """
    try:
        path = Path(request["path"])
        if request.get("overview"):
            return _pack_overview(overview(path))
        stretch = request.get("stretch")
        samples, notes = decode(path, None if stretch is None else (stretch[0], stretch[1]))
        return pack({"notes": notes}, samples.tobytes())
    except InputError as error:
        return pack({"error": str(error), "is_too_long": isinstance(error, TooLongError)})
    except MemoryError:
        return pack({"needs_memory": True})
    except Exception:
        return pack({"bug": traceback.format_exc()})


def _pack_overview(found: Overview) -> bytes:
    fields = {
        "duration_s": found.duration_s,
        "drawn_s": found.drawn_s,
        "tracks": [asdict(track) for track in found.tracks],
        "notes": found.notes,
    }
    return pack(fields, found.peaks.tobytes())


def _silence() -> BinaryIO:
    """Standard output for answers alone: what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


if __name__ == "__main__":
    main()
