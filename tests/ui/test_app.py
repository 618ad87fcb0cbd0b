"""Every callback of the page, called directly."""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
import soundfile

from hubert_demo.audio import Readers, Waveform
from hubert_demo.audio.readers import Limits
from hubert_demo.errors import InputError
from hubert_demo.ui.endpoints import Endpoints
from hubert_demo.ui.results import Results
from hubert_demo.ui.server_functions import ServerFunctions
from hubert_demo.ui.views import VIEWS, attention, layers
from hubert_demo.ui.views.base import SLOW
from hubert_demo.ui.waiting import LANES, MAX_AT_ONCE


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


@pytest.fixture
def fetch(run_async):
    """Fetches a part of a result as the browser does."""
    return lambda page, **request: run_async(page.parts.fetching()(request))


def test_an_upload_goes_from_progress_to_a_result(page, write_wav):
    path = write_wav("mine.wav", seed=11)
    messages, recorder = read_pairs(page.on_upload(str(path)))
    assert [message["kind"] for message in messages] == ["busy", "busy", "result"]
    result = messages[-1]
    assert result["title"] == "mine.wav"
    assert result["parts"] == ["timeline", *(part.name for view in VIEWS for part in view.parts)]
    # The queue carries nothing heavy.
    assert len(json.dumps(result)) < 2000
    assert page.results.get(result["token"]).analysis.encoding.waveform.duration_s == pytest.approx(1.2)
    assert recorder[0] is None
    assert all(value == gr.skip() for value in recorder[1:])


def test_a_recording_from_the_microphone_may_be_stereo_at_44_kilohertz(page, write_wav, fetch):
    path = write_wav("audio.wav", seed=12, rate_hz=44_100, channels=2)
    messages, _ = read_pairs(page.on_recording(str(path)))
    assert messages[-1]["title"] == "Your recording"
    notes = fetch(page, token=messages[-1]["token"], name="timeline")["notes"]
    assert notes == ["2 channels averaged", "resampled from 44.1 kHz to 16 kHz"]


SLEEPS_ON_HOSTILE_FILES = """
import sys, time
from hubert_demo.audio.messages import receive
from hubert_demo.audio.reader import answer
request = receive(sys.stdin.buffer)
if request is not None:
    time.sleep(60 if request["path"].endswith("hostile.wav") else 0)
    sys.stdout.buffer.write(answer(request))
"""


def test_while_hostile_files_hold_the_readers_a_short_recording_says_that_it_waits_and_is_answered(
    build_page, write_wav
):
    command = [sys.executable, "-c", SLEEPS_ON_HOSTILE_FILES]
    readers = Readers(patience_s=0.1, limits=Limits(clock_s=60), command=command)
    page = build_page(readers=readers)
    hostile, short = write_wav("hostile.wav"), write_wav("short.wav", seed=14)
    with ThreadPoolExecutor(2) as threads:
        held = [threads.submit(lambda: list(page.on_upload(str(hostile)))) for _ in range(2)]
        while not readers.are_busy:
            time.sleep(0.01)
        messages, _ = read_pairs(page.on_upload(str(short)))
        assert not any(each.done() for each in held)
        readers.close()
        refused = [read_pairs(each.result())[0][-1] for each in held]
    assert [message["kind"] for message in messages] == ["busy", "busy", "busy", "result"]
    assert messages[1]["text"] == "Waiting for other visitors' files to be read"
    assert [message["kind"] for message in refused] == ["error", "error"]
    assert "The server is stopping" in refused[0]["text"]
    assert page.waiting.idle(60)
    page.close()


def test_an_emptied_recorder_starts_nothing(page):
    assert list(page.on_upload(None)) == []
    assert list(page.on_recording(None)) == []


