// Left and right keys, and what a presenter's remote control sends, go from step to step of a card.

import { isPresenting } from "../core/figure.js";

/** @typedef {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} Keys */
/** @typedef {() => HTMLButtonElement | null | undefined} Find gives a button that is there now */

// Where arrow keys mean something else.
const OTHERS = "input, select, textarea, canvas, [contenteditable], [role=slider], [role=radiogroup], [role=tab], " +
  "#hx-timeline [role=group], #hx-tabs [role=group]";

/** @type {Record<string, "back" | "next">} */
const KEYS = { ArrowLeft: "back", PageUp: "back", ArrowRight: "next", PageDown: "next" };

/**
 * What a key asks of a card, in presentation mode; undefined where it asks for nothing.
 * @param {Keys & Pick<KeyboardEvent, "defaultPrevented" | "target">} event
 */
export const stepOf = ({ key, ctrlKey, metaKey, altKey, shiftKey, defaultPrevented, target }) => {
  if (!isPresenting() || defaultPrevented || ctrlKey || metaKey || altKey || shiftKey) return undefined;
  return target instanceof Element && target.closest(OTHERS) ? undefined : KEYS[key];
};

/**
 * Keys press a card's buttons while they are in sight.
 * @param {{ back: Find, next: Find }} buttons
 */
export const stepByKeys = (buttons) => addEventListener("keydown", (event) => {
  const step = stepOf(event);
  const button = step && buttons[step]();
  if (!button?.getClientRects().length) return;
  event.preventDefault();
  button.click();
});
