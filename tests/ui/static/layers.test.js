// The layers view's numbers: where dots lie, charts and their labels, settings, captions, colours.

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameGrid } from "../../../hubert_demo/ui/static/core/grid.js";
import { laidOver, layerFit, nearest, placesOf, placesOfBoth } from "../../../hubert_demo/ui/static/layers/places.js";
import { install, pack, pause, timeline } from "./harness.js";

install();
const { clock } = await import("../../../hubert_demo/ui/static/core/clock.js");
const { showResult } = await import("../../../hubert_demo/ui/static/core/store.js");
const { frameWords, listOf } = await import("../../../hubert_demo/ui/static/layers/captions.js");
const { ceiling, digitsOf, labelled, layerNumber, spoken } =
  await import("../../../hubert_demo/ui/static/core/chart.js");
const { colouringOf, groupOf, tinted, ways } = await import("../../../hubert_demo/ui/static/layers/colours.js");
const { toldNote } = await import("../../../hubert_demo/ui/static/layers/curves.js");
const { layerOf, wayOf } = await import("../../../hubert_demo/ui/static/layers/layers.js");
const { between } = await import("../../../hubert_demo/ui/static/layers/map.js");
const { layerMaps } = await import("../../../hubert_demo/ui/static/layers/maps.js");
const { isSame, settingsOf } = await import("../../../hubert_demo/ui/static/layers/settings.js");
const { layerUnits } = await import("../../../hubert_demo/ui/static/layers/units.js");

/** Two layers of three frames. */
const POINTS = Object.assign(Float32Array.from([0, 0, 4, 2, 2, 1, 10, 10, 10, 14, 11, 12]), { shape: [2, 3, 2] });

test("points are laid over others that were turned, mirrored, scaled and moved", () => {
  const points = Float32Array.from([0, 0, 4, 2, 2, 1, 3, 7]);
  const moved = (/** @type {number} */ mirror) => {
    const [sine, cosine] = [Math.sin(2), Math.cos(2)];
    return points.map((_, i) => {
      const [x, y] = [points[i - (i % 2)], mirror * points[i - (i % 2) + 1]];
      return 3 * (i % 2 ? x * sine + y * cosine : x * cosine - y * sine) + 5;
    });
  };
  for (const mirror of [1, -1]) {
    laidOver(moved(mirror), points).forEach((value, i) => assert.ok(Math.abs(value - points[i]) < 1e-4));
  }
  const same = Float32Array.from([2, 2, 2, 2]);
  assert.deepEqual([...laidOver(same, Float32Array.from([1, 0, 3, 4]))], [2, 2, 2, 2]);
});

test("the map and the one before share a scale on which both fit", () => {
  const before = Object.assign(POINTS.map((value, i) => (i === 5 ? value + 3 : value)), { shape: POINTS.shape });
  const [now, then] = placesOfBoth(POINTS, before, 0, 100, 80, 10);
  for (const places of [now, then]) {
    places.forEach((value, i) => assert.ok(value >= 9.99 && value <= (i % 2 ? 70.01 : 90.01)));
  }
  const [layer, other] = placesOfBoth(POINTS, POINTS, 1, 100, 80, 10);
  layer.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-3));
  placesOf(POINTS, 1, 100, 80, 10).forEach((value, i) => assert.ok(Math.abs(value - layer[i]) < 1e-3));
});

test("a frame is described as the model has it", () => {
  assert.equal(frameWords(frameGrid({ hop_s: 0.02, first_frame_s: 0.0125, num_frames: 50 })),
    "a 25 ms window, one every 20 ms");
  assert.equal(frameWords(frameGrid({ hop_s: 0.04, first_frame_s: 0.0225, num_frames: 25 })),
    "a 45 ms window, one every 40 ms");
});

test("points fill the picture on the axis that is the tighter one", () => {
  assert.deepEqual(layerFit(POINTS.subarray(0, 6), 80, 80), { scale: 20, middle: [2, 1] });
  assert.deepEqual(layerFit(POINTS.subarray(6), 80, 80), { scale: 20, middle: [10.5, 12] });
  assert.equal(layerFit(POINTS.subarray(0, 6), 80, 10).scale, 5);
});

