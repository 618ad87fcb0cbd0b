// The words beneath the timeline: a cell each, from where a word begins to where the next one does, with the word in it
// as far as there is room.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { clamp } from "../core/format.js";
import { placeAfter } from "../core/keyboard.js";
import { litWords } from "../core/lit.js";
import { contextOf, font, sized } from "../core/paint.js";
import { reveal, zoomByKeys } from "../core/zoom.js";

/** @import { LitWords } from "../core/lit.js" */
/** @import { Axis, Word } from "../core/types.js" */

/** @typedef {{ word: Word, index: number, left: number, width: number, said: number }} Cell in pixels */

const USUAL_PX = 14;
const SMALL_PX = 12;
const TINY_PX = 11;
const PADDING = 4; // left and right of a word together, with the line
const LEAST = 3; // letters of a word that is cut, beside the dots; fewer say nothing
const LINED_PX = 8; // cells narrower than this have no line between them: they would be nothing but lines

/**
 * The cells that are in sight. Each reaches to the next word; `said` is how much of it the word itself takes.
 * @param {readonly Word[]} words
 * @param {Axis} axis
 * @returns {Cell[]}
 */
export const cellsOf = (words, axis) => words.flatMap((word, index) => {
  const until = Math.max(word.end_s, words[index + 1]?.start_s ?? axis.to);
  const [left, end, right] = [word.start_s, word.end_s, until].map((time) => axis.x(clamp(time, axis.from, axis.to)));
  return right > left ? [{ word, index, left, width: right - left, said: end - left }] : [];
});

/**
 * How a word is written in its cell: as usual, small, tiny, tiny and cut, or not at all.
 * @param {string} text
 * @param {number} width of the cell in pixels
 * @param {(text: string, size: number) => number} widthOf gives the width of a text
 * @returns {"" | "is-small" | "is-tiny" | "is-cut" | "is-narrow"}
 */
export const sizeOf = (text, width, widthOf) => {
  const room = width - PADDING;
  if (widthOf(text, USUAL_PX) <= room) return "";
  if (widthOf(text, SMALL_PX) <= room) return "is-small";
  if (widthOf(text, TINY_PX) <= room) return "is-tiny";
  const isWorthIt = text.length > LEAST && widthOf(`${text.slice(0, LEAST)}…`, TINY_PX) <= room;
  return isWorthIt ? "is-cut" : "is-narrow";
};

/** A row of buttons that is one stop of the tab key; arrow keys go from word to word, also beyond what is in sight. */
export const wordLane = () => {
  const element = make("div", {
    class: "hx-words", role: "group", "aria-label": "Words over time", "data-testid": "word-lane",
  });
  const ctx = contextOf(make("canvas"));
  const widthOf = (/** @type {string} */ text, /** @type {number} */ size) => {
    ctx.font = font(sized(size));
    return ctx.measureText(text).width;
  };
  /** @type {(Cell & { button: HTMLElement })[]} */
  let cells = [];
  /** @type {LitWords | null} */
  let lights = null;

  /** Of the button that the tab key stops at. @param {number} index */
  const stopAt = (index) => {
    const stop = cells.find((cell) => cell.index === index) ?? cells[0];
    for (const { button } of cells) button.setAttribute("tabindex", button === stop?.button ? "0" : "-1");
    return stop?.button;
  };
  const current = () => cells.find(({ button }) => button === document.activeElement)?.index ?? -1;

  element.addEventListener("focusin", () => stopAt(current()));
  element.addEventListener("keydown", (event) => {
    const at = current();
    const next = placeAfter(event.key, at, clock.words.length);
    if (at < 0 || next === at) return;
    event.preventDefault();
    reveal(clock.words[next].start_s);
    stopAt(next)?.focus({ preventScroll: true });
  });
  zoomByKeys(element);

  return {
    element,
    /** @param {Axis} axis */
    draw: (axis) => {
      const before = current();
      const placed = cellsOf(clock.words, axis);
      lights = litWords(placed.map(({ word }) => word), (_, i) => cellButton(placed[i], widthOf));
      const { elements } = lights;
      cells = placed.map((cell, i) => ({ ...cell, button: elements[i] }));
      const silent = make("span", { class: "hx-silent", text: "no speech recognised" });
      element.replaceChildren(...(clock.words.length ? elements : [silent]));
      const stop = stopAt(before);
      if (before >= 0) stop?.focus({ preventScroll: true });
    },
    light: () => lights?.light(),
  };
};

/**
 * @param {Cell} cell
 * @param {(text: string, size: number) => number} widthOf
 */
const cellButton = ({ word, left, width, said }, widthOf) => {
  const { text, changed } = word;
  const size = sizeOf(text, width, widthOf);
  const lined = width < LINED_PX ? "is-unlined" : "";
  return make("button", {
    type: "button", class: `hx-cell ${size} ${lined} ${changed ? "is-changed" : ""}`,
    title: text, "aria-label": text, "data-testid": "cell",
    style: `left:${left}px;width:${width}px;--said:${said}px`, onclick: () => clock.hear(word.start_s, word.end_s),
  }, ...(size === "is-narrow" ? [] : [make("span", { text })]));
};
