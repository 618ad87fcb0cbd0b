"""Files of strangers, decoded by programs that cannot hurt whoever asks."""

import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hubert_demo.audio.decoding import Overview
from hubert_demo.audio.messages import pack, unpack
from hubert_demo.audio.rules import damaged, require_readable, require_stretch
from hubert_demo.audio.source import Track
from hubert_demo.audio.waveform import Waveform
from hubert_demo.errors import InputError, TooLongError

_LOGGER = logging.getLogger(__name__)

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
# All that a reader is told of this process's surroundings: it may be taken over by a file, so no secrets.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_WATCH_S = 0.05


@dataclass(frozen=True)
class Limits:
    """What the reading of one file may cost.

    Attributes:
        memory_mb: Address space, or where `watches` resident memory, in megabytes.
        processor_s: Seconds of processor time.
        clock_s: Seconds by the clock.
        watches: Whether resident memory is watched from outside, as where the system does not limit it.
    """

    memory_mb: int = 1024
    processor_s: int = 10
    clock_s: float = 14.0
    watches: bool = sys.platform != "linux"


DEFAULT_LIMITS = Limits()


class Readers:
    """Programs that decode one file each, some of them started beforehand. Safe to share between threads.

    Args:
        num_warm: How many are started beforehand, and how many read at once.
        num_more: How many more may read at once when those have been busy for `patience_s`.
        patience_s: Seconds.
        rest_s: Seconds until the next one is started when another is warm: who sent a file waits for what is
            made of it, from which a start would take the processor.
        limits: What the reading of one file may cost.
        command: The program; None for `hubert_demo.audio.reader`.
    """

    def __init__(
        self,
        num_warm: int = 2,
        num_more: int = 2,
        patience_s: float = 3.0,
        rest_s: float = 1.0,
        limits: Limits = DEFAULT_LIMITS,
        command: Sequence[str] | None = None,
    ) -> None:
        self._num_warm, self._num_more, self._patience_s = num_warm, num_more, patience_s
        self._rest_s, self._limits = rest_s, limits
        self._command = _command(limits) if command is None else tuple(command)
        self._changed = threading.Condition()
        self._warm: list[subprocess.Popen[bytes]] = []
        self._num_reading = 0
        self._is_closed = False
        self._alive: set[subprocess.Popen[bytes]] = set()
        # For who forgets to close them.
        weakref.finalize(self, _kill_all, self._alive)

    def start(self) -> None:
        """Start those that are to be warm; reading does it too."""
        with self._changed:
            while len(self._warm) < self._num_warm and not self._is_closed:
                self._warm.append(self._start_one())

    def close(self) -> None:
        """End all of them; a file that is being read gets a sentence."""
        with self._changed:
            self._is_closed = True
            idle = set(self._warm)
            self._warm.clear()
            for reader in self._alive - idle:
                # Whoever waits for its answer sees it to its end.
                reader.kill()
            self._alive -= idle
            self._changed.notify_all()
        _kill_all(idle)

    @property
    def are_busy(self) -> bool:
        """Whether the next file has to wait."""
        with self._changed:
            return self._num_reading >= self._num_warm

    def read(self, path: str | os.PathLike[str], stretch: tuple[float, float] | None = None) -> Waveform:
        """Decode a recording as `Waveform.from_file` does, in another process.

        Args:
            path: The file.
            stretch: Start and end in seconds of what is wanted, of a file of at most an hour; the whole file
                when None.

        Raises:
            InputError: As `Waveform.from_file` raises it, or if reading the file costs more than the limits.
        """
        path = Path(path)
        require_readable(path)
        if stretch is not None:
            require_stretch(*stretch)
        fields, samples = self._exchange(path, {"stretch": stretch})
        return Waveform(np.frombuffer(samples, np.float32).copy(), notes=tuple(fields["notes"]))

    def overview(self, path: str | os.PathLike[str]) -> Overview:
        """What a file of at most an hour holds, and its waveform drawn down.

        Args:
            path: The file.

        Raises:
            InputError: As for `read`, but for the recording's length.
        """
        path = Path(path)
        require_readable(path)
        fields, samples = self._exchange(path, {"overview": True})
        return Overview(
            duration_s=fields["duration_s"],
            tracks=tuple(Track(**track) for track in fields["tracks"]),
            drawn_s=fields["drawn_s"],
            peaks=np.frombuffer(samples, np.float32).reshape(-1, 2).copy(),
            notes=tuple(fields["notes"]),
        )

    def _exchange(self, path: Path, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Have a request about a file answered by a reader, which ends with that."""
        message = pack({"path": os.path.abspath(path), **request})
        with self._seat():
            reader = self._send(message)
            try:
                fields, samples = _await_answer(reader, path.name, self._limits)
            except InputError as error:
                if self._is_closed:
                    raise _stopping() from error
                raise
            finally:
                self._put_away(reader)
        if "error" in fields:
            raise (TooLongError if fields.get("is_too_long") else InputError)(fields["error"])
        if "needs_memory" in fields:
            raise _needs_memory(path.name)
        if "bug" in fields:
            _LOGGER.error("a reader failed on a file\n%s", fields["bug"])
            raise damaged(path.name)
        return fields, samples

    @contextmanager
    def _seat(self) -> Iterator[None]:
        """Wait until one more file may be read."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_seat(self._num_warm), self._patience_s):
                self._changed.wait_for(lambda: self._has_seat(self._num_warm + self._num_more))
            if self._is_closed:
                raise _stopping()
            self._num_reading += 1
        try:
            yield
        finally:
            with self._changed:
                self._num_reading -= 1
                self._changed.notify_all()

    def _has_seat(self, most: int) -> bool:
        return self._is_closed or self._num_reading < most

    def _send(self, message: bytes) -> subprocess.Popen[bytes]:
        """The reader that was given a message; one that has died while it was idle is replaced."""
        while True:
            with self._changed:
                is_new = not self._warm
                reader = self._start_one() if is_new else self._warm.pop(0)
            try:
                assert reader.stdin is not None
                with reader.stdin:
                    reader.stdin.write(message)
                return reader
            except BrokenPipeError as error:
                self._put_away(reader)
                if self._is_closed:
                    raise _stopping() from error
                if is_new:
                    raise

    def _start_one(self) -> subprocess.Popen[bytes]:
        reader = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            # An interrupt at the keyboard is not for them.
            start_new_session=True,
        )
        self._alive.add(reader)
        return reader

    def _put_away(self, reader: subprocess.Popen[bytes]) -> None:
        """See a reader to its end, and start the next one: soon, where another one is warm."""
        reader.kill()
        reader.wait()
        for pipe in (reader.stdin, reader.stdout):
            if pipe is not None and not pipe.closed:
                _close(pipe)
        with self._changed:
            self._alive.discard(reader)
            others_are_warm = bool(self._warm)
        if others_are_warm and self._rest_s:
            timer = threading.Timer(self._rest_s, self.start)
            timer.daemon = True
            timer.start()
        else:
            self.start()


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        # What could not be written is lost with the reader.
        return


