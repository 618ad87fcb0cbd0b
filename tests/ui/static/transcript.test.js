// The transcript view's numbers and sentences: the best path, the map of letters, steps, readings, alignment, words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameGrid } from "../../../hubert_demo/ui/static/core/grid.js";
import { timeScale } from "../../../hubert_demo/ui/static/core/scales.js";
import { FakeAudio, install, pack, timeline } from "./harness.js";

install();
const { clock } = await import("../../../hubert_demo/ui/static/core/clock.js");
const { whatWasCompared } = await import("../../../hubert_demo/ui/static/transcript/alignment.js");
const { cellAt, FAINT, pooled, ROW, soundAround } =
  await import("../../../hubert_demo/ui/static/core/emission_picture.js");
const { lineOf } = await import("../../../hubert_demo/ui/static/transcript/headline.js");
const { pathOf, soundOf } = await import("../../../hubert_demo/ui/static/core/letter_path.js");
const { shortened } = await import("../../../hubert_demo/ui/static/transcript/readings.js");
const { framesAround, ofTheWhole, sentencesOf, stepsOf } =
  await import("../../../hubert_demo/ui/static/transcript/steps.js");
const { doubtOf, timesOf } = await import("../../../hubert_demo/ui/static/transcript/words.js");

/** Frames of a tenth of a second, the first around 0.05 s. */
const GRID = frameGrid({ hop_s: 0.1, first_frame_s: 0.05, num_frames: 10 });

const isNear = (found, wanted) => {
  assert.equal(found.length, wanted.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 1e-9, `${found} is not ${wanted}`));
};

/** Ten frames that say "a a · b b b | · c c": rows a, b, the blank; the space and "c" lie on the path alone. */
const PART = {
  hop_s: 0.1,
  first_frame_s: 0.05,
  num_frames: 10,
  symbols: [
    { text: "a", writes: true, space: false },
    { text: "b", writes: true, space: false },
    { text: "·", writes: false, space: false },
    { text: "␣", writes: true, space: true },
    { text: "c", writes: true, space: false },
  ],
  emissions: pack("u1", Array(30).fill(85), [3, 10]),
  runs: pack("i4", [0, 0, 2, 2, 2, 3, 1, 3, 6, 3, 6, 7, 2, 7, 8, 4, 8, 10], [6, 3]),
};

test("a letter is heard until the next one begins", () => {
  const { runs } = pathOf(PART);
  isNear(soundOf(runs, runs[0], GRID.startOf), [0, 0.3]);
  isNear(soundOf(runs, runs[3], GRID.startOf), [0.6, 0.8]);
});

test("a letter is heard neither too briefly nor beyond what is its own", () => {
  const startOf = (frame) => frame * 0.02;
  const run = (first, end, writes = true) => ({ first, end, writes });
  const soon = [run(0, 1), run(1, 2)];
  isNear(soundOf(soon, soon[0], startOf), [0, 0.1]);
  const late = [run(0, 1), run(1, 50, false), run(50, 51)];
  isNear(soundOf(late, late[0], startOf), [0, 0.3]);
  isNear(soundOf(late, late[2], startOf), [1, 1.3]);
  const long = [run(0, 40), run(40, 41)];
  isNear(soundOf(long, long[0], startOf), [0, 0.8]);
});

test("every frame has its run, and a frame outside the recording the first or the last", () => {
  const { runs, at } = pathOf(PART);
  assert.deepEqual(runs[2], { text: "b", writes: true, space: false, symbol: 1, first: 3, end: 6 });
  assert.equal(Array.from({ length: 10 }, (_, frame) => at(frame).text).join(""), "aa·bbb␣·cc");
  assert.equal(at(-3), runs[0]);
  assert.equal(at(99), runs[5]);
});

test("the path of a single frame is one run", () => {
  const { runs, at } = pathOf({ ...PART, num_frames: 1, runs: pack("i4", [2, 0, 1], [1, 3]) });
  assert.equal(runs.length, 1);
  assert.equal(at(0), runs[0]);
  assert.equal(at(7).text, "·");
});

