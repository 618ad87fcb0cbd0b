// The page's own pieces: in which row each word beneath the timeline is written.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { rowsOf } = await import("../../../hubert_demo/ui/static/page/words.js");

const [upper, lower] = ["is-upper", "is-lower"];

test("where all words fit, or there are none, there is one row", () => {
  assert.deepEqual(rowsOf([]), []);
  assert.deepEqual(rowsOf([true]), [""]);
  assert.deepEqual(rowsOf([true, true, true]), ["", "", ""]);
});

test("a word that does not fit and the one after it take turns above and below", () => {
  assert.deepEqual(rowsOf([true, false, true, true]), ["", upper, lower, ""]);
  assert.deepEqual(rowsOf([false]), [upper]);
});

test("words that are crowded all along take turns all along, each stretch from above", () => {
  assert.deepEqual(rowsOf([false, false, false, false]), [upper, lower, upper, lower]);
  assert.deepEqual(rowsOf([false, true, true, false, true]), [upper, lower, "", upper, lower]);
});

test("two neighbours in one of the two rows always have one in the other between them", () => {
  for (let bits = 0; bits < 256; bits++) {
    const fits = Array.from({ length: 8 }, (_, i) => Boolean(bits & (1 << i)));
    const before = [...fits];
    const rows = rowsOf(fits);
    rows.slice(1).forEach((row, i) => assert.ok(!row || row !== rows[i], `${rows}`));
    // Only a word with room, after a word with room, fills both.
    rows.forEach((row, i) => assert.equal(!row, fits[i] && (i === 0 || fits[i - 1])));
    assert.deepEqual(fits, before);
  }
});