test("a single point, or points in a line, still have a scale", () => {
  assert.deepEqual(layerFit(Float32Array.from([3, 4]), 80, 60), { scale: 60, middle: [3, 4] });
  assert.equal(layerFit(Float32Array.from([0, 4, 8, 4]), 80, 60).scale, 10);
});

test("a layer's dots lie in the middle, upwards, and within the margin", () => {
  assert.deepEqual([...placesOf(POINTS, 0, 100, 60, 10)], [10, 50, 90, 10, 50, 30]);
  for (const layer of [0, 1]) {
    placesOf(POINTS, layer, 100, 60, 10).forEach((value, i) =>
      assert.ok(value >= 10 && value <= (i % 2 ? 50 : 90)));
  }
  assert.deepEqual([...placesOf(Object.assign(Float32Array.from([5, 5]), { shape: [1, 1, 2] }), 0, 100, 60, 10)],
    [50, 30]);
});

test("each layer is scaled by its own points, which stay as they are", () => {
  const before = [...POINTS];
  assert.deepEqual([...placesOf(POINTS, 1, 100, 100, 10)], [40, 90, 40, 10, 60, 50]);
  assert.deepEqual([...POINTS], before);
});

test("the nearest dot is found within reach, and none beyond it", () => {
  const places = Float32Array.from([0, 0, 10, 0, 10, 10]);
  assert.equal(nearest(places, 9, 1, 5), 1);
  assert.equal(nearest(places, 1, 1, 5), 0);
  assert.equal(nearest(places, 10, 9, 5), 2);
  assert.equal(nearest(places, 5, 5, 5), null);
  assert.equal(nearest(places, 15, 0, 5), null);
  assert.equal(nearest(new Float32Array(0), 0, 0, 5), null);
});

test("of dots at one place the first frame is found, and a dot that is nowhere never", () => {
  assert.equal(nearest(Float32Array.from([NaN, NaN, 3, 3, 3, 3]), 3, 3, 5), 1);
});

test("dots wander from one place to another and arrive exactly", () => {
  const [from, to] = [Float32Array.from([0, 8]), Float32Array.from([8, 0])];
  assert.deepEqual([...between(from, to, 0)], [0, 8]);
  assert.deepEqual([...between(from, to, 0.25)], [1, 7]);
  assert.deepEqual([...between(from, to, 0.5)], [4, 4]);
  assert.deepEqual([...between(from, to, 0.75)], [7, 1]);
  assert.equal(between(from, to, 1), to);
  assert.deepEqual([[...from], [...to]], [[0, 8], [8, 0]]);
});

test("a number of a layer has three digits or so, on either side of nothing", () => {
  assert.deepEqual([0, 0.123, 9.99, 10, 99.94, 100, 1234.5].map(layerNumber),
    ["0.00", "0.12", "9.99", "10.0", "99.9", "100", "1235"]);
  assert.deepEqual([-0.5, -12.34, -250].map(layerNumber), ["-0.50", "-12.3", "-250"]);
});

test("a scale has the digits that all of its values need", () => {
  assert.equal(digitsOf([0, 5, 10]), 0);
  assert.equal(digitsOf([0, 0.5, 1]), 1);
  assert.equal(digitsOf([0.9, 0.95, 1]), 2);
  assert.equal(digitsOf([0.1 + 0.2, 0.7]), 1);
});

test("the layers that are named have room, and the chosen one is always among them", () => {
  assert.deepEqual(labelled(13, 5, 400), [...Array(13).keys()]);
  assert.deepEqual(labelled(25, 11, 250), [0, 3, 6, 11, 15, 18, 21, 24]);
  assert.deepEqual(labelled(1, 0, 400), [0]);
  for (const [count, span] of [[13, 60], [25, 200], [49, 700], [13, 1]]) {
    for (let layer = 0; layer < count; layer++) {
      const named = labelled(count, layer, span);
      assert.ok(named.includes(layer));
      named.slice(1).forEach((each, i) => assert.ok(((each - named[i]) / count) * span >= 24 - 1e-9));
    }
  }
});

test("a chart is said line by line, each value with its layer", () => {
  const lines = [
    { name: "norm", values: [1, 20], kind: "" }, { name: "cosine", values: [0.5], kind: "", from: 1 },
  ];
  assert.equal(spoken("Size", lines), "Size. norm: layer 0 1.00, layer 1 20.0. cosine: layer 1 0.50.");
});

