// Probabilities of the keyword classes along the recording, where it is long enough for more than one window.

import { clock } from "../core/clock.js";
import { make, scale } from "../core/dom.js";
import { figureBox } from "../core/figure.js";
import {
  announce, axisHeight, cursor, drawTimeAxis, fit, font, image, line, ramp, sized, style, timeAxis, timeSlider, token,
  withinAxis,
} from "../core/paint.js";
import { zoomByPointer } from "../core/zoom.js";
import { bestOf, levelsOf, secondAround } from "./scores.js";

/** @import { Axis, KeywordScores, Unpacked } from "../core/types.js" */
/** @typedef {CanvasRenderingContext2D} Context */

const ROW = 18; // pixels, as usual

/**
 * A card.
 * @param {KeywordScores} scores
 * @param {Unpacked} windows `(windows, classes)`
 */
export const windowsCard = (scores, windows) => {
  const canvas = timeSlider("Keyword probabilities over time", "keyword-strip");
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
    const height = heightFor(ROW * scores.labels.length + axisHeight());
    const row = (height - axisHeight()) / scores.labels.length;
    drawWindows(fit(canvas, box.clientWidth, height), axis, row, scores, windows);
    tick();
  };
  zoomByPointer(canvas, () => axis);
  canvas.addEventListener("pointerdown", (event) => {
    if (axis && event.isPrimary) clock.hear(...secondAround(axis.time(event.offsetX), clock.duration));
  });
  const element = make("div", { class: "hx-card hx-wide" }, make("div", { class: "hx-bar" },
    make("h2", { text: "Over time: probability in each one-second window" }), scale("ink", "0", "1")), box);
  return { element, draw, tick };
};

/**
 * @param {Context} ctx
 * @param {Axis} axis
 * @param {number} high pixels of a row
 * @param {KeywordScores} scores
 * @param {Unpacked} windows
 */
const drawWindows = (ctx, axis, high, scores, windows) => {
  const { labels, window_times_s: times, start_s: start, end_s: end } = scores;
  const best = bestOf(scores);
  const height = high * labels.length;
  const half = (times[1] - times[0]) / 2;
  const [left, right] = [axis.x(times[0] - half), axis.x(times[times.length - 1] + half)];
  withinAxis(ctx, axis, height, () => {
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(image(levelsOf(windows), times.length, labels.length, ramp("ink")), left, 0, right - left, height);
  });
  drawRows(ctx, axis, high, labels, best);
  withinAxis(ctx, axis, height, () => {
    style(ctx, { strokeStyle: token("--hx-action"), lineWidth: 2 });
    ctx.strokeRect(axis.x(start), best * high + 1, axis.x(end) - axis.x(start), high - 2);
  });
  drawTimeAxis(ctx, axis, height);
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
  labels.forEach((label, row) => {
    const y = Math.round(row * high) + 0.5;
    line(ctx, [left, y, left + span, y]);
    ctx.font = font(left < 60 ? 10 : sized(12), row === best);
    ctx.fillStyle = token(row === best ? "--hx-ink" : "--hx-ink-2");
    ctx.fillText(label, left - 5, y + high / 2, left - 8);
  });
  ctx.strokeRect(left + 0.5, 0.5, span - 1, high * labels.length - 1);
};
