// The map of letters as a picture: cells, the names of the rows, and the letters of the best path beside their cells.

import { short } from "./format.js";
import { LEAST_S } from "./letter_path.js";
import {
  axisHeight, drawTimeAxis, fit, font, image, letterFont, ramp, style, timeAxis, token, withinAxis, writeOver,
} from "./paint.js";

/** @import { Axis, Unpacked } from "./types.js" */
/** @import { Path, Run } from "./letter_path.js" */

/**
 * `levels` are `(rows, frames)`, 0 to 255; `before` is the path before something was changed inside the model
 * @typedef {{ path: Path, levels: Unpacked, before: Path | null }} Source
 */
/**
 * `high`: pixels of a row; `isWritten`: with letters
 * @typedef {Source & { axis: Axis, rows: number, high: number, isWritten: boolean }} Picture
 */

export const ROW = 13; // pixels, as usual
export const FAINT = 26; // of 255: what is paler than this is no letter to hear
const NEAR = 3; // frames: a letter that moves by less is the same one
const LETTER_PX = 10; // in a usual row
const LEAST_ROOM_PX = 2.5; // a letter of the path; with less, letters would hide the cells

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {Source} source
 * @param {boolean} withBlank whether the last row, which is the blank, is shown too
 * @param {(usual: number) => number} heightFor gives how high the picture is
 * @returns {Picture}
 */
export const paint = (canvas, width, { path, levels, before }, withBlank, heightFor) => {
  const axis = timeAxis(width);
  const [all, frames] = levels.shape;
  const rows = withBlank ? all : all - 1;
  // Beneath them one more for the letters of before.
  const lines = rows + (before ? 1 : 0);
  const height = heightFor(lines * ROW + axisHeight()) - axisHeight();
  const high = height / lines;
  const ctx = fit(canvas, width, height + axisHeight());
  const [start, end] = [0, frames].map((frame) => axis.x(path.grid.startOf(frame)));
  const pixels = Math.max(1, Math.floor((end - start) * (window.devicePixelRatio || 1)));
  const { values, columns } = pooled(levels, rows, frames, pixels);
  const isLetter = (/** @type {Run} */ run) => run.writes && !run.space && run.symbol < rows;
  const letters = path.runs.filter((run) => isLetter(run) && isInSight(path, axis, run));
  const isWritten = axis.span >= letters.length * LEAST_ROOM_PX;
  withinAxis(ctx, axis, height, () => {
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(image(values, columns, rows, ramp("ink")), start, 0, end - start, rows * high);
    const endOf = (/** @type {Run} */ run) => axis.x(path.grid.startOf(run.end));
    const colourOf = (/** @type {Run} */ run) =>
      token(!before || isAlso(run, before.runs) ? "--hx-now" : "--hx-changed");
    if (isWritten) writeLetters(ctx, letters, high, endOf, colourOf, ({ symbol }) => symbol);
    if (!before) return;
    const were = before.runs.filter((run) => isLetter(run) && isInSight(path, axis, run));
    const colourBefore = (/** @type {Run} */ run) => token(isAlso(run, path.runs) ? "--hx-ink-2" : "--hx-changed");
    writeLetters(ctx, were, high, endOf, colourBefore, () => rows);
  });
  style(ctx, { strokeStyle: token("--hx-line"), lineWidth: 1 });
  ctx.strokeRect(axis.left + 0.5, 0.5, axis.span - 1, height - 1);
  nameRows(ctx, axis, high, [...path.symbols.slice(0, rows), ...(before ? [{ text: "before" }] : [])]);
  drawTimeAxis(ctx, axis, height);
  return { path, levels, before, axis, rows, high, isWritten };
};

/**
 * Whether another path has the same letter at about the same time.
 * @param {Run} run
 * @param {readonly Run[]} others
 */
export const isAlso = ({ symbol, first, end }, others) =>
  others.some((other) => other.symbol === symbol && other.first < end + NEAR && other.end > first - NEAR);

