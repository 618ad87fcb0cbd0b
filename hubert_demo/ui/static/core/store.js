// What everybody may know: the result on show, the stretch of time that is shown of it, the tab that is open, the step
// of a lesson, and what the visitor has chosen.
// What the server sent is never written into.

import { emit } from "./events.js";

/** @import { Choices, Facts, Result, Stretch } from "./types.js" */

/**
 * @type {{
 *   result: Result | null, zoom: Stretch | null, open: string | null, lesson: string | null, step: number | null,
 *   choices: Choices,
 * }}
 */
const state = { result: null, zoom: null, open: null, lesson: null, step: null, choices: {} };

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
  /** The name of the lesson; null outside lessons. */
  get lesson() {
    return state.lesson;
  },
  /** Its step, from 1; null outside lessons. */
  get step() {
    return state.step;
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
 * Whether a result is of the recording on show by its model, with other changes or with none.
 * @param {Pick<Result, "ticket">} result
 */
export const isOfSame = ({ ticket }) => Boolean(ticket) && state.result?.ticket === ticket;

/**
 * Put a result on show, all of it, or the same stretch of the same one. Everybody hears "result", and "choices" where
 * its model has fewer layers or heads than are chosen, or a text was chosen that was said in another recording.
 * @param {Result} result
 */
export const showResult = (result) => {
  const isSame = isOfSame(result);
  [state.result, state.zoom] = [result, isSame ? state.zoom : null];
  const { layer, attention_layer: attentionLayer, head, reference } = state.choices;
  const { lens, lens_layer: lensLayer, sound_layer: soundLayer } = state.choices;
  const { head_sweep: heads, word_sweep: words } = state.choices;
  /** @type {Choices} */
  const inRange = {};
  if (layer !== undefined) inRange.layer = Math.min(layer, result.num_layers);
  if (attentionLayer !== undefined) inRange.attention_layer = Math.min(attentionLayer, result.num_layers - 1);
  if (head !== undefined) inRange.head = Math.min(head, result.num_heads - 1);
  if (lensLayer !== undefined) inRange.lens_layer = Math.min(lensLayer, result.num_layers);
  if (soundLayer !== undefined) inRange.sound_layer = Math.min(soundLayer, result.num_layers);
  if (!isSame) {
    if (reference) inRange.reference = "";
    // Of another recording nobody has asked what its layers say.
    if (lens) inRange.lens = "";
    inRange.sound_layer = undefined;
  }
  // Of another model or with other changes nothing has been swept.
  if (heads) inRange.head_sweep = "";
  if (words) inRange.word_sweep = "";
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
 * A lesson has come to a step, or ended. Everybody hears "step".
 * @param {string | null} lesson its name
 * @param {number | null} step from 1
 */
export const setStep = (lesson, step) => {
  [state.lesson, state.step] = [lesson, step];
  emit("step");
};

/**
 * Change what is chosen. Views, exports and lessons go by it; everybody hears "choices" with what changed.
 * @param {Choices} wanted
 */
export const choose = (wanted) => {
  const before = /** @type {Record<string, unknown>} */ (state.choices);
  const changed = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => before[name] !== value));
  if (!Object.keys(changed).length) return;
  state.choices = Object.freeze({ ...state.choices, ...changed });
  emit("choices", changed);
};

/** @type {Facts | null} */
let said = null;

/**
 * What both halves of the page say alike, which stands in its head.
 * @returns {Facts}
 */
export const facts = () => (said ??= JSON.parse(document.getElementById("hx-facts")?.textContent || "{}"));
