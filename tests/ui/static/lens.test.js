// What every layer writes and how it sounds: numbers and sentences.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { lostNote, markOf, spokenMark } = await import("../../../hubert_demo/ui/static/lens/letters.js");
const { keptNote } = await import("../../../hubert_demo/ui/static/lens/kept.js");
const { levelsOf } = await import("../../../hubert_demo/ui/static/lens/hearing.js");
const { linesOf, readOutOf } = await import("../../../hubert_demo/ui/static/lens/reading.js");
const { rateOf } = await import("../../../hubert_demo/ui/static/lens/texts.js");

const readOut = (name, cer = [0.9, 0], chance = [0.95, 0.8]) => ({ name, cer, cer_by_chance: chance });
const ANSWER = { read_outs: [readOut("head"), readOut("affine", [0.5, 0])], best: "affine" };

test("the chosen read-out is on show, or the one that says most where there is no such", () => {
  assert.equal(readOutOf(ANSWER, "head").name, "head");
  assert.equal(readOutOf(ANSWER, "linear").name, "affine");
  assert.equal(readOutOf(ANSWER, undefined).name, "affine");
});

test("every read-out has a line, and the one on show has one by chance", () => {
  const lines = linesOf(ANSWER, ANSWER.read_outs[1]);
  assert.deepEqual(lines.map(({ name, values }) => [name, values]), [
    ["CTC head as it is", [0.9, 0]], ["affine map", [0.5, 0]], ["by chance", [0.95, 0.8]],
  ]);
  assert.match(lines[2].kind, /is-chance/);
});

test("without a text to compare with there are no lines and no rates", () => {
  const nothing = { ...readOut("head", [null, null], [null, null]), is_above_chance: [false, false] };
  assert.deepEqual(linesOf({ read_outs: [nothing], best: "head" }, nothing), []);
  assert.equal(rateOf(nothing, 0), "");
});

test("a rate that chance may have is marked", () => {
  const read = { cer: [0.9, 0.05], is_above_chance: [false, true] };
  assert.deepEqual([0, 1].map((layer) => rateOf(read, layer)), ["≈ 90%", "5%"]);
});

test("a letter says where it was decided, lost, or that nobody wrote it", () => {
  const letters = [[3, []], [0, []], [null, [2, 5]], [null, []]]
    .map(([decided, lost]) => ({ text: "a", decided, lost }));
  assert.deepEqual(letters.map(markOf), ["3", "0", "×", "–"]);
  assert.equal(spokenMark(letters[0]), "“a”: from layer 3 on");
  assert.equal(spokenMark(letters[2]), "“a”: written by layer 2, 5, not by the last one");
  assert.equal(spokenMark(letters[3]), "“a”: written by no layer");
});

test("lost letters are counted beside chance where it is known what was said", () => {
  const some = { num_lost: 3, num_lost_by_chance: 1.25 };
  assert.match(lostNote(some, true), /^3 letters are right on the way .* \(1\.3 by chance/);
  assert.match(lostNote({ ...some, num_lost: 1 }, true), /^1 letter is right/);
  assert.match(lostNote(some, false), /^Align your own text/);
});

test("both levels are said", () => {
  assert.match(levelsOf({ layer: 4, level_db: -23.04, recording_level_db: -23.1 }), /4 at −23\.0 dB, .* −23\.1 dB/);
});

test("whom the shares were measured on is said", () => {
  assert.match(keptNote({ num_clips: 204, num_speakers: 4 }), /^Not of this recording: measured on 204 others, by 4 /);
});
