"""The named endpoints, driven by gradio_client against the launched page and compared with the library."""

import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gradio import FileData
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from hubert_demo.analysis.attention.heads import pool
from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.endpoints import Endpoints
from hubert_demo.ui.views import VIEWS
from hubert_demo.ui.waiting import Waiting

NAMES = {
    "/analyze",
    "/read",
    "/align",
    "/map_layers",
    "/compare_layers",
    "/read_layers",
    "/hear_layer",
    "/attend",
    "/compare_heads",
    "/change",
    "/sweep_heads",
    "/export",
}


@pytest.fixture(scope="module")
def client(page):
    client = Client(page.demo.local_url, verbose=False)
    yield client
    client.close()


@pytest.fixture(scope="module")
def ask(client, harbour):
    """Calls an endpoint about one recording."""

    def call(api_name, **parameters):
        return client.predict(recording=handle_file(harbour), **parameters, api_name=api_name)

    return call


@pytest.fixture(scope="module")
def expected(harbour):
    return analyze(harbour)


def test_the_endpoints_are_offered_and_nothing_else(client):
    described = client.view_api(return_format="dict", print_info=False)
    assert set(described["named_endpoints"]) == NAMES
    assert described["unnamed_endpoints"] == {}
    for endpoint in described["named_endpoints"].values():
        assert endpoint["parameters"][0]["parameter_name"] == "recording"
        assert endpoint["description"].endswith(".")


def test_a_change_gives_the_answers_before_and_after(ask, expected):
    found = ask("/change", changes="head_off:3.1, stretch_silenced:1.2-1.6")
    known = expected.change("head_off:3.1", "stretch_silenced:1.2-1.6")
    assert found["before"]["transcript"] == expected.transcript.text
    assert found["after"]["transcript_greedy"] == known.transcript_greedy.text
    assert found["after"]["keyword"]["probability"] == pytest.approx(known.keywords.probability, abs=1e-4)
    assert found["changes"] == [
        {"text": "stretch_silenced:1.2-1.6", "words": "1.2–1.6 s silenced"},
        {"text": "head_off:3.1", "words": "layer 4, head 2 off"},
    ]
    assert found["characters_changed"] > 0
    assert set(found["made_with"].values()) == {"stretch_silenced:1.2-1.6,head_off:3.1"}


def test_a_sweep_is_that_of_the_library(client, write_wav):
    path = write_wav("short.wav", duration_s=0.5, seed=17)
    found = client.predict(
        recording=handle_file(path), num_draws=2, by="mean", keyword="stop", seed=3, api_name="/sweep_heads"
    )
    known = analyze(path).sweep("heads", num_draws=2, by="mean", keyword="stop", seed=3)
    assert np.array(found["loss_rise"]) == pytest.approx(known.effects.loss_rise, abs=1e-3)
    assert found["is_marked"] == known.is_marked.tolist()
    assert (found["by_chance"], found["by"], found["keyword"]) == (1 / 3, "mean", "stop")
    assert found["sources"] == {"attention": "hubert-explorer"}


@pytest.mark.parametrize(
    ("api_name", "parameters", "sentence"),
    [
        ("/change", {"changes": "head_off:99.0"}, "Layer 99 does not exist"),
        ("/change", {"changes": "nonsense"}, "There is no change 'nonsense'"),
        ("/sweep_heads", {"keyword": "banana"}, "does not know the keyword"),
        ("/sweep_heads", {"num_draws": 201}, "of 0 to 200"),
        ("/sweep_heads", {"by": "half"}, "one of zero, mean"),
        ("/hear_layer", {"layer": 9}, "Layer 9 does not exist"),
        ("/hear_layer", {"checkpoint": "hubert-explorer-pretrained"}, "training resynthesise"),
        ("/read_layers", {"checkpoint": "hubert-explorer-pretrained"}, "has no CTC head"),
        ("/read_layers", {"changes": "nonsense"}, "There is no change 'nonsense'"),
    ],
)
def test_what_cannot_be_changed_gets_a_sentence(ask, api_name, parameters, sentence):
    with pytest.raises(AppError, match=sentence):
        ask(api_name, **parameters)


