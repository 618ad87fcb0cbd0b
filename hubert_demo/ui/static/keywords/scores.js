// Probabilities of classes, and numbers of a regression, as numbers and words.

import { clamp, percent, signed } from "../core/format.js";

/** @import { KeywordScores, Unpacked } from "../core/types.js" */

/**
 * The most probable class.
 * @param {KeywordScores} scores
 */
export const bestOf = ({ probabilities }) => probabilities.indexOf(Math.max(...probabilities));

/**
 * What that probability is worth: the head's maker says from when on a command counts as heard.
 * @param {KeywordScores} scores
 * @returns {[state: string, why: string]}
 */
export const verdictOf = (scores) => {
  const best = bestOf(scores);
  const [got, needed] = [scores.probabilities[best], scores.threshold].map(percent);
  if (!scores.is_command[best]) return ["no command heard", `${got}; not one of the ten commands`];
  if (scores.is_heard) return ["heard", `${got}; ${needed} is enough`];
  return ["not sure enough", `${got}; ${needed} is needed`];
};

/**
 * A row a class, a column a window, 255 is certain.
 * @param {Unpacked} windows `(windows, classes)`
 */
export const levelsOf = (windows) => {
  const [columns, rows] = windows.shape;
  return Uint8Array.from({ length: rows * columns }, (_, i) =>
    255 * windows[(i % columns) * rows + Math.floor(i / columns)]);
};

/**
 * A number as the page writes it: three digits that count.
 * @param {number} value
 */
export const number = (value) =>
  signed(value, value === 0 ? 0 : clamp(2 - Math.floor(Math.log10(Math.abs(value))), 0, 6));

/**
 * Each class's numbers as shares of their range, with both ends of that; and those of before, on the same scale.
 * @param {Unpacked} windows `(windows, classes)`
 * @param {Unpacked | null} before none where that is null
 */
export const linesOf = (windows, before = null) => {
  const [columns, rows] = windows.shape;
  return Array.from({ length: rows }, (_, row) => {
    const of = (/** @type {Unpacked} */ all) =>
      Array.from({ length: columns }, (__, column) => all[column * rows + row]);
    const [values, earlier] = [of(windows), before ? of(before) : []];
    const [least, most] = [Math.min(...values, ...earlier), Math.max(...values, ...earlier)];
    const share = (/** @type {number} */ value) => (most > least ? (value - least) / (most - least) : 0.5);
    return { values: values.map(share), earlier: earlier.map(share), low: number(least), most: number(most) };
  });
};

const DIFFERS = 0.1; // of a probability: what is marked as another one

/**
 * Where probabilities are others than before: of each row the first and the last window of every run.
 * @param {Unpacked} windows `(windows, classes)`
 * @param {Unpacked} before
 */
export const differing = (windows, before) => {
  const [columns, rows] = windows.shape;
  /** @type {{ row: number, from: number, to: number }[]} */
  const runs = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = column * rows + row;
      if (Math.abs(windows[i] - before[i]) < DIFFERS) continue;
      const latest = runs.at(-1);
      if (latest?.row === row && latest.to === column - 1) latest.to = column;
      else runs.push({ row, from: column, to: column });
    }
  }
  return runs;
};

/**
 * The second that was judged at a time.
 * @param {number} time
 * @param {number} duration of the recording
 */
export const secondAround = (time, duration) => {
  const middle = clamp(time, 0.5, Math.max(0.5, duration - 0.5));
  return /** @type {const} */ ([middle - 0.5, middle + 0.5]);
};
