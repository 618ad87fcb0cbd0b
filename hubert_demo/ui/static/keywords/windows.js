// Scores of classes along the recording, where it is long enough for more than one window: shades of probability, or
// lines of numbers.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { figureBox } from "../core/figure.js";
import {
  announce, axisHeight, cursor, drawTimeAxis, fit, font, image, line, ramp, sized, style, timeAxis, timeSlider, token,
  withinAxis, writeOver,
} from "../core/paint.js";
import { zoomByPointer } from "../core/zoom.js";
import { differing, levelsOf, linesOf, secondAround } from "./scores.js";

/** @import { Axis, Stretch, Unpacked } from "../core/types.js" */
/** @typedef {CanvasRenderingContext2D} Context */

/**
 * What is shown along time.
 * @typedef {object} Along
 * @property {string} heading
 * @property {string} name of the picture, for whoever cannot see it
 * @property {readonly string[]} labels
 * @property {readonly number[]} times of the windows
 * @property {number} best row, that is bold; -1 for none
 * @property {Stretch | null} mark in that row
 * @property {boolean} [areNumbers] rather than probabilities
 */

const ROW = 18; // pixels, as usual
const LINE_ROW = 56; // of a number
const BEFORE_ROW = 8; // beneath what is now
const BEFORE = "In each row, the strip beneath is what was there before the change; a line between the two marks " +
  "windows that differ by 10 points or more.";
const NUMBERS_BEFORE = "Dashed: before the change.";

/**
 * A card.
 * @param {Along} shown
 * @param {Unpacked} windows `(windows, classes)`
 * @param {Unpacked | null} before the same before something was changed inside the model; null where nothing was
 */
export const windowsCard = (shown, windows, before = null) => {
  const canvas = timeSlider(shown.name, "keyword-strip");
  const rowHeight = shown.areNumbers ? LINE_ROW : ROW + (before ? BEFORE_ROW : 0);
  const box = make("div", { class: "hx-sound" }, canvas);
  const heightFor = figureBox(box);
  const present = cursor(box);
  /** @type {Axis | null} */
  let axis = null;
  const tick = () => {
    if (!axis) return;
    present.place(axis);
    announce(canvas);
  };
  const draw = () => {
    axis = timeAxis(box.clientWidth);
    const height = heightFor(rowHeight * shown.labels.length + axisHeight());
    const row = (height - axisHeight()) / shown.labels.length;
    const paint = shown.areNumbers ? drawNumbers : drawWindows;
    paint(fit(canvas, box.clientWidth, height), axis, row, shown, windows, before);
    tick();
  };
  zoomByPointer(canvas, () => axis);
  canvas.addEventListener("pointerdown", (event) => {
    if (axis && event.isPrimary) clock.hear(...secondAround(axis.time(event.offsetX), clock.duration));
  });
  const element = make("div", { class: "hx-card hx-wide" }, make("div", { class: "hx-bar" },
    make("h2", { text: shown.heading }), ...(shown.areNumbers ? [] : [scale("ink", "0", "1")])), box,
  ...(before ? [make("p", {
    class: "hx-quiet hx-strip-note", text: shown.areNumbers ? NUMBERS_BEFORE : BEFORE, "data-testid": "strip-before",
  })] : []));
  return { element, draw, tick };
};

/**
 * @param {Context} ctx
 * @param {Axis} axis
 * @param {number} high pixels of a row
 * @param {Along} shown
 * @param {Unpacked} windows
 * @param {Unpacked | null} before
 */