def test_a_bad_file_gets_the_sentence_of_the_library(page, bad_file):
    messages, _ = read_pairs(page.on_upload(str(bad_file)))
    with pytest.raises(InputError) as error:
        Waveform.from_file(bad_file)
    assert messages[-1] == {"kind": "error", "text": str(error.value), "title": bad_file.name}


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


def test_the_greeting_makes_room_for_nobody_and_takes_none_of_theirs(
    build_page, write_wav, encoder_passes, load, fetch
):
    page = build_page(results=Results(max_results=1))
    first = load(page)[-1]
    drawn = fetch(page, token=first["token"], name="transcript")
    others = [
        read_pairs(page.on_upload(str(write_wav("other.wav", 0.3, seed=seed))))[0][-1] for seed in (19, 20)
    ]
    with encoder_passes() as passes:
        again = load(page)[-1]
        assert page.waiting.idle(60)
    assert again["token"] == first["token"]
    assert passes == []
    assert fetch(page, token=again["token"], name="transcript") == drawn
    assert not fetch(page, token=others[0]["token"], name="transcript")["ok"]
    assert fetch(page, token=others[1]["token"], name="transcript")["ok"]
    page.close()


def test_a_greeting_that_failed_is_tried_again(build_page, load, monkeypatch):
    page = build_page()
    with monkeypatch.context() as broken:
        broken.setattr("hubert_demo.ui.app.analyze", lambda *_, **__: 1 / 0)
        assert load(page)[-1]["kind"] == "error"
    assert load(page)[-1]["kind"] == "result"
    page.close()


def test_the_card_describes_the_model(page, load):
    model = load(page)[-1]["model"]
    rows = dict(model["rows"])
    assert set(rows) == {"parameters", "layers", "trained on", "licence", "running on", "attention"}
    assert rows["parameters"].endswith(" million")
    assert rows["parameters"] == "encoder and CTC head: 8.7 million"


def test_an_empty_checkpoint_is_a_sentence_and_no_crash(tmp_path, write_wav, build_page, load):
    (tmp_path / "empty").mkdir()
    page = build_page(checkpoint=str(tmp_path / "empty"))
    messages, _ = read_pairs(page.on_upload(str(write_wav())))
    assert "has no config.json" in messages[-1]["text"]
    assert load(page)[-1]["kind"] == "error"
    page.close()


# --- one pass, and what takes longer ---


@pytest.fixture(scope="module")
def quick_page(build_page):
    """A page whose slow parts are PCA: UMAP is tested elsewhere and takes its time."""

    def quick(view):
        parts = (
            replace(part, compute=layers.pca if part.lane == "slow" else part.compute) for part in view.parts
        )
        return replace(view, parts=tuple(parts))

    views = tuple(map(quick, VIEWS))
    page = build_page(views=views)
    yield page
    page.close()


def test_a_recording_runs_through_the_encoder_once(quick_page, write_wav, encoder_passes, fetch):
    path = str(write_wav("once.wav", seed=16))
    with encoder_passes() as passes:
        first = read_pairs(quick_page.on_upload(path))[0][-1]
        again = read_pairs(quick_page.on_upload(path))[0][-1]
        token = first["token"]
        assert fetch(quick_page, token=token, name="layer_umap")["ok"]
        heads, head_map = ServerFunctions(quick_page.results, quick_page.waiting).of(
            attention.VIEW.quick_answers
        )
        assert heads({"token": token, "layer": 1})["ok"]
        assert head_map({"token": token, "layer": 2, "head": 3})["ok"]
    assert again == first
    assert len(passes) == 1


@pytest.mark.parametrize("name", ["layer_pca", "layer_umap"])
def test_the_parts_that_a_message_lists_arrive(quick_page, write_wav, fetch, name):
    message = read_pairs(quick_page.on_upload(str(write_wav("noise.wav", 0.5, seed=17))))[0][-1]
    assert name in message["parts"]
    answer = fetch(quick_page, token=message["token"], name=name)
    assert answer["ok"]
    assert answer["ready"]
    num_layers = quick_page.results.get(message["token"]).analysis.encoding.num_layers
    assert answer["map"]["points"]["shape"] == [num_layers + 1, 24, 2]


