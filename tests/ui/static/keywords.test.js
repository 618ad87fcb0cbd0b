// Probabilities of the keyword classes, as numbers and words.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bestOf, differing, levelsOf, linesOf, number, secondAround, verdictOf,
} from "../../../hubert_demo/ui/static/keywords/scores.js";

const scoresOf = (probabilities, more = {}) => Object.freeze({
  labels: ["yes", "no", "unknown"],
  is_command: Object.freeze([true, true, false]),
  probabilities: Object.freeze(probabilities),
  threshold: 0.6,
  is_heard: false,
  ...more,
});

test("the best class is the most probable, the first of equals", () => {
  assert.equal(bestOf(scoresOf([0.1, 0.7, 0.2])), 1);
  assert.equal(bestOf(scoresOf([0.4, 0.4, 0.2])), 0);
  assert.equal(bestOf(scoresOf([1])), 0);
});

test("a command counts as heard where the server says so, not where the page rounds up to it", () => {
  assert.deepEqual(verdictOf(scoresOf([0.1, 0.7, 0.2], { is_heard: true })), ["heard", "70%; 60% is enough"]);
  assert.deepEqual(verdictOf(scoresOf([0.1, 0.599, 0.2])), ["not sure enough", "60%; 60% is needed"]);
});

test("what is no command is never heard, however sure", () => {
  assert.deepEqual(verdictOf(scoresOf([0, 0, 1])), ["no command heard", "100%; not one of the ten commands"]);
});

test("windows become rows of classes, and certainty the full colour", () => {
  const windows = Object.assign(Float32Array.from([0, 1, 0.5, 0.25, 0.125, 0]), { shape: [2, 3] });
  const before = [...windows];
  assert.deepEqual([...levelsOf(windows)], [0, 63, 255, 31, 127, 0]);
  assert.deepEqual([...windows], before);
  assert.equal(levelsOf(Object.assign(new Float32Array(3), { shape: [1, 3] })).length, 3);
});

test("the second around a time lies within the recording", () => {
  assert.deepEqual(secondAround(2, 4), [1.5, 2.5]);
  assert.deepEqual(secondAround(0, 4), [0, 1]);
  assert.deepEqual(secondAround(4, 4), [3, 4]);
});

test("of a recording shorter than a second it is the first second", () => {
  for (const time of [0, 0.2, 0.4]) assert.deepEqual(secondAround(time, 0.4), [0, 1]);
});

test("a number has three digits that count", () => {
  assert.deepEqual([0, 0.12345, 5.678, 31.416, 1234.5, -0.5].map(number),
    ["0", "0.123", "5.68", "31.4", "1235", "−0.500"]);
});

test("numbers over time are shares of their own range", () => {
  const windows = Object.assign(Float32Array.from([1, 5, 3, 5, 2, 5]), { shape: [3, 2] });
  assert.deepEqual(linesOf(windows), [
    { values: [0, 1, 0.5], earlier: [], low: "1.00", most: "3.00" },
    { values: [0.5, 0.5, 0.5], earlier: [], low: "5.00", most: "5.00" },
  ]);
});

test("numbers of before are on the same scale", () => {
  const [windows, before] = [[1, 2], [5, 1]].map((values) =>
    Object.assign(Float32Array.from(values), { shape: [2, 1] }));
  assert.deepEqual(linesOf(windows, before), [
    { values: [0, 0.25], earlier: [1, 0], low: "1.00", most: "5.00" },
  ]);
});

test("windows next to each other that differ are one run, in each row", () => {
  const of = (values) => Object.assign(Float32Array.from(values), { shape: [4, 2] });
  const now = of([0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0.2]);
  const before = of([0.5, 0, 0.8, 0.05, 0.2, 0, 0.5, 0]);
  assert.deepEqual(differing(now, before), [{ row: 0, from: 1, to: 2 }, { row: 1, from: 3, to: 3 }]);
  assert.deepEqual(differing(now, now), []);
});
