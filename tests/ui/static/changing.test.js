// What is changed inside the model: what is wanted, and what sweeps have found.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { emit, on } from "../../../hubert_demo/ui/static/core/events.js";
import { install, timeline } from "./harness.js";

install();
const { showResult, store, zoomTo } = await import("../../../hubert_demo/ui/static/core/store.js");
const { clock } = await import("../../../hubert_demo/ui/static/core/clock.js");
const { changing, feedForwardOff, headOff, layerSkipped, ofStretch, statesPatched } =
  await import("../../../hubert_demo/ui/static/page/changing.js");
const { measuredBy, sizeOf, WRITTEN } = await import("../../../hubert_demo/ui/static/attention/effects.js");
const { noteOf } = await import("../../../hubert_demo/ui/static/attention/silenced.js");
const { aboutHeads } = await import("../../../hubert_demo/ui/static/attention/sweeps.js");
const { isAlso } = await import("../../../hubert_demo/ui/static/core/emission_picture.js");

let asked = [];
on("change", (texts) => asked.push(texts));
const show = (...texts) =>
  showResult({ token: "t", ticket: "same", num_layers: 4, num_heads: 2, changed: texts.map((text) => ({ text })) });
beforeEach(() => {
  show();
  asked = [];
});

test("what is pressed is wanted at once, together with what is on its way", () => {
  changing.toggle(headOff(3, 1));
  changing.toggle(layerSkipped(0));
  changing.toggle(headOff(3, 1));
  changing.toggle(feedForwardOff(2));
  assert.deepEqual(asked, [
    ["head_off:3.1"], ["head_off:3.1", "layer_skipped:0"], ["layer_skipped:0"],
    ["layer_skipped:0", "feed_forward_off:2"],
  ]);
  assert.ok(changing.has("layer_skipped:0"));
});

test("what comes, or is refused, is what there is", () => {
  changing.toggle("head_off:3.1");
  show("layer_skipped:0");
  assert.deepEqual(changing.now, ["layer_skipped:0"]);
  changing.toggle("head_off:3.1");
  emit("error", null);
  assert.deepEqual(changing.now, ["layer_skipped:0", "head_off:3.1"]);
  emit("error", "Out of order.");
  assert.deepEqual(changing.now, ["layer_skipped:0"]);
});

test("a head at its mean is off, and on again at a press", () => {
  show("head_off:1.0:mean");
  assert.ok(changing.has(headOff(1, 0)));
  changing.toggle(headOff(1, 0));
  assert.deepEqual(asked, [[]]);
});

test("what heads give that are off is chosen for those that are and those that will be", () => {
  show("head_off:1.0", "layer_skipped:2");
  assert.equal(changing.by, "zero");
  changing.give("mean");
  assert.equal(changing.by, "mean");
  changing.toggle(headOff(2, 1));
  changing.give("zero");
  assert.deepEqual(asked, [
    ["head_off:1.0:mean", "layer_skipped:2"], ["head_off:1.0:mean", "layer_skipped:2", "head_off:2.1:mean"],
    ["head_off:1.0", "layer_skipped:2", "head_off:2.1"],
  ]);
  show();
  changing.give("mean");
  assert.equal(asked.length, 3);
  assert.equal(changing.by, "mean");
  changing.toggle(headOff(0, 0));
  assert.deepEqual(asked.at(-1), ["head_off:0.0:mean"]);
  changing.give("zero");
});

test("a patch is written as links have it", () => {
  const source = { checkpoint: "me/mine@v 1", start: 0.5, example: "stop.wav", changes: "" };
  const stretch = { from: 1.2, to: 1.6 };
  assert.equal(statesPatched(5, stretch, source, 2), "states_patched:5:1.2-1.6:0.5:me/mine@v%201:stop.wav");
  assert.equal(statesPatched(0, stretch, { ...source, example: null, changes: "head_off:3.1:mean" }, 2),
    "states_patched:0:1.2-1.6:0.5:me/mine@v%201::head_off%3A3.1%3Amean");
});

test("everybody hears of it, and that it is settled", () => {
  let told = 0;
  const off = on("changes", () => told++);
  changing.put(["head_off:0.0"]);
  show("head_off:0.0");
  show();
  off();
  assert.equal(told, 2);
});

test("a stretch is written to a hundredth of a second, and ends no later than the recording", () => {
  assert.equal(ofStretch("frames_masked", { from: 1.2345, to: 1.6 }, 4), "frames_masked:1.23-1.6");
  assert.equal(ofStretch("attention_cut:others", { from: 0, to: 4.1879 }, 4.1879), "attention_cut:others:0-4.1879");
  assert.equal(ofStretch("stretch_silenced", { from: 0, to: 4.1811 }, 4.1879), "stretch_silenced:0-4.18");
});

