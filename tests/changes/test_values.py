"""Changes as values: checked, written down and read again, put together in any order."""

import itertools
import json
import random
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest

from hubert_demo.changes import (
    AttentionCut,
    FeedForwardOff,
    FramesMasked,
    HeadOff,
    LayerSkipped,
    PatchSource,
    StatesPatched,
    StretchSilenced,
    composed,
    describe,
    from_dict,
    from_text,
    text_of,
    to_dict,
)
from hubert_demo.errors import InputError

SOURCE = PatchSource("owner/name@v1.0", 0.5, "a, b:c.wav", (HeadOff(1, 2), FramesMasked(0.1, 0.2)))
EACH = {
    "head_off:3.1": HeadOff(3, 1),
    "head_off:3.1:mean": HeadOff(3, 1, "mean"),
    "layer_skipped:4": LayerSkipped(4),
    "feed_forward_off:4": FeedForwardOff(4),
    "frames_masked:1.2-1.6": FramesMasked(1.2, 1.6),
    "stretch_silenced:0-10": StretchSilenced(0, 10),
    "attention_cut:1.2-1.6:2-2.4": AttentionCut((1.2, 1.6), (2.0, 2.4)),
    "attention_cut:others:1.2-1.6:3": AttentionCut(None, (1.2, 1.6), 3),
    "attention_cut:0.0001-0.0002:others": AttentionCut((0.0001, 0.0002), None),
    "states_patched:5:1.2-1.6:0.5:hubert-explorer:stop.wav": StatesPatched(
        5, 1.2, 1.6, PatchSource("hubert-explorer", 0.5, "stop.wav")
    ),
    "states_patched:5:1.2-1.6:0:mine:": StatesPatched(5, 1.2, 1.6, PatchSource("mine", 0)),
    "states_patched:0:1-2:0.5:owner/name@v1.0:a%2C%20b%3Ac.wav:frames_masked%3A0.1-0.2%2Chead_off%3A1.2": (
        StatesPatched(0, 1, 2, PatchSource("owner/name@v1.0", 0.5, "a, b:c.wav", composed(SOURCE.changes)))
    ),
}


@pytest.mark.parametrize("text", EACH)
def test_a_change_is_the_same_after_text_and_json(text):
    change = EACH[text]
    assert text_of([change]) == text
    assert from_text(text) == (change,)
    assert hash(from_text(text)[0]) == hash(change)
    assert from_dict(json.loads(json.dumps(to_dict(change)))) == change
    assert parse_qs(urlencode({"changes": text}))["changes"] == [text]


def test_all_together_are_too():
    together = composed(EACH.values())
    assert from_text(text_of(together)) == together
    assert composed([text_of(together)]) == together
    assert from_text("") == composed([]) == ()


def test_times_are_kept_as_they_are_written():
    change = FramesMasked(1 / 3, 2 / 3)
    assert (change.start_s, change.end_s) == (0.3333, 0.6667)
    assert from_text(text_of([change])) == (change,)


def test_numbers_of_numpy_become_plain():
    change = HeadOff(np.int64(3), np.uint8(1))
    assert change == HeadOff(3, 1)
    assert json.dumps(to_dict(change)) == '{"change": "head_off", "layer": 3, "head": 1, "by": "zero"}'
    assert type(FramesMasked(np.float32(0.5), np.float64(1)).start_s) is float


def test_order_does_not_matter():
    # Without the head that is off in two ways, and one of two patches to the same frames.
    changes = [*list(EACH.values())[1:-2], StatesPatched(5, 1.6, 2, PatchSource("mine", 0))]
    together = composed(changes)
    for seed in range(10):
        random.Random(seed).shuffle(changes)
        assert composed(changes) == together
    assert composed([*changes, *changes]) == together


def test_order_matters_where_two_contradict_each_other():
    zero, mean = HeadOff(3, 1), HeadOff(3, 1, "mean")
    assert (composed([zero, mean]), composed([mean, zero])) == ((mean,), (zero,))
    first, second = (
        StatesPatched(2, 1, 2, PatchSource("mine", 0)).with_rows(rows) for rows in ([[1.0]], [[2.0]])
    )
    for patches in itertools.permutations([first, second]):
        assert composed(patches) == patches


def test_patches_are_equal_where_their_states_are():
    patch = StatesPatched(2, 1, 2, PatchSource("mine", 0))
    assert patch.with_rows([[1.0, 2.0]]) == patch.with_rows(np.array([[1.0, 2.0]]))
    assert patch.with_rows([[1.0, 2.0]]) != patch.with_rows([[1.0], [2.0]])
    assert patch.with_rows([[1.0]]) != patch
    assert "rows" not in to_dict(patch.with_rows([[1.0]]))


