// The letters of a text, each with the layer from which on every layer writes it.

import { clock } from "../core/clock.js";
import { make, say } from "../core/dom.js";
import { oneStop } from "../core/keyboard.js";
import { litWords } from "../core/lit.js";

/** @import { LensLetter, LensWord, ReadOut } from "../core/types.js" */

const KEY = "Beneath each letter: the layer from which on every layer writes it there. × marks letters that a layer " +
  "on the way writes and the last one does not, – those that no layer writes. Click a word to hear it.";
const NEEDS_TEXT = "Align your own text (above) to see letters that are right on the way and wrong at the top.";

export const letterRow = () => {
  const row = make("div", { class: "hx-lens-letters", "data-testid": "lens-letters" });
  const lost = make("p", { class: "hx-quiet", "data-testid": "lens-lost" });
  const head = make("h2", { text: "Where each letter is decided" });
  const key = make("p", { class: "hx-quiet", text: KEY });
  const settle = oneStop(row);
  /** @type {ReadOut | null} */
  let shown = null;
  let lights = litWords(/** @type {readonly any[]} */ ([]), () => row);
  return {
    elements: [head, row, key, lost],
    /** @param {ReadOut} readOut @param {number} last layer @param {boolean} isReference */
    show: (readOut, last, isReference) => {
      if (readOut === shown) return;
      shown = readOut;
      const { words } = readOut;
      for (const each of [head, row, key]) each.hidden = !words.length;
      lights = litWords(/** @type {readonly any[]} */ (words), (word) => wordOf(word, last));
      row.replaceChildren(...lights.elements);
      settle();
      lights.light();
      say(lost, words.length ? lostNote(readOut, isReference) : "");
    },
    tick: () => lights.light(),
  };
};

/**
 * How many letters were right on the way and wrong at the top, beside what chance would have.
 * @param {Pick<ReadOut, "num_lost" | "num_lost_by_chance">} readOut
 * @param {boolean} isReference
 */
export const lostNote = ({ num_lost: count, num_lost_by_chance: chance }, isReference) => {
  if (!isReference) return NEEDS_TEXT;
  const letters = count === 1 ? "1 letter is" : `${count || "No"} letters are`;
  return `${letters} right on the way and wrong at the top (${chance.toFixed(1)} by chance, if the letters that the ` +
    "last layer misses were others of the text).";
};

/**
 * What stands beneath a letter.
 * @param {LensLetter} letter
 */
export const markOf = ({ decided, lost }) => (decided === null ? (lost.length ? "×" : "–") : String(decided));

/**
 * The same in words.
 * @param {LensLetter} letter
 */
export const spokenMark = ({ text, decided, lost }) => {
  if (decided !== null) return `“${text}”: from layer ${decided} on`;
  if (!lost.length) return `“${text}”: written by no layer`;
  return `“${text}”: written by layer ${lost.join(", ")}, not by the last one`;
};

/**
 * @param {LensWord} word
 * @param {number} last layer
 */
const wordOf = ({ start_s: start, end_s: end, letters }, last) =>
  make("button", {
    type: "button", class: "hx-lens-word", "data-testid": "lens-word", onclick: () => clock.hear(start, end),
  }, ...letters.map((letter) => {
    const { text, decided, lost } = letter;
    const kind = decided === null ? (lost.length ? "is-lost" : "is-missing") : "";
    const share = `--share:${Math.round((100 * (decided ?? last)) / Math.max(1, last))}%`;
    return make("span", { class: `hx-lens-letter ${kind}`, title: spokenMark(letter), style: share },
      make("b", { text }), make("small", { text: markOf(letter) }));
  }));
