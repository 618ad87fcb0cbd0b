// A text that the visitor types, put in time and compared with the transcript.

import { question } from "../core/ask.js";
import { make, numbers, say } from "../core/dom.js";
import { askForm, problemLine } from "../core/form.js";
import { percent } from "../core/format.js";
import { litWords } from "../core/lit.js";
import { choose, facts, store } from "../core/store.js";
import { downloads } from "./downloads.js";
import { timesOf, wordButton } from "./words.js";

/** @import { Choices, Page, TextFormat, Word } from "../core/types.js" */

/** @typedef {Word & { kind: string, heard: string }} AlignedWord `heard`: what the transcript has in its place */

/**
 * @typedef {object} Alignment
 * @property {readonly AlignedWord[]} words
 * @property {number} wer
 * @property {number} cer
 * @property {Readonly<Record<string, number>>} counts of words, by their kind
 * @property {string} compared the text as it was compared
 * @property {readonly string[]} left_out characters
 */

/** @type {Record<string, (word: AlignedWord) => string>} */
const NOTES = {
  missing: () => "not recognised", inserted: () => "not said", replaced: ({ heard }) => `read as “${heard}”`,
};

/** @param {Page} page */
export const alignment = (page) => {
  let reference = ""; // that is on show
  let lights = litWords([], buttonOf);
  /** @type {readonly TextFormat[]} */
  let formats = [];

  const clear = () => {
    asking.forget();
    reference = "";
    lights = litWords([], buttonOf);
    say(problem);
    found.replaceChildren();
  };

  const align = () => {
    clear();
    const wanted = input.value;
    asking.put({ reference: wanted }, (/** @type {Alignment} */ answer) => {
      reference = wanted;
      lights = litWords(answer.words, buttonOf);
      found.replaceChildren(make("div", { class: "hx-transcript" }, ...lights.elements), ...comparisonOf(answer),
        downloads(page, formats, () => ({ reference })));
      lights.light();
      choose({ reference });
    }, (sentence) => {
      say(problem, sentence);
      choose({ reference });
    });
  };

  const input = textField(align);
  const problem = problemLine("align-problem");
  const found = make("div", { class: "hx-found", "data-testid": "alignment" });
  const element = make("div", { class: "hx-card hx-align" },
    make("div", { class: "hx-bar" }, make("h2", { text: "Align your own text" }),
      make("span", { class: "hx-quiet", text: "see when each word was said and what the transcript got wrong" })),
    askForm(input, "Align", "align", align), problem, found);
  const asking = question(page, "align", element);

  const follow = (/** @type {Choices} */ { reference: chosen }) => {
    if (chosen === undefined || chosen === reference) return;
    input.value = chosen;
    if (chosen) align();
    else clear();
  };

  return {
    element,
    /** Another recording: nothing is aligned with it yet. */
    reset: () => {
      clear();
      input.value = "";
    },
    show: (/** @type {readonly TextFormat[]} */ offered) => {
      formats = offered;
      follow(store.choices);
    },
    choices: follow,
    tick: () => lights.light(),
  };
};

/** @param {() => void} align what Enter does */
const textField = (align) => make("textarea", {
  rows: 2, maxlength: facts().max_reference, placeholder: "Type what was really said",
  "aria-label": "What was really said", "data-testid": "reference", onkeydown: (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    align();
  },
});

/** @param {AlignedWord} word */
const buttonOf = (word) =>
  wordButton(word, word.text || word.heard, NOTES[word.kind] ? NOTES[word.kind](word) : timesOf(word), {
    class: `hx-word hx-aligned is-${word.kind}`, "data-testid": "aligned-word", "data-kind": word.kind,
  });

/** The numbers, and what was compared. @param {Alignment} answer */
const comparisonOf = ({ wer, cer, counts, compared, left_out: leftOut }) => [
  numbers([
    ["word error rate", percent(wer), "wer"], ["character error rate", percent(cer), "cer"],
    ...Object.entries(counts).map(([kind, count]) => /** @type {const} */ ([kind, String(count), `count-${kind}`])),
  ]),
  make("p", { class: "hx-quiet", text: whatWasCompared(compared, leftOut), "data-testid": "compared" }),
];

/**
 * @param {string} compared
 * @param {readonly string[]} leftOut characters
 */
export const whatWasCompared = (compared, leftOut) => {
  const numerals = leftOut.some((character) => /\p{N}/u.test(character)) ? " (write numbers as words)" : "";
  const isPunctuation = leftOut.every((character) => /\p{P}/u.test(character));
  const what = isPunctuation ? "Punctuation ignored" : "Unknown to this model";
  const without = ` ${what}: ${leftOut.join(" ")}${numerals}`;
  return `Compared as “${compared}”.${leftOut.length ? without : ""}`;
};
