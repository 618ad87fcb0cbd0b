// What was recognised: at first letter by letter, then the best reading, and how the two differ.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { resultOnShow } from "../core/store.js";
import { transcriptWords } from "./words.js";

/** @import { ReadingPart, ReadWord, TranscriptPart } from "../core/types.js" */

const GREEDY = "Letter by letter (greedy): the likeliest letter of every moment.";
const BEST = "The best reading: beam search, helped by a language model.";
const TIMES = "Times are those of the letters’ peaks: measured against the sound itself, words begin 31 ms late " +
  "and end 49 ms early.";

export const headline = () => {
  const words = transcriptWords();
  const line = make("p", { class: "hx-quiet hx-which", role: "status", "data-testid": "which-reading" });
  const greedy = make("p", { class: "hx-greedy", hidden: true, "data-testid": "greedy" });
  const shades = make("span", { class: "hx-legend" }, scale("unsure", "sure", "unsure"),
    make("span", { class: "hx-quiet", text: "beneath: seconds, and how sure it is below 90 %" }));
  const times = make("p", { class: "hx-quiet hx-times", text: TIMES });
  let judged = false; // whether a language model has a say

  const say = (/** @type {string} */ text, /** @type {readonly ReadWord[]} */ other = []) => {
    line.textContent = text;
    greedy.hidden = !other.length;
    greedy.replaceChildren(make("span", { class: "hx-quiet", text: "Greedy: " }), ...readWords(other));
  };

  return {
    shades, words,
    elements: [words.element, line, greedy],
    times,
    /** The words that are here, which are the greedy ones as long as the best reading is not. */
    show: (/** @type {TranscriptPart} */ part) => {
      judged = part.language_model;
      words.show(clock.words);
      for (const each of [line, shades, times]) each.hidden = !resultOnShow().timeline.words.length;
      say(`${GREEDY} ${judged ? "A better reading is on its way …" : "This model has no language model to help it."}`);
    },
    /** @param {ReadingPart} reading */
    read: ({ words: best, greedy: other }) => {
      if (!judged || !other.length) return;
      words.show(best);
      const differs = [...best, ...other].some((word) => word.differs);
      say(lineOf(best.length, differs), differs ? other : []);
    },
    /** The best reading could not be had. @param {string} sentence */
    fail: (sentence) => say(`${GREEDY} ${sentence}`),
  };
};

/**
 * What the best reading is, in one line.
 * @param {number} count of its words
 * @param {boolean} differs whether the greedy one is another
 */
export const lineOf = (count, differs) => {
  if (!count) return "Beam search, helped by a language model, finds no words here.";
  return `${BEST} ${differs ? "Underlined: other than letter by letter." : "Letter by letter, it is the same."}`;
};

/**
 * Words in a row, bold where they differ.
 * @param {readonly ReadWord[]} words
 */
export const readWords = (words) =>
  words.flatMap(({ text, differs }, index) => [index ? " " : "", make(differs ? "b" : "span", { text })]);
