// The scale of time, which all pictures with time share.

import { clamp } from "./format.js";

/** @import { Axis } from "./types.js" */

/**
 * Seconds and pixels of a picture.
 * @param {number} width in pixels
 * @param {number} duration in seconds
 * @param {{ left: number, right: number }} gutters in pixels
 * @returns {Axis}
 */
export const timeScale = (width, duration, { left, right }) => {
  const span = Math.max(1, width - left - right);
  return {
    left,
    span,
    x: (time) => left + (time / duration) * span,
    time: (x) => clamp(((x - left) / span) * duration, 0, duration),
  };
};

const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

/**
 * Times that are worth a label when `span` pixels show `duration` seconds.
 * @param {number} duration
 * @param {number} span
 * @param {number} [gap] least pixels from one to the next
 */
export const ticks = (duration, span, gap = 64) => {
  const step = STEPS.find((s) => (s / duration) * span >= gap) || 60;
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const count = Math.floor(duration / step + 1e-6) + 1;
  return Array.from({ length: count }, (_, i) => ({ time: i * step, label: (i * step).toFixed(digits) }));
};