def test_a_recording_too_short_for_a_map_gets_the_sentence_and_the_rest(quick_page, write_wav, fetch):
    message = read_pairs(quick_page.on_upload(str(write_wav("blip.wav", 0.12, seed=18))))[0][-1]
    answer = fetch(quick_page, token=message["token"], name="layer_pca")
    assert not answer["ok"]
    assert "at least 10" in answer["error"]
    answer = fetch(quick_page, token=message["token"], name="layer_measures")
    num_layers = quick_page.results.get(message["token"]).analysis.encoding.num_layers
    assert len(answer["curves"]["norms"]) == num_layers + 1


# --- choosing a model ---


@pytest.fixture(scope="module")
def bare_page(build_page, tmp_path_factory, write_checkpoint):
    """A page that also offers an encoder without heads."""
    page = build_page(directories=[write_checkpoint(tmp_path_factory.mktemp("offered") / "bare", "encoder")])
    yield page
    page.close()


def test_choosing_a_model_analyses_the_recording_on_show_and_is_remembered(bare_page, write_wav, fetch):
    path = str(write_wav("mine.wav", seed=14))
    before = read_pairs(bare_page.on_upload(path))[0][-1]
    about = {"token": before["token"], "title": before["title"]}
    messages, states = read_pairs(bare_page.on_choose(Picked({"checkpoint": "bare", **about})))
    after = messages[-1]
    assert [message["kind"] for message in messages] == ["busy", "result"]
    assert states == [gr.skip(), "bare"]
    assert (before["checkpoint"], after["checkpoint"]) == ("hubert-explorer", "bare")
    assert after["title"] == "mine.wav"
    assert after["token"] != before["token"]
    assert after["model"]["title"] == "bare"
    one, other = (fetch(bare_page, token=each["token"], name="timeline") for each in (before, after))
    assert one["ok"]
    assert one == other
    assert before["sources"] == {}
    lender = "“HuBERT Explorer (small English)”"
    assert after["sources"]["transcript"] == (
        f"This model was not trained to transcribe; the transcript comes from {lender}."
    )
    assert after["sources"]["keywords"] == (
        f"This model was not trained to recognise keywords; they come from {lender}."
    )
    for view in ("layers", "attention"):
        assert after["sources"][view] == f"Letters and words come from {lender}."
    assert after["sources"]["timeline"] == f"words from {lender}"
    again = read_pairs(bare_page.on_upload(path, "bare"))[0][-1]
    assert again["token"] == after["token"]


def test_examples_and_recordings_are_heard_by_the_chosen_model(bare_page, write_wav):
    picked = read(bare_page.on_pick(Picked({"index": 1}), "bare"))[-1]
    recorded = read_pairs(bare_page.on_recording(str(write_wav(seed=15)), "bare"))[0][-1]
    assert picked["checkpoint"] == recorded["checkpoint"] == "bare"


def test_choosing_back_and_forth_runs_no_encoder_again(bare_page, encoder_passes):
    first = read(bare_page.on_pick(Picked({"index": 4})))[-1]
    with encoder_passes() as passes:
        bare = read_pairs(bare_page.on_choose(Picked({"checkpoint": "bare", "token": first["token"]})))[0][-1]
        back = {"checkpoint": "hubert-explorer", "token": bare["token"], "example": 4, "title": "family.wav"}
        again = read_pairs(bare_page.on_choose(Picked(back)))[0][-1]
    assert passes == []
    assert again["token"] == first["token"]
    assert again["example"] == 4


def test_choosing_before_there_is_a_result_analyses_the_first_example(bare_page):
    message = read_pairs(bare_page.on_choose(Picked({"checkpoint": "bare"})))[0][-1]
    assert (message["checkpoint"], message["example"]) == ("bare", 0)