def test_two_recordings_in_a_row_give_what_the_library_gives(client, examples):
    for path in examples[:2]:
        heard = client.predict(handle_file(path), api_name="/analyze")
        known = analyze(path)
        assert heard["transcript"] == known.transcript.text
        assert [word["text"] for word in heard["words"]] == [word.text for word in known.transcript.words]
        greedy = known.transcript_greedy
        assert heard["transcript_greedy"] == greedy.text
        assert [word["text"] for word in heard["words_greedy"]] == [word.text for word in greedy.words]
        assert [each["label"] for each in heard["keywords"]["heard"]] == [
            each.label for each in known.keywords.heard
        ]
        assert heard["keywords"]["threshold"] == known.keywords.threshold
        assert heard["keyword"]["label"] == known.keywords.label
        assert heard["keyword"]["probability"] == pytest.approx(known.keywords.probability)
        assert sum(heard["keyword"]["probabilities"].values()) == pytest.approx(1)
        assert heard["keyword"]["is_heard"] is known.keywords.is_heard
        assert heard["keyword"]["threshold"] == known.keywords.threshold


def test_all_endpoints_share_one_encoder_pass(ask, encoder_passes, client, write_wav):
    recording = handle_file(write_wav("shared.wav", duration_s=1.5, seed=91))
    with encoder_passes() as passes:
        for name in ("/analyze", "/map_layers", "/attend"):
            client.predict(recording=recording, api_name=name)
    assert len(passes) == 1


def test_readings_are_those_of_the_beam_search(ask, expected):
    found = ask("/read", num_best=3, hotwords="harbour boats")
    known = expected.beam_search(3, ["harbour", "boats"])
    assert [one["text"] for one in found] == [one.text for one in known]
    assert [one["score"] for one in found] == pytest.approx([one.score for one in known])


def test_a_text_is_aligned(ask, expected):
    reference = "The old harbour was quiet."
    found, known = ask("/align", reference=reference), expected.align(reference)
    assert (found["wer"], found["cer"]) == pytest.approx((known.wer, known.cer))
    assert [word["start_s"] for word in found["words"]] == pytest.approx([w.start_s for w in known.words])
    assert [word["kind"] for word in found["words"]] == [word.outcome.value for word in known.words]


def test_maps_are_those_of_the_library(ask, expected):
    found = ask("/map_layers", method="pca")
    assert np.allclose(found["points"], expected.projections("pca").points, atol=1e-4)
    known = expected.projections("pca")
    assert found["trustworthiness"] == pytest.approx(known.trustworthiness.tolist())
    assert found["neighbours_kept"] == pytest.approx(known.neighbours_kept.tolist())
    assert found["neighbours_kept_by_chance"] == pytest.approx(known.neighbours_kept_by_chance)
    assert found["frame_times_s"] == pytest.approx(expected.encoding.frame_times_s.tolist())


def test_layers_are_compared(ask, expected):
    found, scores = ask("/compare_layers", num_units=8), expected.unit_scores(8)
    assert found["pnmi"] == pytest.approx(scores.pnmi.tolist())
    assert found["cka"] == pytest.approx(expected.layer_curves().cka.tolist())
    assert found["cka_by_chance"] == pytest.approx(expected.layer_curves().cka_by_chance.tolist())
    assert found["pnmi_by_chance"] == pytest.approx(scores.pnmi_by_chance.tolist())
    assert found["letters_from"] == "transcript"


def test_layers_are_compared_with_what_was_really_said(ask, expected):
    said = "The old harbour was quiet, and the boats lay still upon the water."
    found = ask("/compare_layers", num_units=8, reference=said)
    assert found["pnmi"] == pytest.approx(expected.unit_scores(8, reference=said).pnmi.tolist())
    assert found["letters_from"] == "reference"


