// The scale of time, which all pictures with time share.

import { clamp } from "./format.js";

/** @import { Axis, Stretch } from "./types.js" */

/**
 * Seconds and pixels of a picture.
 * @param {number} width in pixels
 * @param {number} duration of the recording in seconds
 * @param {{ left: number, right: number }} gutters in pixels
 * @param {Stretch | null} [zoom] what is shown of it; null for all
 * @returns {Axis}
 */
export const timeScale = (width, duration, { left, right }, zoom = null) => {
  const span = Math.max(1, width - left - right);
  const { from, to } = zoom ?? { from: 0, to: duration };
  return {
    left,
    span,
    from,
    to,
    x: (time) => left + ((time - from) / (to - from)) * span,
    time: (x) => clamp(from + ((x - left) / span) * (to - from), from, to),
  };
};

const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

/**
 * Times that are worth a label when `span` pixels show `duration` seconds.
 * @param {number} duration
 * @param {number} span
 * @param {number} [gap] least pixels from one to the next
 * @param {number} [from] where the seconds begin
 */
export const ticks = (duration, span, gap = 64, from = 0) => {
  const step = STEPS.find((s) => (s / duration) * span >= gap) || 60;
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const first = Math.ceil(from / step - 1e-6);
  const count = Math.floor((from + duration) / step + 1e-6) - first + 1;
  return Array.from({ length: count }, (_, i) =>
    ({ time: (first + i) * step, label: ((first + i) * step).toFixed(digits) }));
};
