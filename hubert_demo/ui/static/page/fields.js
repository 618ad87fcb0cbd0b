// What an address says of what is on show, field by field: its name, what is left out because it is usual, and which
// values it may have. Choices are named and counted as in export/choices.py.

import { LEAST_SELECTED } from "../core/clock.js";
import { LEAST_S } from "../core/zoom.js";
import { areChanges } from "./changing.js";
import { SPEEDS } from "./playbar.js";

/** @import { Facts, Result, Stretch } from "../core/types.js" */

/**
 * What a value may depend on.
 * @typedef {object} Known
 * @property {Facts} facts
 * @property {Result} result on show
 * @property {string} theme of the visitor's system
 */

/** @typedef {string | number | Stretch | null | undefined} Value null or undefined where there is none */
/** @typedef {Record<string, Value>} State of all fields, by name */
/** @typedef {Map<string, string>} Texts of an address, by name; any names, any texts */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {(text: string, known: Known, texts: Texts) => Value} read gives undefined where the text is no value,
 *   as may depend on the others
 * @property {(known: Known) => Value} usual
 * @property {boolean} [isChoice] whether it is one of the store's choices
 * @property {boolean} [isOfRecording] whether it says nothing of another recording
 */

// As in checkpoints/specs.py: owner, name, and a revision if there is one.
const HUB_NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}(@[A-Za-z0-9][\w./-]{0,95})?$/;
const MOST_NAMED = 12; // of what was ignored
const MOST_LETTERS = 24; // of each
const PLACES = 4; // of seconds, after the point: less than a pixel, however near
const ROUNDED_S = 0.001; // what an address may be beyond the end of a recording, or short of the shortest stretch

/** @param {(known: Known) => readonly string[]} names */
const oneOf = (names) => (/** @type {string} */ text, /** @type {Known} */ known) =>
  names(known).includes(text) ? text : undefined;

/** @param {(known: Known) => readonly [low: number, high: number]} range */
const whole = (range) => (/** @type {string} */ text, /** @type {Known} */ known) => {
  const [low, high] = range(known);
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return low <= value && value <= high ? value : undefined;
};

/** @param {(known: Known) => number} longest */
const words = (longest) => (/** @type {string} */ text, /** @type {Known} */ known) =>
  text.length <= longest(known) ? text : undefined;

/** @param {string} text */
const seconds = (text) => (/^\d{1,5}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN);

/** @type {Field["read"]} */
const time = (text, { result }) => {
  const value = seconds(text);
  return value <= result.timeline.duration_s + ROUNDED_S ? value : undefined;
};

/** @param {(known: Known) => number} shortest */
const stretch = (shortest) => (/** @type {string} */ text, /** @type {Known} */ known) => {
  const [from, to, ...more] = text.split("-").map(seconds);
  const { duration_s: duration } = known.result.timeline;
  return !more.length && to - from >= shortest(known) && to <= duration + ROUNDED_S ? { from, to } : undefined;
};

/**
 * One of the store's choices.
 * @param {string} name
 * @param {Field["read"]} read
 * @param {Partial<Field>} [more]
 * @returns {Field}
 */
const choice = (name, read, more = {}) => ({
  name, read, usual: ({ facts }) => /** @type {Record<string, Value>} */ (facts.choices)[name], isChoice: true, ...more,
});

/** The page's own choices, as attention/sorting.js names them. */
export const ORDERS = ["head order", "most global", "most vertical", "most diagonal", "least spread"];
export const FILTERS = ["all", "global", "vertical", "diagonal"];

/**
 * How many steps a lesson has.
 * @param {string | undefined} lesson any name
 * @param {Facts} facts
 */
const stepsOf = (lesson, { lessons }) => lessons.find(({ name }) => name === lesson)?.num_steps ?? 0;

/** @param {Known} known */
export const tabsOf = ({ facts }) => facts.tabs.map((path) => path.split("/")[0]);

