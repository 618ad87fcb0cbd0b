// Keys: space plays, escape selects nothing, arrows on a picture with time move the clock.

import { clock } from "./clock.js";
import { store } from "./store.js";

const SELECT_S = 0.1; // what an arrow key with shift adds to the selection

// Where space means something else: in a text always; on what can be pressed, where a key led there. What a
// pointer has pressed keeps the focus, but whoever presses space then wants to hear.
const WRITES = "input:not([type=range]), textarea, select, [contenteditable], #hx-recorder";
const IS_PRESSED = "button, a, summary, [role=tab]";
let byPointer = false;

document.addEventListener("pointerdown", () => {
  byPointer = true;
}, true);

/** @param {KeyboardEvent} event */
const plays = (event) => {
  if (event.code !== "Space" || !store.result || event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = /** @type {Element} */ (event.target);
  return !target.closest(byPointer ? WRITES : `${WRITES}, ${IS_PRESSED}`);
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && store.result) clock.select(null);
  if (event.key === "Tab" || event.key.startsWith("Arrow")) byPointer = false;
  if (!plays(event)) return;
  event.preventDefault();
  if (!event.repeat) clock.toggle();
});

// A button is pressed when space is let go.
document.addEventListener("keyup", (event) => {
  if (plays(event)) event.preventDefault();
});

/** @type {Record<string, number>} */
const STEPS = {
  ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e6, End: 1e6,
};

/**
 * Arrow keys on a picture with time: a frame up or down; page keys ten; Home and End; with shift, left and right
 * select.
 * @param {HTMLElement} picture
 */
export const moveByKeys = (picture) =>
  picture.addEventListener("keydown", (event) => {
    if (!store.result || !(event.key in STEPS)) return;
    event.preventDefault();
    if (event.shiftKey) clock.extend(STEPS[event.key] * SELECT_S);
    else clock.seek(clock.timeOf(clock.frame + STEPS[event.key]));
  });

/**
 * What is asked for by the arrow keys in a row of things: one back, one on, or nothing.
 * @param {KeyboardEvent} event
 */
export const stepOf = ({ key }) =>
  ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 })[key] ?? 0;
