"""Files of strangers are decoded by programs of their own, which cannot hurt whoever asks."""

import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hubert_demo.audio import SAMPLE_RATE_HZ, Readers, Waveform
from hubert_demo.audio.messages import pack, unpack
from hubert_demo.audio.readers import Limits, resident_bytes
from hubert_demo.errors import InputError
from tests.drivers import hostile_made

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "cases"
needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux has /proc")


@pytest.fixture(scope="module")
def readers():
    readers = Readers()
    yield readers
    readers.close()


@pytest.fixture
def make():
    """Makes readers, and closes them after the test."""
    made = []

    def build(**options):
        made.append(Readers(**options))
        return made[-1]

    yield build
    for readers in made:
        readers.close()


@pytest.fixture
def recording(tmp_path) -> Path:
    path = tmp_path / "short.wav"
    soundfile.write(path, hostile_made.speech_like(0.5), SAMPLE_RATE_HZ)
    return path


def stand_in(act: str) -> list[str]:
    """A program that does something before it answers as a reader does, where a file is called hostile."""
    code = f"""
import os, signal, sys, time
from hubert_demo.audio.messages import receive
from hubert_demo.audio.reader import answer
request = receive(sys.stdin.buffer)
if request is not None:
    if request["path"].endswith("hostile.wav"):
        {act}
    sys.stdout.buffer.write(answer(request))
"""
    return [sys.executable, "-c", code]


@pytest.fixture
def hostile(tmp_path) -> Path:
    path = tmp_path / "hostile.wav"
    path.write_bytes(b"RIFF")
    return path


# --- as in this process ---


@pytest.mark.parametrize("name", ["two_tracks_silent_first.m4a", "antiphase.wav", "gap.webm"])
def test_a_reader_gives_what_decoding_here_gives(readers, name):
    read, decoded = readers.read(CASES / name), Waveform.from_file(CASES / name)
    np.testing.assert_array_equal(read.samples, decoded.samples)
    assert read.notes == decoded.notes != ()
    assert read.samples.flags.writeable


