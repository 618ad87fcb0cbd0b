"""Every callback of the page, called directly."""

import json

import gradio as gr
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.views import VIEWS


class Picked:
    """What Gradio hands to a callback when the browser has triggered an event."""

    def __init__(self, data):
        self._data = data


def read(messages):
    return [json.loads(message) for message in messages]


def read_pairs(pairs):
    pairs = list(pairs)
    return read(message for message, _ in pairs), [recorder for _, recorder in pairs]


@pytest.fixture
def load(run_async):
    async def collect(page):
        return [message async for message in page.on_load()]

    return lambda page: read(run_async(collect(page)))


def test_an_upload_goes_from_progress_to_a_result(page, write_wav):
    path = write_wav("mine.wav", seed=11)
    messages, recorder = read_pairs(page.on_upload(str(path)))
    assert [message["kind"] for message in messages] == ["busy", "busy", "result"]
    result = messages[-1]
    assert result["title"] == "mine.wav"
    assert set(result["views"]) == {"timeline", *(view.name for view in VIEWS)}
    assert page.results.get(result["token"]).analysis.encoding.waveform.duration_s == pytest.approx(1.2)
    assert recorder[0] is None
    assert all(value == gr.skip() for value in recorder[1:])


def test_a_recording_from_the_microphone_may_be_stereo_at_44_kilohertz(page, write_wav):
    path = write_wav("audio.wav", seed=12, rate_hz=44_100, channels=2)
    messages, _ = read_pairs(page.on_recording(str(path)))
    assert messages[-1]["title"] == "Your recording"
    changes = messages[-1]["views"]["timeline"]["changes"]
    assert changes == ["2 channels averaged", "resampled from 44.1 kHz to 16 kHz"]


def test_an_emptied_recorder_starts_nothing(page):
    assert list(page.on_upload(None)) == []
    assert list(page.on_recording(None)) == []


def test_a_bad_file_gets_the_sentence_of_the_library(page, bad_file):
    messages, _ = read_pairs(page.on_upload(str(bad_file)))
    with pytest.raises(InputError) as error:
        Waveform.from_file(bad_file)
    assert messages[-1] == {"kind": "error", "text": str(error.value)}


def test_a_file_name_cannot_smuggle_a_tag(page, write_wav):
    path = write_wav("<script>alert(1)<!--.wav", seed=13)
    pairs = list(page.on_upload(str(path)))
    assert all("<" not in message for message, _ in pairs)
    assert json.loads(pairs[-1][0])["title"] == path.name


def test_an_example_is_analysed_once_and_then_kept(page, encoder_passes):
    first = read(page.on_pick(Picked({"index": 3})))
    with encoder_passes() as passes:
        again = read(page.on_pick(Picked({"index": 3})))
    assert first[-1]["kind"] == again[-1]["kind"] == "result"
    assert first[-1]["example"] == 3
    assert first[-1]["token"] == again[-1]["token"]
    assert passes == []


@pytest.mark.parametrize("data", [{"index": 99}, {"index": "../../etc"}, {"index": None}, {}, None, [0]])
def test_a_strange_pick_gets_a_sentence(page, data):
    messages = read(page.on_pick(Picked(data)))
    assert [message["kind"] for message in messages] == ["error"]


def test_a_visitor_meets_a_finished_analysis(page, load):
    messages = load(page)
    assert messages[-1]["kind"] == "result"
    assert messages[-1]["welcome"]
    assert messages[-1]["example"] == 0


def test_all_visitors_share_the_analysis_that_greets(page, encoder_passes, load):
    first = load(page)[-1]["token"]
    with encoder_passes() as passes:
        assert load(page)[-1]["token"] == first
    assert passes == []


def test_the_card_describes_the_model(page, load):
    model = load(page)[-1]["model"]
    rows = dict(model["rows"])
    assert set(rows) == {"parameters", "layers", "trained on", "licence", "running on"}
    assert rows["parameters"].endswith(" million")


def test_a_missing_checkpoint_is_a_sentence_and_no_crash(tmp_path, write_wav, build_page, load):
    page = build_page(checkpoint=str(tmp_path / "nowhere"))
    messages, _ = read_pairs(page.on_upload(str(write_wav())))
    assert "neither registered nor a directory" in messages[-1]["text"]
    assert load(page)[-1]["kind"] == "error"
    page.close()


def test_only_the_endpoint_is_public(page):
    visible = {fn.api_name for fn in page.demo.fns.values() if fn.api_visibility == "public"}
    assert visible == {"analyze"}


def test_the_model_works_for_one_visitor_at_a_time(page):
    users = [fn for fn in page.demo.fns.values() if fn.concurrency_id == "model"]
    assert len(users) == 4
    assert {fn.concurrency_limit for fn in users} == {1}
    assert page.demo._queue.max_size