/** In the order of the address. @type {readonly Field[]} */
export const FIELDS = [
  { name: "example", read: oneOf(({ facts }) => facts.examples), usual: () => null },
  {
    name: "checkpoint", usual: ({ facts }) => facts.checkpoint,
    read: (text, { facts }) =>
      (facts.checkpoints.includes(text) || (facts.any_model && HUB_NAME.test(text)) ? text : undefined),
  },
  { name: "tab", read: oneOf(tabsOf), usual: (known) => tabsOf(known)[0] },
  choice("layer", whole(({ result }) => [0, result.num_layers]), { usual: ({ result }) => result.num_layers }),
  choice("attention_layer", whole(({ result }) => [0, result.num_layers - 1]),
    { usual: ({ result }) => result.middle_layer }),
  choice("head", whole(({ result }) => [0, result.num_heads - 1])),
  choice("colour", oneOf(({ facts }) => facts.colours)),
  choice("num_units", whole(({ facts: { units: [fewest, most] }, result }) =>
    [fewest, Math.min(most, result.timeline.num_frames)])),
  choice("method", oneOf(({ facts }) => facts.methods)),
  choice("num_neighbours", whole(({ facts }) => facts.neighbours)),
  choice("metric", oneOf(({ facts }) => facts.metrics)),
  choice("seed", whole(({ facts }) => [0, facts.max_seed])),
  choice("reference", words(({ facts }) => facts.max_reference), { isOfRecording: true }),
  choice("hotwords", words(({ facts }) => facts.max_hotwords), { isOfRecording: true }),
  choice("lens", oneOf(({ facts }) => facts.read_outs), { usual: () => "" }),
  choice("lens_layer", whole(({ result }) => [0, result.num_layers]), { usual: ({ result }) => result.middle_layer }),
  choice("sound_layer", whole(({ result }) => [0, result.num_layers]), { usual: () => null }),
  choice("sort", oneOf(() => ORDERS), { usual: () => ORDERS[0] }),
  choice("filter", oneOf(() => FILTERS), { usual: () => FILTERS[0] }),
  { name: "t", read: time, usual: () => 0, isOfRecording: true },
  {
    name: "select", read: stretch(({ result }) => LEAST_SELECTED * result.timeline.hop_s), usual: () => null,
    isOfRecording: true,
  },
  {
    name: "zoom", read: stretch(({ result }) => Math.min(LEAST_S, result.timeline.duration_s) - ROUNDED_S),
    usual: () => null, isOfRecording: true,
  },
  {
    name: "changes", usual: () => "", isOfRecording: true,
    read: (text, { result: { num_layers, num_heads, timeline: { duration_s: duration } } }) =>
      (areChanges(text, { num_layers, num_heads, duration }) ? text : undefined),
  },
  {
    name: "speed", read: (text) => SPEEDS.find(([speed]) => String(speed) === text)?.[0], usual: () => 1,
  },
  { name: "theme", read: oneOf(() => ["light", "dark"]), usual: ({ theme }) => theme },
  { name: "present", read: oneOf(() => ["on"]), usual: () => null },
  { name: "lesson", read: oneOf(({ facts }) => facts.lessons.map((lesson) => lesson.name)), usual: () => null },
  {
    name: "step", usual: () => null,
    read: (text, known, texts) => whole(({ facts }) => [1, stepsOf(texts.get("lesson"), facts)])(text, known),
  },
];

/** @param {string} name */
const fieldOf = (name) => FIELDS.find((field) => field.name === name);

/**
 * How an address writes a value; "" where there is none.
 * @param {Value} value
 * @returns {string}
 */
const written = (value) => {
  if (typeof value === "number") return String(Number(value.toFixed(PLACES)));
  if (typeof value === "object" && value) return `${written(value.from)}-${written(value.to)}`;
  return value ?? "";
};

/**
 * The hash of an address: what is other than usual. "" where nothing is.
 * @param {State} state
 * @param {Known} known
 */
export const hashOf = (state, known) => {
  const said = FIELDS.flatMap(({ name, usual, isOfRecording }) => {
    const text = written(state[name] ?? usual(known));
    // Of the visitor's own recording an address says nothing.
    return text === written(usual(known)) || (isOfRecording && !state.example) ? [] : [[name, text]];
  });
  // These may stand in a hash as they are.
  const hash = new URLSearchParams(said).toString().replace(/%2[CF]|%3A/g, decodeURIComponent);
  return hash && `#${hash}`;
};

/**
 * What a hash says, whatever it is.
 * @param {string} hash
 * @returns {Texts}
 */
export const textsOf = (hash) => new Map([...new URLSearchParams(hash.slice(1))].filter(([name]) => name));

/**
 * A value of an address that can be read without a result; undefined where it names none, or nonsense.
 * @param {"example" | "checkpoint" | "theme" | "present" | "lesson"} name
 * @param {Texts} texts
 * @param {Facts} facts
 */
export const early = (name, texts, facts) =>
  /** @type {string | undefined} */
  (fieldOf(name)?.read(texts.get(name) ?? "", /** @type {Known} */ ({ facts }), texts));

/**
 * All fields as an address has them, usual where it names none or nonsense, and what of it is nonsense.
 * @param {Texts} texts
 * @param {Known} known
 * @returns {{ state: State, ignored: readonly string[] }}
 */
export const stateOf = (texts, known) => {
  /** @type {State} */
  const state = {};
  const unread = new Map(texts);
  for (const { name, read, usual } of FIELDS) {
    const text = texts.get(name);
    const value = text === undefined ? undefined : read(text, known, texts);
    state[name] = value ?? usual(known);
    if (value !== undefined) unread.delete(name);
  }
  return { state, ignored: [...unread].map(([name, text]) => (text ? `${name}=${text}` : name)) };
};

/**
 * What is said of what was ignored.
 * @param {readonly string[]} ignored
 * @param {string} [asking] what asks for it
 */
export const complaint = (ignored, asking = "this link") => {
  const named = ignored.slice(0, MOST_NAMED).map((each) => `“${shortened(each)}”`).join(", ");
  const more = ignored.length > MOST_NAMED ? `, and ${ignored.length - MOST_NAMED} more` : "";
  return `Part of ${asking} does not work here and was ignored: ${named}${more}.`;
};

/** @param {string} text */
const shortened = (text) => {
  const letters = [...text];
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("")}…` : text;
};