def test_attention_is_that_of_the_library_pooled(ask, expected):
    found = ask("/attend", layer=2, head=1)
    known = pool(expected.attention_maps(2, [1]), 200)
    assert found["frames_per_bin"] == known.frames_per_bin
    assert np.allclose(found["attention"], known.maps[0], atol=1e-6)


def test_heads_are_compared(ask, expected):
    found, metrics = ask("/compare_heads"), expected.head_metrics()
    assert found["kinds"] == metrics.kinds.tolist()
    assert np.allclose(found["diagonality"], metrics.diagonality)


def test_everything_can_be_taken_away(ask, expected):
    zipped = ask("/export", layer=1, reference="the old harbour")
    assert Path(zipped).name == "hubert-explorer-harbour.zip"
    with zipfile.ZipFile(zipped) as archive:
        settings = json.loads(archive.read("settings.json"))
        assert archive.read("transcript.txt").decode().strip().upper() == expected.transcript.text
    assert settings["choices"]["layer"] == 1
    # Sweeps are of whoever has run one.
    assert {Path(each).stem for each in settings["left_out"]} == {"head_sweep", "word_sweep"}


def test_a_bad_file_gets_the_sentence_of_the_library(client, bad_file):
    with pytest.raises(InputError) as known:
        Waveform.from_file(bad_file)
    with pytest.raises(AppError) as error:
        client.predict(handle_file(bad_file), api_name="/analyze")
    assert str(known.value) in str(error.value)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("/read", {"num_best": 0}, "num_best is 0"),
        ("/attend", {"layer": 99}, "Layer 99 does not exist"),
        ("/map_layers", {"method": "astrology"}, "astrology"),
        ("/align", {"reference": ""}, "text to align is empty"),
        ("/analyze", {"checkpoint": "gpt"}, "gpt"),
    ],
)
def test_a_bad_parameter_gets_a_sentence(ask, name, parameters, message):
    with pytest.raises(AppError, match=re.compile(message, re.IGNORECASE)):
        ask(name, **parameters)


# --- whoever asks pays for what they ask ---


class CountingJobs(Waiting):
    """Counts what is queued."""

    def __init__(self):
        super().__init__()
        self.queued = []

    def submit(self, lane, compute):
        self.queued.append(lane)
        return super().submit(lane, compute)


@pytest.fixture(scope="module")
def drawn():
    """Names of the views that were drawn."""
    return []


@pytest.fixture(scope="module")
def counting_page(build_page, drawn):
    """A page that draws nothing but notes for what, and queues such notes."""

    def counted(view):
        def note(analysis):
            drawn.append(view.name)
            return {}

        return replace(view, parts=tuple(replace(part, compute=note) for part in view.parts))

    page = build_page(views=tuple(counted(view) for view in VIEWS), waiting=CountingJobs())
    yield page
    page.close()


@pytest.fixture(scope="module")
def uploaded(root):
    """A recording where Gradio keeps those that were uploaded."""
    folder = Path(get_upload_folder()) / "whoever-asks-pays"
    folder.mkdir(parents=True, exist_ok=True)
    return FileData(path=str(shutil.copy(root / "assets" / "examples" / "stop.wav", folder)))


def test_every_layer_is_read(ask, expected):
    said = expected.transcript.text
    found, known = ask("/read_layers", reference=said), expected.lens(said)
    assert found == {**known.as_json(), "sources": {"layers": expected.encoding.checkpoint}}
    assert found["is_reference"]
    linear = found["read_outs"]["linear"]
    assert len(linear["texts"]) == expected.encoding.num_layers + 1
    assert linear["cer"][0] > linear["cer"][-1]


