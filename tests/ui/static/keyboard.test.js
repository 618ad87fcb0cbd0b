// Keys in a group of buttons: where they lead.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { boxBeyond, placeAfter } = await import("../../../hubert_demo/ui/static/core/keyboard.js");

test("arrows go one on or back, Home and End to the ends, and nothing goes beyond them", () => {
  const places = (at) => ["ArrowLeft", "ArrowRight", "Home", "End", "a"].map((key) => placeAfter(key, at, 5));
  assert.deepEqual(places(2), [1, 3, 0, 4, 2]);
  assert.deepEqual(places(0), [0, 1, 0, 4, 0]);
  assert.deepEqual(places(4), [3, 4, 0, 4, 4]);
});

test("up and down lead to the nearest box of the next row, and stay where there is none", () => {
  // Three, three and two in a row.
  const boxes = Array.from({ length: 8 }, (_, i) => ({ x: 10 * (i % 3), y: 20 * Math.floor(i / 3) }));
  const along = (direction) => boxes.map((_, at) => boxBeyond(boxes, at, direction));
  assert.deepEqual(along(1), [3, 4, 5, 6, 7, 7, 6, 7]);
  assert.deepEqual(along(-1), [0, 1, 2, 0, 1, 2, 3, 4]);
});
