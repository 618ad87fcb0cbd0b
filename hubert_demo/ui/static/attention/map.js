// One head's map, large: the picture, the row in question, and that row as a curve under the timeline.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { emit } from "../core/events.js";
import { figureBox } from "../core/figure.js";
import { clamp, seconds, short } from "../core/format.js";
import { announce, contextOf, fit, font, sized, style, timeSlider, token } from "../core/paint.js";
import { store } from "../core/store.js";
import { arrange, levelsOf, limitOf } from "./bins.js";
import { crispLine, drawAxes, drawLevels, drawWords } from "./drawing.js";

/** @import { Axis, Strip } from "../core/types.js" */
/** @import { Geometry, HeadMap } from "./bins.js" */
/** @typedef {{ row: number, column: number }} Cell */

const SEEN_MS = 400; // what a press plays

/**
 * @param {(map: HeadMap, row: number, pointed: Cell | null) => string} read writes what a row says, and gives what
 *   a screen reader says of it
 */
export const largeMap = (read) => {
  const base = timeSlider("Attention map: each row shows where one frame looks", "attention-map");
  const over = make("canvas", { class: "hx-over", "aria-hidden": "true" });
  const now = make("i", { class: "hx-cursor", "aria-hidden": "true" });
  const element = make("div", { class: "hx-map hx-attention is-waiting" }, base, over, now);
  const heightFor = figureBox(element);
  const range = make("span", { "data-testid": "attention-scale" });
  /** @type {HeadMap | null} */
  let map = null;
  /** @type {Geometry | null} */
  let geometry = null;
  /** @type {Cell | null} */
  let pointed = null;
  /** What was last painted over the map. @type {{ row: number, pointed: Cell | null } | null} */
  let painted = null;
  let said = "";

  // The row in question: the one pointed at, else the present.
  const rowNow = () => pointed?.row ?? map?.binAt(clock.frame) ?? 0;

  /** Another map, or none. @param {HeadMap | null} shown */
  const show = (shown) => {
    [map, geometry, pointed, said] = [shown, null, null, ""];
    element.classList.toggle("is-waiting", !map);
  };

  const draw = () => {
    if (!map) return;
    const { clientWidth: width } = element;
    geometry = arrange(width, longestWord(base), map, clock.grid, store.zoom, sized(1), heightFor(null));
    paint(base, map, geometry, range);
    Object.assign(now.style, { top: `${geometry.top}px`, height: `${geometry.side}px`, bottom: "auto" });
    painted = null;
    tick();
  };

  // Many times a second: a line is moved, and only a new row is painted.
  const tick = () => {
    if (!map || !geometry) return;
    now.hidden = !geometry.shows(clock.time);
    now.style.transform = `translateX(${geometry.left + geometry.within(clock.time)}px)`;
    const row = rowNow();
    if (store.open === "attention" && (row !== painted?.row || pointed !== painted.pointed)) {
      painted = { row, pointed };
      paintRow(over, geometry, row, pointed);
      said = read(map, row, pointed);
      emit("strip", "attention");
    }
    announce(base, said);
  };

  const cellAt = (/** @type {MouseEvent} */ event) => geometry?.cellAt(event.offsetX, event.offsetY) ?? null;
  const point = (/** @type {Cell | null} */ cell) => {
    if (cell?.row !== pointed?.row || cell?.column !== pointed?.column) pointed = cell;
    tick();
  };
  base.addEventListener("pointermove", (event) => point(cellAt(event)));
  base.addEventListener("pointerleave", () => point(null));
  base.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!map || !cell) return;
    const time = map.timeOf(cell.row);
    clock.hear(time, time + SEEN_MS / 1000);
  });

  /** @type {Strip} */
  const strip = {
    height: 44,
    label: () => (!map || !geometry ? "" : `Attention of the frame at ${seconds(map.timeOf(rowNow()))} · ` +
      `layer ${map.layer + 1}, head ${map.head + 1}`),
    draw: (...where) => map && geometry && drawRow(map, rowNow(), Boolean(pointed), ...where),
  };
  return { element, range, strip, show, draw, tick };
};

/** In pixels; 0 where there are no words. @param {HTMLCanvasElement} canvas */
const longestWord = (canvas) => {
  const ctx = contextOf(canvas);
  ctx.font = font(sized(12));
  return Math.max(0, ...clock.words.map((word) => ctx.measureText(short(word.text)).width));
};

/** @param {number} value */
const brief = (value) => (value >= 0.1 ? value.toFixed(2) : value.toPrecision(2));

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HeadMap} map
 * @param {Geometry} geometry
 * @param {HTMLElement} range where the ends of the colours are written
 */
const paint = (canvas, map, geometry, range) => {
  const { left, top, side, width, height } = geometry;
  const ctx = fit(canvas, width, height);
  const limit = limitOf(map.values);
  drawLevels(ctx, levelsOf(map.values, limit), geometry.bins, geometry);
  style(ctx, { strokeStyle: token("--hx-line-strong"), lineWidth: 1 });
  ctx.strokeRect(left + 0.5, top + 0.5, side - 1, side - 1);
  drawAxes(ctx, geometry);
  drawWords(ctx, geometry);
  const full = (limit / 65535) * map.max;
  range.replaceChildren(scale("ink", "0", full < map.max * 0.99 ? `${brief(full)} or more` : brief(full)));
  range.title = `Largest value ${brief(map.max)}`;
};

/**
 * The row in question is framed; where the pointer reads a value, so is its cell.
 * @param {HTMLCanvasElement} canvas
 * @param {Geometry} geometry
 * @param {number} row
 * @param {Cell | null} pointed
 */
const paintRow = (canvas, { left, top, side, width, height, cell, bins }, row, pointed) => {
  const ctx = fit(canvas, width, height);
  if (row + 1 <= bins.first || row >= bins.first + bins.count) return;
  const tall = Math.max(5, cell);
  const centre = top + clamp((row + 0.5 - bins.first) * cell, tall / 2, side - tall / 2);
  style(ctx, { strokeStyle: token("--hx-now"), lineWidth: 1.5 });
  ctx.strokeRect(left, centre - tall / 2, side, tall);
  if (!pointed) return;
  ctx.strokeStyle = token("--hx-ink");
  ctx.strokeRect(left + (pointed.column - bins.first) * cell - 2, centre - tall / 2 - 2, cell + 4, tall + 4);
};

/**
 * A row on the scale of the timeline; a dotted line at its moment where that is not the present.
 * @param {HeadMap} map
 * @param {number} row
 * @param {boolean} isPointed
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {number} height
 */
const drawRow = (map, row, isPointed, ctx, axis, height) => {
  const most = map.valueAt(row, map.mostOf(row));
  const foot = height - 8;
  ctx.fillStyle = token("--hx-action");
  ctx.beginPath();
  ctx.moveTo(axis.left, foot);
  for (let i = 0; i < map.count; i++) {
    ctx.lineTo(axis.x(map.timeOf(i)), foot - (map.valueAt(row, i) / most) * (foot - 4));
  }
  ctx.lineTo(axis.left + axis.span, foot);
  ctx.fill();
  style(ctx, { strokeStyle: token("--hx-line-strong"), lineWidth: 1 });
  crispLine(ctx, [axis.left, foot, axis.left + axis.span, foot]);
  if (!isPointed) return;
  ctx.strokeStyle = token("--hx-ink");
  ctx.setLineDash([3, 3]);
  const x = axis.x(map.timeOf(row));
  crispLine(ctx, [x, 0, x, foot]);
  ctx.setLineDash([]);
};
