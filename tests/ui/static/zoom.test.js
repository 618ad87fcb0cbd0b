// Which stretch of time is shown.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeAudio, install, nextFrame, timeline } from "./harness.js";

install();
const { clock } = await import("../../../hubert_demo/ui/static/core/clock.js");
const { on } = await import("../../../hubert_demo/ui/static/core/events.js");
const { showResult, store, zoomTo } = await import("../../../hubert_demo/ui/static/core/store.js");
const { fitted, LEAST_S, moveTo, reveal, shown, zoomBy } =
  await import("../../../hubert_demo/ui/static/core/zoom.js");
const audio = FakeAudio.latest;

beforeEach(() => {
  audio.pause();
  clock.load(timeline({ duration_s: 8, samples: timeline().samples }));
  showResult({ token: "t" });
});

const isNear = (stretch, from, to) => {
  assert.ok(Math.abs(stretch.from - from) < 1e-9 && Math.abs(stretch.to - to) < 1e-9, JSON.stringify(stretch));
};

/** Plays on to a time. */
const playTo = (time) => {
  audio.currentTime = time;
  nextFrame();
};

test("all is shown until somebody zooms, and again with another result", () => {
  assert.equal(store.zoom, null);
  isNear(shown(), 0, 8);
  zoomTo({ from: 1, to: 2 });
  showResult({ token: "u" });
  assert.equal(store.zoom, null);
});

test("a stretch keeps inside the recording, is never too short, and all of it is none", () => {
  isNear(fitted(-1, 2, 8), 0, 2);
  isNear(fitted(7, 2, 8), 6, 8);
  isNear(fitted(3, 0, 8), 3, 3 + LEAST_S);
  assert.equal(fitted(1, 9, 8), null);
  assert.equal(fitted(0, 0.05, LEAST_S / 2), null);
});

test("zooming keeps the moment that is pointed at where it is, and out again shows all", () => {
  zoomBy(2, 2);
  isNear(shown(), 1, 5);
  zoomBy(2, 2);
  isNear(shown(), 1.5, 3.5);
  zoomBy(1 / 8, 2);
  assert.equal(store.zoom, null);
});

test("who points at no moment zooms around the present, or the middle where that is out of sight", () => {
  clock.seek(8);
  zoomBy(2);
  isNear(shown(), 4, 8);
  moveTo(0);
  zoomBy(2);
  isNear(shown(), 1, 3);
});

test("everybody hears of another stretch, of the same one nobody, and nobody writes into it", () => {
  let told = 0;
  const off = on("zoom", () => told++);
  zoomBy(2, 0);
  moveTo(-3);
  zoomBy(1, 1);
  assert.equal(told, 1);
  moveTo(2);
  assert.equal(told, 2);
  off();
  assert.throws(() => {
    store.zoom.from = 0;
  }, TypeError);
});

test("a jump out of sight is followed, a moment in sight moves nothing", () => {
  zoomTo({ from: 0, to: 2 });
  clock.seek(1.5);
  isNear(shown(), 0, 2);
  clock.seek(5);
  isNear(shown(), 4.8, 6.8);
  reveal(0);
  isNear(shown(), 0, 2);
});

test("what plays is followed page by page", () => {
  zoomTo({ from: 0, to: 2 });
  clock.seek(1.8);
  clock.toggle();
  playTo(1.9);
  isNear(shown(), 0, 2);
  playTo(2.1);
  isNear(shown(), 1.9, 3.9);
});

test("whoever moves away from what plays is left alone until it is in sight again, or jumps", () => {
  zoomTo({ from: 0, to: 2 });
  clock.toggle();
  playTo(0.5);
  moveTo(1);
  playTo(0.6);
  isNear(shown(), 1, 3);
  for (const time of [0.9, 1.1]) playTo(time);
  isNear(shown(), 1, 3);
  moveTo(6);
  playTo(1.3);
  isNear(shown(), 6, 8);
  clock.seek(4);
  isNear(shown(), 3.8, 5.8);
});

test("playing begins in sight", () => {
  zoomTo({ from: 4, to: 6 });
  clock.toggle();
  isNear(shown(), 0, 2);
});
