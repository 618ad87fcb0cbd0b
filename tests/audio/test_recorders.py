"""Files as recorders leave them: the right sound of each, and notes on what was done."""

import re
import struct
from fractions import Fraction
from io import BytesIO
from itertools import pairwise, product
from pathlib import Path

import av
import jiwer
import numpy as np
import pytest
import soundfile

from hubert_demo import analyze
from hubert_demo.analysis.layers.units import NothingToPredict
from hubert_demo.audio import SAMPLE_RATE_HZ, Waveform
from hubert_demo.audio.decoding import overview
from hubert_demo.errors import InputError
from tests.drivers import hostile_made

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"


def read(name: str) -> Waveform:
    return Waveform.from_file(CASES / name)


def example(name: str) -> np.ndarray:
    return soundfile.read(EXAMPLES / name, dtype="float32")[0]


def tone(duration_s: float = 1.0, rate_hz: int = SAMPLE_RATE_HZ, pitch_hz: float = 440.0) -> np.ndarray:
    times = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * pitch_hz * times)).astype(np.float32)


def likeness(left: np.ndarray, right: np.ndarray, most_lag: int = 0) -> float:
    """Correlation of two recordings, the best one where one of them may begin a little later."""
    shortest = min(len(left), len(right)) - most_lag
    lags = ((max(0, lag), max(0, -lag)) for lag in range(-most_lag, most_lag + 1))
    return max(np.corrcoef(left[a:][:shortest], right[b:][:shortest])[0, 1] for a, b in lags)


# --- a codec that nobody knows; several tracks ---


@pytest.mark.parametrize("name", ["float16.wav", "float16_min.wav"])
def test_a_codec_that_nobody_knows_gets_a_sentence(name):
    with pytest.raises(InputError, match=rf"{name} contains audio in a format that is not supported"):
        read(name)


def test_of_a_phone_s_film_the_track_that_can_be_decoded_is_taken():
    waveform = read("iphone_apac_first.mov")
    assert waveform.duration_s == pytest.approx(4.1, abs=0.1)
    assert likeness(waveform.samples, example("harbour.wav"), 64) > 0.9
    assert "track 2 of 2 used, the only one that can be read" in waveform.notes


def test_the_default_track_is_taken_and_named():
    waveform = read("two_tracks_silent_first.m4a")
    assert likeness(waveform.samples, example("harbour.wav"), 64) > 0.9
    assert "track 2 of 2 used, the file's default" in waveform.notes


def test_where_no_track_is_the_default_one_the_loudest_is_taken(tmp_path):
    path = tmp_path / "tracks.mkv"
    with av.open(str(path), "w") as file:
        tracks = [file.add_stream("pcm_s16le", rate=SAMPLE_RATE_HZ, layout="mono") for _ in range(3)]
        for track in tracks:
            track.disposition = av.stream.Disposition(0)
        for track, gain in zip(tracks, (0.01, 1.0, 0.1), strict=True):
            frame = av.AudioFrame.from_ndarray(
                (gain * 32767 * tone()).astype(np.int16)[np.newaxis], "s16", "mono"
            )
            frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, 0
            file.mux([*track.encode(frame), *track.encode(None)])
    waveform = Waveform.from_file(path)
    assert np.abs(waveform.samples).max() == pytest.approx(0.5, abs=0.01)
    assert waveform.notes == ("track 2 of 3 used, the loudest",)


# --- how long it is ---


@pytest.mark.parametrize(("name", "rate_hz"), [("g721.au", 8000), ("gsm.wav", 8000)])
def test_a_codec_that_cannot_seek_ends_where_it_ends(name, rate_hz):
    waveform = read(name)
    assert waveform.duration_s == pytest.approx(0.9, abs=0.01)
    assert likeness(waveform.samples, example("stop.wav"), 200) > 0.85


def test_a_header_of_0_bytes_is_read_to_the_end_of_the_file():
    waveform = read("unclosed.wav")
    np.testing.assert_allclose(waveform.samples, example("stop.wav"), atol=1e-4)
    assert waveform.notes == ("the file does not say how long it is; read to its end",)


