// Attention maps: their numbers and bins, the order of heads, and how the maps that are chosen are fetched.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  arrange, binsOf, headMap, levelsOf, limitOf, smallMaps,
} from "../../../hubert_demo/ui/static/attention/bins.js";
import { headMaps } from "../../../hubert_demo/ui/static/attention/load.js";
import { about, arranged, KINDS, SORTS } from "../../../hubert_demo/ui/static/attention/sorting.js";
import { frameGrid } from "../../../hubert_demo/ui/static/core/grid.js";
import { showResult } from "../../../hubert_demo/ui/static/core/store.js";
import { pack, pause, timeline } from "./harness.js";

const gridOf = (num_frames) => frameGrid({ hop_s: 0.1, first_frame_s: 0.05, num_frames });
const isNear = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-9, `${found} is not ${wanted}`);

test("a few large values do not leave the rest pale", () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i < 3 ? 65535 : 6000));
  assert.ok(limitOf(values) < 7000 && limitOf(values) >= 6000);
  assert.equal(levelsOf(values)[0], 255);
  assert.ok(levelsOf(values)[500] > 215);
});

test("where large values are many the colour is full at the largest", () => {
  assert.equal(limitOf([100, 50, 100, 0]), 100);
  assert.deepEqual([...levelsOf([100, 50, 100, 0])], [255, 127, 255, 0]);
});

test("a map of nothing has no colour anywhere, and one value is full", () => {
  assert.deepEqual([...levelsOf([0, 0, 0])], [0, 0, 0]);
  assert.ok(limitOf([0, 0, 0]) > 0);
  assert.deepEqual([...levelsOf([7])], [255]);
});

test("a limit is never so low that what is faint looks strong", () => {
  const values = Array.from({ length: 10000 }, (_, i) => (i ? 1 : 65535));
  assert.ok(limitOf(values) >= 65535 * (9 / 256));
});

test("a frame has its bin, and a bin the middle of its frames", () => {
  const bins = binsOf(gridOf(10), 4);
  assert.equal(bins.filled, 2.5);
  assert.deepEqual([0, 3, 4, 9].map(bins.binAt), [0, 0, 1, 2]);
  isNear(bins.timeOf(0), 0.2);
  isNear(bins.timeOf(1), 0.6);
});

test("the middle of a last bin that is not full is that of the frames in it", () => {
  isNear(binsOf(gridOf(10), 4).timeOf(2), 0.9);
  isNear(binsOf(gridOf(9), 4).timeOf(2), 0.85);
});

test("a bin of a single frame is that frame", () => {
  const bins = binsOf(gridOf(1), 1);
  assert.equal(bins.filled, 1);
  isNear(bins.timeOf(0), 0.05);
});

test("small maps come apart, each with its own full colour", () => {
  const maps = pack("u1", [0, 10, 10, 0, 200, 0, 0, 200], [2, 2, 2]);
  const small = smallMaps({ maps, frames_per_bin: 2 }, gridOf(3));
  assert.equal(small.count, 2);
  assert.equal(small.filled, 1.5);
  assert.deepEqual([...small.levelsAt(0)], [0, 255, 255, 0]);
  assert.deepEqual([...small.levelsAt(1)], [255, 0, 0, 255]);
});

const answerOf = (layer, head, values = [0, 65535, 13107, 0, 5, 5, 0, 0, 0]) => ({
  layer, head, map: pack("u2", values, [3, 3]), max: 0.5, frames_per_bin: 4, entropy_nats: 1.5,
  near_share: pack("f4", [0.5, 0.25, 0.125]), near_share_by_chance: pack("f4", [0.25, 0.25, 0.25]),
});

test("a head's map says what a moment looks at and how much", () => {
  const map = headMap(answerOf(2, 1), gridOf(10));
  assert.deepEqual([map.layer, map.head, map.count, map.filled, map.entropy_nats], [2, 1, 3, 2.5, 1.5]);
  assert.equal(map.valueAt(0, 1), 0.5);
  isNear(map.valueAt(0, 2), 0.1);
  assert.deepEqual([0, 1, 2].map(map.mostOf), [1, 1, 0]);
  assert.deepEqual([...map.near], [0.5, 0.25, 0.125]);
  assert.deepEqual([...map.nearByChance], [0.25, 0.25, 0.25]);
});

