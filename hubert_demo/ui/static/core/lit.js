// Words on the page, of which the one that is said now is lit.

import { clock } from "./clock.js";

/** @import { Word } from "./types.js" */

/**
 * An element for every word; `light()` marks the one that is said now.
 * @template {Word} Each
 * @param {readonly Each[]} words
 * @param {(word: Each, index: number) => HTMLElement} elementOf
 */
export const litWords = (words, elementOf) => {
  const all = words.map((word, index) => ({ word, element: elementOf(word, index) }));
  /** @type {typeof all[number] | null} */
  let lit = null;
  const light = () => {
    const { time } = clock;
    const isSaid = (/** @type {typeof all[number]} */ { word }) => word.start_s <= time && time < word.end_s;
    if (lit && isSaid(lit)) return;
    lit?.element.classList.remove("is-now");
    lit = all.find(isSaid) || null;
    lit?.element.classList.add("is-now");
  };
  return { elements: all.map(({ element }) => element), light };
};

/** @typedef {ReturnType<typeof litWords>} LitWords */
