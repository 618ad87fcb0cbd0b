"""Changed results: each a result of its own beside the one it was made from, which is never lost by it."""

import json

import pytest

from hubert_demo.errors import InputError
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.views import keywords, layers, timeline, transcript
from hubert_demo.ui.views.base import NOT_UNDERSTOOD

ALL = "frames_masked:0.1-0.2,layer_skipped:5,head_off:3.1,feed_forward_off:2,attention_cut:others:0.3-0.4"


class Asked:
    """What Gradio hands to a callback when the browser has triggered an event."""

    def __init__(self, **data):
        self._data = {"title": "noise.wav", **data}


@pytest.fixture(scope="module")
def original(page, write_once):
    (*_, last) = page.on_upload(str(write_once))
    return json.loads(last[0])


@pytest.fixture(scope="module")
def write_once(tmp_path_factory, root):
    path = tmp_path_factory.mktemp("recording") / "mine.wav"
    path.write_bytes((root / "assets" / "examples" / "stop.wav").read_bytes())
    return path


@pytest.fixture
def change(page, original):
    """Asks as a switch does; gives the message."""
    return lambda changes: json.loads(page.on_again(Asked(ticket=original["ticket"], changes=changes)))


def test_a_change_is_another_result_that_names_what_it_was(page, original, change):
    found = change("head_off:3.1,frames_masked:0.1-0.2")
    assert found["kind"] == "result"
    assert found["token"] != original["token"]
    assert (found["ticket"], found["before"]) == (original["ticket"], original["token"])
    assert found["changes"] == "frames_masked:0.1-0.2,head_off:3.1"
    assert found["changed"] == [
        {"text": "frames_masked:0.1-0.2", "words": "0.1–0.2 s masked", "fits_link": True},
        {"text": "head_off:3.1", "words": "layer 4, head 2 off", "fits_link": True},
    ]
    assert (original["before"], original["changes"], original["changed"]) == (None, "", [])
    kept = page.results.kept(found["token"])
    assert kept.original is page.results.kept(original["token"])
    assert kept.analysis.before is kept.original.analysis


def test_the_same_change_is_made_once_and_no_change_is_the_original(page, original, change, encoder_passes):
    first = change(ALL)
    with encoder_passes() as passes:
        assert change(ALL)["token"] == first["token"]
        back = change("")
    assert back["token"] == original["token"]
    assert passes == []


def test_a_second_change_is_made_of_the_original_alone(page, change):
    change("head_off:3.1")
    found = change("head_off:2.0")
    assert found["changes"] == "head_off:2.0"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ("head_off:99.0", "Layer 99 does not exist"),
        ("head_off:0.99", "Head 99 does not exist"),
        ("frames_masked:0.1-90", "reaches beyond it"),
        ("nonsense:1", "There is no change 'nonsense'"),
        ("head_off", "is not understood"),
        (["head_off:3.1"], "does not understand"),
        ("x" * 30_000, "has 30000 characters"),
        ("states_patched:2:0.1-0.2:0.1:hubert-explorer:", "somebody's own recording"),
    ],
)
def test_what_cannot_be_changed_gets_a_sentence(change, changes, sentence):
    found = change(changes)
    assert (found["kind"], found["again"]) == ("error", True)
    assert sentence in found["text"]


def test_two_refusals_in_a_row_differ_since_the_browser_is_sent_no_value_twice(change):
    first, second = change("head_off:99.0"), change("head_off:99.0")
    assert first["text"] == second["text"]
    assert first != second


def test_a_patch_from_an_example_is_fetched_from_it(page, original, change):
    found = change("states_patched:4:0.1-0.3:0.2:hubert-explorer:charming.wav:head_off%3A1.1")
    assert found["kind"] == "result"
    (patch,) = page.results.kept(found["token"]).analysis.changes
    assert patch.rows is not None
    assert patch.source.example == "charming.wav"
    assert found["changes"].endswith("charming.wav:head_off%3A1.1")


def test_a_patch_from_ones_own_recording_is_fetched_by_its_ticket(page, original, change, harbour):
    (*_, last) = page.on_upload(str(harbour))
    source = json.loads(last[0])
    text = "states_patched:4:0.1-0.3:0.2:hubert-explorer::head_off%3A1.1"

    def patched(sources):
        asked = Asked(ticket=original["ticket"], changes=text, sources=sources)
        return json.loads(page.on_again(asked))

    found = patched({text: source["ticket"]})
    assert found["changes"] == text
    assert [each["fits_link"] for each in found["changed"]] == [False]
    (patch,) = page.results.kept(found["token"]).analysis.changes
    taken_from = page.results.kept(source["token"].partition(".")[0]).analysis.change("head_off:1.1")
    assert patch.rows == taken_from.patch(4, 0.2, 0.4).rows
    for wrong in (None, {}, {"another": source["ticket"]}):
        assert "somebody's own recording" in patched(wrong)["text"]
    for wrong in ([], "text", {text: 3}):
        assert patched(wrong)["text"] == NOT_UNDERSTOOD
    assert patched({text: source["token"]})["text"] == GONE


