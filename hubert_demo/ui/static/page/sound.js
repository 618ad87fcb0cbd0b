// The sound as a picture: waveform over spectrogram, and the scale of time beneath.

import { unpack } from "../core/arrays.js";
import { clock } from "../core/clock.js";
import { signed } from "../core/format.js";
import {
  axisHeight, drawTimeAxis, fit, font, image, pixels, ramp, sized, style, token, withinAxis, writeUpwards,
} from "../core/paint.js";

/** @import { Ramp } from "../core/ramps.js" */
/** @import { Axis, SpectrogramPart } from "../core/types.js" */

const GAP = 8;
// What is quieter than this, of 255, is left as paper.
const QUIET = 64;
const FULL_SCALE = 32767;
// A recording that is fainter throughout looks faint.
const FAINTEST_DB = -30;

const waveHeight = () => pixels("--hx-wave-height");
const spectrumHeight = () => pixels("--hx-spectrum-height");

/**
 * What draws a recording's sound: its waveform, and its spectrogram with the scale of time.
 * @param {SpectrogramPart} sound
 */
export const soundPicture = (sound) => {
  const spectrogram = unpack(sound.spectrogram);
  const [rows, columns] = spectrogram.shape;
  const levels = spectrogram.map((level) => Math.max(0, level - QUIET) * (255 / (255 - QUIET)));
  /** The spectrogram in the colours of a theme. @type {{ colours: Ramp, picture: HTMLCanvasElement } | null} */
  let painted = null;
  const picture = () => {
    const colours = ramp("ink");
    if (painted?.colours !== colours) painted = { colours, picture: image(levels, columns, rows, colours, true) };
    return painted.picture;
  };
  return {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {Axis} axis
     * @param {number} width
     */
    wave: (canvas, axis, width) => drawWave(fit(canvas, width, waveHeight()), axis, waveHeight()),
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {Axis} axis
     * @param {number} width
     */
    spectrum: (canvas, axis, width) => {
      const ctx = fit(canvas, width, GAP + spectrumHeight() + axisHeight());
      ctx.translate(0, GAP);
      drawSpectrum(ctx, axis, sound.column_s, picture());
      labelFrequencies(ctx, axis, sound.frequencies_hz, spectrumHeight());
      drawTimeAxis(ctx, axis, spectrumHeight());
    },
  };
};

/** The largest sample of each recording that is drawn. @type {WeakMap<Int16Array, number>} */
const peaks = new WeakMap();

/** @param {Int16Array} samples */
const peakOf = (samples) => {
  const known = peaks.get(samples) ?? loudest(samples);
  peaks.set(samples, known);
  return known;
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
  const top = peakOf(samples);
  const scale = (middle - 2) / top;
  labelLevels(ctx, axis, top, height);
  const columns = Math.floor(axis.span);
  const sampleAt = (/** @type {number} */ column) =>
    Math.floor(((axis.from + (column / columns) * (axis.to - axis.from)) / clock.duration) * samples.length);
  ctx.fillStyle = token("--hx-waveform");
  for (let column = 0; column < columns; column++) {
    const from = sampleAt(column);
    const to = Math.max(from + 1, sampleAt(column + 1));
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
  style(ctx, { font: font(sized(12)), fillStyle: token("--hx-ink-2"), textAlign: "right", textBaseline: "middle" });
  const level = signed(Math.round(20 * Math.log10(top / FULL_SCALE)));
  for (const y of [sized(7), height - sized(7)]) ctx.fillText(axis.left < 60 ? level : `${level} dB`, axis.left - 8, y);
};

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {number} columnS seconds from one column to the next
 * @param {HTMLCanvasElement} picture a pixel a column
 */
const drawSpectrum = (ctx, axis, columnS, picture) => {
  const left = axis.x(-columnS / 2);
  const width = axis.x((picture.width - 0.5) * columnS) - left;
  withinAxis(ctx, axis, spectrumHeight(), () => {
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(picture, left, 0, width, spectrumHeight());
  });
};

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Axis} axis
 * @param {readonly number[]} frequencies in Hz, of the rows from the lowest
 * @param {number} height
 */
const labelFrequencies = (ctx, axis, frequencies, height) => {
  style(ctx, { font: font(sized(12)), fillStyle: token("--hx-ink-2"), textAlign: "right", textBaseline: "middle" });
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
