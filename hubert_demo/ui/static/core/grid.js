// Where frames lie in time.

import { clamp } from "./format.js";

/** @import { GridPart } from "./types.js" */

/**
 * The server's frame grid: of the chosen model, or of the one that wrote the transcript.
 * @param {GridPart} part
 */
export const frameGrid = ({ hop_s: hop, first_frame_s: first, num_frames: count }) => ({
  hop,
  /** How much of the recording a frame sees: the first one from the very beginning. */
  window: 2 * first,
  count,
  /** @param {number} time */
  frameAt: (time) => clamp(Math.round((time - first) / hop), 0, count - 1),
  /** @param {number} frame */
  timeOf: (frame) => first + frame * hop,
  /**
   * Where the stretch that a frame stands for begins; the one before ends there.
   * @param {number} frame
   */
  startOf: (frame) => first + (frame - 0.5) * hop,
});

/** @typedef {ReturnType<typeof frameGrid>} FrameGrid */
