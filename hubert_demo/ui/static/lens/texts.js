// The text of every layer, one beneath the other: a press shows that layer.

import { make } from "../core/dom.js";
import { percent } from "../core/format.js";
import { oneStop } from "../core/keyboard.js";

/** @import { ReadOut, ReadWord } from "../core/types.js" */

const KEY = "Bold: words of the text that the layers are compared with. At the end of a row, its character error " +
  "rate; ≈ marks what is no better than chance. Press a row to see that layer below.";

/** @param {(layer: number) => void} choose */
export const textList = (choose) => {
  const list = make("ol", { class: "hx-lens-texts", "data-testid": "lens-texts" });
  const element = make("section", {}, make("h2", { text: "Transcript of every layer" }), list,
    make("p", { class: "hx-quiet", text: KEY }));
  const settle = oneStop(list);
  /** @type {ReadOut | null} */
  let shown = null;
  /** @type {HTMLButtonElement[]} */
  let rows = [];
  return {
    element,
    /** @param {ReadOut} readOut @param {number} chosen */
    show: (readOut, chosen) => {
      if (readOut !== shown) {
        rows = readOut.texts.map((words, layer) => rowOf(readOut, words, layer, () => choose(layer)));
        list.replaceChildren(...rows.map((row) => make("li", {}, row)));
      }
      shown = readOut;
      rows.forEach((row, layer) => row.setAttribute("aria-pressed", String(layer === chosen)));
      settle();
    },
  };
};

/**
 * @param {ReadOut} readOut
 * @param {readonly ReadWord[]} words
 * @param {number} layer
 * @param {() => void} onclick
 */
const rowOf = (readOut, words, layer, onclick) =>
  make("button", { type: "button", "data-testid": "lens-text", onclick },
    make("b", { text: layer }), make("span", { class: "hx-lens-text" }, ...wordsOf(words)),
    make("span", { class: "hx-lens-rate", text: rateOf(readOut, layer) }));

/**
 * How many of a layer's characters are wrong; with a mark where the same letters in random order may be as near.
 * @param {Pick<ReadOut, "cer" | "is_above_chance">} readOut
 * @param {number} layer
 */
export const rateOf = ({ cer, is_above_chance: isAbove }, layer) => {
  const rate = cer[layer];
  return rate === null ? "" : `${isAbove[layer] ? "" : "≈ "}${percent(rate)}`;
};

/** @param {readonly ReadWord[]} words */
const wordsOf = (words) => (words.length
  ? words.flatMap(({ text, differs }, i) =>
    [i ? " " : "", make("span", { class: differs ? "is-off" : "is-same", text })])
  : [make("span", { class: "is-off", text: "nothing" })]);
