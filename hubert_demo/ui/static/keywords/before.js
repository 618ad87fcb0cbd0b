// Bars that show what was before something was changed inside the model, too.

import { make } from "../core/dom.js";
import { percent } from "../core/format.js";

/**
 * A line in a bar where it ended before, and what it was beside what it is, where the two differ as they are written.
 * @param {HTMLElement} track
 * @param {HTMLElement} share
 * @param {number} before
 * @param {number} now
 */
export const markBefore = (track, share, before, now) => {
  track.append(make("em", { style: `left:${100 * before}%` }));
  if (percent(before) === percent(now)) return;
  share.append(" ", make("small", { text: `was ${percent(before)}` }));
};
