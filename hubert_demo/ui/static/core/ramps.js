// Ramps of colour.

import { clamp } from "./format.js";

/** @typedef {Uint8Array<ArrayBuffer>} Ramp 256 colours, as bytes r g b one after the other */

/**
 * Red, green and blue of `#rrggbb`, 0 to 255.
 * @param {string} hex
 */
export const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/**
 * 256 colours between stops that lie evenly.
 * @param {string} stops `#rrggbb` each, with spaces between
 * @returns {Ramp}
 */
export const rampOf = (stops) => {
  const parts = stops.trim().split(/\s+/).map(rgb);
  const colours = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (parts.length - 1);
    const low = Math.min(Math.floor(at), parts.length - 2);
    for (let c = 0; c < 3; c++) {
      colours[3 * i + c] = Math.round(parts[low][c] + (at - low) * (parts[low + 1][c] - parts[low][c]));
    }
  }
  return colours;
};

/**
 * A colour of a ramp, for CSS.
 * @param {Ramp} ramp
 * @param {number} fraction 0 to 1
 */
export const colourAt = (ramp, fraction) => {
  const at = 3 * Math.round(255 * clamp(fraction, 0, 1));
  return `rgb(${ramp[at]},${ramp[at + 1]},${ramp[at + 2]})`;
};