def test_the_original_stays_as_long_as_what_was_made_of_it(page, original, change):
    result = page.results.kept(original["token"])
    results = Results(max_results=2)
    first = results.keep(result.analysis, 0.1)
    changed = [
        results.keep(result.analysis.change(f"head_off:{layer}.1"), 0.1, original=first) for layer in range(4)
    ]
    assert results.holds(first)
    assert [results.holds(each) for each in changed] == [False, False, True, True]
    assert results.find_changed(first, changed[3].analysis.changes) is changed[3]
    assert results.find_changed(first, changed[0].analysis.changes) is None
    # Two more recordings: of those that were not changed the latest two stay.
    others = [results.keep(result.analysis, 0.1) for _ in range(2)]
    assert not results.holds(first)
    assert all(map(results.holds, others))
    with pytest.raises(InputError, match=GONE[:20]):
        results.kept(first.token)


def test_who_asks_for_what_was_changed_keeps_its_original(page, original):
    result = page.results.kept(original["token"])
    results = Results(max_results=2)
    first = results.keep(result.analysis, 0.1)
    changed = results.keep(result.analysis.change("head_off:1.1"), 0.1, original=first)
    results.keep(result.analysis, 0.1)
    results.kept(changed.token)
    results.keep(result.analysis, 0.1)
    assert results.holds(first)


def test_memory_is_bounded_but_the_newest_and_its_original_stay(page, original):
    result = page.results.kept(original["token"])
    results = Results(max_bytes=1)
    first = results.keep(result.analysis, 0.1)
    changed = results.keep(result.analysis.change("head_off:1.1"), 0.1, original=first)
    assert results.holds(first)
    assert results.holds(changed)


def test_every_part_tells_what_was_before(page, change):
    analysis = page.results.kept(change("frames_masked:0.2-0.6,head_off:3.1")["token"]).analysis
    before = analysis.before
    assert transcript.payload(before)["runs_before"] is transcript.payload(before)["greedy_before"] is None
    sent = transcript.payload(analysis)
    assert "".join(word["text"] for word in sent["greedy_before"]).upper() == before.transcript_greedy.text
    assert sent["runs_before"]["data"] == transcript.payload(before)["runs"]["data"]
    read = transcript.reading(analysis)
    assert " ".join(word["text"] for word in read["before"]).upper() == before.transcript.text
    words = timeline.payload(analysis)["words"]
    assert not any(word["changed"] for word in timeline.payload(before)["words"])
    assert [word["text"].upper() for word in words] == analysis.transcript_greedy.text.split()
    scores = keywords.payload(analysis)["scores"]
    assert scores["before"]["probabilities"] == before.keywords.probabilities.tolist()
    assert scores["before"]["heard"] == [command.label for command in before.keywords.heard]
    assert keywords.payload(before)["scores"]["before"] is None
    curves = layers.measures(analysis)
    assert curves["curves_before"]["norms"] == before.layer_curves().norms.tolist()
    assert max(curves["like_before"]) < 1
    assert layers.measures(before)["like_before"] is None


def test_layers_beneath_a_change_are_as_they_were(page, change):
    analysis = page.results.kept(change("head_off:3.1")["token"]).analysis
    like = layers.measures(analysis)["like_before"]
    assert like[:4] == [1.0] * 4
    assert all(0 < each < 1 for each in like[4:])


def test_what_a_companion_says_is_not_changed_inside_another_model(page, write_once):
    (*_, last) = page.on_upload(str(write_once), "hubert-explorer-pretrained")
    ticket = json.loads(last[0])["ticket"]
    found = json.loads(page.on_again(Asked(ticket=ticket, changes="head_off:3.1")))
    analysis = page.results.kept(found["token"]).analysis
    assert "does not reach it" in found["sources"]["transcript"]
    assert transcript.payload(analysis)["greedy_before"] is None
    assert transcript.reading(analysis)["before"] is None
    assert layers.measures(analysis)["like_before"][-1] < 1
    silenced = json.loads(page.on_again(Asked(ticket=ticket, changes="stretch_silenced:0.1-0.5")))
    assert "does not reach it" not in silenced["sources"]["transcript"]
    analysis = page.results.kept(silenced["token"]).analysis
    assert transcript.payload(analysis)["greedy_before"] is not None


def test_another_model_hears_the_recording_as_it_was(page, change):
    silenced = change("stretch_silenced:0.1-0.5")
    asked = Asked(token=silenced["token"], checkpoint="hubert-explorer-pretrained")
    (*_, last) = page.on_choose(asked)
    found = json.loads(last[0])
    assert found["changes"] == ""
    heard = page.results.kept(found["token"]).analysis.encoding.waveform
    original = page.results.kept(silenced["token"]).original.analysis.encoding.waveform
    assert heard.fingerprint == original.fingerprint
