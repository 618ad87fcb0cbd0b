// Keys: space plays, L turns from the recording to a layer's sound and back, escape selects nothing; arrows on a
// picture with time move the clock, arrows in a group of buttons go from one to the next.

import { clock } from "./clock.js";
import { clamp } from "./format.js";
import { store } from "./store.js";
import { zoomByKeys } from "./zoom.js";

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

// Where the sound of a layer is at hand; otherwise the letter is nobody's.
document.addEventListener("keydown", (event) => {
  const isOther = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (event.key.toLowerCase() !== "l" || isOther || clock.layer === null) return;
  if (/** @type {Element} */ (event.target).closest(`${WRITES}, dialog`)) return;
  event.preventDefault();
  clock.playSound(!clock.playsLayer);
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
 * Keys on a picture with time: with the arrows a frame up or down; page keys ten; Home and End; with shift, left and
 * right select; plus, minus and zero zoom.
 * @param {HTMLElement} picture
 */
export const moveByKeys = (picture) => {
  zoomByKeys(picture);
  picture.addEventListener("keydown", (event) => {
    if (!store.result || !(event.key in STEPS)) return;
    event.preventDefault();
    if (event.shiftKey) clock.extend(STEPS[event.key] * SELECT_S);
    else clock.seek(clock.timeOf(clock.frame + STEPS[event.key]));
  });
};

/** How far a key goes in a row of things. @type {Record<string, number>} */
const ALONG = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
/** Whether a key goes up or down. @type {Record<string, number>} */
const ACROSS = { ArrowUp: -1, ArrowDown: 1 };

/**
 * The place in a row of things that a key asks for; the present one where it asks for none.
 * @param {string} key
 * @param {number} at the present place
 * @param {number} count
 */
export const placeAfter = (key, at, count) => clamp(at + (ALONG[key] ?? 0), 0, count - 1);

/**
 * Which of several boxes lies straight above or below another one: in the nearest row, the one nearest sideways.
 * @param {{ x: number, y: number }[]} boxes
 * @param {number} at the place of the one to begin with
 * @param {number} direction 1 down, −1 up
 * @returns {number} its place; the same one where there is none
 */
export const boxBeyond = (boxes, at, direction) => {
  const far = (/** @type {number} */ i) =>
    [direction * (boxes[i].y - boxes[at].y), Math.abs(boxes[i].x - boxes[at].x)];
  const beyond = boxes.map((_, i) => i).filter((i) => far(i)[0] > 1);
  beyond.sort((one, other) => far(one)[0] - far(other)[0] || far(one)[1] - far(other)[1]);
  return beyond[0] ?? at;
};

/**
 * Makes the buttons in an element one stop of the tab key: arrow keys go from one to the next, Home and End to the
 * ends. The stop is the button that was last in use, or else the pressed one, or the first.
 * @param {HTMLElement} group
 * @param {(button: HTMLButtonElement) => void} [onreach] hears of a button that a key leads to
 * @returns {() => void} to be called when there are other buttons, or another one is pressed
 */
export const oneStop = (group, onreach = () => {}) => {
  const buttons = () => [...group.querySelectorAll("button")];
  const stopAt = (/** @type {Element | null | undefined} */ stop) =>
    buttons().forEach((button) => button.setAttribute("tabindex", button === stop ? "0" : "-1"));
  group.addEventListener("focusin", ({ target }) => stopAt(/** @type {Element} */ (target).closest("button")));
  group.addEventListener("keydown", (event) => {
    const { key } = event;
    if (!(key in ALONG) && !(key in ACROSS)) return;
    const all = buttons();
    const at = all.findIndex((button) => button === event.target);
    if (at < 0) return;
    event.preventDefault();
    const boxes = key in ACROSS ? all.map((button) => button.getBoundingClientRect()) : [];
    const next = all[key in ACROSS ? boxBeyond(boxes, at, ACROSS[key]) : placeAfter(key, at, all.length)];
    if (next === all[at]) return;
    next.focus();
    onreach(next);
  });
  return () => {
    if (group.contains(document.activeElement)) return;
    stopAt(group.querySelector("[aria-pressed=true]") ?? group.querySelector("button"));
  };
};
