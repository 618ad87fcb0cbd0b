// What an address says: every field there and back, and every kind of wrong value.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { complaint, early, FIELDS, FILTERS, hashOf, ORDERS, stateOf, textsOf } =
  await import("../../../hubert_demo/ui/static/page/fields.js");
const { KINDS, SORTS } = await import("../../../hubert_demo/ui/static/attention/sorting.js");

const FACTS = {
  examples: ["first.wav", "a second, one.wav"], checkpoints: ["own", "facebook/base"], checkpoint: "own",
  tabs: ["transcript/transcript.js", "layers/layers.js"], colours: ["time", "letter"], methods: ["umap", "pca"],
  metrics: ["euclidean", "cosine"], neighbours: [2, 100], max_seed: 2 ** 32 - 1, units: [2, 100],
  lessons: [{ name: "short", num_steps: 2 }, { name: "long", num_steps: 5 }],
  max_reference: 20, max_hotwords: 10, read_outs: ["head", "affine", "linear"],
  choices: {
    layer: null, attention_layer: null, head: 0, colour: "time", num_units: null, method: "umap", num_neighbours: 15,
    metric: "euclidean", seed: 0, reference: "", hotwords: "",
  },
};
const RESULT = {
  num_layers: 4, num_heads: 6, middle_layer: 1, timeline: { duration_s: 4.1837, hop_s: 0.02, num_frames: 50 },
};
const KNOWN = { facts: FACTS, result: RESULT, theme: "light" };

/** Of every field, other values than the usual one, and how an address writes them. */
const SAID = {
  example: [["first.wav", "first.wav"], ["a second, one.wav", "a+second,+one.wav"]],
  checkpoint: [["facebook/base", "facebook/base"]],
  tab: [["layers", "layers"]],
  layer: [[0, "0"], [3, "3"]],
  attention_layer: [[0, "0"], [3, "3"]],
  head: [[5, "5"]],
  colour: [["letter", "letter"]],
  num_units: [[2, "2"], [50, "50"]],
  method: [["pca", "pca"]],
  num_neighbours: [[2, "2"], [100, "100"]],
  metric: [["cosine", "cosine"]],
  seed: [[2 ** 32 - 1, "4294967295"]],
  reference: [["Déjà vu & 100%", "D%C3%A9j%C3%A0+vu+%26+100%25"], ["a=b#c+d", "a%3Db%23c%2Bd"]],
  hotwords: [["one, two", "one,+two"]],
  lens: [["head", "head"], ["linear", "linear"]],
  lens_layer: [[0, "0"], [4, "4"]],
  sound_layer: [[0, "0"], [4, "4"]],
  sort: [["most global", "most+global"]],
  filter: [["vertical", "vertical"]],
  t: [[1.24, "1.24"], [4.1837, "4.1837"]],
  select: [[{ from: 0.8, to: 1.6 }, "0.8-1.6"], [{ from: 0, to: 0.02 }, "0-0.02"]],
  zoom: [[{ from: 3.9837, to: 4.1837 }, "3.9837-4.1837"]],
  changes: [
    ["head_off:3.5", "head_off:3.5"], ["head_off:0.0:mean,layer_skipped:3", "head_off:0.0:mean,layer_skipped:3"],
    ["frames_masked:1.2-4.1837,stretch_silenced:0-0.02", "frames_masked:1.2-4.1837,stretch_silenced:0-0.02"],
    ["feed_forward_off:2,attention_cut:others:1-2:3", "feed_forward_off:2,attention_cut:others:1-2:3"],
    ["attention_cut:1-2:2.5-3", "attention_cut:1-2:2.5-3"],
    ["states_patched:4:1-2:0.5:own:a%20b.wav", "states_patched:4:1-2:0.5:own:a%2520b.wav"],
  ],
  speed: [[0.5, "0.5"], [0.75, "0.75"]],
  theme: [["dark", "dark"]],
  present: [["on", "on"]],
  lesson: [["long", "long"]],
  step: [[1, "1"], [5, "5"]],
};