const geometryOf = (width, longest, grid = gridOf(10)) => arrange(width, longest, headMap(answerOf(0, 0), grid), grid);

test("a map is a square, with room for words only where there are any and there is room", () => {
  assert.equal(geometryOf(800, 0).beside, 0);
  assert.equal(geometryOf(400, 50).beside, 0);
  assert.equal(geometryOf(800, 50).beside, 60);
  assert.equal(geometryOf(800, 500).beside, 94);
  assert.equal(geometryOf(800, 0).below, 0);
  assert.ok(geometryOf(400, 50).below > 0);
  assert.equal(geometryOf(2000, 0).side, 560);
  const { left, side, width } = geometryOf(400, 0);
  assert.ok(left + side < width);
  assert.equal(geometryOf(10, 0).side, 40);
});

test("times lie along the sides, and none outside of them", () => {
  const { at, within, side } = geometryOf(400, 0);
  isNear(at(0), 0);
  isNear(at(0.5), side / 2);
  isNear(at(1), side);
  assert.ok(at(1.2) > side);
  assert.equal(within(1.2), side);
  assert.equal(within(-1), 0);
});

test("a place in the map is a cell, up to the last pixel of a last bin that is not full", () => {
  const { left, top, side, cellAt } = geometryOf(400, 0);
  assert.deepEqual(cellAt(left, top), { row: 0, column: 0 });
  assert.deepEqual(cellAt(left + side * 0.5, top + side * 0.39), { row: 0, column: 1 });
  assert.deepEqual(cellAt(left + side - 0.5, top + side - 0.5), { row: 2, column: 2 });
});

test("a place outside the map is no cell, also where the last bin would go on", () => {
  const { left, top, side, cellAt } = geometryOf(400, 0);
  for (const [x, y] of [[-1, 9], [9, -1], [side + 1, 9], [9, side + 1], [side + 99, side + 99]]) {
    assert.equal(cellAt(left + x, top + y), null);
  }
});

test("a map of a stretch shows its cells larger, and says which of them are at a place", () => {
  const map = headMap(answerOf(0, 0), gridOf(10));
  const zoomed = arrange(400, 0, map, gridOf(10), { from: 0.2, to: 0.6 });
  const { left, top, side, at, bins, cell, cellAt, shows } = zoomed;
  isNear(at(0.4), side / 2);
  isNear(bins.first, 0.5);
  isNear(bins.count, 1);
  isNear(cell, side);
  assert.deepEqual(cellAt(left + 1, top + side - 1), { row: 1, column: 0 });
  assert.deepEqual([0.1, 0.3, 0.7].map(shows), [false, true, false]);
  assert.ok(geometryOf(400, 0).shows(0));
});

const PART = {
  globalness: [[3, 1], [2, 4]], verticality: [[0.1, 0.4], [0.3, 0.2]], diagonality: [[-1, -4], [-2, -3]],
};
const HEADS = Object.freeze([
  { layer: 0, head: 0, kind: "global" }, { layer: 0, head: 1, kind: "diagonal" },
  { layer: 1, head: 0, kind: "vertical" }, { layer: 1, head: 1, kind: "global" },
]);
const namesOf = ({ heads }) => heads.map(({ layer, head }) => `${layer}${head}`).join(" ");

test("heads are sorted by each measure, the most or the least first, and keep their own list", () => {
  const sorted = (sort) => namesOf(arranged(HEADS, PART, { sort }));
  assert.deepEqual(SORTS.map(([sort]) => sorted(sort)),
    ["00 01 10 11", "11 00 10 01", "01 10 11 00", "00 10 11 01", "01 10 00 11"]);
});

test("heads that are equal stay in head order", () => {
  const equal = { ...PART, globalness: [[1, 1], [1, 1]] };
  assert.equal(namesOf(arranged(HEADS, equal, { sort: "most global" })), "00 01 10 11");
});