/**
 * @param {Path} path
 * @param {Axis} axis
 * @param {Run} run
 */
const isInSight = ({ grid }, { from, to }, { first, end }) => grid.startOf(end) > from && grid.startOf(first) < to;

/**
 * Where there are more frames than pixels, a column shows the largest of its frames: no letter is lost.
 * @param {ArrayLike<number>} levels
 * @param {number} rows
 * @param {number} frames
 * @param {number} pixels
 */
export const pooled = (levels, rows, frames, pixels) => {
  if (frames <= pixels) return { values: levels, columns: frames };
  const values = new Uint8Array(rows * pixels);
  for (let row = 0; row < rows; row++) {
    for (let frame = 0; frame < frames; frame++) {
      const at = row * pixels + Math.floor((frame / frames) * pixels);
      values[at] = Math.max(values[at], levels[row * frames + frame]);
    }
  }
  return { values, columns: pixels };
};

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {number} high pixels of a row
 * @param {readonly { text: string }[]} symbols
 */
const nameRows = (ctx, axis, high, symbols) => {
  style(ctx, { fillStyle: token("--hx-ink-2"), textAlign: "right", textBaseline: "middle" });
  symbols.forEach(({ text }, row) => {
    ctx.font = text.length === 1 ? letterFont(high - 1) : font(axis.left < 60 ? 10 : high - 2);
    ctx.fillText(short(text), axis.left - 6, (row + 0.5) * high, axis.left - 8);
  });
};

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {readonly Run[]} letters
 * @param {number} high pixels of a row
 * @param {(run: Run) => number} endOf where its cells end
 * @param {(run: Run) => string} colourOf
 * @param {(run: Run) => number} rowOf
 */
const writeLetters = (ctx, letters, high, endOf, colourOf, rowOf) => {
  ctx.font = letterFont(high, true);
  style(ctx, { textAlign: "left", textBaseline: "middle" });
  /** @type {Map<number, number>} */
  const taken = new Map();
  for (const run of letters) {
    const [x, row] = [endOf(run) + 1.5, rowOf(run)];
    if (x < (taken.get(row) ?? 0)) continue;
    taken.set(row, x + letterWidth(high));
    ctx.fillStyle = colourOf(run);
    writeOver(ctx, 1.5, run.text, x, (row + 0.5) * high);
  }
};

/** @param {number} high pixels of a row */
const letterWidth = (high) => (LETTER_PX * high) / ROW;

/**
 * What lies at a point: a moment, a row, and the run of the path if its cells or its letter are there.
 * @param {Picture} picture
 * @param {number} x
 * @param {number} y
 */
export const cellAt = ({ path, levels, axis, rows, high }, x, y) => {
  const time = axis.time(x);
  const frame = path.grid.frameAt(time);
  const row = Math.floor(y / high);
  const level = row >= 0 && row < rows && x >= axis.left ? levels[row * levels.shape[1] + frame] : null;
  const run = level === null ? undefined : path.runs.find((each) => each.symbol === row && each.writes
    && each.first <= frame && (frame < each.end || x < axis.x(path.grid.startOf(each.end)) + letterWidth(high)));
  return { x, time, frame, row, level, run };
};

/**
 * From when to when a letter is heard that was thought of but not chosen: as long as it is more than faint.
 * @param {Pick<Picture, "levels" | "path">} picture
 * @param {number} row
 * @param {number} frame
 * @returns {[from: number, to: number]}
 */
export const soundAround = ({ levels, path: { grid } }, row, frame) => {
  const [, frames] = levels.shape;
  const isStrong = (/** @type {number} */ at) => at >= 0 && at < frames && levels[row * frames + at] >= FAINT;
  let [first, end] = [frame, frame + 1];
  while (isStrong(first - 1)) first--;
  while (isStrong(end)) end++;
  return [grid.startOf(first), Math.max(grid.startOf(end), grid.startOf(first) + LEAST_S)];
};
