// Scales, ramps, the frame grid, arrays and formatting.

import assert from "node:assert/strict";
import { test } from "node:test";

import { unpack } from "../../../hubert_demo/ui/static/core/arrays.js";
import { clamp, percent, seconds, short, signed } from "../../../hubert_demo/ui/static/core/format.js";
import { frameGrid } from "../../../hubert_demo/ui/static/core/grid.js";
import { colourAt, rampOf, rgb } from "../../../hubert_demo/ui/static/core/ramps.js";
import { ticks, timeScale } from "../../../hubert_demo/ui/static/core/scales.js";
import { pack } from "./harness.js";

test("a time and its pixel lead to each other, between the gutters", () => {
  const axis = timeScale(120, 4, { left: 10, right: 10 });
  assert.equal(axis.x(0), 10);
  assert.equal(axis.x(4), 110);
  for (const time of [0, 0.3, 2, 3.999]) assert.ok(Math.abs(axis.time(axis.x(time)) - time) < 1e-9);
});

test("a pixel in a gutter is the beginning or the end", () => {
  const axis = timeScale(120, 4, { left: 10, right: 10 });
  assert.equal(axis.time(0), 0);
  assert.equal(axis.time(119), 4);
});

test("a stretch that is shown fills the picture; a pixel in a gutter is one of its ends", () => {
  const axis = timeScale(120, 4, { left: 10, right: 10 }, { from: 1, to: 2 });
  assert.deepEqual([1, 1.5, 2, 0].map(axis.x), [10, 60, 110, -90]);
  assert.deepEqual([0, 60, 119].map(axis.time), [1, 1.5, 2]);
});

test("a picture narrower than its gutters still has a scale", () => {
  assert.equal(timeScale(10, 4, { left: 40, right: 40 }).span, 1);
});

test("labels of the scale lie apart, and as precise as their steps", () => {
  const labels = (duration, span) => ticks(duration, span).map(({ label }) => label);
  assert.deepEqual(labels(4, 320), ["0", "1", "2", "3", "4"]);
  assert.deepEqual(labels(0.3, 200), ["0.0", "0.1", "0.2", "0.3"]);
  assert.deepEqual(labels(0.1, 200), ["0.00", "0.05", "0.10"]);
  for (const duration of [0.1, 1, 7, 60]) {
    for (const span of [80, 300, 1400]) {
      const [first, second] = ticks(duration, span);
      if (second) assert.ok(((second.time - first.time) / duration) * span >= 64);
    }
  }
});

test("a stretch has labels of its own, at round times", () => {
  const labels = (from, to, span) => ticks(to - from, span, 64, from).map(({ label }) => label);
  assert.deepEqual(labels(1.3, 3.1, 320), ["1.5", "2.0", "2.5", "3.0"]);
  assert.deepEqual(labels(2, 4, 160), ["2", "3", "4"]);
  assert.deepEqual(labels(30.04, 30.31, 400), ["30.05", "30.10", "30.15", "30.20", "30.25", "30.30"]);
});

test("a ramp begins and ends with its stops and goes straight between", () => {
  const ramp = rampOf("#000000 #ff8000");
  assert.deepEqual([...ramp.slice(0, 3)], [0, 0, 0]);
  assert.deepEqual([...ramp.slice(-3)], [255, 128, 0]);
  assert.deepEqual([...ramp.slice(3 * 51, 3 * 51 + 3)], [51, 26, 0]);
  assert.equal(colourAt(ramp, 0), "rgb(0,0,0)");
  assert.equal(colourAt(ramp, 7), "rgb(255,128,0)");
  assert.deepEqual(rgb("#0a10ff"), [10, 16, 255]);
});

test("a frame stands for the hop around its middle", () => {
  const grid = frameGrid({ hop_s: 0.02, first_frame_s: 0.0125, num_frames: 50 });
  assert.equal(grid.frameAt(grid.timeOf(7)), 7);
  assert.equal(grid.frameAt(-1), 0);
  assert.equal(grid.frameAt(99), 49);
  assert.ok(Math.abs(grid.startOf(8) - grid.startOf(7) - 0.02) < 1e-12);
  assert.equal(grid.frameAt(grid.startOf(7) + 1e-6), 7);
  assert.equal(grid.frameAt(grid.startOf(7) - 1e-6), 6);
});

test("an array arrives with its type, shape and values", () => {
  const found = unpack(pack("f4", [0.5, -2, 1e9, NaN], [2, 2]));
  assert.ok(found instanceof Float32Array);
  assert.deepEqual(found.shape, [2, 2]);
  assert.deepEqual([...found], [0.5, -2, 1e9, NaN]);
});

// The same as in tests/test_percent.py.
test("shares are whole percent, with one decimal below one", () => {
  const shares = { 0: "0%", 0.0004: "0%", 0.0025: "0.3%", 0.0094: "0.9%", 0.0096: "1%", 0.125: "13%", 0.996: "100%" };
  for (const [share, text] of Object.entries(shares)) assert.equal(percent(Number(share)), text);
});

test("numbers and words are written for people", () => {
  assert.equal(seconds(1.005), "1.00 s");

  assert.equal(signed(-12.34, 1), "−12.3");
  assert.equal(short("a".repeat(24)), "a".repeat(24));
  assert.equal(short("a".repeat(25)), `${"a".repeat(22)}…`);
  assert.equal(clamp(5, 0, 3), 3);
});
