// Other readings of the recording: what a search over whole texts finds, with words to listen for.

import { question } from "../core/ask.js";
import { labelled, make, say } from "../core/dom.js";
import { askForm, problemLine } from "../core/form.js";
import { signed } from "../core/format.js";
import { choose, facts, resultOnShow, store } from "../core/store.js";
import { readWords } from "./headline.js";

/** @import { Choices, Page, ReadWord } from "../core/types.js" */

/**
 * @typedef {object} Readings
 * @property {readonly { words: readonly ReadWord[], score: number, ctc_log_probability: number }[]} readings
 * @property {string} score what it is
 */

const LONG = 30; // words; of a longer transcript only what differs from the best one is shown
const AROUND = 3; // with so many words before and after

/** @param {Page} page */
export const readings = (page) => {
  const input = make("input", {
    type: "text", maxlength: facts().max_hotwords, placeholder: "harbour, quiet", autocomplete: "off",
    "data-testid": "hotwords",
  });
  const form = askForm(labelled("Words to listen for", input), "Search again", "search", () => {
    const hotwords = input.value.trim();
    if (hotwords === (store.choices.hotwords || "")) search();
    else choose({ hotwords });
  });
  const list = make("ol", { class: "hx-readings", "data-testid": "readings" });
  const status = make("p", { class: "hx-quiet", role: "status", "data-testid": "readings-status" });
  const problem = problemLine("readings-problem");
  const element = make("div", { class: "hx-card hx-readings-card" },
    make("div", { class: "hx-bar" }, make("h2", { text: "Alternative transcripts" }), form),
    list, problem, status);
  const asking = question(page, "readings", element);
  let isWanted = false;
  /** @type {string | undefined} The choice that the input follows. */
  let followed;

  const search = () => {
    isWanted = false;
    say(problem);
    status.textContent = "Searching …";
    asking.put({ hotwords: store.choices.hotwords || "" }, (/** @type {Readings} */ answer) => {
      list.replaceChildren(greedy(), ...rowsOf(answer));
      status.textContent = `Bold marks differences: row 1 from greedy, later rows from row 1. ${answer.score}`;
    }, (sentence) => {
      say(problem, sentence);
      status.textContent = "";
    });
  };

  // A tab that nobody has opened asks for nothing.
  const draw = () => {
    if (isWanted && element.clientWidth) search();
  };

  const follow = () => {
    const { hotwords } = store.choices;
    if (hotwords !== followed) input.value = hotwords || "";
    followed = hotwords;
    // What is no speech to the model is not searched for speech, unless somebody names words.
    isWanted = Boolean(hotwords) || greedyWords().length > 0;
    if (!isWanted) {
      asking.forget();
      say(problem);
      status.textContent = "";
    }
    draw();
  };

  return {
    element, draw,
    show: () => {
      list.replaceChildren(greedy());
      follow();
    },
    choices: (/** @type {Choices} */ { hotwords }) => {
      if (hotwords !== undefined) follow();
    },
  };
};

const greedyWords = () => resultOnShow().timeline.words;

const greedy = () =>
  row("greedy", greedyWords().map(({ text }) => ({ text })), "the most likely letter in every frame");

/**
 * @param {string} name
 * @param {readonly ReadWord[]} words
 * @param {...(Node | string)} scores
 */
const row = (name, words, ...scores) =>
  make("li", { "data-testid": "reading" }, make("span", { class: "hx-rank", text: name }),
    make("span", { class: words.length ? "hx-read" : "hx-quiet" },
      ...(words.length ? readWords(words) : ["no speech recognised"])),
    make("span", { class: "hx-quiet hx-scores" }, ...scores));


/** @param {Readings} answer */
const rowsOf = ({ readings: found }) => found.map(({ words, score, ctc_log_probability: ctc }, index) =>
  row(String(index + 1), index ? shortened(words) : words,
    make("b", { text: `score ${signed(score, 1)}`, "data-testid": "score" }),
    make("span", { text: `CTC ${signed(ctc, 1)}` })));

/**
 * Of many words those that differ, and their neighbours.
 * @param {readonly ReadWord[]} words
 * @returns {readonly ReadWord[]}
 */
export const shortened = (words) => {
  if (words.length <= LONG || !words.some((word) => word.differs)) return words;
  const isNear = (/** @type {number} */ index) =>
    words.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((word) => word.differs);
  return words.flatMap((word, index) => (isNear(index) ? [word] : !index || isNear(index - 1) ? [{ text: "…" }] : []));
};