test("a scale ends with the next round number", () => {
  const wanted = [[0, 1], [0.07, 0.08], [1, 1], [1.2, 1.5], [7, 8], [8.1, 10], [10, 10], [99, 100], [101, 150]];
  for (const [value, end] of wanted) assert.ok(Math.abs(ceiling(value) - end) < 1e-9, `${value}: ${ceiling(value)}`);
  for (let value = 0.013; value < 5000; value *= 1.07) {
    assert.ok(ceiling(value) >= value && ceiling(value) <= 1.51 * value, `${value}: ${ceiling(value)}`);
  }
});

const DEFAULTS = Object.freeze({ method: "umap", num_neighbours: 15, metric: "cosine", seed: 7 });

test("what is not chosen is the server's, and nought is a choice", () => {
  assert.deepEqual(settingsOf({}, DEFAULTS), DEFAULTS);
  assert.deepEqual(settingsOf({ seed: 0, method: "pca", layer: 3 }, DEFAULTS), { ...DEFAULTS, method: "pca", seed: 0 });
});

test("settings are the same where all four are, whatever else is there", () => {
  assert.ok(isSame(DEFAULTS, { ...DEFAULTS, points: [] }));
  for (const change of [{ method: "pca" }, { num_neighbours: 5 }, { metric: "euclidean" }, { seed: 0 }]) {
    assert.ok(!isSame(DEFAULTS, { ...DEFAULTS, ...change }));
  }
});

const CURVES = Object.freeze({ norms: [5, 20, 300], cosines: [0.5, 0.25], cka: [0.4, 0.3], cka_by_chance: [0, 0.1] });
const FAITHFUL = Object.freeze({
  trustworthiness: [0.9, 0.8, 0.95], neighbours_kept: [0.7, 0.6, 0.56], neighbours_kept_by_chance: 0.024,
  num_nearest: 5,
});

test("a layer's numbers are those that are known of it", () => {
  assert.deepEqual(listOf(1, 40, null, null), [["frames", "40", "num-frames"]]);
  assert.deepEqual(listOf(2, 40, CURVES, FAITHFUL), [
    ["trustworthiness", "0.95", "trustworthiness"], ["5 nearest kept", "56% (2% by chance)", "neighbours-kept"],
    ["similarity to previous layer", "0.25", "like-below"],
    ["vector length (norm)", "300", "norm"], ["frames", "40", "num-frames"],
  ]);
});

test("what clusters are compared with is told: the last layer's own letters, or those of a text", () => {
  const scores = { num_units: 20, most_common_share: 0.25, letters_from: "transcript" };
  const own = /^20 k-means clusters against the transcript’s letters\. They come from the last layer/;
  assert.match(toldNote(scores, 0.1), own);
  const other = { ...scores, letters_from: "reference" };
  assert.match(toldNote(other, 0.1), /the letters of the text you aligned\. Purity/);
});

test("the input has no layer below it", () => {
  assert.deepEqual(listOf(0, 1, CURVES, null)[0], ["similarity to previous layer", "–", "like-below"]);
  assert.deepEqual(listOf(1, 1, CURVES, null)[0], ["similarity to previous layer", "0.50", "like-below"]);
});

test("a colour is used as it is, then lighter, then darker, and then again", () => {
  assert.deepEqual([0, 1, 2, 3].map((turn) => tinted("#6400c8", turn)),
    ["rgb(100,0,200)", "rgb(185,140,230)", "rgb(60,0,120)", "rgb(100,0,200)"]);
});

const GROUPS = [["vowel", "aeiouy"], ["m n", "mn"], ["between words", " "]];

test("a letter is in its group in either case, and other than a letter in none", () => {
  assert.deepEqual(["e", "E", "n", " ", "", "ß", "mn", "7"].map((letter) => groupOf(GROUPS, letter)),
    [0, 0, 1, 2, -1, -1, -1, -1]);
});

const sourceOf = (more = {}) => ({
  tokens: ["a", "", "n"], groups: GROUPS, units: null, quantities: null, ungrouped: "", unmeasured: "", ...more,
});
const quantity = (values, low, high) => ({ values: Float32Array.from(values), low, high, unit: "dB" });

