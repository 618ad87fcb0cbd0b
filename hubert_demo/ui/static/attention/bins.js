// Attention maps as numbers: their colours, their bins, and where they lie in a picture. Nothing here draws.

import { unpack } from "../core/arrays.js";
import { clamp } from "../core/format.js";

/** @import { Packed, Stretch } from "../core/types.js" */
/** @import { FrameGrid } from "../core/grid.js" */

/**
 * The value at which the colour is full: few values are larger, and they would leave the rest pale.
 * @param {Iterable<number> & ArrayLike<number>} values
 */
export const limitOf = (values) => {
  const counts = new Uint32Array(256);
  let most = 1;
  for (const value of values) most = Math.max(most, value);
  for (const value of values) counts[Math.floor((255 * value) / most)]++;
  let [seen, level] = [0, 255];
  while (level > 8 && seen + counts[level] < values.length * 0.004) seen += counts[level--];
  return ((level + 1) / 256) * most;
};

/**
 * Values as 0 to 255, full from the limit on.
 * @param {Iterable<number> & ArrayLike<number>} values
 * @param {number} [limit]
 */
export const levelsOf = (values, limit = limitOf(values)) =>
  Uint8Array.from(values, (value) => Math.min(255, (255 * value) / limit));

/**
 * Where a map's bins lie in time. The last one may stand for fewer frames than the others.
 * @param {FrameGrid} grid
 * @param {number} size frames in a bin
 */
export const binsOf = (grid, size) => ({
  /** How many bins the frames fill; the last of them perhaps not all. */
  filled: grid.count / size,
  /** @param {number} frame */
  binAt: (frame) => Math.floor(frame / size),
  /** The middle of a bin. @param {number} bin */
  timeOf: (bin) => grid.timeOf((bin * size + Math.min((bin + 1) * size, grid.count) - 1) / 2),
});

/**
 * Small maps of several heads, one after the other.
 * @param {{ maps: Packed, frames_per_bin: number }} answer `maps` uint8 `(…, bins, bins)`
 * @param {FrameGrid} grid
 */
export const smallMaps = ({ maps, frames_per_bin }, grid) => {
  const values = unpack(maps);
  const size = (values.shape.at(-1) ?? 0) ** 2;
  return {
    count: values.length / size,
    filled: binsOf(grid, frames_per_bin).filled,
    /** @param {number} at */
    levelsAt: (at) => levelsOf(values.subarray(at * size, (at + 1) * size)),
  };
};

/** @typedef {ReturnType<typeof smallMaps>} SmallMaps */

/**
 * What `head_map` answers.
 * @typedef {object} HeadMapAnswer
 * @property {number} layer
 * @property {number} head
 * @property {Packed} map uint16 `(bins, bins)`, 65535 is `max`
 * @property {number} max
 * @property {number} frames_per_bin
 * @property {number} entropy_nats
 * @property {Packed} near_share float32 `(bins,)`
 * @property {Packed} near_share_by_chance float32 `(bins,)`
 */

/**
 * One head's map: a row is a moment that looks, a column one looked at.
 * @param {HeadMapAnswer} answer
 * @param {FrameGrid} grid
 */
export const headMap = ({ map, near_share, near_share_by_chance, ...numbers }, grid) => {
  const [values, near, nearByChance] = [map, near_share, near_share_by_chance].map(unpack);
  const [count] = values.shape;
  return {
    ...numbers, values, near, nearByChance, count, ...binsOf(grid, numbers.frames_per_bin),
    /**
     * @param {number} row
     * @param {number} column
     */
    valueAt: (row, column) => (values[row * count + column] / 65535) * numbers.max,
    /** The column that a row looks at most. @param {number} row */
    mostOf: (row) => {
      const seen = values.subarray(row * count, (row + 1) * count);
      return seen.indexOf(Math.max(...seen));
    },
  };
};

/** @typedef {ReturnType<typeof headMap>} HeadMap */

// In pixels, where type is as large as usual.
export const TICKS = 36; // room for the labels of the scale
export const WORDS = { widest: 84, gap: 10, high: 18, from: 460 }; // beside the map from this width on
const MOST_SIDE = 560;
const RIGHT = 8;
const TOP = 4;
const TITLE = 22; // room for what an axis is

/**
 * Where a map lies in its canvas.
 * @param {number} width of the canvas
 * @param {number} longest of the words' texts, in pixels; 0 where there are no words
 * @param {HeadMap} map
 * @param {FrameGrid} grid
 * @param {Stretch | null} [zoom] what is shown of both axes; null for all
 * @param {number} [type] how much larger type is than usual
 * @param {number | null} [most] of the height; null for the usual one
 */
export const arrange = (width, longest, map, grid, zoom = null, type = 1, most = null) => {
  const beside = longest && width >= WORDS.from ? Math.min(WORDS.widest * type, longest) + WORDS.gap : 0;
  const below = longest ? WORDS.high * type : 0;
  const [title, ticks] = [TITLE * type, TICKS * type];
  const left = title + beside + ticks;
  const foot = title + below + title;
  const side = Math.max(40, Math.min(width - left - RIGHT, most === null ? MOST_SIDE : most - TOP - foot));
  const [start, end] = [0, grid.count].map(grid.startOf);
  const { from, to } = zoom ?? { from: start, to: end };
  const binAt = (/** @type {number} */ time) => ((time - start) / (end - start)) * map.filled;
  const bins = { first: binAt(from), count: binAt(to) - binAt(from) };
  const cell = side / bins.count;
  /** Pixels from the beginning of an axis. @param {number} time */
  const at = (time) => ((time - from) / (to - from)) * side;
  return {
    left, top: TOP, side, cell, bins, width, height: TOP + side + foot, beside, below, ticks, title, at,
    from: zoom ? from : 0, to,
    /** The same on the axis. @param {number} time */
    within: (time) => clamp(at(time), 0, side),
    /** @param {number} time */
    shows: (time) => !zoom || (from <= time && time <= to),
    /**
     * The cell at a place in the canvas, or null.
     * @param {number} x
     * @param {number} y
     */
    cellAt: (x, y) => {
      const [down, across] = [y - TOP, x - left];
      const [row, column] = [down, across].map((pixels) => Math.floor(bins.first + pixels / cell));
      const isInside = Math.min(down, across) >= 0 && Math.max(down, across) < side;
      return isInside && Math.min(row, column) >= 0 && Math.max(row, column) < map.count ? { row, column } : null;
    },
  };
};

/** @typedef {ReturnType<typeof arrange>} Geometry */