/** Of every field, texts that are no values. */
const NUMBERS = ["", " ", "x", "-1", "1.5", "1e3", "0x1", "NaN", "Infinity", "99999999999", "9".repeat(400), "１"];
const NAMES = ["", "nonsense", "__proto__", "toString", "<b>"];
const TIMES = ["", "x", "-1", "1e0", "NaN", "Infinity", "4.2", "1,5", "9".repeat(400)];
const STRETCHES = [...TIMES, "1", "1-", "-1-2", "1-2-3", "2-1", "1-1", "0-9", "a-b", "1–2"];
const WRONG = {
  example: [...NAMES, "first", "../first.wav", "First.wav"],
  checkpoint: [...NAMES, "/etc/passwd"],
  tab: [...NAMES, "Layers"],
  layer: [...NUMBERS, "5", "99"],
  attention_layer: [...NUMBERS, "4"],
  head: [...NUMBERS, "6"],
  colour: NAMES,
  num_units: [...NUMBERS, "0", "1", "51"],
  method: NAMES,
  num_neighbours: [...NUMBERS, "1", "101"],
  metric: NAMES,
  seed: [...NUMBERS, "4294967296"],
  reference: ["x".repeat(21)],
  hotwords: ["x".repeat(11)],
  lens: [...NAMES, "Linear"],
  lens_layer: [...NUMBERS, "5"],
  sound_layer: [...NUMBERS, "5"],
  sort: NAMES,
  filter: NAMES,
  t: TIMES,
  select: [...STRETCHES, "1-1.01"],
  zoom: [...STRETCHES, "1-1.1"],
  changes: [
    ...NAMES.filter(Boolean), "head_off", "head_off:", "head_off:4.0", "head_off:0.6", "head_off:1", "head_off:1.1:off",
    "head_off:1.1:mean:mean", "layer_skipped:4", "layer_skipped:-1", "feed_forward_off:4", "feed_forward_off:1:2",
    "frames_masked:1", "frames_masked:2-1", "frames_masked:1-9", "stretch_silenced:1-1", "stretch_silenced:1-2-3",
    "attention_cut:1-2", "attention_cut:others:others", "attention_cut:1-2:others:4", "attention_cut:1-2:1-3:1:1",
    "states_patched:5:1-2:0.5:own:a.wav", "states_patched:4:1-2:0.5:own:", "states_patched:4:1-2:0.5",
    "head_off:1.1,", ",head_off:1.1", "head_off:1.1,nonsense:1", "head_off:1.1;layer_skipped:1",
    Array(501).fill("layer_skipped:1").join(","),
  ],
  speed: ["", "0", "2", "0.50", "1e0", "-1"],
  theme: [...NAMES, "Dark"],
  present: [...NAMES, "off", "1", "On"],
  lesson: [...NAMES, "Long"],
  step: [...NUMBERS, "0", "1", "6"],
};

const usual = () => stateOf(new Map(), KNOWN).state;
const cases = (table) => Object.entries(table).flatMap(([name, all]) => all.map((each) => [name, each]));

test("each field is tried here", () => {
  const names = FIELDS.map(({ name }) => name);
  assert.deepEqual(Object.keys(SAID), names);
  assert.deepEqual(Object.keys(WRONG), names);
});

test("what is usual is left out", () => {
  assert.equal(hashOf(usual(), KNOWN), "");
  assert.equal(hashOf({ num_units: undefined, layer: undefined, tab: null }, KNOWN), "");
  assert.equal(hashOf({ layer: 4, attention_layer: 1, t: 0.00001, theme: "light" }, KNOWN), "");
});

for (const [name, [value, text]] of cases(SAID)) {
  test(`${name}=${text} is written, read, and changes nothing else`, () => {
    const example = name === "example" ? value : "first.wav";
    const state = { ...usual(), example, ...(name === "step" && { lesson: "long" }), [name]: value };
    const hash = hashOf(state, KNOWN);
    const beside = name === "step" ? "lesson=long&" : "";
    assert.equal(hash, name === "example" ? `#example=${text}` : `#example=first.wav&${beside}${name}=${text}`);
    const { state: read, ignored } = stateOf(textsOf(hash), KNOWN);
    assert.deepEqual(read, state);
    assert.deepEqual(ignored, []);
    assert.equal(hashOf(state, KNOWN), hash);
  });
}

test("all fields go into one address", () => {
  const all = Object.fromEntries(Object.entries(SAID).map(([name, [[value]]]) => [name, value]));
  const { state, ignored } = stateOf(textsOf(hashOf(all, KNOWN)), KNOWN);
  assert.deepEqual(state, all);
  assert.deepEqual(ignored, []);
});

for (const [name, text] of cases(WRONG)) {
  test(`${name}=${text.slice(0, 20)} is ignored and named, and what is usual is on show`, () => {
    const hash = `#tab=layers&${new URLSearchParams({ [name]: text })}`;
    const { state, ignored } = stateOf(textsOf(hash), KNOWN);
    assert.deepEqual(state, { ...usual(), ...(name !== "tab" && { tab: "layers" }) });
    assert.deepEqual(ignored, [text ? `${name}=${text}` : name]);
  });
}

