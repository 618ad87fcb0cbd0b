// What is changed inside the model: what is wanted, by the switches of all views, and how it is written in an address.

import { emit, on } from "../core/events.js";
import { store } from "../core/store.js";

/** @import { Stretch } from "../core/types.js" */

/**
 * What a change may name.
 * @typedef {object} Limits
 * @property {number} num_layers
 * @property {number} num_heads
 * @property {number} duration in seconds
 */

/** What a head gives that is off: nothing, or its mean over the recording. @typedef {"zero" | "mean"} By */

const PLACES = 2; // of seconds, after the point: less than a frame
const ROUNDED_S = 0.001; // what a stretch may end beyond the recording
const MOST = 500;
const INDEX = /^\d{1,4}$/;
const SECONDS = /^\d{1,5}(\.\d{1,9})?$/;

const HEAD_OFF = "head_off:";
const MEAN = ":mean";

/** What a head gives that is switched off from now on. @type {By} */
let given = "zero";

/** Texts of what is asked for and not on show yet. @type {readonly string[] | null} */
let wanted = null;

/** Texts of the changes that are wanted, or else on show. */
const now = () => wanted ?? (store.result?.changed ?? []).map(({ text }) => text);

/**
 * Asks for nothing but these changes; everybody hears "changes" at once.
 * @param {readonly string[]} texts
 */
const put = (texts) => {
  if (!store.result) return;
  wanted = texts;
  emit("change", texts);
  emit("changes");
};

const settle = () => {
  if (!wanted) return;
  wanted = null;
  emit("changes");
};
on("result", settle);
on("error", (sentence) => sentence && settle());

/** The one of the texts that switches a head, layer or feed-forward off, or is the very same change. */
const same = (/** @type {string} */ text) => now().find((each) => each === text || each === text + MEAN);

const isHead = (/** @type {string} */ text) => text.startsWith(HEAD_OFF);
const gives = (/** @type {string} */ text) => (text.endsWith(MEAN) ? "mean" : "zero");

/** The text of a head's change with this in its place. @param {string} text @param {By} by */
const giving = (text, by) => (gives(text) === by ? text : by === "mean" ? text + MEAN : text.slice(0, -MEAN.length));

/** What the heads give that are off; where none is, what the next one will. @returns {By} */
const by = () => {
  const off = now().filter(isHead);
  if (!off.length) return given;
  return off.every((text) => gives(text) === "mean") ? "mean" : "zero";
};

export const changing = {
  get now() {
    return now();
  },
  put,
  /** Whether a change is wanted; a head's also where its mean is taken. @param {string} text */
  has: (text) => same(text) !== undefined,
  /** One change more, or less. @param {string} text */
  toggle: (text) => {
    const there = same(text);
    const more = isHead(text) && gives(text) === "zero" ? giving(text, by()) : text;
    put(there === undefined ? [...now(), more] : now().filter((each) => each !== there));
  },
  get by() {
    return by();
  },
  /** All heads that are off give this, and those that will be. @param {By} wanted */
  give: (wanted) => {
    given = wanted;
    const texts = now().map((text) => (isHead(text) ? giving(text, wanted) : text));
    if (texts.join() !== now().join()) put(texts);
  },
};

/** @param {number} layer @param {number} head both from 0 */
export const headOff = (layer, head) => `${HEAD_OFF}${layer}.${head}`;
/** @param {number} layer from 0 */
export const layerSkipped = (layer) => `layer_skipped:${layer}`;
/** @param {number} layer from 0 */
export const feedForwardOff = (layer) => `feed_forward_off:${layer}`;

/** @param {number} time in seconds */
const written = (time) => String(Number(time.toFixed(PLACES)));

/** @param {Stretch} stretch @param {number} duration */
const writtenStretch = ({ from, to }, duration) => {
  const end = Number(written(to)) > duration ? String(Math.floor(duration * 1e4) / 1e4) : written(to);
  return `${written(from)}-${end}`;
};

/**
 * What can be done to a stretch, which ends where the recording does if it ends there.
 * @param {"frames_masked" | "stretch_silenced" | "attention_cut:others"} name
 * @param {Stretch} stretch
 * @param {number} duration of the recording in seconds
 */
export const ofStretch = (name, stretch, duration) => `${name}:${writtenStretch(stretch, duration)}`;

/**
 * Where states for a patch come from.
 * @typedef {object} PatchSource
 * @property {string} checkpoint
 * @property {number} start in seconds
 * @property {string | null} example its file; null for a recording of the visitor's own
 * @property {string} changes what was changed in it, as an address has it
 */

/**
 * States of a layer put into a stretch, as changes/texts.py writes it.
 * @param {number} layer from 0, which is what the first one is given
 * @param {Stretch} stretch
 * @param {PatchSource} source
 * @param {number} duration of the recording in seconds
 */
export const statesPatched = (layer, stretch, { checkpoint, start, example, changes }, duration) => {
  const names = [checkpoint, example ?? ""].map((name) =>
    encodeURIComponent(name).replace(/%(2F|40)/g, decodeURIComponent));
  const inner = changes ? [encodeURIComponent(changes)] : [];
  return ["states_patched", layer, writtenStretch(stretch, duration), written(start), ...names, ...inner].join(":");
};

/** @param {string} text @param {number} count */
const isIndex = (text, count) => INDEX.test(text) && Number(text) < count;

/** @param {string} text @param {number} duration */
const isStretch = (text, duration) => {
  const [from, to, ...more] = text.split("-");
  return !more.length && SECONDS.test(from) && SECONDS.test(to ?? "") && Number(from) < Number(to)
    && Number(to) <= duration + ROUNDED_S;
};

/**
 * By name, whether the values are some of this change, as changes/texts.py writes them.
 * @type {Readonly<Record<string, (pieces: string[], limits: Limits) => boolean>>}
 */
const READ = {
  head_off: ([place, by = "zero", ...more], { num_layers: layers, num_heads: heads }) => {
    const [layer, head = ""] = place.split(".");
    return !more.length && ["zero", "mean"].includes(by) && isIndex(layer, layers) && isIndex(head, heads);
  },
  layer_skipped: ([layer, ...more], { num_layers: layers }) => !more.length && isIndex(layer, layers),
  feed_forward_off: ([layer, ...more], { num_layers: layers }) => !more.length && isIndex(layer, layers),
  frames_masked: ([stretch, ...more], { duration }) => !more.length && isStretch(stretch, duration),
  stretch_silenced: ([stretch, ...more], { duration }) => !more.length && isStretch(stretch, duration),
  attention_cut: ([queries, keys = "", ...layer], { duration, num_layers: layers }) =>
    [queries, keys].every((each) => each === "others" || isStretch(each, duration))
      && [queries, keys].some((each) => each !== "others")
      && layer.length <= 1 && layer.every((each) => isIndex(each, layers)),
  states_patched: (pieces, { duration, num_layers: layers }) => {
    const [layer, stretch = "", start = "", checkpoint, example, ...inner] = pieces;
    return isIndex(layer, layers + 1) && isStretch(stretch, duration) && SECONDS.test(start)
      && Boolean(checkpoint) && Boolean(example) && inner.length <= 1;
  },
};

/**
 * Whether a text of an address is changes that this model and this recording can have; an empty one is none.
 * @param {string} text
 * @param {Limits} limits
 */
export const areChanges = (text, limits) => {
  const changes = text ? text.split(",") : [];
  return changes.length <= MOST && changes.every((change) => {
    const [name, ...pieces] = change.split(":");
    return Object.hasOwn(READ, name) && pieces.length > 0 && READ[name](pieces, limits);
  });
};
