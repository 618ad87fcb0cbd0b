// Lessons: predictions, answers in a file, and terms in a sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { fileOf, readAnswers, soundOf } = await import("../../../hubert_demo/ui/static/lessons/answers.js");
const { piecesOf } = await import("../../../hubert_demo/ui/static/page/glossary.js");
const { isRight, numberIn, rangeOf, withUnit } = await import("../../../hubert_demo/ui/static/lessons/prediction.js");

const { PICTURES, picturesOf } = await import("../../../hubert_demo/ui/static/lessons/sight.js");

const PERCENT = { unit: "%", low: 0, high: 100, is_whole: false };
const LAYER = { unit: "", low: 0, high: null, is_whole: true };
const DECIMAL = { unit: "", low: null, high: null, is_whole: false };
const SECONDS = { unit: "s", low: 0, high: null, is_whole: false };

for (const [text, kind, value] of [
  ["45", PERCENT, 45], [" 45 % ", PERCENT, 45], ["0,5", DECIMAL, 0.5], ["-.5", DECIMAL, -0.5],
  ["−0.25", DECIMAL, -0.25], ["3", LAYER, 3], ["1.2 s", SECONDS, 1.2], ["0", SECONDS, 0], ["100", PERCENT, 100],
]) {
  test(`${text} is a number`, () => assert.equal(numberIn(text, kind), value));
}

for (const [text, kind] of [
  ["", DECIMAL], ["x", DECIMAL], ["1e3", DECIMAL], ["1 2", DECIMAL], ["0x1", DECIMAL], ["Infinity", DECIMAL],
  ["1%", DECIMAL], ["9".repeat(12), DECIMAL], ["-1", PERCENT], ["100.1", PERCENT],
  ["2.5", LAYER], ["-1", LAYER], ["-0.1", SECONDS],
]) {
  test(`“${text}” makes no sense`, () => assert.ok(Number.isNaN(numberIn(text, kind))));
}

test("what may be entered is said, and an answer has its unit", () => {
  assert.equal(rangeOf(PERCENT), "a number from 0 to 100 (percent)");
  assert.equal(rangeOf(LAYER), "a whole number, 0 or more");
  assert.equal(rangeOf(DECIMAL), "a number");
  assert.equal(rangeOf(SECONDS), "a number, 0 or more (seconds)");
  assert.deepEqual([withUnit(45, "%"), withUnit(1.2, "s"), withUnit(208, "")], ["45%", "1.2 s", "208"]);
});

test("a number is right when it is near enough, a choice when it is the one", () => {
  const number = { choices: null, right: 0.58, within: 0.1 };
  const choice = { choices: ["a", "b"], right: 1, within: null };
  assert.ok([0.48, 0.68, 0.58].every((value) => isRight(number, value)));
  assert.ok(![0.47, 0.69].some((value) => isRight(number, value)));
  assert.deepEqual([3, 2].map((value) => isRight({ ...number, right: 3, within: 0 }, value)), [true, false]);
  assert.deepEqual([0, 1].map((value) => isRight(choice, value)), [false, true]);
});

test("a step is about what it says, else about what its tab, or the open one, shows first of all", () => {
  const { attention, heads, words } = PICTURES;
  assert.deepEqual(picturesOf({ link: "tab=attention", pictures: ["attention", "heads"] }, null), [attention, heads]);
  assert.deepEqual(picturesOf({ link: "tab=attention&head=1", pictures: [] }, "transcript"), [attention]);
  assert.deepEqual(picturesOf({ link: "layer=1", pictures: [] }, "transcript"), [words]);
  assert.deepEqual(picturesOf({ link: "", pictures: [] }, null), []);
});

const LESSON = { name: "mine", title: "My lesson" };
const ANSWER = {
  told: { step: 2, title: "Third", question: { text: "How many?", shown: "208" } }, prediction: "200", isRight: true,
  sound: "4 1", recording: "harbour.wav", link: "#example=harbour.wav&tab=layers",
};
const FILE = fileOf(LESSON, [ANSWER], "1.2.3", new Date("2026-01-02T03:04:05Z"));

test("a file of answers is read as it was written, and says all in words", () => {
  assert.deepEqual(readAnswers(JSON.stringify(FILE), [LESSON]), FILE);
  assert.deepEqual([FILE.lesson, FILE.title, FILE.version], ["mine", "My lesson", "1.2.3"]);
  assert.equal(FILE.date, "2026-01-02T03:04:05.000Z");
  assert.deepEqual(FILE.answers, [{
    step: 3, title: "Third", question: "How many?", prediction: "200", right_answer: "208", is_right: true,
    recording: "harbour.wav", link: "#example=harbour.wav&tab=layers",
  }]);
});

test("whatever else is opened gets a sentence", () => {
  const [answer] = FILE.answers;
  for (const file of [
    null, 7, "text", [], {}, { ...FILE, kind: "other" }, { ...FILE, answers: [] }, { ...FILE, answers: {} },
    { ...FILE, answers: [null] }, { ...FILE, answers: [{ ...answer, link: 7 }] }, { ...FILE, title: undefined },
    { ...FILE, answers: [{ ...answer, title: "x".repeat(6000) }] }, { ...FILE, lesson: 7 },
  ]) {
    assert.throws(() => readAnswers(JSON.stringify(file), [LESSON]), /not a file of answers/);
  }
  for (const text of ["", "{", "\0", `"${"x".repeat(2 << 20)}"`]) {
    assert.throws(() => readAnswers(text, [LESSON]), /not a file of answers/);
  }
  assert.throws(() => readAnswers(JSON.stringify(FILE), []), /lesson “My lesson”, which this page does not have/);
});

test("recordings are told from one another by their sound", () => {
  const of = (data) => soundOf({ timeline: { samples: { data } } });
  assert.equal(of("abcd"), of("abcd"));
  assert.equal(new Set(["abcd", "abce", "abcde", ""].map(of)).size, 4);
});

const TERMS = ["head", "diagonal head", "CTC", "by chance", "fine-tuning", "frame"];

for (const [text, found] of [
  ["Frames, frames and a frame.", ["Frames"]],
  ["A diagonal head is a head.", ["diagonal head", "head"]],
  ["What ctc does by chance", ["ctc", "by chance"]],
  ["Ahead, overhead, headline, pre-frame, framework, frame2", []],
  ["Fine-tuning, then: a frame’s head", ["Fine-tuning", "frame", "head"]],
  ["", []],
]) {
  test(`in “${text}” there are ${found.length} terms`, () => {
    const pieces = piecesOf(text, TERMS, new Set());
    assert.equal(pieces.map((piece) => piece.text).join(""), text);
    assert.deepEqual(pieces.filter(({ term }) => term).map((piece) => piece.text), found);
    assert.ok(pieces.every(({ term }) => term === undefined || TERMS.includes(term)));
  });
}

test("a term that was explained before is not explained again", () => {
  const seen = new Set(["frame"]);
  const pieces = piecesOf("a frame, a head", TERMS, seen);
  assert.deepEqual(pieces.flatMap(({ term }) => term ?? []), ["head"]);
  assert.deepEqual([...seen], ["frame", "head"]);
});