test("every way gives every frame a colour, also while what it needs is not there", () => {
  clock.load(timeline());
  const colour = /^(#[0-9a-f]{6}|rgb\(\d+, ?\d+, ?\d+\))$/;
  for (const way of ways) {
    for (const source of [sourceOf(), sourceOf({ tokens: [""] })]) {
      const { colours } = colouringOf(way, source);
      assert.equal(colours.length, source.tokens.length);
      for (const each of colours) assert.match(each, colour, way);
    }
  }
});

test("time runs through the whole ramp, and a single frame has its beginning", () => {
  assert.deepEqual(colouringOf("time", sourceOf()).colours, ["rgb(0,0,0)", "rgb(128,128,128)", "rgb(255,255,255)"]);
  assert.deepEqual(colouringOf("time", sourceOf({ tokens: ["a"] })).colours, ["rgb(0,0,0)"]);
});

test("a frame without a pitch says so, and is no dot of the ramp", () => {
  const quantities = { pitch: quantity([100, NaN, 200], 100, 200), energy: quantity([0, 0, 0], 0, 0) };
  const { colours, has, say } = colouringOf("pitch", sourceOf({ quantities }));
  assert.deepEqual([0, 1, 2].map(has), [true, false, true]);
  assert.deepEqual([0, 1, 2].map(say), ["100 dB", "no pitch", "200 dB"]);
  assert.deepEqual([colours[0], colours[2]], ["rgb(0,0,0)", "rgb(255,255,255)"]);
  assert.ok(!colours[1].startsWith("rgb(NaN"));
});

test("a quantity that never changes, such as the energy of silence, has a colour", () => {
  const quantities = { energy: quantity([-60, -60, -60], -60, -60) };
  const { colours, say } = colouringOf("energy", sourceOf({ quantities }));
  assert.deepEqual(colours, Array(3).fill("rgb(0,0,0)"));
  assert.equal(say(0), "−60 dB");
});

test("a unit has the same colour wherever it is heard, and is counted from one", () => {
  const units = { layer: 1, num_units: 20, values: Int32Array.from([3, 9, 3]) };
  const { colours, say } = colouringOf("unit", sourceOf({ units }));
  assert.equal(colours[0], colours[2]);
  assert.notEqual(colours[0], colours[1]);
  assert.equal(say(1), "cluster 10");
});

test("a layer that is none of this model's is its last", () => {
  assert.deepEqual([{}, { layer: 0 }, { layer: 12 }, { layer: 13 }, { layer: -1 }, { layer: 1.5 }, { layer: NaN }]
    .map((choices) => layerOf(choices, 12)), [12, 0, 12, 12, 12, 12, 12]);
});

test("a colouring that nobody knows is that by time", () => {
  assert.deepEqual([{}, { colour: "" }, { colour: "mood" }, { colour: "toString" }].map(wayOf), Array(4).fill("time"));
  assert.deepEqual(ways.map((colour) => wayOf({ colour })), ways);
});

const mapOf = (settings, more = {}) => ({
  ...settings, neighbours_used: settings.num_neighbours, points: pack("f4", [0, 0, 1, 1], [1, 2, 2]),
  trustworthiness: [1], neighbours_kept: [0.5], neighbours_kept_by_chance: 0.1, num_nearest: 5, ...more,
});
const PCA = mapOf({ ...DEFAULTS, method: "pca" });
const UMAP = mapOf(DEFAULTS);

/** A server whose answers are given by hand, and the maps that are asked of it. */
const mapLoader = () => {
  showResult({ token: "t", parts: [] });
  const [waiting, heard] = [[], []];
  let wanted = DEFAULTS;
  const remap = (request) => new Promise((settle) => waiting.push({ request, settle }));
  const maps = layerMaps({ server: { remap } }, () => wanted, (isOther) => heard.push(isOther));
  maps.begin(DEFAULTS);
  return {
    ...maps, waiting, take: () => heard.splice(0),
    want: (change) => {
      wanted = { ...DEFAULTS, ...change };
      maps.update();
    },
    answer: async (reply) => {
      const { request, settle } = waiting.shift();
      settle(reply ?? { ok: true, map: mapOf(request) });
      await pause();
    },
  };
};

test("the first map is shown while a slower one is computed, which then takes its place", () => {
  const { add, now, take } = mapLoader();
  assert.deepEqual([now().map, now().absence, now().isWaiting], [null, "Drawing the map …", false]);
  take();
  add({ map: PCA });
  assert.equal(now().map, PCA);
  assert.equal(now().status, "Computing UMAP; this map stays until it is ready.");
  add({ map: UMAP });
  assert.deepEqual([now().map, now().status, now().isWaiting], [UMAP, "", false]);
  assert.deepEqual(now().points.shape, [1, 2, 2]);
  assert.deepEqual(take(), [true, true]);
});

test("a map by other settings is asked for once, and what is shown stays meanwhile", async () => {
  const { add, now, want, waiting, answer } = mapLoader();
  add({ map: UMAP });
  want({ seed: 0 });
  assert.equal(now().map, UMAP);
  assert.ok(now().isWaiting);
  await answer();
  assert.equal(now().map.seed, 0);
  want({});
  assert.equal(now().map, UMAP);
  want({ seed: 0 });
  assert.deepEqual([now().map.seed, waiting.length], [0, 0]);
});

test("a map that is no longer wanted when it comes is not shown", async () => {
  const { add, now, want, answer } = mapLoader();
  add({ map: UMAP });
  want({ seed: 1 });
  want({});
  await answer();
  assert.equal(now().map, UMAP);
});

test("the neighbours, metric and seed of PCA are no other map", () => {
  const { add, now, want, waiting } = mapLoader();
  add({ map: PCA });
  want({ method: "pca", seed: 5, num_neighbours: 3 });
  assert.deepEqual([now().map, now().isWaiting, waiting.length], [PCA, false, 0]);
});

test("why a map cannot be had is said beneath the one that stays, or in its place where there is none", async () => {
  const { add, fail, now } = mapLoader();
  fail("umap", "Too short.");
  assert.equal(now().absence, "Too short.");
  add({ map: PCA });
  assert.deepEqual([now().map, now().status, now().isWaiting], [PCA, "No UMAP: Too short.", false]);
  const other = mapLoader();
  other.add({ map: UMAP });
  other.want({ seed: 1 });
  await other.answer({ ok: false, error: "No such seed." });
  assert.deepEqual([other.now().map, other.now().status], [UMAP, "No such seed."]);
});

test("fewer neighbours than were wanted are told", () => {
  const { add, now } = mapLoader();
  add({ map: mapOf(DEFAULTS, { neighbours_used: 9 }) });
  assert.equal(now().status, "Made with 9 neighbours: the recording has too few frames for more.");
});

test("only the last few maps by other settings are kept", async () => {
  const { add, want, waiting, answer } = mapLoader();
  add({ map: UMAP });
  for (let seed = 0; seed < 5; seed++) {
    want({ seed });
    await answer();
  }
  for (let seed = 1; seed < 5; seed++) want({ seed });
  assert.equal(waiting.length, 0);
  want({ seed: 0 });
  assert.equal(waiting.length, 1);
});

test("units are asked for once, told when they come, and may be asked for again where they cannot be had", async () => {
  showResult({ token: "t", parts: [] });
  const waiting = [];
  let changes = 0;
  const ask = (request) => new Promise((settle) => waiting.push({ request, settle }));
  const units = layerUnits({ server: { units: ask } }, () => changes++);
  const wanted = { layer: 1, num_units: 3, seed: 0 };
  units.want(wanted);
  units.want({ ...wanted });
  await pause();
  assert.deepEqual(waiting.map(({ request }) => request), [{ ...wanted, token: "t" }]);
  waiting.shift().settle({ ok: false, error: "Too few moments." });
  await pause();
  assert.deepEqual([units.now(), changes], [{ found: null, problem: "Too few moments." }, 1]);
  units.want(wanted);
  await pause();
  waiting.shift().settle({ ok: true, layer: 1, num_units: 3, units: pack("i4", [2, 0, 1]) });
  await pause();
  const { found, problem } = units.now();
  assert.deepEqual([found.layer, found.num_units, [...found.values], problem], [1, 3, [2, 0, 1], ""]);
  units.clear();
  assert.deepEqual(units.now(), { found: null, problem: "" });
});
