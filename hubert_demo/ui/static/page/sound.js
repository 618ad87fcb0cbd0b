// The sound as a picture: waveform over spectrogram, and the scale of time beneath.

import { unpack } from "../core/arrays.js";
import { clock } from "../core/clock.js";
import { signed } from "../core/format.js";
import {
  AXIS_HEIGHT, drawTimeAxis, fit, font, image, pixels, ramp, style, token, writeUpwards,
} from "../core/paint.js";

/** @import { Axis, TimelinePart } from "../core/types.js" */

const GAP = 8;
// What is quieter than this, of 255, is left as paper.
const QUIET = 64;
const FULL_SCALE = 32767;
// A recording that is fainter throughout looks faint.
const FAINTEST_DB = -30;

const waveHeight = () => pixels("--hx-wave-height");
const spectrumHeight = () => pixels("--hx-spectrum-height");

/** How much of it is seen with the lower half of the spectrogram left out. */
export const heightToTheMiddle = () => waveHeight() + GAP + spectrumHeight() / 2;

/**
 * What draws a recording's sound.
 * @param {TimelinePart} timeline
 */
export const soundPicture = (timeline) => {
  const spectrogram = unpack(timeline.spectrogram);
  const levels = spectrogram.map((level) => Math.max(0, level - QUIET) * (255 / (255 - QUIET)));
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Axis} axis
   * @param {number} width
   */
  return (canvas, axis, width) => {
    const ctx = fit(canvas, width, waveHeight() + GAP + spectrumHeight() + AXIS_HEIGHT);
    drawWave(ctx, axis, waveHeight());
    ctx.translate(0, waveHeight() + GAP);
    drawSpectrum(ctx, axis, timeline.column_s, levels, spectrogram.shape);
    labelFrequencies(ctx, axis, timeline.frequencies_hz, spectrumHeight());
    drawTimeAxis(ctx, axis, spectrumHeight());
  };
};

/**
 * One column a pixel: from the lowest to the highest sample that falls on it.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {number} height
 */
const drawWave = (ctx, axis, height) => {
  const { samples } = clock;
  const middle = height / 2;
  const top = loudest(samples);
  const scale = (middle - 2) / top;
  labelLevels(ctx, axis, top, height);
  const columns = Math.floor(axis.span);
  ctx.fillStyle = token("--hx-waveform");
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column / columns) * samples.length);
    const to = Math.max(from + 1, Math.floor(((column + 1) / columns) * samples.length));
    let low = samples[from];
    let high = low;
    for (let i = from; i < to; i++) {
      if (samples[i] < low) low = samples[i];
      if (samples[i] > high) high = samples[i];
    }
    ctx.fillRect(axis.left + column, middle - high * scale - 0.4, 1, Math.max(0.8, (high - low) * scale + 0.8));
  }
};

/**
 * What top and bottom of a waveform stand for: the loudest sample, but room noise is not drawn as loud as speech.
 * @param {ArrayLike<number>} samples int16
 */
export const loudest = (samples) => {
  let most = FULL_SCALE * 10 ** (FAINTEST_DB / 20);
  for (let i = 0; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i]));
  return most;
};

/**
 * In decibels below full scale.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {number} top
 * @param {number} height
 */
const labelLevels = (ctx, axis, top, height) => {
  style(ctx, { font: font(12), fillStyle: token("--hx-ink-2"), textAlign: "right", textBaseline: "middle" });
  const level = signed(Math.round(20 * Math.log10(top / FULL_SCALE)));
  for (const y of [7, height - 7]) ctx.fillText(axis.left < 60 ? level : `${level} dB`, axis.left - 8, y);
};

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {number} columnS seconds from one column to the next
 * @param {ArrayLike<number>} levels 0 to 255
 * @param {readonly number[]} shape of the levels: frequencies, columns
 */
const drawSpectrum = (ctx, axis, columnS, levels, [rows, columns]) => {
  const picture = image(levels, columns, rows, ramp("ink"), true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(axis.left, 0, axis.span, spectrumHeight());
  ctx.clip();
  ctx.imageSmoothingQuality = "high";
  const left = axis.x(-columnS / 2);
  ctx.drawImage(picture, left, 0, axis.x((columns - 0.5) * columnS) - left, spectrumHeight());
  ctx.restore();
};

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {readonly number[]} frequencies in Hz, of the rows from the lowest
 * @param {number} height
 */
const labelFrequencies = (ctx, axis, frequencies, height) => {
  style(ctx, { font: font(12), fillStyle: token("--hx-ink-2"), textAlign: "right", textBaseline: "middle" });
  let above = Infinity;
  for (const [hz, label] of LABELS) {
    if (hz < 1000 && height < 100) continue;
    const beyond = hz > frequencies[frequencies.length - 1];
    const row = beyond ? frequencies.length : frequencies.findIndex((centre) => centre >= hz);
    const y = height * (1 - (row + 0.5) / frequencies.length);
    if (above - y < 14) continue;
    above = y;
    ctx.fillText(label, axis.left - 8, Math.max(y, 7));
  }
  if (axis.left >= 60) writeUpwards(ctx, "frequency, Hz", 20, height / 2);
};

/** @type {[number, string][]} */
const LABELS = [[500, "500"], [1000, "1k"], [2000, "2k"], [4000, "4k"], [8000, "8k"]];
