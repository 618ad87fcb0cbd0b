"""A file or an array becomes a checked mono 16 kHz waveform, or a sentence that says why not."""

import re
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from hubert_demo.audio import MAX_DURATION_S, SAMPLE_RATE_HZ, Waveform, ffmpeg, mixing
from hubert_demo.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def tone(duration_s: float = 0.5, rate_hz: int = SAMPLE_RATE_HZ, pitch_hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(
        "f4"
    )


def write_compressed(
    path: Path, codec: str | None, samples: np.ndarray, rate_hz: int, *, with_video: bool = False
) -> None:
    """Write one row or two of samples with a codec of PyAV, beside a black picture or alone."""
    rows = np.atleast_2d(samples).astype(np.float32)
    layout = "mono" if len(rows) == 1 else "stereo"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25) if with_video else None
        if video is not None:
            video.width = video.height = 64
        if codec is not None:
            track = container.add_stream(codec, layout=layout, rate=48_000 if codec == "libopus" else rate_hz)
            whole = av.AudioFrame.from_ndarray(rows, format="fltp", layout=layout)
            whole.sample_rate, whole.pts, whole.time_base = rate_hz, 0, Fraction(1, rate_hz)
            context = track.codec_context
            fitting = av.AudioResampler(
                context.format, layout, context.sample_rate, context.frame_size or None
            )
            for frame in [*fitting.resample(whole), *fitting.resample(None), None]:
                container.mux(track.encode(frame))
        if video is not None:
            for _ in range(5):
                container.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
            container.mux(video.encode(None))