test("the frame of the path is that of its own grid, and a letter is played on it", () => {
  clock.load(timeline({ hop_s: 0.5, num_frames: 2 }));
  const path = pathOf(PART);
  clock.seek(0.65);
  assert.equal(path.frame, 6);
  path.hear(path.runs[2]);
  assert.ok(Math.abs(clock.time - 0.3) < 1e-9);
  assert.ok(clock.playing);
  FakeAudio.latest.pause();
});

test("with room enough the map shows the levels as they are", () => {
  const levels = Uint8Array.from([1, 2, 3, 4]);
  assert.deepEqual(pooled(levels, 2, 2, 2), { values: levels, columns: 2 });
  assert.equal(pooled(levels, 2, 2, 500).values, levels);
});

test("with less room than frames no peak is lost, and nothing that was given changes", () => {
  const levels = Uint8Array.from([0, 9, 0, 0, 7, 8, 200, 0, 0, 0, 0, 1]);
  const before = [...levels];
  const { values, columns } = pooled(levels, 2, 6, 4);
  assert.equal(columns, 4);
  assert.deepEqual([...values], [9, 0, 7, 8, 200, 0, 0, 1]);
  assert.deepEqual([...levels], before);
  assert.deepEqual([...pooled(levels, 2, 6, 1).values], [9, 200]);
});

test("without the blank's row its levels are left out", () => {
  assert.deepEqual([...pooled(Uint8Array.from([1, 2, 3, 4, 255, 255, 255, 255]), 1, 4, 2).values], [2, 4]);
});

/** The map of PART: 200 pixels for a second after a gutter of 20, without the blank's row. */
const pictureOf = (more = {}) => ({
  path: pathOf(PART),
  levels: Object.assign(Uint8Array.from({ length: 30 }, (_, i) => i), { shape: [3, 10] }),
  axis: timeScale(220, 1, { left: 20, right: 0 }),
  rows: 2,
  high: ROW,
  ...more,
});

test("a point of the map is a moment, a row, a level, and the letter of the path where its cells are", () => {
  const { time, frame, row, level, run } = cellAt(pictureOf(), 20 + 0.45 * 200, 1.5 * ROW);
  assert.ok(Math.abs(time - 0.45) < 1e-9);
  assert.deepEqual([frame, row, level, run.text], [4, 1, 14, "b"]);
  assert.equal(cellAt(pictureOf(), 20 + 0.45 * 200, 0.5 * ROW).run, undefined);
});

test("the letter beside its cells belongs to them", () => {
  const after = 20 + 0.6 * 200;
  assert.equal(cellAt(pictureOf(), after + 5, 1.5 * ROW).run?.text, "b");
  assert.equal(cellAt(pictureOf(), after + 15, 1.5 * ROW).run, undefined);
});

test("the first and the last pixel of the map are the first and the last frame", () => {
  assert.equal(cellAt(pictureOf(), 20, 0).frame, 0);
  assert.equal(cellAt(pictureOf(), 220, 0).frame, 9);
});

test("where no row is there is neither a level nor a letter, whatever else lies on the path", () => {
  const below = { x: 20 + 0.85 * 200, y: 4.5 * ROW };
  for (const [x, y] of [[below.x, below.y], [5, 0.5 * ROW], [25, -1], [below.x, 2.5 * ROW]]) {
    const { level, run } = cellAt(pictureOf(), x, y);
    assert.equal(level, null);
    assert.equal(run, undefined);
  }
  assert.equal(cellAt(pictureOf({ rows: 3 }), below.x, 2.5 * ROW).level, 28);
});

/** One row of levels. */
const soundsOf = (levels, frame, grid = GRID) =>
  soundAround({ levels: Object.assign(Uint8Array.from(levels), { shape: [1, levels.length] }), path: { grid } },
    0, frame);

test("a letter that was not chosen is heard for as long as it is more than faint", () => {
  isNear(soundsOf([0, 0, 0, FAINT, 200, FAINT, FAINT - 1, 200, 0, 0], 4), [0.3, 0.6]);
});

