// What is drawn of attention maps: their values, and axes in seconds and words.

import { clock } from "../core/clock.js";
import { short } from "../core/format.js";
import { font, image, line, ramp, sized, style, token, writeUpwards } from "../core/paint.js";
import { ticks } from "../core/scales.js";
import { WORDS } from "./bins.js";

/** @import { Geometry } from "./bins.js" */
/** @typedef {CanvasRenderingContext2D} Context */

/**
 * A map's values as a square.
 * @param {Context} ctx
 * @param {Uint8Array} levels
 * @param {{ first: number, count: number }} bins that are shown; not always whole ones
 * @param {{ side: number, left?: number, top?: number }} place
 */
export const drawLevels = (ctx, levels, { first, count }, { side, left = 0, top = 0 }) => {
  const bins = Math.sqrt(levels.length);
  ctx.imageSmoothingEnabled = count > side;
  ctx.drawImage(image(levels, bins, bins, ramp("ink")), first, first, count, count, left, top, side, side);
};

/**
 * A line along whole pixels.
 * @param {Context} ctx
 * @param {readonly number[]} places
 */
export const crispLine = (ctx, places) => line(ctx, places.map((place) => Math.round(place) + 0.5));

/**
 * @param {Context} ctx
 * @param {CanvasTextAlign} align
 * @param {CanvasTextBaseline} baseline
 * @param {Parameters<Context["fillText"]>} what and where
 */
const write = (ctx, align, baseline, ...what) => {
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
  ctx.fillText(...what);
};

/**
 * @param {Context} ctx
 * @param {Geometry} geometry
 */
export const drawAxes = (ctx, { left, top, side, below, title, at, from, to }) => {
  style(ctx, { font: font(sized(12)), fillStyle: token("--hx-ink-2"), strokeStyle: token("--hx-line-strong") });
  ticks(to - from, side, sized(56), from).forEach(({ time, label }, index) => {
    const place = Math.max(0, Math.round(at(time)));
    if (place > side) return;
    write(ctx, "center", "top", index ? label : `${label} s`, left + place, top + side + 6);
    write(ctx, "right", "middle", label, left - 7, top + Math.max(sized(6), place));
    line(ctx, [left + place + 0.5, top + side, left + place + 0.5, top + side + 4]);
    line(ctx, [left - 4, top + place + 0.5, left, top + place + 0.5]);
  });
  ctx.fillStyle = token("--hx-ink-3");
  write(ctx, "center", "alphabetic", "looks at", left + side / 2, top + side + title + below + sized(15));
  writeUpwards(ctx, "this frame", sized(12), top + side / 2);
};

/**
 * A bracket a word on both axes, and its text where the one before leaves room for it.
 * @param {Context} ctx
 * @param {Geometry} geometry
 */
export const drawWords = (ctx, { left, top, side, beside, ticks: room, title, within, from: first, to: last }) => {
  const across = left - room + 4;
  const down = top + side + title + 1;
  let [freeX, freeY] = [-Infinity, -Infinity];
  style(ctx, { font: font(sized(12)), fillStyle: token("--hx-ink"), strokeStyle: token("--hx-ink-3"), lineWidth: 1 });
  for (const word of clock.words.filter((each) => each.end_s > first && each.start_s < last)) {
    const [from, to] = [within(word.start_s), Math.max(within(word.start_s) + 2, within(word.end_s) - 2)];
    const text = short(word.text);
    const half = ctx.measureText(text).width / 2;
    const middle = (from + to) / 2;
    crispLine(ctx, [left + from, down, left + to, down]);
    if (middle - half >= freeX) {
      write(ctx, "center", "top", text, left + middle, down + 3);
      freeX = middle + half + 4;
    }
    if (!beside) continue;
    crispLine(ctx, [across, top + from, across, top + to]);
    if (middle - sized(7) < freeY) continue;
    write(ctx, "right", "middle", text, across - 6, top + middle, beside - WORDS.gap + 4);
    freeY = middle + sized(7);
  }
};
