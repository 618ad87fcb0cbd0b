// Probabilities of the keyword classes, as numbers and words.

import { clamp, percent } from "../core/format.js";

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
 * The second that was judged at a time.
 * @param {number} time
 * @param {number} duration of the recording
 */
export const secondAround = (time, duration) => {
  const middle = clamp(time, 0.5, Math.max(0.5, duration - 0.5));
  return /** @type {const} */ ([middle - 0.5, middle + 0.5]);
};
