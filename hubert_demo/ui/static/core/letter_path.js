// The best path through the map of letters, which the map and the steps both read.

import { unpack } from "./arrays.js";
import { clock } from "./clock.js";
import { clamp } from "./format.js";
import { frameGrid } from "./grid.js";

/** @import { LetterPath, Symbol } from "./types.js" */

/**
 * A stretch of equal frames: the number of their symbol, the first frame, and the frame after the last.
 * @typedef {Symbol & { symbol: number, first: number, end: number }} Run
 */

// A letter is a spike of a frame or two in the middle of its sound.
export const LEAST_S = 0.1;
const MOST_S = 0.3;

/**
 * From when to when a letter is heard: until the next letter begins, if that is neither too soon nor too late.
 * @param {readonly Run[]} runs
 * @param {Run} run
 * @param {(frame: number) => number} startOf
 * @returns {[from: number, to: number]}
 */
export const soundOf = (runs, run, startOf) => {
  const next = runs.find((other) => other.writes && other.first >= run.end);
  const [from, end] = [startOf(run.first), startOf(run.end)];
  const to = next ? startOf(next.first) : Infinity;
  return [from, clamp(to, Math.max(end, from + LEAST_S), Math.max(end, from + MOST_S))];
};

/** @param {LetterPath} part */
export const pathOf = (part) => {
  const { symbols } = part;
  const grid = frameGrid(part);
  const flat = unpack(part.runs);
  /** @type {Run[]} */
  const runs = Array.from({ length: flat.shape[0] }, (_, i) => {
    const [symbol, first, end] = flat.subarray(3 * i, 3 * i + 3);
    return { ...symbols[symbol], symbol, first, end };
  });
  const ofFrame = runs.flatMap((run) => /** @type {Run[]} */ (Array(run.end - run.first).fill(run)));
  return {
    symbols, runs, grid,
    /** How many frames say the blank, which has the last row. */
    blanks: ofFrame.filter(({ symbol }) => symbol === part.emissions.shape[0] - 1).length,
    /** The frame that is heard now. */
    get frame() {
      return grid.frameAt(clock.time);
    },
    /** @param {number} frame */
    at: (frame) => ofFrame[clamp(frame, 0, ofFrame.length - 1)],
    /** Plays a letter. @param {Run} run */
    hear: (run) => clock.hear(...soundOf(runs, run, grid.startOf)),
  };
};

/** @typedef {ReturnType<typeof pathOf>} Path */
