// The clock and its selection.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeAudio, install, nextFrame, timeline } from "./harness.js";

install();
const { clock } = await import("../../../hubert_demo/ui/static/core/clock.js");
const { on } = await import("../../../hubert_demo/ui/static/core/events.js");
const audio = FakeAudio.latest;

beforeEach(() => clock.load(timeline()));

/** Plays on to a time. */
const playTo = (time) => {
  audio.currentTime = time;
  nextFrame();
};

test("another recording begins at its beginning, with nothing selected", () => {
  clock.seek(0.5);
  clock.select(0.2, 0.6);
  clock.load(timeline({ duration_s: 2 }));
  assert.equal(clock.time, 0);
  assert.equal(clock.duration, 2);
  assert.equal(clock.selection, null);
  assert.equal(clock.playing, false);
  assert.equal(clock.samples.length, 100);
});

test("the clock stays inside the recording, and says so to everybody", () => {
  let told = 0;
  const off = on("tick", () => told++);
  clock.seek(7);
  assert.equal(clock.time, 1);
  clock.seek(-7);
  assert.equal(clock.time, 0);
  off();
  assert.equal(told, 2);
});

test("the frame and the word of a time are those that are heard then", () => {
  clock.seek(0.25);
  assert.equal(clock.frame, 2);
  assert.equal(clock.timeOf(2), 0.25);
  assert.equal(clock.wordAt(0.25).text, "one");
  assert.equal(clock.wordAt(0.35), null);
  assert.equal(clock.wordAt(0.4).text, "two");
  assert.equal(clock.wordAt(0.6), null);
});

test("a better reading takes the place of the words, and everybody draws anew", () => {
  const told = [];
  const offs = ["draw", "tick"].map((event) => on(event, () => told.push(event)));
  assert.equal(clock.wordAt(0.25).text, "one");
  clock.read([{ text: "won", start_s: 0.2, end_s: 0.3, confidence: 1, differs: true }]);
  assert.equal(clock.wordAt(0.25).text, "won");
  assert.equal(clock.wordAt(0.4), null);
  assert.deepEqual(told, ["draw", "tick"]);
  for (const off of offs) off();
  clock.load(timeline());
  assert.equal(clock.wordAt(0.4).text, "two");
});

test("a stretch is selected from either end, and inside the recording", () => {
  clock.select(0.6, 0.2);
  assert.deepEqual(clock.selection, { from: 0.2, to: 0.6 });
  clock.select(0.8, 9);
  assert.deepEqual(clock.selection, { from: 0.8, to: 1 });
  assert.throws(() => {
    clock.selection.from = 0;
  }, TypeError);
});

test("less than a frame, or nothing, selects nothing", () => {
  clock.select(0.2, 0.6);
  clock.select(0.2, 0.25);
  assert.equal(clock.selection, null);
  clock.select(0.2, 0.6);
  clock.select(null);
  assert.equal(clock.selection, null);
});

test("one end of a selection is moved, step by step", () => {
  clock.seek(0.4);
  clock.extend(0.2);
  clock.extend(0.2);
  assert.ok(Math.abs(clock.selection.from - 0.4) < 1e-9 && Math.abs(clock.selection.to - 0.8) < 1e-9);
  clock.extend(-0.2);
  assert.ok(Math.abs(clock.selection.to - 0.6) < 1e-9);
});

test("playing a selection stops at its end and comes back", () => {
  clock.select(0.2, 0.6);
  clock.toggle();
  assert.ok(clock.playing);
  assert.equal(clock.time, 0.2);
  playTo(0.5);
  assert.equal(clock.time, 0.5);
  playTo(0.61);
  assert.equal(clock.playing, false);
  assert.equal(clock.time, 0.2);
});

test("a word that is played stops at its end, whatever is selected", () => {
  clock.select(0, 0.9);
  clock.hear(0.4, 0.6);
  playTo(0.6);
  assert.equal(clock.playing, false);
  assert.equal(clock.time, 0.4);
});

test("from the end on, playing begins anew", () => {
  clock.seek(1);
  clock.toggle();
  assert.equal(clock.time, 0);
  audio.pause();
});

test("a layer's sound takes the recording's place where the clock stands, and plays on", async () => {
  const told = [];
  const off = on("sounds", () => told.push([clock.layer, clock.playsLayer]));
  const sound = new Int16Array(100);
  clock.seek(0.4);
  clock.playSound(true);
  assert.equal(clock.playing, false); // there is none yet
  const recording = audio.src;
  clock.lend(3, sound, 100);
  await clock.playSound(true);
  assert.equal(clock.playing, true);
  assert.notEqual(audio.src, recording);
  assert.equal(audio.currentTime, 0.4);
  playTo(0.6);
  clock.playSound(false);
  assert.equal(audio.src, recording);
  assert.equal(audio.currentTime, 0.6);
  assert.equal(clock.playing, true);
  assert.deepEqual(told, [[3, false], [3, true], [3, false]]);
  off();
});

test("another layer's sound takes the place of one that plays, and another recording has none", () => {
  clock.lend(3, new Int16Array(100), 100);
  clock.playSound(true);
  const before = audio.src;
  playTo(0.5);
  clock.lend(4, new Int16Array(100), 100);
  assert.notEqual(audio.src, before);
  assert.equal(audio.currentTime, 0.5);
  assert.deepEqual([clock.layer, clock.playsLayer, clock.playing], [4, true, true]);
  clock.load(timeline());
  assert.deepEqual([clock.layer, clock.playsLayer, clock.playing], [null, false, false]);
});

test("a layer's sound begins anew at the end, and stops at the end of a selection", () => {
  clock.lend(3, new Int16Array(100), 100);
  clock.select(0.2, 0.6);
  clock.seek(0.59999);
  clock.playSound(true);
  assert.equal(audio.currentTime, 0.2);
  playTo(0.61);
  assert.equal(clock.playing, false);
  assert.equal(clock.time, 0.2);
});
