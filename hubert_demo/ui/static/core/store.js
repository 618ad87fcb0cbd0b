// What everybody may know: the result on show, the stretch of time that is shown of it, the tab that is open, and what
// the visitor has chosen.
// What the server sent is never written into.

import { emit } from "./events.js";

/** @import { Choices, Facts, Result, Stretch } from "./types.js" */

/** @type {{ result: Result | null, zoom: Stretch | null, open: string | null, choices: Choices }} */
const state = { result: null, zoom: null, open: null, choices: {} };

/** To read from. */
export const store = {
  get result() {
    return state.result;
  },
  /** The stretch that every picture with time shows; null for the whole recording. */
  get zoom() {
    return state.zoom;
  },
  /** The view whose tab is open. */
  get open() {
    return state.open;
  },
  /** @returns {Readonly<Choices>} */
  get choices() {
    return state.choices;
  },
};

/** The result on show, where there must be one. */
export const resultOnShow = () => {
  if (!state.result) throw new Error("There is no result on show.");
  return state.result;
};

/**
 * Put a result on show, all of it. Everybody hears "result", and "choices" where its model has fewer layers or heads
 * than are chosen.
 * @param {Result} result
 */
export const showResult = (result) => {
  [state.result, state.zoom] = [result, null];
  const { layer, attention_layer: attentionLayer, head } = state.choices;
  /** @type {Choices} */
  const inRange = {};
  if (layer !== undefined) inRange.layer = Math.min(layer, result.num_layers);
  if (attentionLayer !== undefined) inRange.attention_layer = Math.min(attentionLayer, result.num_layers - 1);
  if (head !== undefined) inRange.head = Math.min(head, result.num_heads - 1);
  emit("result", result);
  choose(inRange);
};

/**
 * Have every picture with time show a stretch; null for all of it. Everybody hears "zoom".
 * @param {Stretch | null} stretch inside the recording
 */
export const zoomTo = (stretch) => {
  state.zoom = stretch && Object.freeze({ ...stretch });
  emit("zoom");
};

/**
 * A tab has been opened.
 * @param {string} name
 */
export const setOpen = (name) => {
  state.open = name;
};

/**
 * Change what is chosen. Views, exports and the tour go by it; everybody hears "choices" with what changed.
 * @param {Choices} wanted
 */
export const choose = (wanted) => {
  const before = /** @type {Record<string, unknown>} */ (state.choices);
  const changed = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => before[name] !== value));
  if (!Object.keys(changed).length) return;
  state.choices = Object.freeze({ ...state.choices, ...changed });
  emit("choices", changed);
};

/**
 * What both halves of the page say alike.
 * @returns {Facts}
 */
export const facts = () => JSON.parse(document.getElementById("hx-facts")?.textContent || "{}");