test("with other changes the place in a recording stays, in another one it does not", () => {
  const part = timeline();
  clock.load(part);
  showResult({ token: "a", ticket: "one", timeline: part, changed: [] });
  clock.seek(0.4);
  clock.select(0.2, 0.6);
  zoomTo({ from: 0.1, to: 0.9 });
  clock.load(part, true);
  showResult({ token: "b", ticket: "one", timeline: part, changed: [] });
  assert.deepEqual([clock.time, clock.selection, store.zoom],
    [0.4, { from: 0.2, to: 0.6 }, { from: 0.1, to: 0.9 }]);
  clock.load(part);
  showResult({ token: "c", ticket: "two", timeline: part, changed: [] });
  assert.deepEqual([clock.time, clock.selection, store.zoom], [0, null, null]);
});

const SWEEP = {
  by_chance: 1 / 51, keyword: "stop", num_done: 4, num_passes: 10, has_text: true,
  effects: {
    loss_rise: [[1, -2], [4, null]], characters_changed: [[0, 1], [2, null]], keyword_change: [[0.1, -0.5], [0, null]],
  },
  is_marked: [[false, false], [true, false]],
  layer_skipped: { loss_rise: [30, null], characters_changed: [9, null], keyword_change: [-0.9, null] },
  feed_forward_off: { loss_rise: [15, null], characters_changed: [4, null], keyword_change: [0, null] },
};

test("cells say how much a head does, of the most that one does", () => {
  const { cellOf } = measuredBy(SWEEP, "loss_rise");
  assert.deepEqual(cellOf(0, 0),
    { shown: "1.0", spoken: "the CTC loss rises by 1.00 nats", share: 0.25, isMarked: false });
  assert.equal(cellOf(0, 1).share, 0);
  assert.equal(cellOf(0, 1).shown, "−2.0");
  assert.ok(cellOf(1, 0).isMarked);
  assert.match(cellOf(1, 0).spoken, /more than by chance/);
  assert.equal(cellOf(1, 1), null);
  assert.equal(cellOf(1, "layer"), null);
  assert.equal(cellOf(0, "layer").share, 1);
  assert.equal(cellOf(0, "feed_forward").share, 0.5);
  assert.ok(!cellOf(0, "layer").isMarked);
  assert.equal(measuredBy(SWEEP, "keyword_change").cellOf(0, 1).share, 1);
  const { spoken } = measuredBy(SWEEP, "characters_changed").cellOf(1, 0);
  assert.equal(spoken, "2 characters changed, more than by chance");
});

test("numbers of effects are written with as many digits as say something", () => {
  assert.deepEqual([0.04, -0.04, 9.94, 9.96, -12.3].map((value) => WRITTEN.loss_rise(value)[0]),
    ["0.0", "0.0", "9.9", "10", "−12"]);
  assert.deepEqual(WRITTEN.characters_changed(1), ["1", "1 character changed"]);
  assert.deepEqual([0.001, -0.001, -0.42].map((value) => WRITTEN.keyword_change(value)[0]), ["0", "0", "−42"]);
  assert.deepEqual([0.001, -0.42].map((value) => WRITTEN.loss_rise(value)[1]),
    ["the CTC loss does not change", "the CTC loss falls by 0.42 nats"]);
  assert.equal(WRITTEN.keyword_change(0.055)[1], "the probability rises by 5.5 points");
  assert.equal(sizeOf(-0.3, "keyword_change"), 0.3);
  assert.equal(sizeOf(-3, "loss_rise"), 0);
  assert.ok(Number.isNaN(sizeOf(null, "loss_rise")));
});

test("what chance would mark is said", () => {
  assert.match(aboutHeads(SWEEP, "loss_rise"), /Framed: 1 head, without which .*\(by chance 1 in 51\)/);
  assert.match(aboutHeads(SWEEP, "keyword_change"), /“stop”/);
  const none = SWEEP.is_marked.map((row) => row.map(() => false));
  assert.doesNotMatch(aboutHeads({ ...SWEEP, is_marked: none }, "loss_rise"), /ramed/);
  assert.match(aboutHeads({ ...SWEEP, is_marked: none, num_done: 10 }, "loss_rise"), /No head is framed/);
  assert.doesNotMatch(aboutHeads({ ...SWEEP, by_chance: null }, "keyword_change"), /chance/);
  assert.match(aboutHeads({ ...SWEEP, has_text: false }, "loss_rise"), /No speech was recognised/);
  const all = { by_chance: 1 / 21, is_compared: [true, true], keyword: null };
  assert.match(noteOf(all), /silenced\. Bold: .*\(by chance 1 word in 21\)\.$/);
  assert.match(noteOf({ ...all, is_compared: [true, false] }), /For 1 of the 2 words there are too few/);
  assert.match(noteOf({ ...all, by_chance: null, is_compared: [false] }), /No word is compared with chance/);
  assert.doesNotMatch(noteOf({ ...all, by_chance: null, is_compared: [false] }), /Bold/);
});

test("a letter at about the same time is the same one", () => {
  const run = { symbol: 3, first: 10, end: 12 };
  assert.ok(isAlso(run, [{ symbol: 3, first: 13, end: 14 }]));
  assert.ok(!isAlso(run, [{ symbol: 3, first: 20, end: 22 }, { symbol: 4, first: 10, end: 12 }]));
});