def test_only_patches_from_examples_fit_a_link():
    of_example = StatesPatched(2, 1, 2, PatchSource("mine", 0, "stop.wav"))
    of_own = StatesPatched(2, 1, 2, PatchSource("mine", 0))
    assert of_example.fits_link
    assert not of_own.fits_link
    inner = StatesPatched(2, 1, 2, PatchSource("mine", 0, "stop.wav", (of_own,)))
    assert not inner.fits_link


def test_people_read_layers_and_heads_from_1():
    said = describe([HeadOff(3, 1), LayerSkipped(0), AttentionCut(None, (1.25, 2))])
    assert said == ("layer 4, head 2 off · layer 1 skipped · attention from everything else to 1.25–2 s cut")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: HeadOff(-1, 0), "Layer '-1' does not exist"),
        (lambda: HeadOff(0, True), "Head 'True' does not exist"),
        (lambda: HeadOff(0, 1.5), "Head '1.5' does not exist"),
        (lambda: HeadOff(0, 1, "noise"), "choose zero or mean"),
        (lambda: LayerSkipped("3"), "Layer '3' does not exist"),
        (lambda: FramesMasked(2, 1), "A stretch from 2 s to 1 s is empty"),
        (lambda: FramesMasked(1, 1.00001), "is empty"),
        (lambda: StretchSilenced(-1, 1), "'-1' is no time"),
        (lambda: StretchSilenced(0, float("nan")), "'nan' is no time"),
        (lambda: StretchSilenced(0, float("inf")), "'inf' is no time"),
        (lambda: StretchSilenced("0", 1), "'0' is no time"),
        (lambda: AttentionCut(None, None), "give a stretch of seconds"),
        (lambda: AttentionCut((1, 2, 3), None), "is no stretch"),
        (lambda: AttentionCut(1.0, None), "is no stretch"),
        (lambda: StatesPatched(1, 0, 1, PatchSource("mine", -1)), "is no time"),
        (lambda: StatesPatched(1, 0, 1, PatchSource("mine", 0)).with_rows([1.0]), r"shape \(1,\)"),
        (lambda: StatesPatched(1, 0, 1, PatchSource("mine", 0)).with_rows([[np.nan]]), "finite"),
        (lambda: StatesPatched(1, 0, 1, PatchSource("mine", 0)).require_rows(), "a link does not hold"),
        (lambda: StatesPatched(1, 0, 1, PatchSource("m", 0, "a.wav")).require_rows(), "the example a.wav"),
        (lambda: composed([3]), "'3' is no change"),
        (lambda: composed([HeadOff(0, head) for head in range(501)]), "at most 500"),
    ],
)
def test_what_is_no_change_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize(
    "text",
    [
        "head_off",
        "head_off:3",
        "head_off:3.1:zero:more",
        "head_off:3.-1",
        "head_off:3.1:loud",
        "head:3.1",
        ",",
        "layer_skipped:99999",
        "frames_masked:1",
        "frames_masked:1-2-3",
        "frames_masked:2-1",
        "frames_masked:nan-2",
        "attention_cut:others:others",
        "attention_cut:1-2",
        "states_patched:1:0-1:0:mine",
        "states_patched:1:0-1:0:mine:a:head_off",
        "x" * 20_001,
    ],
)
def test_what_is_no_text_of_changes_is_refused(text):
    with pytest.raises(InputError):
        from_text(text)


def test_sources_of_sources_have_an_end():
    patch = StatesPatched(1, 0, 1, PatchSource("mine", 0, "a.wav"))
    for _ in range(3):
        patch = StatesPatched(1, 0, 1, PatchSource("mine", 0, "a.wav", (patch,)))
    assert from_text(text_of([patch])) == (patch,)
    assert from_dict(to_dict(patch)) == patch
    deeper = StatesPatched(1, 0, 1, PatchSource("mine", 0, "a.wav", (patch,)))
    for read in (lambda: from_text(text_of([deeper])), lambda: from_dict(to_dict(deeper))):
        with pytest.raises(InputError, match="3 at most"):
            read()


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"change": ["head_off"]},
        {"change": "head_off"},
        {"change": "head_off", "layer": 1, "head": 1, "loud": 1},
        {"change": "frames_masked", "start_s": [], "end_s": {}},
        {"change": "attention_cut", "queries": "ab", "keys": None},
        {"change": "states_patched", "layer": 1, "start_s": 0, "end_s": 1},
        {"change": "states_patched", "layer": 1, "start_s": 0, "end_s": 1, "source": {"checkpoint": 3}},
        {
            "change": "states_patched",
            "layer": 1,
            "start_s": 0,
            "end_s": 1,
            "source": {"checkpoint": "a", "start_s": 0, "changes": [3]},
        },
    ],
)
def test_what_is_no_dictionary_of_a_change_is_refused(values):
    with pytest.raises(InputError):
        from_dict(values)