test("heads of a kind are picked out, which may be none", () => {
  assert.equal(namesOf(arranged(HEADS, PART, { filter: "global", sort: "most global" })), "11 00");
  assert.equal(namesOf(arranged(HEADS.slice(0, 2), PART, { filter: "vertical" })), "");
  assert.deepEqual(KINDS, ["global", "vertical", "diagonal"]);
});

test("an order or a kind that nobody knows is head order and all", () => {
  for (const choices of [{}, { sort: "loudest", filter: "sleepy" }]) {
    const { choice, wanted, heads } = arranged(HEADS, PART, choices);
    assert.deepEqual([choice, wanted, heads.length], ["head order", "all", 4]);
  }
});

test("a head's number is written with what it is measured in, and in head order not at all", () => {
  const written = (sort) => arranged(HEADS, PART, { sort }).valueOf(HEADS[1]);
  assert.deepEqual(SORTS.map(([sort]) => written(sort)), ["", "1.00 nats", "0.40 nats", "-4.000", "1.00 nats"]);
});

test("rows that were left out are told", () => {
  assert.ok(about(1).endsWith("(Yang et al. 2020)."));
  for (const nth of ["2nd", "3rd", "4th"]) assert.ok(about(parseInt(nth, 10)).includes(`every ${nth} frame`));
});

/** A server whose answers are given by hand, and the loader of maps that asks it. */
const loader = () => {
  const [waiting, heard] = [[], []];
  const ask = (name) => (request) =>
    new Promise((settle) => waiting.push({ name, ...request, settle }));
  const maps = headMaps({ server: { heads: ask("heads"), head_map: ask("head_map") } }, {
    show: ({ large, small }) => heard.push(`show ${large.layer}-${large.head} of ${small.count}`),
    complain: (sentence) => heard.push(sentence),
    busy: (isBusy) => heard.push(isBusy ? "busy" : "idle"),
  });
  /** Answers all that was asked, as a server that has everything. */
  const answer = async (reply) => {
    for (const { name, layer, head, settle } of waiting.splice(0)) {
      const small = { ok: true, maps: pack("u1", [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]), frames_per_bin: 4 };
      settle(reply ?? (name === "heads" ? small : { ok: true, ...answerOf(layer, head) }));
    }
    await pause();
  };
  const asked = () => waiting.map(({ name, layer, head, token }) =>
    `${token} ${name} ${layer}${head === undefined ? "" : `-${head}`}`);
  return { ...maps, answer, asked, waiting, take: () => heard.splice(0) };
};

const resultOf = (token) => ({ token, num_layers: 12, num_heads: 12, timeline: timeline() });
beforeEach(() => showResult(resultOf("t")));

const REFUSED = { ok: false, error: "There is no such head." };

test("a choice is asked for, and shown with the heads of its layer", async () => {
  const { want, asked, answer, take } = loader();
  want({ layer: 1, head: 2 });
  assert.deepEqual(asked(), ["t heads 1", "t head_map 1-2"]);
  assert.deepEqual(take(), ["busy"]);
  await answer();
  assert.deepEqual(asked(), []);
  assert.deepEqual(take(), ["idle", "show 1-2 of 2"]);
});

test("another head of a layer whose heads are here asks for its map alone, and what is here for nothing", async () => {
  const { want, asked, answer, take } = loader();
  want({ layer: 1, head: 2 });
  await answer();
  want({ layer: 1, head: 3 });
  assert.deepEqual(asked(), ["t head_map 1-3"]);
  await answer();
  take();
  want({ layer: 1, head: 2 });
  assert.deepEqual(asked(), []);
  assert.deepEqual(take(), ["show 1-2 of 2"]);
});

test("a drag asks only for the first and the newest choice", async () => {
  const { want, asked, answer, take } = loader();
  for (let layer = 0; layer < 8; layer++) want({ layer, head: 0 });
  assert.deepEqual(asked(), ["t heads 0", "t head_map 0-0"]);
  await answer();
  assert.deepEqual(asked(), ["t heads 7", "t head_map 7-0"]);
  await answer();
  assert.deepEqual(asked(), []);
  assert.deepEqual(take(), ["busy", "idle", "show 7-0 of 2"]);
});