def test_a_model_and_an_example_are_chosen_at_once(bare_page):
    message = read_pairs(bare_page.on_choose(Picked({"checkpoint": "bare", "example": 5})))[0][-1]
    assert (message["checkpoint"], message["example"]) == ("bare", 5)
    assert message["title"] == bare_page.examples[5].path.name


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "There is no model"),
        ([], "There is no model"),
        ({"checkpoint": "/etc"}, "There is no model '/etc' on this page"),
        ({"checkpoint": "facebook/hubert-base-ls960"}, "is not on this server yet"),
        ({"checkpoint": "bare", "token": "guess"}, "no longer kept"),
        ({"checkpoint": "bare", "token": 7}, "does not understand"),
        ({"checkpoint": "bare", "example": 99}, "Example"),
        ({"checkpoint": "bare", "example": "stop.wav"}, "Example"),
    ],
)
def test_a_strange_choice_gets_a_sentence_and_changes_nothing(bare_page, data, text):
    messages, states = read_pairs(bare_page.on_choose(Picked(data)))
    assert [message["kind"] for message in messages] == ["error"]
    assert text in messages[0]["text"]
    assert states == [gr.skip()]


def test_a_strange_example_number_gets_a_sentence(bare_page):
    token = read(bare_page.on_pick(Picked({"index": 1})))[-1]["token"]
    messages, states = read_pairs(
        bare_page.on_choose(Picked({"checkpoint": "bare", "token": token, "example": 99}))
    )
    assert messages[-1]["kind"] == "error"
    assert all(state == gr.skip() for state in states)


# --- bad input ---


def write_bad(kind, path):
    if kind == "empty":
        path.touch()
    elif kind == "a picture":
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    elif kind == "two hours":
        soundfile.write(path, np.zeros(7200 * 1000, np.int16), 1000)
    else:
        samples = {
            "constant": np.full(16_000, 0.25),
            "nan": np.full(16_000, np.nan),
            "0.01 s": np.random.default_rng(0).normal(size=160),
        }[kind]
        soundfile.write(path, samples, 16_000, subtype="FLOAT")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("empty", "is empty (0 bytes). Save or upload the recording again."),
        ("a picture", "cannot be read as sound"),
        ("constant", "there is no sound in it. Check the microphone"),
        ("nan", "not numbers (NaN or infinity)"),
        ("0.01 s", "at least 0.1 s is needed. Make it longer."),
        ("two hours", "The file is 120.0 minutes long; the limit is 60 minutes. Make it shorter."),
    ],
)
def test_bad_input_gets_a_sentence_and_the_page_goes_on(page, tmp_path, write_wav, kind, text):
    path = tmp_path / "recording.wav"
    write_bad(kind, path)
    for callback in (page.on_upload, page.on_recording):
        messages, _ = read_pairs(callback(str(path)))
        assert messages[-1]["kind"] == "error"
        assert text in messages[-1]["text"]
    good, _ = read_pairs(page.on_upload(str(write_wav("mine.wav", seed=11))))
    assert good[-1]["kind"] == "result"


def test_of_a_long_recording_parts_can_be_chosen(page, write_compressed, fetch, hear_little):
    messages, _ = read_pairs(page.on_upload(str(write_compressed("long.m4a", 70))))
    offer = messages[-1]
    assert offer["kind"] == "part"
    assert offer["text"] == "This recording is 70 s long; the limit is 60 s. Choose a part."
    assert offer["peaks"]["shape"][1] == 2
    for start_s, note in [(8, "0:08 to 1:08 of 1:10"), (1, "0:01 to 1:01 of 1:10")]:
        [*_, result] = read(page.on_part(Picked({"key": offer["key"], "start_s": start_s})))
        assert (result["title"], result["offer"]) == ("long.m4a", offer["key"])
        assert fetch(page, token=result["token"], name="timeline")["notes"][0] == note
    assert hear_little == [60, 60]