test("a letter is heard to the edge of the recording and of its own row, and no further", () => {
  isNear(soundsOf([99, 99, 0, 0, 0, 0, 0, 0, 0, 0], 0), [0, 0.2]);
  isNear(soundsOf([0, 0, 0, 0, 0, 0, 0, 0, 99, 99], 9), [0.8, 1]);
  const levels = Object.assign(Uint8Array.from([0, 99, 99, 0]), { shape: [2, 2] });
  isNear(soundAround({ levels, path: { grid: GRID } }, 0, 1), [0.1, 0.2]);
  isNear(soundAround({ levels, path: { grid: GRID } }, 1, 0), [0, 0.1]);
});

test("a letter of one short frame is heard for long enough to be a sound", () => {
  const grid = frameGrid({ hop_s: 0.02, first_frame_s: 0.01, num_frames: 3 });
  isNear(soundsOf([0, 99, 0], 1, grid), [0.02, 0.12]);
});

const LONG_GRID = frameGrid({ hop_s: 0.02, first_frame_s: 0.01, num_frames: 100 });
const word = (start_s, end_s) => ({ text: "w", start_s, end_s, confidence: 1 });

test("the word being said lies in the middle of the frames on show", () => {
  assert.deepEqual(framesAround(52, word(1, 1.1), LONG_GRID, 25, null), { from: 40, count: 25 });
});

test("where no word is said the moment lies near the left", () => {
  assert.deepEqual(framesAround(50, null, LONG_GRID, 20, null), { from: 48, count: 20 });
});

test("frames on show stay while they have the word, or the moment, in them", () => {
  const shown = { from: 40, count: 25 };
  assert.equal(framesAround(54, word(1, 1.1), LONG_GRID, 25, shown), shown);
  assert.equal(framesAround(64, null, LONG_GRID, 25, shown), shown);
  assert.notEqual(framesAround(65, null, LONG_GRID, 25, shown), shown);
  assert.notEqual(framesAround(63, word(1.26, 1.32), LONG_GRID, 25, shown), shown);
  assert.notEqual(framesAround(50, null, LONG_GRID, 24, shown), shown);
});

test("a word too long for the row is shown page by page", () => {
  const long = word(0, 2);
  assert.deepEqual(framesAround(50, long, LONG_GRID, 20, null), { from: 41, count: 20 });
  assert.deepEqual(framesAround(61, long, LONG_GRID, 20, { from: 41, count: 20 }), { from: 52, count: 20 });
});

test("the frames on show end with the recording, and are all of it where there is room", () => {
  assert.deepEqual(framesAround(0, null, LONG_GRID, 20, null), { from: 0, count: 20 });
  assert.deepEqual(framesAround(99, null, LONG_GRID, 20, null), { from: 80, count: 20 });
  assert.deepEqual(framesAround(99, word(1.98, 2), LONG_GRID, 500, null), { from: 0, count: 100 });
  const one = frameGrid({ hop_s: 0.02, first_frame_s: 0.01, num_frames: 1 });
  assert.deepEqual(framesAround(0, word(0, 0.02), one, 20, null), { from: 0, count: 1 });
});

const ALL = { from: 0, count: 10 };

test("frames become runs, and runs that write are kept", () => {
  const [singles, merged, kept] = stepsOf(pathOf(PART).runs, ALL);
  const textOf = (pieces) => pieces.map(({ text }) => text).join("");
  assert.deepEqual([singles, merged, kept].map(textOf), ["aa·bbb␣·cc", "a·b␣·c", "ab␣c"]);
  assert.deepEqual(singles.map(({ first, end }) => end - first), Array(10).fill(1));
  assert.deepEqual(singles.map(({ first }) => first), [...Array(10).keys()]);
});

test("a run at the edge of the frames on show is cut there, and remains the run that it is", () => {
  const { runs } = pathOf(PART);
  const before = structuredClone(runs);
  const [singles, merged] = stepsOf(runs, { from: 1, count: 3 });
  assert.deepEqual(merged.map(({ first, end }) => [first, end]), [[1, 2], [2, 3], [3, 4]]);
  assert.deepEqual(singles.map(({ first }) => first), [1, 2, 3]);
  assert.equal(merged[0].run, runs[0]);
  assert.deepEqual(runs, before);
});