test("a choice that is gone back to while it is asked for is not asked for twice", async () => {
  const { want, asked, answer, take } = loader();
  want({ layer: 0, head: 0 });
  want({ layer: 1, head: 0 });
  want({ layer: 0, head: 0 });
  await answer();
  assert.deepEqual(asked(), []);
  assert.equal(take().at(-1), "show 0-0 of 2");
});

test("a choice that is here is shown while another is asked for", async () => {
  const { want, answer, asked, take } = loader();
  want({ layer: 0, head: 0 });
  await answer();
  want({ layer: 1, head: 0 });
  take();
  want({ layer: 0, head: 0 });
  assert.deepEqual(take(), ["show 0-0 of 2"]);
  await answer();
  assert.deepEqual(asked(), []);
  assert.deepEqual(take(), ["idle", "show 0-0 of 2"]);
});

test("a choice that is refused says so, the next one works, and it may be tried again", async () => {
  const { want, answer, asked, take } = loader();
  want({ layer: 0, head: 99 });
  await answer(REFUSED);
  assert.deepEqual(take(), ["busy", "There is no such head.", "idle"]);
  assert.deepEqual(asked(), []);
  want({ layer: 0, head: 1 });
  await answer();
  assert.deepEqual(take(), ["busy", "idle", "show 0-1 of 2"]);
  want({ layer: 0, head: 99 });
  assert.deepEqual(asked(), ["t head_map 0-99"]);
  await answer();
  assert.equal(take().at(-1), "show 0-99 of 2");
});

test("a refusal of what is no longer wanted is not said", async () => {
  const { want, answer, take } = loader();
  want({ layer: 0, head: 99 });
  want({ layer: 0, head: 1 });
  await answer(REFUSED);
  await answer();
  assert.deepEqual(take(), ["busy", "idle", "show 0-1 of 2"]);
});

test("a refused choice that is pressed again while it was asked for is said once", async () => {
  const { want, answer, asked, take } = loader();
  want({ layer: 0, head: 99 });
  want({ layer: 0, head: 99 });
  await answer(REFUSED);
  assert.deepEqual(asked(), []);
  assert.deepEqual(take(), ["busy", "There is no such head.", "idle"]);
});

test("what is asked for when another result comes is neither shown nor kept, and the new one's is", async () => {
  const { want, forget, answer, asked, take } = loader();
  want({ layer: 0, head: 0 });
  showResult(resultOf("u"));
  forget();
  want({ layer: 0, head: 0 });
  await answer();
  assert.deepEqual(take(), ["busy"]);
  assert.deepEqual(asked(), ["u heads 0", "u head_map 0-0"]);
  await answer();
  assert.deepEqual(take(), ["idle", "show 0-0 of 2"]);
});

test("another result of which nothing is wanted yet ends the asking", async () => {
  const { want, forget, answer, asked, take } = loader();
  want({ layer: 0, head: 0 });
  showResult(resultOf("u"));
  forget();
  await answer(REFUSED);
  assert.deepEqual(take(), ["busy", "idle"]);
  assert.deepEqual(asked(), []);
});

test("the last forty maps are kept, and one that is no longer is asked for again", async () => {
  const { want, answer, asked } = loader();
  for (let head = 0; head <= 40; head++) {
    want({ layer: 0, head });
    await answer();
  }
  for (let head = 1; head <= 40; head++) want({ layer: 0, head });
  assert.deepEqual(asked(), []);
  want({ layer: 0, head: 0 });
  assert.deepEqual(asked(), ["t head_map 0-0"]);
});

test("maps that come after their layer's heads were refused do not make the store grow", async () => {
  const { want, waiting, answer, asked } = loader();
  for (let head = 0; head < 40; head++) {
    want({ layer: 1, head });
    await answer();
  }
  for (let head = 0; head < 3; head++) {
    want({ layer: 0, head });
    const [heads, map] = waiting.splice(0);
    heads.settle(REFUSED);
    await pause();
    map.settle({ ok: true, ...answerOf(0, head) });
    await pause();
  }
  want({ layer: 1, head: 40 });
  await answer();
  want({ layer: 1, head: 4 });
  assert.deepEqual(asked(), []);
  want({ layer: 1, head: 3 });
  assert.deepEqual(asked(), ["t head_map 1-3"]);
});