def test_a_layer_is_heard_as_loud_and_as_long_as_the_recording(client, harbour, expected):
    def hear(**parameters):
        path = client.predict(recording=handle_file(harbour), **parameters, api_name="/hear_layer")
        return Path(path).name, Waveform.from_file(path)

    name, sound = hear(layer=2)
    assert name == "layer_2.wav"
    known, original = expected.resynthesise(2), expected.encoding.waveform
    np.testing.assert_allclose(sound.samples, known.samples, atol=2**-14)
    assert len(sound.samples) == len(original.samples)
    assert np.std(sound.samples) == pytest.approx(np.std(original.samples), rel=0.01)
    changed = "layer_skipped:5"
    name, sound = hear(changes=changed)
    assert name == "layer_8.wav"
    np.testing.assert_allclose(sound.samples, expected.change(changed).resynthesise(8).samples, atol=2**-14)


@pytest.mark.parametrize("name", sorted(name.strip("/") for name in NAMES))
def test_an_endpoint_draws_no_view_and_queues_nothing(counting_page, drawn, uploaded, name):
    needed = {"align": {"reference": "yes"}, "change": {"changes": "head_off:0.0"}}
    parameters = {**needed, "map_layers": {"method": "pca"}, "sweep_heads": {"num_draws": 0}}.get(name, {})
    assert Endpoints(counting_page.analyse).all()[name](uploaded, **parameters)
    assert drawn == counting_page.waiting.queued == []


def test_what_an_endpoint_analysed_is_drawn_once_the_page_shows_it(build_page, uploaded, encoder_passes):
    page = build_page(waiting=CountingJobs())
    Endpoints(page.analyse).all()["analyze"](uploaded)
    with encoder_passes() as passes:
        *_, (message, _) = page.on_upload(uploaded.path)
    assert passes == []
    assert page.waiting.idle(60)
    # The three slow ones begin when the browser asks for them.
    assert len(json.loads(message)["parts"]) == len(page.waiting.queued) + 3
    assert "slow" not in page.waiting.queued
    page.close()


def test_aligning_computes_no_projection(counting_page, uploaded):
    computed = []

    def analyse(waveform, checkpoint):
        analysis = analyze(waveform, checkpoint=checkpoint)
        project = analysis.projections
        analysis.projections = lambda *settings: computed.append(settings) or project(*settings)
        return counting_page.results.keep(analysis, 0.1)

    endpoints = Endpoints(analyse).all()
    endpoints["align"](uploaded, reference="the old harbour")
    assert counting_page.waiting.idle(30)
    assert computed == []
    endpoints["map_layers"](uploaded, method="pca")
    assert len(computed) == 1


@pytest.mark.parametrize(
    "recording",
    ["/etc/passwd", {"path": "/etc/passwd"}, {"path": "\0"}, {"path": 7}, {}, None, ["a"]],
)
def test_files_that_were_not_uploaded_are_none_of_the_callers_business(page, recording):
    for name, endpoint in Endpoints(page.analyse).all().items():
        parameters = {"align": {"reference": "yes"}, "change": {"changes": ""}}.get(name, {})
        with pytest.raises(Exception, match="not an uploaded file"):
            endpoint(recording, **parameters)


def test_a_path_on_the_server_cannot_be_asked_for(client, harbour):
    with pytest.raises(AppError):
        client.predict({"path": str(harbour)}, api_name="/analyze")


def test_the_page_survives_bad_input(client, bad_file, harbour):
    with pytest.raises(AppError):
        client.predict(handle_file(bad_file), api_name="/analyze")
    assert "transcript" in client.predict(handle_file(harbour), api_name="/analyze")


def test_every_endpoint_is_a_tool_for_assistants(page):
    tools = page.demo.mcp_server_obj.tool_to_endpoint
    assert {f"/{endpoint.lstrip('/')}" for endpoint in tools.values()} == NAMES


def test_the_readme_s_snippet_runs_as_it_stands(page, root, harbour, expected, tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), flags=re.DOTALL)
    (snippet,) = [block for block in blocks if "gradio_client" in block]
    shutil.copy(harbour, tmp_path / "recording.wav")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(snippet.replace("http://127.0.0.1:7860", page.demo.local_url), names)
    names["client"].close()
    assert names["heard"]["transcript"] == expected.transcript.text
    assert np.allclose(np.sum(names["attention"], axis=1), 1, atol=1e-4)