test("the sentences count what is on show", () => {
  const said = (frames, hop = 0.02) => sentencesOf(stepsOf(pathOf(PART).runs, frames), hop).map(([, more]) => more);
  assert.deepEqual(said(ALL), [
    "One frame every 20 ms; a dot is the blank, “no new letter”.", "10 frames become 6 cells.",
    "3 letters are left: “ab c”.",
  ]);
  assert.deepEqual(said({ from: 0, count: 1 }).slice(1), ["1 frame become 1 cell.", "1 letter is left: “a”."]);
  assert.deepEqual(said({ from: 2, count: 1 }).at(-1), "Nothing is left here.");
  assert.deepEqual(said({ from: 6, count: 1 }).at(-1), "Nothing is left here.");
});

const wordsOf = (count, ...different) =>
  Array.from({ length: count }, (_, i) => ({ text: String(i), differs: different.includes(i) }));
const read = (words) => shortened(words).map(({ text }) => text).join(" ");

test("a reading that is short, or differs nowhere, is shown whole", () => {
  for (const words of [[], wordsOf(30, 5), wordsOf(40), [{ text: "no mark" }]]) assert.equal(shortened(words), words);
});

test("of a long reading what differs is shown with its neighbours, and a mark for each stretch left out", () => {
  assert.equal(read(wordsOf(31, 10)), "… 7 8 9 10 11 12 13 …");
  assert.equal(read(wordsOf(31, 0)), "0 1 2 3 …");
  assert.equal(read(wordsOf(31, 30)), "… 27 28 29 30");
  assert.equal(read(wordsOf(31, 4, 5, 20)), "… 1 2 3 4 5 6 7 8 … 17 18 19 20 21 22 23 …");
  assert.equal(read(wordsOf(31, 3, 10)), "0 1 2 3 4 5 6 7 8 9 10 11 12 13 …");
});

test("a reading is not changed by being shortened", () => {
  const words = wordsOf(31, 10).map(Object.freeze);
  shortened(Object.freeze(words));
  assert.equal(words.length, 31);
});

test("what was compared is said, and what was left out, with advice where numerals were", () => {
  assert.equal(whatWasCompared("one two", []), "Compared as “one two”.");
  assert.equal(whatWasCompared("one", [",", "."]), "Compared as “one”. Punctuation ignored: , .");
  assert.equal(whatWasCompared("one", ["ß", "%"]),
    "Compared as “one”. Unknown to this model: ß %");
  for (const numeral of ["2", "½", "٣"]) {
    assert.match(whatWasCompared("", ["%", numeral]), /: % . \(write numbers as words\)$/);
  }
});

test("words are shaded from where the model was unsure, and never more than wholly", () => {
  assert.deepEqual([1, 0.9, 0].map(doubtOf), [0, 0, 1]);
  assert.equal(doubtOf(0.45), 0.5);
  assert.equal(doubtOf(-1), 1);
});

test("the times of a word are written to the hundredth", () => {
  assert.equal(timesOf(word(0, 1.239)), "0.00–1.24");
});

test("the best reading says what it is, whether it differs, and where it finds nothing", () => {
  assert.match(lineOf(3, true), /^With the language model .*\. Underlined words differ/);
  assert.match(lineOf(3, false), /^With the language model .*\. Greedy gives the same\.$/);
  assert.match(lineOf(0, true), /no words are found here\.$/);
});

test("one line says what comes of the whole recording", () => {
  const line = "All 10 frames: 20% blank · 6 cells after merging · 4 letters and spaces";
  assert.equal(ofTheWhole(pathOf(PART)), line);
  const silent = { ...PART, num_frames: 1, runs: pack("i4", [2, 0, 1], [1, 3]) };
  assert.equal(ofTheWhole(pathOf(silent)), "All 1 frame: 100% blank · 1 cell after merging · 0 letters and spaces");
});