def test_a_reader_says_what_decoding_here_says(readers, tmp_path):
    for name, content in (("poem.wav", b"Shall I compare thee?"), ("empty.mp3", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as here:
            Waveform.from_file(tmp_path / name)
        with pytest.raises(InputError) as there:
            readers.read(tmp_path / name)
        assert str(here.value) == str(there.value)


def test_a_name_need_not_be_utf_8(readers, recording, tmp_path):
    name = os.fsdecode(b"caf\xe9")
    for path, ending in ((recording, ".wav"), (CASES / "gap.webm", ".webm")):
        (tmp_path / (name + ending)).write_bytes(path.read_bytes())
        read = readers.read(tmp_path / (name + ending))
        np.testing.assert_array_equal(read.samples, Waveform.from_file(path).samples)


# --- a stretch, an overview ---


@pytest.fixture(scope="module")
def ten_minutes(tmp_path_factory) -> tuple[Path, np.ndarray]:
    """Ten minutes of FLAC, and their samples."""
    samples = np.tile(hostile_made.speech_like(10), 60)
    samples *= np.linspace(0.1, 1, len(samples), dtype=np.float32)
    path = tmp_path_factory.mktemp("long") / "long.flac"
    soundfile.write(path, samples, SAMPLE_RATE_HZ)
    return path, samples


def test_a_stretch_of_a_long_file_is_what_lies_there(readers, ten_minutes):
    path, samples = ten_minutes
    stretch = readers.read(path, (432.1, 433.6))
    first = round(432.1 * SAMPLE_RATE_HZ)
    np.testing.assert_allclose(stretch.samples, samples[first : first + 24_000], atol=1e-4)


@pytest.mark.parametrize(
    ("container", "codec", "ending"),
    [
        ("mp4", "aac", "m4a"),
        ("webm", "libopus", "webm"),
        ("mp3", "libmp3lame", "mp3"),
        ("adts", "aac", "aac"),
    ],
)
def test_a_stretch_of_a_compressed_file_is_what_lies_there(readers, tmp_path, container, codec, ending):
    path = tmp_path / f"long.{ending}"
    path.write_bytes(hostile_made.encoded(container, codec, hostile_made.speech_like(30, seed=3)))
    whole, stretch = readers.read(path).samples, readers.read(path, (20.0, 21.0)).samples
    assert len(stretch) == pytest.approx(SAMPLE_RATE_HZ, abs=2)
    inside = stretch[500:-500]  # the resampling filter rings at both ends
    # WebM counts in milliseconds.
    first = 20 * SAMPLE_RATE_HZ + 500
    shifted = (whole[first + lag :][: len(inside)] for lag in range(-16, 17))
    assert max(np.corrcoef(inside, each)[0, 1] for each in shifted) > 0.95


@pytest.mark.parametrize("stretch", [(5, 5), (5, 4), (-1, 4), (3590, 3601), (float("nan"), 1)])
def test_a_stretch_that_is_none_gets_a_sentence(readers, recording, stretch):
    with pytest.raises(InputError, match="is not a part of a recording; choose a start before the end"):
        readers.read(recording, stretch)


def test_a_stretch_may_be_no_longer_than_a_recording(readers, ten_minutes):
    with pytest.raises(InputError, match=r"recording is 60\.5 s long; the limit is 60 s"):
        readers.read(ten_minutes[0], (10, 70.5))


def test_a_stretch_behind_the_end_is_too_short(readers, recording):
    with pytest.raises(InputError, match=r"recording is 0\.00 s long"):
        readers.read(recording, (10, 11))


def test_an_overview_says_how_long_a_file_is_and_draws_it(readers, ten_minutes):
    path, samples = ten_minutes
    found = readers.overview(path)
    assert found.duration_s == found.drawn_s == 600
    assert found.peaks.shape == (2000, 2)
    np.testing.assert_allclose(found.peaks[-1], [samples[-4800:].min(), samples[-4800:].max()], atol=1e-4)
    (track,) = found.tracks
    assert (track.codec, track.rate_hz, track.num_channels) == ("PCM_16", SAMPLE_RATE_HZ, 1)


def test_an_overview_names_the_tracks(readers):
    found = readers.overview(CASES / "two_tracks_silent_first.m4a")
    assert [(track.number, track.codec, track.is_default) for track in found.tracks] == [
        (1, "aac", False),
        (2, "aac", True),
    ]
    assert found.duration_s == pytest.approx(4.2, abs=0.05)


def test_more_than_an_hour_gets_a_sentence(readers, tmp_path):
    path = hostile_made.write(hostile_made.Case("hours.flac", hostile_made.quiet_hours(1.5)), tmp_path)
    for ask in (readers.overview, lambda path: readers.read(path, (0, 1))):
        with pytest.raises(InputError, match=r"The file is 90\.0 minutes long; the limit is 60 minutes"):
            ask(path)


def test_a_file_that_is_too_large_gets_a_sentence(readers, tmp_path):
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(257 << 20)
    for read in (readers.read, Waveform.from_file):
        with pytest.raises(InputError, match=r"large\.wav is 257\.0 MB; the limit is 256 MB"):
            read(path)


# --- limits ---


def test_the_reader_loads_nothing_of_the_house_but_audio_and_errors():
    code = "import hubert_demo.audio.reader, sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    ours = {name.split(".")[1] for name in loaded if name.startswith("hubert_demo.")}
    assert ours == {"audio", "errors", "lazy"}
    assert not {"torch", "gradio", "librosa", "scipy", "huggingface_hub"} & set(loaded)


@needs_proc
def test_the_reader_limits_itself_before_it_reads_and_knows_no_secrets(make, monkeypatch, recording):
    monkeypatch.setenv("HF_TOKEN", "secret")
    readers = make(num_warm=1)
    readers.read(recording)
    # Silent, it waits for a message: its limits are set.
    warm = next(iter(readers._alive))
    folder = Path(f"/proc/{warm.pid}")
    until = threading.Event()
    while os.path.samefile(folder / "fd/1", "/dev/null") is False:
        until.wait(0.01)
    limits = dict(re.findall(r"^(Max [\w ]+?) {2,}(\S+)", (folder / "limits").read_text(), re.MULTILINE))
    assert limits["Max address space"] == str(1 << 30)
    assert limits["Max cpu time"] == "10"
    assert limits["Max file size"] == limits["Max core file size"] == "0"
    environment = (folder / "environ").read_bytes()
    assert b"OMP_NUM_THREADS=1" in environment
    assert b"secret" not in environment


OUTCOMES = {
    "takes too long": "time",
    "takes too much memory": "memory",
    "cannot be read as sound": "damaged",
    "recording is ": "length",
}


def outcome(readers: Readers, path: Path) -> str | None:
    """What a sentence is about, None for a second of sound."""
    try:
        duration_s = readers.read(path).duration_s
    except InputError as error:
        return next(about for words, about in OUTCOMES.items() if words in str(error))
    return None if duration_s == pytest.approx(1, abs=0.1) else f"{duration_s} s"


@pytest.mark.parametrize("case", hostile_made.bombs(), ids=lambda case: case.name)
def test_a_bomb_gets_a_result_or_a_sentence(make, tmp_path, recording, case):
    readers = make(num_warm=1, limits=Limits(processor_s=3))
    path = hostile_made.write(case, tmp_path)
    assert outcome(readers, path) in (None, "time", "memory", "damaged", "length")
    assert readers.read(recording).duration_s == 0.5


def test_the_watch_ends_a_reader_that_a_bomb_fills(make, tmp_path):
    readers = make(num_warm=1, limits=Limits(memory_mb=300, watches=True))
    path = hostile_made.write(hostile_made.Case("stsz.m4a", hostile_made.claims_samples()), tmp_path)
    with pytest.raises(InputError, match="takes too much memory"):
        readers.read(path)


@needs_proc
def test_where_the_system_limits_no_memory_it_is_watched(make, tmp_path, hostile, recording):
    act = "taken = bytearray(os.urandom(1)) * (300 << 20); time.sleep(60)"
    readers = make(num_warm=1, command=stand_in(act), limits=Limits(memory_mb=200, watches=True))
    with pytest.raises(InputError, match=r"hostile\.wav takes too much memory to read"):
        readers.read(hostile)
    assert readers.read(recording).duration_s == 0.5


def test_resident_memory_is_told_with_and_without_proc(monkeypatch):
    here = resident_bytes(os.getpid())
    assert here > 10 << 20
    monkeypatch.setattr(Path, "read_text", lambda *_: (_ for _ in ()).throw(FileNotFoundError()))
    assert resident_bytes(os.getpid()) == pytest.approx(here, rel=0.3)


@pytest.fixture(scope="module")
def moody():
    """Readers that do what stands in a file that is called hostile."""
    readers = Readers(num_warm=1, command=stand_in('exec(open(request["path"]).read())'))
    yield readers
    readers.close()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "cannot be read as sound: it is damaged"),
        ("os.kill(os.getpid(), signal.SIGABRT)", "cannot be read as sound: it is damaged"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "takes too long to read"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "takes too much memory to read"),
        ("time.sleep(60)", "takes too long to read"),
        ("os._exit(0)", "cannot be read as sound: it is damaged"),
        ("print('x' * 100, flush=True); time.sleep(60)", "cannot be read as sound: it is damaged"),
    ],
)
def test_whatever_becomes_of_a_reader_its_file_gets_a_sentence(
    moody, hostile, recording, monkeypatch, act, sentence
):
    hostile.write_text(act)
    with monkeypatch.context() as hasty:
        if act == "time.sleep(60)":
            hasty.setattr(moody, "_limits", Limits(clock_s=0.5))
        with pytest.raises(InputError, match=rf"hostile\.wav {sentence}"):
            moody.read(hostile)
    assert moody.read(recording).duration_s == 0.5