test("whatever else a hash holds is named, and breaks nothing", () => {
  for (const [hash, named] of [
    ["", []], ["#", []], ["#&&=", []], ["#top", ["top"]], ["#lesson=2&head=1", ["lesson=2"]],
    ["#head=%E0%A4%A&tab=layers", ["head=\uFFFD%A"]], ["#__proto__=1&constructor=2", ["__proto__=1", "constructor=2"]],
  ]) {
    assert.deepEqual(stateOf(textsOf(hash), KNOWN).ignored, named, hash);
  }
  // Of a name that comes twice, the last counts.
  assert.equal(stateOf(textsOf("#head=1&head=2"), KNOWN).state.head, 2);
});

test("a lesson has the steps that it has, and a step belongs to a lesson", () => {
  for (const [hash, step, named] of [
    ["#lesson=short&step=2", 2, []], ["#step=2&lesson=short", 2, []], ["#lesson=short", null, []],
    ["#lesson=short&step=3", null, ["step=3"]], ["#lesson=none&step=1", null, ["lesson=none", "step=1"]],
  ]) {
    const { state, ignored } = stateOf(textsOf(hash), KNOWN);
    assert.equal(state.step, step, hash);
    assert.deepEqual(ignored, named, hash);
  }
});

test("what a link asks for depends on the model and the recording", () => {
  const texts = textsOf("#layer=6&attention_layer=5&head=7&t=9&num_units=60");
  const larger = {
    ...RESULT, num_layers: 6, num_heads: 8, timeline: { ...RESULT.timeline, duration_s: 10, num_frames: 500 },
  };
  assert.equal(stateOf(texts, KNOWN).ignored.length, 5);
  assert.deepEqual(stateOf(texts, { ...KNOWN, result: larger }).ignored, []);
});

test("of a recording of the visitor's own nothing is said but how it is looked at", () => {
  const mine = {
    ...usual(), example: null, tab: "layers", layer: 2, reference: "what I said", hotwords: "me", t: 1,
    select: { from: 1, to: 2 }, zoom: { from: 1, to: 2 }, speed: 0.5,
  };
  assert.equal(hashOf(mine, KNOWN), "#tab=layers&layer=2&speed=0.5");
});

test("half a letter in a text is no obstacle", () => {
  assert.equal(hashOf({ example: "first.wav", hotwords: "\uD83D" }, KNOWN), "#example=first.wav&hotwords=%EF%BF%BD");
});

test("what is rounded beyond the end of the recording, or to less than the shortest stretch, is still taken", () => {
  const { state, ignored } = stateOf(textsOf("#t=4.184&select=4.1638-4.1837&zoom=3.984-4.1839"), KNOWN);
  assert.deepEqual(ignored, []);
  assert.equal(state.t, 4.184);
});

test("what has to be known before there is a result is known", () => {
  const texts = textsOf("#example=first.wav&checkpoint=nope&theme=dark");
  assert.equal(early("example", texts, FACTS), "first.wav");
  assert.equal(early("checkpoint", texts, FACTS), undefined);
  assert.equal(early("theme", texts, FACTS), "dark");
  assert.equal(early("theme", textsOf(""), FACTS), undefined);
});

test("one sentence names what was ignored, however much it is", () => {
  assert.match(complaint(["layer=99", "colour=mauve"]), /: “layer=99”, “colour=mauve”\.$/);
  const much = complaint(Array.from({ length: 400 }, (_, i) => `${i}=${"😀".repeat(400)}`));
  assert.ok(much.length < 1000);
  assert.match(much, /“0=😀+…”.*, and 388 more\.$/u);
});

test("heads are sorted and filtered by what the attention view knows", () => {
  assert.deepEqual(ORDERS, SORTS.map(([order]) => order));
  assert.deepEqual(FILTERS, ["all", ...KINDS]);
});

test("an address may name any model of the hub where the page opens them", () => {
  const read = (name, more) => early("checkpoint", new Map([["checkpoint", name]]), { ...FACTS, ...more });
  for (const name of ["some/hubert", "some/hubert@v1"]) {
    assert.equal(read(name, { any_model: true }), name);
    assert.equal(read(name, { any_model: false }), undefined);
  }
  for (const name of ["/etc", "a/b/c", "../b", "a b/c", "a/b@"]) {
    assert.equal(read(name, { any_model: true }), undefined);
  }
});