@pytest.mark.parametrize("asked", [None, {}, {"key": "x", "start_s": 1}, {"key": 3, "start_s": "one"}])
def test_a_part_of_nothing_that_was_offered_gets_a_sentence(page, asked):
    assert read(page.on_part(Picked(asked)))[-1]["kind"] == "error"


def test_a_part_whose_samples_are_known_has_its_own_note(page, write_wav, fetch, encoder_passes):
    path = str(write_wav("whole.wav", seed=14))
    messages, _ = read_pairs(page.on_upload(path))
    samples = page.results.get(messages[-1]["token"]).analysis.encoding.waveform.samples
    with encoder_passes() as passes:
        part = page.analyse(Waveform(samples, notes=("0:03 to 1:03 of 1:05",)))
        assert fetch(page, token=part.token, name="timeline")["notes"] == ["0:03 to 1:03 of 1:05"]
    assert not passes


def test_a_recorder_that_stopped_late_loses_the_end_and_says_so(page, write_wav, fetch, hear_little):
    messages, _ = read_pairs(page.on_recording(str(write_wav("late.wav", duration_s=60.4, seed=12))))
    notes = fetch(page, token=messages[-1]["token"], name="timeline")["notes"]
    assert notes[0] == "cut off after 60 s"
    assert hear_little == [60]


def test_a_result_is_opened_again_by_its_ticket_without_computing(page, write_wav, encoder_passes):
    messages, _ = read_pairs(page.on_upload(str(write_wav("again.wav", seed=13))))
    shown = messages[-1]
    with encoder_passes() as passes:
        again = json.loads(page.on_again(Picked({"ticket": shown["ticket"], "title": "again.wav"})))
    assert (again["kind"], again["token"], again["title"]) == ("result", shown["token"], "again.wav")
    assert not passes


def test_what_had_begun_is_had_by_its_claim_whether_it_has_ended_or_not(page, write_wav, encoder_passes):
    steps = page.on_upload(str(write_wav("begun.wav", seed=15)))
    [_, listening] = read(message for message, _ in (next(steps), next(steps)))
    with encoder_passes() as passes:
        unfinished = json.loads(page.on_again(Picked({"claim": listening["claim"]})))
        [result] = read(message for message, _ in steps)
        again = json.loads(page.on_again(Picked({"claim": listening["claim"]})))
    assert unfinished["title"] == "begun.wav"
    assert unfinished["token"] == result["token"] == again["token"]
    assert len(passes) == 1


@pytest.mark.parametrize("sent", [None, 7, {}, {"path": "/etc/passwd"}, {"path": 7, "recorded": True}])
def test_whatever_is_no_upload_is_not_analysed_and_gets_a_sentence(page, sent):
    (answer,) = read(page.on_resend(Picked(sent)))
    assert answer["kind"] == "error"
    assert "not an uploaded file" in answer["text"]


@pytest.mark.parametrize("claim", [None, 7, "x"])
def test_no_claim_gets_nothing(page, claim):
    assert json.loads(page.on_again(Picked({"claim": claim})))["kind"] == "error"


@pytest.mark.parametrize("ticket", [None, 7, "x", "x~y", "é~ü"])
def test_no_ticket_opens_nothing(page, ticket):
    assert json.loads(page.on_again(Picked({"ticket": ticket})))["kind"] == "error"


def test_a_file_by_another_name_is_heard_for_what_it_is(page, write_compressed, fetch):
    messages, _ = read_pairs(page.on_upload(str(write_compressed("renamed.wav", container="mp4"))))
    notes = fetch(page, token=messages[-1]["token"], name="timeline")["notes"]
    assert notes == ["decoded from AAC", "resampled from 8 kHz to 16 kHz"]


def test_uploads_are_bounded_before_they_are_read(page):
    assert page.demo.max_file_size == 256 << 20