def test_a_fault_of_the_reader_gets_a_sentence_and_stands_in_the_log(make, hostile, caplog):
    act = "sys.modules['hubert_demo.audio.reader'].decode = None"
    readers = make(num_warm=1, command=stand_in(act))
    with pytest.raises(InputError, match="cannot be read as sound"):
        readers.read(hostile)
    assert "TypeError" in caplog.text


# --- some are warm ---


def test_each_reader_reads_one_file_and_is_replaced(make, recording):
    readers = make(rest_s=0)
    readers.start()
    seen = set(readers._alive)
    assert len(seen) == 2
    for _ in range(3):
        readers.read(recording)
        assert len(readers._alive) == 2
        seen |= readers._alive
    assert len(seen) == 5
    assert all(reader.poll() is not None for reader in seen - readers._alive)


def test_while_another_is_warm_the_next_one_starts_a_moment_later(make, recording):
    readers = make(rest_s=0.5)
    readers.start()
    readers.read(recording)
    assert len(readers._alive) == 1
    until = time.monotonic() + 60
    while len(readers._alive) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_reader_that_died_while_it_was_idle_is_replaced(make, recording):
    readers = make()
    readers.start()
    for reader in readers._alive:
        reader.kill()
        reader.wait()
    assert readers.read(recording).duration_s == 0.5


