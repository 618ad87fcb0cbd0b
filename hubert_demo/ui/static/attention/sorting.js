// What heads can be sorted and filtered by.

/** @import { Choices, HeadsPart } from "../core/types.js" */

/** @typedef {Readonly<{ layer: number, head: number, kind: string }>} Head */

/**
 * @typedef {object} Order
 * @property {"globalness" | "verticality" | "diagonality"} measure
 * @property {1 | 0 | -1} sign whether the least or the most comes first, or neither
 * @property {(value: number) => string} written
 * @property {string} [kind] that has most of it
 */

/** @param {number} value */
const nats = (value) => `${value.toFixed(2)} nats`;
/** @param {number} value */
const plain = (value) => value.toFixed(3);

/** @type {readonly (readonly [choice: string, text: string, by: Order])[]} */
export const SORTS = [
  ["head order", "layer and head", { measure: "globalness", sign: 0, written: () => "" }],
  ["most global", "globalness", { measure: "globalness", sign: -1, written: nats, kind: "global" }],
  ["most vertical", "verticality", { measure: "verticality", sign: -1, written: nats, kind: "vertical" }],
  ["most diagonal", "diagonality", { measure: "diagonality", sign: -1, written: plain, kind: "diagonal" }],
  ["least spread", "entropy, lowest first", { measure: "globalness", sign: 1, written: nats }],
];

export const KINDS = SORTS.flatMap(([, , { kind }]) => kind ?? []);

/**
 * The heads in the order and the selection that were chosen.
 * @template {Head} Each
 * @param {readonly Each[]} all in head order
 * @param {HeadsPart} part
 * @param {Choices} choices
 */
export const arranged = (all, part, { sort, filter }) => {
  const [choice, , { measure, sign, written }] = SORTS.find(([each]) => each === sort) || SORTS[0];
  const wanted = KINDS.find((kind) => kind === filter) || "all";
  const number = (/** @type {Head} */ { layer, head }) => part[measure][layer][head];
  const heads = all.filter(({ kind }) => wanted === "all" || kind === wanted);
  heads.sort((one, other) => sign * (number(one) - number(other)));
  return { choice, wanted, heads, valueOf: (/** @type {Head} */ head) => written(number(head)) };
};

/**
 * What the measures mean.
 * @param {number} step of the rows that were measured
 */
export const about = (step) => {
  const ending = step === 2 ? "nd" : step === 3 ? "rd" : "th";
  const sampled = step > 1 ? ` Measured on every ${step}${ending} frame.` : "";
  return "Globalness: how widely frames spread their attention (mean entropy). Verticality: how much all frames " +
    "attend to the same ones. Diagonality: how close to itself each frame attends (Yang et al. 2020)." + sampled;
};