@pytest.mark.parametrize(
    "unclosed",
    [
        b".snd" + struct.pack(">IIIII", 24, 0, 3, SAMPLE_RATE_HZ, 1),
        b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 3, SAMPLE_RATE_HZ, 1),
        hostile_made.riff(1, 1, SAMPLE_RATE_HZ, 16, b"", 0xFFFFFFFF),
        hostile_made.riff(1, 1, SAMPLE_RATE_HZ, 16, b"", 0).replace(b"RIFF$\0\0\0", b"RIFF\0\0\0\0"),
    ],
    ids=["au-0", "au-unknown", "wav-unknown", "wav-0"],
)
def test_unclosed_headers_of_other_recorders(tmp_path, unclosed):
    order = ">i2" if unclosed[:4] == b".snd" else "<i2"
    path = tmp_path / "unclosed"
    path.write_bytes(unclosed + (32767 * tone()).astype(order).tobytes())
    np.testing.assert_allclose(Waveform.from_file(path).samples, tone(), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0.099s.wav", r"recording is 0\.099 s long \(1584 samples at 16000 Hz\); at least 0\.1 s"),
        ("60.04s.flac", r"recording is 60\.04 s long; the limit is 60 s"),
    ],
)
def test_the_digits_show_what_is_wrong(name, said):
    with pytest.raises(InputError, match=said):
        read(name)


def test_three_tenths_of_a_second_are_enough_for_every_layer():
    analysis = analyze(CASES / "0.3s.wav")
    last = analysis.encoding.num_layers
    assert len(set(analysis.units(last).tolist())) < analysis.encoding.num_frames
    # Two letters say nothing about clusters.
    with pytest.raises(NothingToPredict, match="2 letters, 2 of them different, are too few"):
        analysis.unit_scores()
    assert np.isfinite(analysis.layer_curves().cka).all()


def test_joined_mp3_files_are_read_as_browsers_read_them():
    waveform = read("concat.mp3")
    assert waveform.duration_s == pytest.approx(8.4, abs=0.15)
    assert "2 recordings in one file, read as one" in waveform.notes
    expected = example("harbour.wav")
    for half in (waveform.samples[: len(expected)], waveform.samples[-len(expected) :]):
        assert likeness(half, expected, 3000) > 0.9


