// Words as buttons; and those of the transcript, shaded where the model was unsure.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { clamp, percent } from "../core/format.js";
import { oneStop } from "../core/keyboard.js";
import { litWords } from "../core/lit.js";

/** @import { Word } from "../core/types.js" */

// Surer than this is not shaded.
const SURE = 0.9;
// More words than this are set smaller, with what is beneath them on hover alone.
const MANY = 60;

/** @param {readonly Word[]} words */
export const isMany = (words) => words.length > MANY;

/** From when to when a word is said. @param {Word} word */
export const timesOf = ({ start_s: start, end_s: end }) => `${start.toFixed(2)}–${end.toFixed(2)}`;

/**
 * A word to hear.
 * @param {Word} word
 * @param {string} text
 * @param {string} beneath
 * @param {import("../core/dom.js").Attributes} attributes
 */
export const wordButton = (word, text, beneath, attributes) =>
  make("button", {
    type: "button", ...attributes, title: `${timesOf(word)} s · confidence ${percent(word.confidence)}`,
    onclick: () => clock.hear(word.start_s, word.end_s),
  }, make("span", { text }), make("small", { text: beneath }));

export const transcriptWords = () => {
  const element = make("div", { class: "hx-transcript", "data-testid": "transcript" });
  const settle = oneStop(element);
  let lights = litWords([], shadedButton);
  const show = (/** @type {readonly Word[]} */ words) => {
    const at = lights.elements.findIndex((button) => button === document.activeElement);
    lights = litWords(words, shadedButton);
    element.replaceChildren(...(words.length ? lights.elements : [nothing()]));
    element.classList.toggle("has-many", isMany(words));
    settle();
    if (at >= 0) (lights.elements[at] ?? lights.elements[0])?.focus({ preventScroll: true });
    lights.light();
  };
  return { element, show, tick: () => lights.light() };
};

/**
 * How far a word is shaded: 0 where the model was sure, 1 where it did not know at all.
 * @param {number} confidence
 */
export const doubtOf = (confidence) => clamp((SURE - confidence) / SURE, 0, 1);

/** @param {Word} word */
const shadedButton = (word) => {
  const doubt = doubtOf(word.confidence);
  return wordButton(word, word.text, timesOf(word) + (doubt ? ` · ${percent(word.confidence)}` : ""), {
    class: `hx-word ${word.differs ? "is-other" : ""} ${word.changed ? "is-changed" : ""} ` +
      `${doubt ? "is-doubted" : ""}`, "data-testid": "word",
    style: `--doubt:${(100 * doubt).toFixed(0)}%`,
  });
};

const nothing = () => make("p", { class: "hx-nothing", text: "No speech recognised" });