const drawWindows = (ctx, axis, high, { labels, times, best, mark }, windows, before) => {
  const height = high * labels.length;
  const upper = before ? (high * ROW) / (ROW + BEFORE_ROW) : high; // of a row, what is now
  const half = (times[1] - times[0]) / 2;
  const [left, right] = [axis.x(times[0] - half), axis.x(times[times.length - 1] + half)];
  const strips = (/** @type {Unpacked} */ values, /** @type {number} */ top, /** @type {number} */ size) => {
    const picture = image(levelsOf(values), times.length, labels.length, ramp("ink"));
    labels.forEach((_, row) =>
      ctx.drawImage(picture, 0, row, times.length, 1, left, row * high + top, right - left, size));
  };
  withinAxis(ctx, axis, height, () => {
    ctx.imageSmoothingEnabled = false;
    strips(windows, 0, upper);
    if (!before) return;
    strips(before, upper, high - upper);
    style(ctx, { strokeStyle: token("--hx-changed"), lineWidth: 2 });
    for (const { row, from, to } of differing(windows, before)) {
      line(ctx, [axis.x(times[from] - half), row * high + upper, axis.x(times[to] + half), row * high + upper]);
    }
  });
  drawRows(ctx, axis, high, labels, best);
  if (mark) {
    withinAxis(ctx, axis, height, () => {
      style(ctx, { strokeStyle: token("--hx-action"), lineWidth: 2 });
      ctx.strokeRect(axis.x(mark.from), best * high + 1, axis.x(mark.to) - axis.x(mark.from), upper - 2);
    });
  }
  drawTimeAxis(ctx, axis, height);
};

/**
 * A line for each number, on a scale of its own from its least to its most.
 * @param {Context} ctx
 * @param {Axis} axis
 * @param {number} high pixels of a row
 * @param {Along} shown
 * @param {Unpacked} windows
 * @param {Unpacked | null} before
 */
const drawNumbers = (ctx, axis, high, { labels, times, best }, windows, before) => {
  linesOf(windows, before).forEach(({ values, earlier, low, most }, row) => {
    const y = (/** @type {number} */ share) => row * high + 6 + (1 - share) * (high - 12);
    withinAxis(ctx, axis, high * labels.length, () => {
      style(ctx, { strokeStyle: token("--hx-changed"), lineWidth: 1.5 });
      ctx.setLineDash([4, 3]);
      line(ctx, earlier.flatMap((share, i) => [axis.x(times[i]), y(share)]));
      ctx.setLineDash([]);
      style(ctx, { strokeStyle: token("--hx-action"), lineWidth: 2 });
      line(ctx, values.flatMap((share, i) => [axis.x(times[i]), y(share)]));
    });
    style(ctx, { fillStyle: token("--hx-ink-2"), font: font(sized(11)), textAlign: "right", textBaseline: "middle" });
    writeOver(ctx, 3, most, axis.left + axis.span - 5, y(1) + 4);
    writeOver(ctx, 3, low, axis.left + axis.span - 5, y(0) - 4);
  });
  drawRows(ctx, axis, high, labels, best);
  drawTimeAxis(ctx, axis, high * labels.length);
};

/**
 * As much of a label as there is room for.
 * @param {Context} ctx
 * @param {string} label
 * @param {number} width in pixels
 */
const fitting = (ctx, label, width) => {
  let letters = [...label];
  if (ctx.measureText(label).width <= width) return label;
  while (letters.length > 1 && ctx.measureText(`${letters.join("")}…`).width > width) letters = letters.slice(0, -1);
  return `${letters.join("")}…`;
};

/**
 * @param {Context} ctx
 * @param {Axis} axis
 * @param {number} high pixels of a row
 * @param {readonly string[]} labels
 * @param {number} best
 */
const drawRows = (ctx, { left, span }, high, labels, best) => {
  style(ctx, { strokeStyle: token("--hx-line"), lineWidth: 1, textAlign: "right", textBaseline: "middle" });
  const size = left < 60 ? 10 : sized(12);
  ctx.font = font(size);
  // Where one has no room beside its row, not even squeezed a little, all stand in theirs.
  const haveRoom = labels.every((label) => ctx.measureText(label).width <= 1.4 * (left - 8));
  labels.forEach((label, row) => {
    const y = Math.round(row * high) + 0.5;
    line(ctx, [left, y, left + span, y]);
    ctx.font = font(size, row === best);
    ctx.fillStyle = token(row === best ? "--hx-ink" : "--hx-ink-2");
    if (haveRoom) {
      ctx.fillText(label, left - 5, y + high / 2, left - 8);
    } else {
      ctx.textAlign = "left";
      writeOver(ctx, 3, fitting(ctx, label, span / 2), left + 5, y + (high > 2 * ROW ? 11 : high / 2));
      style(ctx, { strokeStyle: token("--hx-line"), lineWidth: 1, textAlign: "right" });
    }
  });
  ctx.strokeRect(left + 0.5, 0.5, span - 1, high * labels.length - 1);
};
