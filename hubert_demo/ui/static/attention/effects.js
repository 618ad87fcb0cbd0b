// What a sweep over heads has found, as the cells of its picture: how much each head, layer and feed-forward does.

import { signed } from "../core/format.js";

/** @import { Effects, HeadSweepAnswer } from "../core/types.js" */
/** @import { Place } from "./switches.js" */

/** @typedef {"loss_rise" | "characters_changed" | "keyword_change"} Measure */

/**
 * @typedef {object} Cell
 * @property {string} shown
 * @property {string} spoken
 * @property {number} share of the largest, 0 to 1
 * @property {boolean} isMarked
 */

/** @typedef {{ cellOf: (layer: number, column: Place["column"]) => Cell | null }} Measured */

/** @type {readonly (readonly [measure: Measure, text: string])[]} */
export const MEASURES = [
  ["loss_rise", "CTC loss"], ["characters_changed", "characters changed"],
  ["keyword_change", "probability"],
];

// What a number shows at least: where all effects are smaller, none has a colour to speak of.
const SMALLEST = { loss_rise: 0.1, characters_changed: 1, keyword_change: 0.01 };

/** @param {number} value @param {number} digits @param {string} unit */
const moves = (value, digits, unit) => {
  const size = Math.abs(value).toFixed(digits);
  return Number(size) ? `${value < 0 ? "falls" : "rises"} by ${size} ${unit}` : "does not change";
};

/**
 * How a number is written, short and in full.
 * @type {Readonly<Record<Measure, (value: number) => [string, string]>>}
 */
export const WRITTEN = {
  loss_rise: (value) => {
    const number = signed(value, Math.abs(value) < 9.95 ? 1 : 0).replace(/^−(0(\.0)?)$/, "$1");
    return [number, `the CTC loss ${moves(value, 2, "nats")}`];
  },
  characters_changed: (value) => [String(value), `${value} ${value === 1 ? "character" : "characters"} changed`],
  keyword_change: (value) => {
    const number = signed(100 * value, 0).replace(/^−0$/, "0");
    return [number, `the probability ${moves(100 * value, 1, "points")}`];
  },
};

/** @param {Effects} effects @param {Measure} measure */
const sizes = (effects, measure) =>
  effects[measure].flat().map((/** @type {number | null} */ value) => sizeOf(value, measure)).filter(Number.isFinite);

/**
 * How much of an effect a value is: a loss that falls is none, a probability may go both ways.
 * @param {number | null} value
 * @param {Measure} measure
 */
export const sizeOf = (value, measure) => {
  if (value === null) return NaN;
  return measure === "keyword_change" ? Math.abs(value) : Math.max(0, value);
};

/**
 * @param {HeadSweepAnswer} sweep
 * @param {Measure} measure
 * @returns {Measured}
 */
export const measuredBy = ({ effects, is_marked: marked, feed_forward_off: off, layer_skipped: skipped }, measure) => {
  // Layers and feed-forwards do so much more than heads that they have a scale of their own.
  const most = Math.max(...sizes(effects, measure), SMALLEST[measure]);
  const mostOfWhole = Math.max(...sizes(off, measure), ...sizes(skipped, measure), SMALLEST[measure]);
  return {
    cellOf: (layer, column) => {
      const isHead = typeof column === "number";
      const of = isHead ? effects : column === "layer" ? skipped : off;
      const row = of[measure][layer];
      const value = isHead && Array.isArray(row) ? row[column] : Array.isArray(row) ? null : row;
      if (value === null || value === undefined) return null;
      const [shown, spoken] = WRITTEN[measure](value);
      const isMarked = isHead && marked[layer][column];
      const share = sizeOf(value, measure) / (isHead ? most : mostOfWhole);
      return { shown, spoken: isMarked ? `${spoken}, more than by chance` : spoken, share, isMarked };
    },
  };
};
