// The page's own pieces: where each word beneath the timeline is written, and how.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
const { timeScale } = await import("../../../hubert_demo/ui/static/core/scales.js");
const { nameIn } = await import("../../../hubert_demo/ui/static/page/picker.js");
const { cellsOf, sizeOf } = await import("../../../hubert_demo/ui/static/page/words.js");

const word = (text, start_s, end_s) => ({ text, start_s, end_s });
const WORDS = [word("one", 1, 1.5), word("two", 2, 3), word("three", 3, 3.5)];
const scale = (zoom) => timeScale(120, 4, { left: 10, right: 10 }, zoom);
const placed = (zoom) => cellsOf(WORDS, scale(zoom)).map(({ index, left, width, said }) => [index, left, width, said]);

test("a cell reaches to the next word, the last one to the end, and knows how long its own word is", () => {
  assert.deepEqual(placed(), [[0, 35, 25, 12.5], [1, 60, 25, 25], [2, 85, 25, 12.5]]);
  assert.deepEqual(cellsOf([], scale()), []);
});

test("a cell that is partly out of sight keeps to the part in sight, and one that is all out of sight is none", () => {
  assert.deepEqual(placed({ from: 1.25, to: 2.5 }), [[0, 10, 60, 20], [1, 70, 40, 40]]);
  assert.deepEqual(placed({ from: 1.6, to: 1.8 }), [[0, 10, 100, 0]]);
  assert.deepEqual(placed({ from: 0, to: 1 }), []);
});

test("a word is written as usual, small, tiny, cut, or not at all, as there is room", () => {
  const widthOf = (text, size) => text.length * size * 0.5;
  const sizes = (text, ...widths) => widths.map((width) => sizeOf(text, width, widthOf));
  assert.deepEqual(sizes("harbour", 53, 52, 46, 45, 43, 42, 26, 25, 0),
    ["", "is-small", "is-small", "is-tiny", "is-tiny", "is-cut", "is-cut", "is-narrow", "is-narrow"]);
  // Of a short word there is nothing to cut.
  assert.deepEqual(sizes("is", 18, 16, 15, 14), ["", "is-small", "is-tiny", "is-narrow"]);
});

test("a model may be named as a link to its page on the hub", () => {
  for (const text of ["some/hubert", " some/hubert/ ", "https://huggingface.co/some/hubert",
    "hf.co/some/hubert/tree/main", "http://www.huggingface.co/some/hubert/"]) {
    assert.equal(nameIn(text), "some/hubert");
  }
  assert.equal(nameIn("some/hubert@v1"), "some/hubert@v1");
  assert.equal(nameIn("https://huggingface.co/some/hubert/tree/v1"), "some/hubert@v1");
  assert.equal(nameIn("  "), "");
});
