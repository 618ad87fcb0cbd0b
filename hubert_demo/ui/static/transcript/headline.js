// What was recognised: at first letter by letter, then the best reading, and how the two differ.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { resultOnShow } from "../core/store.js";
import { isMany, transcriptWords } from "./words.js";

/** @import { ReadingPart, ReadWord, TranscriptPart } from "../core/types.js" */

const GREEDY = "Greedy: the most likely letter in every frame.";
const BEST = "With the language model (beam search).";
const BENEATH = "below each word: time in seconds, and confidence if under 90%";
const ON_HOVER = "point at a word for its time and confidence";
const TIMES = "Word times come from the peaks of the letters’ probabilities: on average words really begin 31 ms " +
  "earlier and end 49 ms later.";

export const headline = () => {
  const words = transcriptWords();
  const line = make("p", { class: "hx-quiet hx-which", role: "status", "data-testid": "which-reading" });
  const greedy = make("p", { class: "hx-greedy", hidden: true, "data-testid": "greedy" });
  const before = make("p", { class: "hx-before", hidden: true, "data-testid": "before" });
  const beneath = make("span", { class: "hx-quiet" });
  const shades = make("span", { class: "hx-legend" }, scale("unsure", "sure", "unsure"), beneath);
  const times = make("p", { class: "hx-quiet hx-times", text: TIMES });
  let judged = false; // whether a language model has a say

  const say = (/** @type {string} */ text, /** @type {readonly ReadWord[]} */ other = []) => {
    line.textContent = text;
    greedy.hidden = !other.length;
    greedy.replaceChildren(make("span", { class: "hx-quiet", text: "Greedy: " }), ...readWords(other));
  };

  const sayBefore = (/** @type {readonly ReadWord[] | null} */ earlier) => {
    before.hidden = !earlier;
    const said = earlier?.length ? readWords(earlier) : ["no speech recognised"];
    before.replaceChildren(make("span", { class: "hx-quiet", text: "Before: " }), ...said);
  };

  return {
    shades, words,
    elements: [words.element, before, line, greedy],
    times,
    /** The words that are here, which are the greedy ones as long as the best reading is not. */
    show: (/** @type {TranscriptPart} */ part) => {
      judged = part.language_model;
      words.show(clock.words);
      beneath.textContent = isMany(clock.words) ? ON_HOVER : BENEATH;
      for (const each of [line, shades, times]) each.hidden = !resultOnShow().timeline.words.length;
      sayBefore(part.greedy_before);
      say(`${GREEDY} ${judged ? "Searching with the language model …" : "This model has no language model."}`);
    },
    /** @param {ReadingPart} reading */
    read: ({ words: best, greedy: other, before: earlier }) => {
      if (!judged || !(other.length || earlier?.length)) return;
      words.show(best);
      sayBefore(earlier);
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
  if (!count) return "With the language model (beam search), no words are found here.";
  return `${BEST} ${differs ? "Underlined words differ from the greedy transcript." : "Greedy gives the same."}`;
};

/**
 * Words in a row, bold where they differ.
 * @param {readonly ReadWord[]} words
 */
export const readWords = (words) =>
  words.flatMap(({ text, differs }, index) => [index ? " " : "", make(differs ? "b" : "span", { text })]);