def _command(limits: Limits) -> tuple[str, ...]:
    program = (sys.executable, "-P", "-m", "hubert_demo.audio.reader")
    command = (*program, "--processor-s", str(limits.processor_s))
    return command if limits.watches else (*command, "--address-space-mb", str(limits.memory_mb))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    paths = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    threads = dict.fromkeys(_ONE_THREAD, "1")
    return {**kept, **threads, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def _await_answer(reader: subprocess.Popen[bytes], name: str, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """A reader's answer.

    Raises:
        InputError: If it takes too long or too much memory, or ends without one.
    """
    assert reader.stdout is not None
    descriptor = reader.stdout.fileno()
    poller = select.poll()
    poller.register(descriptor, select.POLLIN | select.POLLHUP)
    until_s = time.monotonic() + limits.clock_s
    content = bytearray()
    while True:
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise _too_slow(name)
        if limits.watches and resident_bytes(reader.pid) > limits.memory_mb << 20:
            raise _needs_memory(name)
        if not poller.poll(1000 * (min(left_s, _WATCH_S) if limits.watches else left_s)):
            continue
        received = os.read(descriptor, 1 << 20)
        if not received:
            raise _why_it_ended(reader, name)
        content += received
        try:
            answer = unpack(content)
        except ValueError as error:
            raise damaged(name) from error
        if answer is not None:
            return answer


def resident_bytes(process_id: int) -> int:
    """Memory that a process holds at the moment; 0 if it has ended.

    Args:
        process_id: Its number.
    """
    statistics = Path(f"/proc/{process_id}/statm")
    try:
        return int(statistics.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        pass
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(process_id)], capture_output=True, check=False)
    return 1024 * int(found.stdout.strip() or 0)


def _why_it_ended(reader: subprocess.Popen[bytes], name: str) -> InputError:
    status = reader.wait()
    if status == -signal.SIGXCPU:
        return _too_slow(name)
    return _needs_memory(name) if status == -signal.SIGKILL else damaged(name)


def _stopping() -> InputError:
    return InputError("The server is stopping. Try again in a minute.")


def _too_slow(name: str) -> InputError:
    return InputError(
        f"{name} takes too long to read. Save it again as WAV, FLAC or MP3, or make it shorter."
    )


def _needs_memory(name: str) -> InputError:
    return InputError(f"{name} takes too much memory to read. Save it again as WAV, FLAC or MP3.")


def _kill_all(readers: set[subprocess.Popen[bytes]]) -> None:
    for reader in list(readers):
        reader.kill()
        reader.wait()
        for pipe in (reader.stdin, reader.stdout):
            if pipe is not None:
                _close(pipe)
    readers.clear()