@pytest.mark.parametrize(
    ("form", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("AIFF", "PCM_16"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
    ],
)
def test_joined_recordings_are_read_to_their_end(tmp_path, form, subtype):
    content = b""
    for pitch_hz, rate_hz in ((300, 16_000), (500, 16_000), (700, 48_000)):
        target = BytesIO()
        soundfile.write(target, tone(0.5, rate_hz, pitch_hz), rate_hz, format=form, subtype=subtype)
        content += target.getvalue()
    (tmp_path / "joined").write_bytes(content)
    waveform = Waveform.from_file(tmp_path / "joined")
    assert waveform.duration_s == pytest.approx(1.5, abs=0.01)
    assert "3 recordings in one file, read as one" in waveform.notes
    for third, pitch_hz in enumerate((300, 500, 700)):
        part = waveform.samples[8000 * third + 1000 :][:6000]
        loudest = np.argmax(np.abs(np.fft.rfft(part))) * SAMPLE_RATE_HZ / len(part)
        assert loudest == pytest.approx(pitch_hz, abs=5)


# --- gaps and late starts ---


def test_a_gap_that_the_container_states_is_silent():
    waveform = read("gap.webm")
    assert waveform.duration_s == pytest.approx(6.2, abs=0.02)
    assert "2.0 s of silence added at 2.0 s, where the file has a gap" in waveform.notes
    samples, expected = waveform.samples, example("harbour.wav")
    assert np.abs(samples[round(2.05 * SAMPLE_RATE_HZ) : round(3.95 * SAMPLE_RATE_HZ)]).max() < 1e-3
    assert likeness(samples[: 2 * SAMPLE_RATE_HZ], expected[: 2 * SAMPLE_RATE_HZ], 500) > 0.9
    behind = expected[2 * SAMPLE_RATE_HZ :]
    assert likeness(samples[4 * SAMPLE_RATE_HZ :], behind, 500) > 0.9


@pytest.mark.parametrize("ending", ["mov", "mp4", "mkv"])
def test_a_late_start_is_silent(tmp_path, ending):
    path = tmp_path / f"late.{ending}"
    with av.open(str(path), "w") as file:
        film = file.add_stream("mpeg4", rate=25)
        film.width = film.height = 64
        track = file.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        for _ in range(50):
            file.mux(film.encode(av.VideoFrame(64, 64, "yuv420p")))
        file.mux(film.encode(None))
        whole = av.AudioFrame.from_ndarray(tone()[np.newaxis], format="fltp", layout="mono")
        whole.sample_rate, whole.pts, whole.time_base = SAMPLE_RATE_HZ, 0, Fraction(1, SAMPLE_RATE_HZ)
        fitting = av.AudioResampler("fltp", "mono", SAMPLE_RATE_HZ, track.codec_context.frame_size)
        for frame in [*fitting.resample(whole), *fitting.resample(None), None]:
            for packet in track.encode(frame):
                packet.pts += round(1.5 / packet.time_base)
                packet.dts += round(1.5 / packet.time_base)
                file.mux(packet)
    waveform = Waveform.from_file(path)
    assert waveform.duration_s == pytest.approx(2.5, abs=0.1)
    assert np.abs(waveform.samples[: round(1.35 * SAMPLE_RATE_HZ)]).max() < 1e-3
    assert any(
        re.match(r"1\.[45] s of silence added at the start, because the sound starts late", note)
        for note in waveform.notes
    )


# --- channels, rates, values ---


def test_of_channels_that_cancel_the_stronger_one_is_taken():
    waveform = read("antiphase.wav")
    np.testing.assert_allclose(waveform.samples, example("stop.wav"), atol=1e-3)
    assert waveform.notes == ("only channel 1 used, because the 2 channels cancel each other out",)


@pytest.mark.parametrize("strength", [0.9, 1.1])
def test_channels_that_nearly_cancel_are_no_average_either(strength):
    noise = 0.001 * np.random.default_rng(0).normal(size=(16_000, 2))
    stereo = np.stack([tone(), -strength * tone()], axis=1) + noise
    waveform = Waveform.from_array(stereo)
    assert np.abs(waveform.samples).max() == pytest.approx(0.5 * max(1, strength), abs=0.01)
    assert f"channel {1 if strength < 1 else 2}" in waveform.notes[0]


@pytest.mark.parametrize("num_channels", range(2, 9))
def test_one_loud_channel_among_quiet_ones_is_no_reason_to_leave_the_average(num_channels):
    samples = np.zeros((16_000, num_channels), np.float32)
    samples[:, -1] = tone()
    waveform = Waveform.from_array(samples)
    assert waveform.notes == (f"{num_channels} channels averaged",)


def test_a_constant_in_both_channels_does_not_hide_that_they_cancel():
    waveform = Waveform.from_array(np.stack([0.2 + 0.1 * tone(), 0.2 - 0.1 * tone()], axis=1))
    assert "cancel" in waveform.notes[0]


def test_samples_beyond_full_scale_are_scaled_by_their_peak():
    waveform = read("float_hot.wav")
    assert np.abs(waveform.samples).max() == 1
    assert likeness(waveform.samples, example("stop.wav")) > 0.999
    assert waveform.notes == ("turned down: the peak was 4.8 times full scale",)


@pytest.mark.parametrize("num_channels", range(1, 9))
@pytest.mark.parametrize("form", ["WAV", "FLAC", "CAF"])
def test_every_number_of_channels_is_averaged(tmp_path, num_channels, form):
    samples = np.stack([tone(pitch_hz=200 + 50 * channel) for channel in range(num_channels)], axis=1)
    path = tmp_path / "channels"
    soundfile.write(
        path, samples, SAMPLE_RATE_HZ, format=form, subtype="PCM_24" if form != "CAF" else "FLOAT"
    )
    np.testing.assert_allclose(Waveform.from_file(path).samples, samples.mean(axis=1), atol=1e-5)


LAYOUTS = ("mono", "stereo", "2.1", "3.0", "quad", "4.0", "5.0", "5.1", "6.1", "7.1")


@pytest.mark.parametrize(
    ("codec", "layout"),
    [*product(("flac", "pcm_s16le", "pcm_f32le"), LAYOUTS), *product(("aac", "libopus"), ("5.1", "7.1"))],
)
def test_every_layout_of_channels_is_averaged(tmp_path, layout, codec):
    path = tmp_path / "layout.mkv"
    with av.open(str(path), "w") as file:
        rate_hz = 48_000 if codec == "libopus" else SAMPLE_RATE_HZ
        track = file.add_stream(codec, rate=rate_hz, layout=layout)
        count = track.codec_context.layout.nb_channels
        rows = np.stack([tone(pitch_hz=200 + 50 * channel) for channel in range(count)])
        # Packed: of eight planes PyAV writes one too many.
        packed = np.ascontiguousarray(rows.T).reshape(1, -1)
        whole = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        whole.sample_rate, whole.pts, whole.time_base = SAMPLE_RATE_HZ, 0, Fraction(1, SAMPLE_RATE_HZ)
        context = track.codec_context
        fitting = av.AudioResampler(context.format, layout, rate_hz, context.frame_size or None)
        for frame in [*fitting.resample(whole), *fitting.resample(None), None]:
            file.mux(track.encode(frame))
    waveform = Waveform.from_file(path)
    atol = 0.1 if codec in ("aac", "libopus") else 1e-3
    inside = slice(2000, 14_000)  # compressed, it begins and ends in a hush
    np.testing.assert_allclose(waveform.samples[inside], rows.mean(axis=0)[inside], atol=atol)


RATES_HZ = (1000, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 37_800, 44_100, 48_000)
HIGH_RATES_HZ = (64_000, 88_200, 96_000, 176_400, 192_000)


@pytest.mark.parametrize("rate_hz", [*RATES_HZ, *HIGH_RATES_HZ])
def test_every_rate_is_brought_to_16_kilohertz(tmp_path, rate_hz):
    path = tmp_path / "rate.wav"
    soundfile.write(path, tone(1, rate_hz, 200), rate_hz, subtype="FLOAT")
    waveform = Waveform.from_file(path)
    np.testing.assert_allclose(waveform.samples[500:15_500], tone(1, pitch_hz=200)[500:15_500], atol=2e-3)


# What these write is longer or shorter by nature: whole blocks, or a rate of their own.
OTHER_LENGTHS = {"wve-alaw.wve": 2.0, "xi-dpcm_16.xi": 0.36, "xi-dpcm_8.xi": 0.36}


def test_everything_that_can_be_written_here_can_be_read(tmp_path):
    lengths = {}
    for case in hostile_made.bases():
        lengths[case.name] = Waveform.from_file(hostile_made.write(case, tmp_path)).duration_s
    assert len(lengths) > 140
    wrong = {
        name: length
        for name, length in lengths.items()
        if length != pytest.approx(OTHER_LENGTHS.get(name, 1.0), abs=0.1)
    }
    assert wrong == {}


@pytest.mark.parametrize("name", ["voice.caf", "voice.bwf", "voice.wave", "voice", "voice.amr.wav.bin"])
def test_a_name_says_nothing(tmp_path, name):
    form = "CAF" if name.endswith("caf") else "WAV"
    soundfile.write(tmp_path / name, tone(), SAMPLE_RATE_HZ, format=form, subtype="PCM_16")
    np.testing.assert_allclose(Waveform.from_file(tmp_path / name).samples, tone(), atol=1e-4)


def test_a_quiet_beginning_makes_a_file_without_a_header_no_longer(tmp_path):
    """Its length is estimated from its first packets otherwise, as half an hour."""
    path = tmp_path / "quiet.aac"
    samples = np.concatenate([np.zeros(10 * SAMPLE_RATE_HZ, np.float32), hostile_made.speech_like(35)])
    path.write_bytes(hostile_made.encoded("adts", "aac", samples))
    assert Waveform.from_file(path).duration_s == pytest.approx(45, abs=0.3)


@pytest.mark.parametrize("claimed", [1, 10_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_an_mp3_file_is_as_long_as_its_frames_whatever_its_tag_says(tmp_path, claimed):
    content = bytearray(hostile_made.encoded("mp3", "libmp3lame", tone(2.0)))
    tag = max(content.find(b"Xing"), content.find(b"Info"))
    content[tag + 8 : tag + 12] = claimed.to_bytes(4, "big")
    path = tmp_path / "tagged.mp3"
    path.write_bytes(content)
    assert Waveform.from_file(path).duration_s == pytest.approx(2, abs=0.05)
    assert overview(path).duration_s == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])
def test_how_long_a_file_is_that_is_too_long_is_said_without_decoding_it(tmp_path, container, codec):
    path = tmp_path / "long"
    path.write_bytes(hostile_made.encoded(container, codec, np.tile(tone(1.0), 70)))
    with pytest.raises(InputError, match=r"70(\.[12])? s long; the limit is 60 s"):
        Waveform.from_file(path)


@pytest.mark.parametrize(("form", "subtype"), [("WAV", "PCM_16"), ("AIFF", "PCM_24"), ("FLAC", "PCM_16")])
def test_a_tag_like_that_of_an_mp3_may_stand_before_any_file(tmp_path, form, subtype):
    """Some programs that tag music put one in front of WAV files."""
    target = BytesIO()
    soundfile.write(target, tone(), SAMPLE_RATE_HZ, format=form, subtype=subtype)
    path = tmp_path / "tagged"
    path.write_bytes(hostile_made.id3((b"TIT2", b"\0Voice")) + target.getvalue())
    np.testing.assert_allclose(Waveform.from_file(path).samples, tone(), atol=1e-4)


def test_a_tag_alone_is_no_recording(tmp_path):
    path = tmp_path / "tag.mp3"
    path.write_bytes(hostile_made.id3((b"TIT2", b"\0Voice")))
    with pytest.raises(InputError, match="cannot be read as sound"):
        Waveform.from_file(path)


def test_what_is_damaged_is_left_out_and_said(tmp_path):
    content = bytearray(hostile_made.encoded("mp3", "libmp3lame", tone(3.0)))
    content[4000:4600] = bytes(600)
    (tmp_path / "damaged.mp3").write_bytes(content)
    waveform = Waveform.from_file(tmp_path / "damaged.mp3")
    assert waveform.duration_s == pytest.approx(3, abs=0.5)


def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path):
    target = BytesIO()
    soundfile.write(target, hostile_made.speech_like(2), SAMPLE_RATE_HZ, format="FLAC")
    (tmp_path / "cut.flac").write_bytes(target.getvalue()[: len(target.getvalue()) // 2])
    assert 0.5 < Waveform.from_file(tmp_path / "cut.flac").duration_s < 1.5


# --- what only the model can mend ---


def test_a_pause_ends_a_word():
    analysis = analyze(CASES / "pause20.flac")
    for words in (analysis.transcript.words, analysis.transcript_greedy.words):
        assert all(word.end_s - word.start_s < 2 for word in words)
        [before] = [word.text for word, after in pairwise(words) if after.start_s - word.end_s > 10]
        assert before == "WATER"


def test_commands_with_pauses_between_them_are_words_of_their_own():
    analysis = analyze(EXAMPLES / "commands.wav")
    assert len(analysis.transcript_greedy.words) == 3
    assert analysis.transcript.text == "YES STOP RIGHT"


def test_silence_before_speech_changes_two_letters_at_most():
    text = analyze(CASES / "silence10_then_speech.flac").transcript.text
    alone = analyze(EXAMPLES / "harbour.wav").transcript.text
    assert jiwer.process_characters(alone, text).cer <= 2 / len(alone)


def test_a_tone_is_no_command():
    assert not analyze(CASES / "tone440.flac").keywords.is_heard