def test_only_the_endpoints_are_public(page):
    visible = {fn.api_name for fn in page.demo.fns.values() if fn.api_visibility == "public"}
    assert visible == set(Endpoints(page.analyse).all())


def test_an_encoder_hears_one_recording_at_a_time(build_page, monkeypatch):
    page = build_page()
    together, most = [], []

    def overlap(*_):
        together.append(1)
        most.append(len(together))
        time.sleep(0.01)
        together.pop()
        raise InputError("heard")

    monkeypatch.setattr("hubert_demo.ui.zero_gpu.encode", overlap)
    noise = np.random.default_rng(3).normal(size=(6, 16_000))
    with ThreadPoolExecutor(6) as threads:
        begun = [threads.submit(page.analyse, Waveform.from_array(samples)) for samples in noise]
    assert {str(each.exception()) for each in begun} == {"heard"}
    assert most == [1] * 6
    page.close()


def test_a_short_recording_is_heard_before_long_ones_that_wait(build_page, monkeypatch):
    page, heard, may_end, begun = build_page(), [], threading.Event(), threading.Event()

    def hold():
        begun.set()
        may_end.wait(60)

    def hear(_, waveform):
        heard.append(waveform.duration_s)
        raise InputError("heard")

    monkeypatch.setattr("hubert_demo.ui.zero_gpu.encode", hear)
    lane = f"encoder {page._store.find(page.models.default).encoder.device}"
    page.waiting.submit(lane, hold)
    assert begun.wait(60)
    with ThreadPoolExecutor(3) as threads:
        for number, seconds in enumerate((12, 11, 0.9), 1):
            samples = np.random.default_rng(number).normal(size=round(16_000 * seconds))
            threads.submit(page.analyse, Waveform.from_array(samples))
            while len(page.waiting._lanes[lane]._waiting) < number:
                time.sleep(0.001)
        may_end.set()
    assert heard == [0.9, 12, 11]
    page.close()


def test_equal_recordings_that_come_at_once_are_heard_once(build_page, encoder_passes):
    page = build_page()
    samples = np.random.default_rng(4).normal(size=16_000)
    with encoder_passes() as passes, ThreadPoolExecutor(4) as threads:
        begun = [threads.submit(page.analyse, Waveform.from_array(samples)) for _ in range(4)]
        assert len({each.result().token for each in begun}) == 1
    assert len(passes) == 1
    page.close()


def test_while_a_long_recording_is_taken_away_a_short_one_is_heard(build_page, write_wav):
    page, may_end, begun = build_page(), threading.Event(), threading.Event()

    def exporting():
        begun.set()
        may_end.wait(60)
        yield
        return "a zip"

    with ThreadPoolExecutor(1) as thread:
        export = thread.submit(page.waiting.turn, SLOW, exporting())
        assert begun.wait(60)
        messages, _ = read_pairs(page.on_upload(str(write_wav("short.wav", 0.9, seed=23))))
        assert messages[-1]["kind"] == "result"
        assert not export.done()
        may_end.set()
        assert export.result(60) == "a zip"
    page.close()


def test_a_visitor_is_greeted_while_everything_is_busy(page, load):
    page.start().result(60)
    may_end = threading.Event()
    held = [
        page.waiting.submit(lane, lambda: may_end.wait(60))
        for lane, (width, _) in LANES.items()
        for _ in range(width + 1)
    ]
    messages = load(page)
    assert [message["kind"] for message in messages] == ["result"]
    assert not any(each.done() for each in held)
    may_end.set()


def test_gradio_s_own_queue_holds_nobody_back(page):
    assert {fn.concurrency_limit for fn in page.demo.fns.values()} <= {"default", None}
    assert page.demo._queue.default_concurrency_limit is None
    assert page.demo._queue.max_size is None
    assert page.demo.max_threads > MAX_AT_ONCE