def test_many_threads_share_them(make, recording):
    readers = make(rest_s=0)
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda _: readers.read(recording).duration_s, range(12)))
    assert found == [0.5] * 12
    assert len(readers._alive) == 2


def both_held(readers, hostile, threads):
    """Two files that are being read and take long."""
    held = [threads.submit(readers.read, hostile) for _ in range(2)]
    until = threading.Event()
    while not readers.are_busy:
        until.wait(0.01)
    return held


def test_while_both_are_held_a_short_recording_waits_and_is_answered(make, hostile, recording):
    limits = Limits(clock_s=2)
    readers = make(num_more=0, patience_s=0, command=stand_in("time.sleep(60)"), limits=limits)
    with ThreadPoolExecutor(3) as threads:
        held = both_held(readers, hostile, threads)
        short = threads.submit(readers.read, recording)
        assert short.result().duration_s == 0.5
        assert any(each.done() for each in held)
        for each in held:
            with pytest.raises(InputError, match="takes too long"):
                each.result()
    assert not readers.are_busy


def test_who_waits_long_gets_a_third_reader(make, hostile, recording):
    readers = make(patience_s=0.1, command=stand_in("time.sleep(60)"))
    with ThreadPoolExecutor(3) as threads:
        held = both_held(readers, hostile, threads)
        assert threads.submit(readers.read, recording).result().duration_s == 0.5
        assert not any(each.done() for each in held)
        readers.close()


def test_closing_ends_all_and_whoever_waits_gets_a_sentence(make, hostile, recording):
    readers = make(num_more=0, patience_s=0, command=stand_in("time.sleep(60)"))
    with ThreadPoolExecutor(3) as threads:
        held = both_held(readers, hostile, threads)
        waiting = threads.submit(readers.read, recording)
        started = set(readers._alive)
        readers.close()
        for each in (*held, waiting):
            with pytest.raises(InputError, match="The server is stopping"):
                each.result()
    assert readers._alive == set()
    assert all(reader.poll() is not None for reader in started)


def test_nobody_is_left_when_readers_are_forgotten(recording):
    readers = Readers(num_warm=1)
    readers.read(recording)
    (reader,) = readers._alive
    del readers
    assert reader.poll() is not None


# --- what is said through the pipes ---


def test_messages_come_back_as_they_were_sent_even_in_pieces():
    sent = pack({"path": os.fsdecode(b"\xe9"), "stretch": [0.5, 1]}, b"1234")
    assert all(unpack(sent[:count]) is None for count in range(len(sent)))
    assert unpack(sent) == ({"path": os.fsdecode(b"\xe9"), "stretch": [0.5, 1]}, b"1234")


@pytest.mark.parametrize(
    "content", [b"\xff" * 8, b"\0\0\0\1\xff\xff\xff\xff", b"\0\0\0\2\0\0\0\0[]", b"\0\0\0\2\0\0\0\0{x"]
)
def test_what_is_no_message_is_refused(content):
    with pytest.raises(ValueError, match=r"message|Expecting"):
        unpack(content)
