// The words beneath the timeline: each at its time, readable where there is any room.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { litWords } from "../core/lit.js";
import { contextOf, font } from "../core/paint.js";

/** @import { LitWords } from "../core/lit.js" */
/** @import { Axis, Word } from "../core/types.js" */

const SMALL = 0.8; // of the usual size of type
const PADDING = 6;

/**
 * Lays the words out. Those too near each other for one row of text take turns above and below; whatever is still
 * too near shows when it is said or pointed at.
 * @param {HTMLElement} box to be filled
 * @param {Axis} axis
 * @param {number} boxWidth in pixels
 * @returns {LitWords} the cells
 */
export const layWords = (box, axis, boxWidth) => {
  const { words } = clock;
  const measure = contextOf(make("canvas"));
  measure.font = font(14);
  const lefts = words.map((word) => axis.x(word.start_s));
  const wanted = words.map((word) => measure.measureText(word.text).width + PADDING);
  const rooms = words.map((_, index) => (lefts[index + 1] ?? boxWidth) - lefts[index]);
  const rows = rowsOf(wanted.map((width, index) => width * SMALL <= rooms[index]));
  box.classList.toggle("has-two-rows", rows.some((row) => row));
  const cells = litWords(words, (word, index) => {
    const width = Math.max(3, axis.x(word.end_s) - lefts[index]);
    // Text may reach to the next word in its row, or to one that fills both.
    const next = rows.findIndex((row, i) => i > index && (!row || !rows[index] || row === rows[index]));
    const room = (next < 0 ? boxWidth : lefts[next]) - lefts[index];
    const isSmall = rows[index] || wanted[index] > room;
    const size = wanted[index] * SMALL > room ? "is-narrow" : isSmall ? "is-small" : "";
    return cell(word, lefts[index], width, `${size} ${rows[index]}`);
  });
  const silent = make("span", { class: "hx-silent", text: "no speech recognised" });
  box.replaceChildren(...(words.length ? cells.elements : [silent]));
  return cells;
};

/**
 * In which row each word is written: "" for the middle, where it and the one before fit.
 * @param {boolean[]} fits
 */
export const rowsOf = (fits) => {
  let row = "";
  return fits.map((fit, index) => {
    const crowded = !fit || (index > 0 && !fits[index - 1]);
    row = !crowded ? "" : row === "is-upper" ? "is-lower" : "is-upper";
    return row;
  });
};

/**
 * @param {Word} word
 * @param {number} left
 * @param {number} width
 * @param {string} className
 */
const cell = (word, left, width, className) =>
  make("span", {
    class: `hx-cell ${className}`, title: word.text, style: `left:${left}px;width:${width}px`,
    onclick: () => clock.hear(word.start_s, word.end_s),
  }, make("span", { text: word.text }));