def count_decoded_samples(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by the length of every block that is decoded."""
    decoded: list[int] = []
    average = mixing.average

    def counting(block: np.ndarray) -> np.ndarray:
        decoded.append(len(block))
        return average(block)

    monkeypatch.setattr(mixing, "average", counting)
    return decoded


def correlation(left: np.ndarray, right: np.ndarray) -> float:
    shortest = min(len(left), len(right))
    return float(np.corrcoef(left[:shortest], right[:shortest])[0, 1])


# --- files ---


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_16"), ("wav", "FLOAT"), ("wav", "PCM_U8"), ("wav", "PCM_24"), ("flac", "PCM_16")],
)
def test_lossless_files_come_back_as_written(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(), SAMPLE_RATE_HZ, subtype=subtype)

    waveform = Waveform.from_file(path)

    assert waveform.samples.dtype == np.float32
    assert waveform.notes == ()
    assert waveform.duration_s == 0.5
    np.testing.assert_allclose(waveform.samples, tone(), atol=2 / 128 if subtype == "PCM_U8" else 1e-4)


@pytest.mark.parametrize(("suffix", "form", "subtype"), [("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS")])
def test_ogg_and_opus_are_decoded(tmp_path: Path, suffix: str, form: str, subtype: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(), SAMPLE_RATE_HZ, format=form, subtype=subtype)
    assert correlation(Waveform.from_file(path).samples, tone()) > 0.98


def test_mp3_is_decoded_at_its_pitch(tmp_path: Path) -> None:
    path = tmp_path / "tone.mp3"
    soundfile.write(path, tone(rate_hz=44_100), 44_100, format="MP3")

    waveform = Waveform.from_file(str(path))

    spectrum = np.abs(np.fft.rfft(waveform.samples))
    assert np.argmax(spectrum) * SAMPLE_RATE_HZ / len(waveform.samples) == pytest.approx(440, abs=3)


PHONES_AND_BROWSERS = [
    ("m4a", "aac", 44_100),
    ("m4a", "aac", 16_000),
    ("mp4", "aac", 48_000),
    ("webm", "libopus", 48_000),
    ("3gp", "aac", 8_000),
]


@pytest.mark.parametrize(("suffix", "codec", "rate_hz"), PHONES_AND_BROWSERS)
def test_what_phones_and_browsers_record_is_decoded(
    tmp_path: Path, suffix: str, codec: str, rate_hz: int
) -> None:
    path = tmp_path / f"tone.{suffix}"
    write_compressed(path, codec, tone(1.0, rate_hz), rate_hz)

    waveform = Waveform.from_file(path)

    name = {"aac": "AAC", "libopus": "Opus"}[codec]
    assert waveform.notes[0] == f"decoded from {name}"
    assert any("resampled" in note for note in waveform.notes) == (rate_hz != SAMPLE_RATE_HZ)
    assert waveform.duration_s == pytest.approx(1.0, abs=0.03)
    spectrum = np.abs(np.fft.rfft(waveform.samples))
    assert np.argmax(spectrum) * SAMPLE_RATE_HZ / len(waveform.samples) == pytest.approx(440, abs=3)


def test_a_compressed_file_is_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "renamed.wav"
    write_compressed(tmp_path / "tone.m4a", "aac", tone(), SAMPLE_RATE_HZ)
    (tmp_path / "tone.m4a").rename(path)
    assert Waveform.from_file(path).duration_s == pytest.approx(0.5, abs=0.03)


def test_a_path_that_reads_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "http:").mkdir()
    path = tmp_path / "http:" / "tone.m4a"
    write_compressed(path, "aac", tone(), SAMPLE_RATE_HZ)
    monkeypatch.chdir(tmp_path)
    assert Waveform.from_file("http:/tone.m4a").duration_s == pytest.approx(0.5, abs=0.03)


def test_compressed_stereo_is_averaged_and_said(tmp_path: Path) -> None:
    path = tmp_path / "stereo.webm"
    write_compressed(
        path, "libopus", np.stack([tone(1.0, 48_000), -tone(1.0, 48_000)]) * [[1], [0.5]], 48_000
    )
    waveform = Waveform.from_file(path)
    assert "2 channels averaged" in waveform.notes
    assert np.abs(waveform.samples[4000:12_000]).max() == pytest.approx(0.125, abs=0.02)


def test_the_sound_of_a_video_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write_compressed(path, "aac", tone(), SAMPLE_RATE_HZ, with_video=True)
    waveform = Waveform.from_file(path)
    assert waveform.duration_s == pytest.approx(0.5, abs=0.03)


def write_unknown_wav(path: Path, tag: int) -> None:
    """Write a WAV file of 16-bit words that claims a format tag."""
    fmt = struct.pack("<HHIIHH", tag, 1, 16_000, 32_000, 2, 16)
    data = bytes(64)
    chunks = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)


def write_two_tracks(path: Path, name_of_first: bytes) -> None:
    """Write two tracks of AAC: a quiet one whose codec is renamed to these four letters, and a tone."""
    loudness = (0.001, 1.0)
    with av.open(str(path), "w", format="mov") as container:
        tracks = [container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono") for _ in loudness]
        for track, gain in zip(tracks, loudness, strict=True):
            whole = av.AudioFrame.from_ndarray(gain * tone(1.0)[np.newaxis], format="fltp", layout="mono")
            whole.sample_rate, whole.pts = SAMPLE_RATE_HZ, 0
            fitting = av.AudioResampler("fltp", "mono", SAMPLE_RATE_HZ, track.codec_context.frame_size)
            for frame in [*fitting.resample(whole), *fitting.resample(None), None]:
                container.mux(track.encode(frame))
    content = re.sub(rb"(stsd.{12})mp4a", rb"\1" + name_of_first, path.read_bytes(), count=1, flags=re.DOTALL)
    # The codec stands there once more, in a box of its own.
    path.write_bytes(content.replace(b"esds", b"free", 1))


def read_in_a_process_of_its_own(path: Path) -> subprocess.CompletedProcess[str]:
    """Decode a file where a crash ends nothing else: prints the loudest sample, or the sentence."""
    code = (
        "import sys; from hubert_demo.audio import Waveform; from hubert_demo.errors import InputError\n"
        "try: print(abs(Waveform.from_file(sys.argv[1]).samples).max())\n"
        "except InputError as error: print(error)"
    )
    return subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("tag", [0x3, 0x28, 0x1234])
def test_a_codec_that_nobody_knows_gets_a_sentence_and_ends_nothing(tmp_path: Path, tag: int) -> None:
    write_unknown_wav(tmp_path / "odd.wav", tag)
    done = read_in_a_process_of_its_own(tmp_path / "odd.wav")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("odd.wav contains audio in a format that is not supported. Use a WAV,")


def test_the_first_track_that_can_be_decoded_is_taken(tmp_path: Path) -> None:
    write_two_tracks(tmp_path / "spatial.mov", b"apac")
    done = read_in_a_process_of_its_own(tmp_path / "spatial.mov")
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) == pytest.approx(0.5, abs=0.05)


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    write_compressed(path, None, tone(), SAMPLE_RATE_HZ, with_video=True)
    with pytest.raises(InputError, match=r"silent\.mp4 has no audio track\. Use a WAV"):
        Waveform.from_file(path)


def test_a_minute_of_m4a_passes_although_its_codec_fills_up_the_last_block(tmp_path: Path) -> None:
    path = tmp_path / "minute.m4a"
    write_compressed(path, "aac", tone(60, 8_000), 8_000)
    assert Waveform.from_file(path).duration_s == pytest.approx(60, abs=1e-3)


def test_a_compressed_file_whose_header_says_too_long_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tone.m4a"
    write_compressed(path, "aac", tone(65, 8_000), 8_000)
    decoded = count_decoded_samples(monkeypatch)
    with pytest.raises(InputError, match=r"recording is 65 s long; the limit is 60 s"):
        Waveform.from_file(path)
    assert decoded == []


def test_a_compressed_file_without_length_is_read_no_further_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tone.webm"
    write_compressed(path, "libopus", tone(90, 8_000), 8_000)
    decoded = count_decoded_samples(monkeypatch)
    # What a browser records does not say how long it is.
    monkeypatch.setattr(ffmpeg, "_stated_length_s", lambda *_: None)
    with pytest.raises(InputError, match="recording is longer than the limit of 60 s"):
        Waveform.from_file(path)
    assert sum(decoded) < 61 * 48_000


def test_a_damaged_m4a_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "voice.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    with pytest.raises(InputError, match=r"voice\.m4a cannot be read as sound.*damaged.*Use a WAV"):
        Waveform.from_file(path)


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    write_compressed(tmp_path / "tone.m4a", "aac", tone(), SAMPLE_RATE_HZ)
    playlist = tmp_path / "list.m4a"
    for text in (
        f"ffconcat version 1.0\nfile {tmp_path}/tone.m4a\n",
        f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/tone.m4a\n",
    ):
        playlist.write_text(text)
        with pytest.raises(InputError, match="cannot be read as sound"):
            Waveform.from_file(playlist)


def test_stereo_is_averaged_and_said(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    left, right = tone(pitch_hz=300), tone(pitch_hz=500)
    soundfile.write(path, np.stack([left, right], axis=1), SAMPLE_RATE_HZ, subtype="FLOAT")

    waveform = Waveform.from_file(path)

    np.testing.assert_allclose(waveform.samples, (left + right) / 2, atol=1e-6)
    assert waveform.notes == ("2 channels averaged",)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_other_rates_are_resampled_to_the_same_sound(tmp_path: Path, rate_hz: int) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(rate_hz=rate_hz), rate_hz, subtype="FLOAT")

    waveform = Waveform.from_file(path)

    assert len(waveform.samples) == SAMPLE_RATE_HZ // 2
    inside = slice(500, -500)  # the filter rings at both ends
    np.testing.assert_allclose(waveform.samples[inside], tone()[inside], atol=1e-3)
    assert waveform.notes == (f"resampled from {rate_hz / 1000:g} kHz to 16 kHz",)


def test_sixty_seconds_are_accepted_at_any_rate(tmp_path: Path) -> None:
    path = tmp_path / "minute.wav"
    soundfile.write(path, tone(60, 11_025), 11_025)
    assert Waveform.from_file(path).duration_s == pytest.approx(60, abs=1e-3)


def test_ten_minutes_are_refused_from_the_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.tile(tone(10, 8_000), 60), 8_000)

    def no_decoding(*_: object, **__: object) -> None:
        raise AssertionError("decoded a recording that is too long")

    monkeypatch.setattr(soundfile.SoundFile, "read", no_decoding)
    monkeypatch.setattr(soundfile.SoundFile, "blocks", no_decoding)
    with pytest.raises(InputError, match=r"recording is 600 s long; the limit is 60 s\. Make it shorter"):
        Waveform.from_file(path)


def test_a_stream_without_length_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "stream.flac"
    soundfile.write(path, tone(70, 8_000), 8_000)
    header = bytearray(path.read_bytes())
    # The lower 36 bits from byte 21 on are the number of samples; 0 stands for "not known".
    header[21] &= 0xF0
    header[22:26] = bytes(4)
    path.write_bytes(header)
    with pytest.raises(InputError, match="the limit of 60 s"):
        Waveform.from_file(path)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InputError, match=r"no file at nowhere\.wav\. Check the path"):
        Waveform.from_file("nowhere.wav")


def test_an_impossible_path_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        Waveform.from_file("voice\0.wav")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        Waveform.from_file(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nothing.wav").touch()
    with pytest.raises(InputError, match=r"nothing\.wav is empty \(0 bytes\)"):
        Waveform.from_file(tmp_path / "nothing.wav")


@pytest.mark.parametrize("suffix", ["txt", "wav", "mp3", "m4a", "webm"])
@pytest.mark.parametrize("content", [b"This is not a recording.\n" * 40, b"#EXTM3U\nfile:/etc/hostname\n"])
def test_text_is_refused_whatever_its_name(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"notes.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"notes\.{suffix} cannot be read as sound"):
        Waveform.from_file(path)


def test_headerless_samples_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "voice.raw"
    path.write_bytes(bytes(3200))
    with pytest.raises(InputError, match="has no header"):
        Waveform.from_file(path)


def test_a_header_without_samples_is_too_short(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    soundfile.write(path, np.zeros(0, np.float32), SAMPLE_RATE_HZ)
    with pytest.raises(InputError, match=r"recording is 0\.00 s long \(0 samples"):
        Waveform.from_file(path)


def test_a_file_of_nan_is_refused(tmp_path: Path) -> None:
    samples = tone()
    samples[4000:4010] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, SAMPLE_RATE_HZ, subtype="FLOAT")
    with pytest.raises(InputError, match=r"10 samples that are not numbers .* first at 0\.25 s"):
        Waveform.from_file(tmp_path / "nan.wav")


def test_many_channels_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "many.wav", np.tile(tone()[:, None], 9), SAMPLE_RATE_HZ)
    with pytest.raises(InputError, match="has 9 channels; 1 to 8 are supported"):
        Waveform.from_file(tmp_path / "many.wav")


# --- arrays ---


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32"])
def test_full_scale_of_a_signed_integer_is_one(dtype: str) -> None:
    lowest = np.iinfo(dtype).min
    waveform = Waveform.from_array(np.array([lowest, 0] * 1000, dtype))
    assert waveform.samples.min() == -1
    assert waveform.samples.max() == 0


def test_the_middle_of_an_unsigned_byte_is_zero() -> None:
    waveform = Waveform.from_array(np.array([0, 128] * 1000, np.uint8))
    assert set(waveform.samples.tolist()) == {-1.0, 0.0}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floating_point_is_taken_as_it_is(dtype: str) -> None:
    waveform = Waveform.from_array(np.array([-2, 0.25] * 1000, dtype))
    assert set(waveform.samples.tolist()) == {-2.0, 0.25}


@pytest.mark.parametrize("dtype", ["int64", "uint16", "bool", "complex64", "str"])
def test_other_types_are_refused(dtype: str) -> None:
    with pytest.raises(InputError, match=r"Samples are .*; allowed are floating point, int8"):
        Waveform.from_array(np.ones(2000).astype(dtype))


def test_both_layouts_of_channels_give_the_same_average() -> None:
    stereo = np.stack([tone(), np.zeros(8000, np.float32)], axis=1)
    samples_first, channels_first = Waveform.from_array(stereo), Waveform.from_array(stereo.T)
    np.testing.assert_allclose(samples_first.samples, tone() / 2, atol=1e-7)
    np.testing.assert_array_equal(samples_first.samples, channels_first.samples)
    assert samples_first.notes == channels_first.notes == ("2 channels averaged",)


@pytest.mark.parametrize("shape", [(), (4, 4), (100, 2000), (1, 2, 2000)])
def test_shapes_that_are_no_recording_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"Samples have shape .*; allowed are \(samples,\)"):
        Waveform.from_array(np.zeros(shape))


def test_an_array_does_not_change_with_its_source() -> None:
    source = tone()
    waveform = Waveform.from_array(source)
    source[:] = 0
    assert waveform.samples.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers_are_refused(bad: float) -> None:
    samples = tone()
    samples[0] = bad
    with pytest.raises(InputError, match=r"1 sample that is not a number \(NaN or infinity\), at 0\.00 s"):
        Waveform.from_array(samples)


def test_opposite_infinities_do_not_cancel() -> None:
    stereo = np.stack([tone(), tone()], axis=1)
    stereo[5] = [np.inf, -np.inf]
    with pytest.raises(InputError, match="not a number"):
        Waveform.from_array(stereo)


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_constant_samples_are_refused(value: float) -> None:
    with pytest.raises(InputError, match=rf"Every sample of this recording is {value:g}, so .*microphone"):
        Waveform.from_array(np.full(16_000, value), 44_100)


def test_a_hundredth_of_a_second_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"recording is 0\.01 s long \(160 samples .*at least 0\.1 s.*longer"
    ):
        Waveform.from_array(tone(0.01))


def test_the_shortest_and_longest_allowed_pass() -> None:
    assert Waveform.from_array(tone(0.1)).duration_s == 0.1
    assert Waveform.from_array(tone(MAX_DURATION_S)).duration_s == MAX_DURATION_S
    with pytest.raises(InputError, match=r"60\.1 s long; the limit is 60 s"):
        Waveform.from_array(tone(60.1))


@pytest.mark.parametrize("rate_hz", [0, -16_000, 999, 1_000_000])
def test_impossible_rates_are_refused(rate_hz: int) -> None:
    with pytest.raises(InputError, match=f"sample rate is {rate_hz} Hz; it must be 1000 to 192000"):
        Waveform.from_array(tone(), rate_hz)


def test_a_waveform_of_another_rate_cannot_exist() -> None:
    with pytest.raises(InputError, match="from_array"):
        Waveform(tone(), sample_rate_hz=8_000)


def test_quiet_noise_is_analysed() -> None:
    noise = np.random.default_rng(0).normal(size=2000) * 1e-9
    assert Waveform.from_array(noise).samples.any()
