// What all pictures share: colours of the theme, sharp canvases, the scale of time with its gutters.

import { clock } from "./clock.js";
import { furnish, make } from "./dom.js";
import { emit } from "./events.js";
import { clamp } from "./format.js";
import { moveByKeys } from "./keyboard.js";
import { rampOf } from "./ramps.js";
import { ticks, timeScale } from "./scales.js";
import { store } from "./store.js";

/** @import { Axis, Stretch } from "./types.js" */
/** @import { Ramp } from "./ramps.js" */
/** @typedef {CanvasRenderingContext2D} Context */

/** @type {Map<string, string>} */
let tokens = new Map();

/**
 * A custom property of the theme that is on.
 * @param {string} name
 */
export const token = (name) => {
  const known = tokens.get(name) ?? getComputedStyle(document.body).getPropertyValue(name).trim();
  tokens.set(name, known);
  return known;
};

/** The same where it is a number of pixels. @param {string} name */
export const pixels = (name) => parseFloat(token(name));

/**
 * A length on a picture as large as type is now: larger in presentation mode.
 * @param {number} length in pixels, as usual
 */
export const sized = (length) => length * (pixels("--hx-type") || 1);

/** @type {Map<string, Ramp>} */
const ramps = new Map();

/**
 * A ramp of the theme.
 * @param {"ink" | "time"} name
 */
export const ramp = (name) => {
  const stops = token(`--hx-ramp-${name}`);
  const known = ramps.get(stops) || rampOf(stops);
  ramps.set(stops, known);
  return known;
};

/** Draws every picture again: the theme, or the room that there is, has changed. */
export const redraw = () => {
  tokens = new Map();
  emit("draw");
};

// Light and dark are a class of the body.
new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] });
window.matchMedia("(max-width: 899px)").addEventListener("change", redraw);

const PAPER_RATIO = 3; // 288 dots an inch
let leastRatio = 1;

/** Draws every picture again, with as many pixels as paper needs, or as the screen does. @param {boolean} isPaper */
export const redrawFor = (isPaper) => {
  leastRatio = isPaper ? PAPER_RATIO : 1;
  redraw();
};

/**
 * Sizes a canvas in CSS pixels, clears it, and gives its context, sharp on every screen and on paper.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export const fit = (canvas, width, height) => {
  const ratio = Math.max(leastRatio, window.devicePixelRatio || 1);
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  const ctx = contextOf(canvas);
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
};

/** @param {HTMLCanvasElement} canvas */
export const contextOf = (canvas) => {
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("This browser cannot draw.");
  return ctx;
};

/**
 * Every picture with time has the same gutters and shows the same stretch, so that one moment is one vertical line down
 * the page.
 * @param {number} width
 */
export const timeAxis = (width) => {
  const gutters = { left: pixels("--hx-gutter-left"), right: pixels("--hx-gutter-right") };
  return timeScale(width, clock.duration, gutters, store.zoom);
};

/**
 * @param {number} size in pixels
 * @param {boolean} [bold]
 */
export const font = (size, bold = false) => `${bold ? "700 " : ""}${size}px "IBM Plex Sans", sans-serif`;

/**
 * For single letters: i and l differ even where they are small, as they do not in Plex Sans. Bold ones need 13 pixels:
 * at 12 the dot of an i runs into its stem.
 * @param {number} size in pixels
 * @param {boolean} [bold]
 */
export const letterFont = (size, bold = false) => `${bold ? "700 " : ""}${size}px "IBM Plex Mono", monospace`;

/**
 * How all that follows is drawn.
 * @param {Context} ctx
 * @param {Partial<Context>} how
 */
export const style = (ctx, how) => void Object.assign(ctx, how);

/**
 * A line through places.
 * @param {Context} ctx
 * @param {ArrayLike<number>} places x and y of one after the other
 */
export const line = (ctx, places) => {
  ctx.beginPath();
  for (let i = 0; i < places.length; i += 2) ctx.lineTo(places[i], places[i + 1]);
  ctx.stroke();
};

/**
 * Text on a picture, with the card's colour around it.
 * @param {Context} ctx
 * @param {number} around in pixels
 * @param {Parameters<Context["strokeText"]>} what and where
 */
export const writeOver = (ctx, around, ...what) => {
  style(ctx, { strokeStyle: token("--hx-card"), lineWidth: 2 * around, lineJoin: "round" });
  ctx.strokeText(...what);
  ctx.fillText(...what);
};

/**
 * Text that is read upwards, its middle at a place.
 * @param {Context} ctx
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
export const writeUpwards = (ctx, text, x, y) => {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.fillText(text, 0, 0);
  ctx.restore();
};

/**
 * Draws what may go beyond the stretch that is shown, without what lies in the gutters.
 * @param {Context} ctx
 * @param {Axis} axis
 * @param {number} height
 * @param {() => void} draw
 */
export const withinAxis = (ctx, axis, height, draw) => {
  ctx.save();
  ctx.beginPath();
  ctx.rect(axis.left, 0, axis.span, height);
  ctx.clip();
  draw();
  ctx.restore();
};

/** Room for the scale of time, in pixels. */
export const axisHeight = () => sized(24);

/**
 * Ticks and labels of the scale of time.
 * @param {Context} ctx
 * @param {Axis} axis
 * @param {number} y the foot of the picture above
 */
export const drawTimeAxis = (ctx, axis, y) => {
  style(ctx, { strokeStyle: token("--hx-line-strong"), fillStyle: token("--hx-ink-2") });
  style(ctx, { font: font(sized(12)), textAlign: "left", textBaseline: "top" });
  ticks(axis.to - axis.from, axis.span, sized(64), axis.from).forEach(({ time, label }, index) => {
    const x = Math.round(axis.x(time)) + 0.5;
    line(ctx, [x, y, x, y + 4]);
    const text = index ? label : `${label} s`;
    const half = ctx.measureText(text).width / 2;
    ctx.fillText(text, Math.min(x - half, axis.left + axis.span - 2 * half + 8), y + 6);
  });
};

/**
 * Values of 0 to 255 as a small canvas in the colours of a ramp, to be drawn at any size.
 * @param {ArrayLike<number>} values rows of `columns`
 * @param {number} columns
 * @param {number} rows
 * @param {Ramp} colours
 * @param {boolean} [flip] whether the first row is the lowest
 */
export const image = (values, columns, rows, colours, flip = false) => {
  const canvas = make("canvas", { width: columns, height: rows });
  const ctx = contextOf(canvas);
  const picture = ctx.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    const from = (flip ? rows - 1 - row : row) * columns;
    for (let column = 0; column < columns; column++) {
      const to = 4 * (row * columns + column);
      const colour = 3 * values[from + column];
      picture.data[to] = colours[colour];
      picture.data[to + 1] = colours[colour + 1];
      picture.data[to + 2] = colours[colour + 2];
      picture.data[to + 3] = 255;
    }
  }
  ctx.putImageData(picture, 0, 0);
  return canvas;
};

/**
 * The line of the present in a picture with time, and the stretch that is selected; `place(axis)` moves them
 * without drawing anything.
 * @param {HTMLElement} parent
 * @param {string} [className]
 */
export const cursor = (parent, className = "") => {
  const line = make("i", { class: `hx-cursor ${className}`, "aria-hidden": "true" });
  const stretch = make("i", { class: "hx-selection", "aria-hidden": "true", hidden: true });
  parent.append(stretch, line);
  /** @type {[object | null, Axis | null]} */
  let [placed, along] = [null, null];
  return {
    /** @param {Axis} axis */
    place: (axis) => {
      const { selection, time } = clock;
      line.hidden = time < axis.from || time > axis.to;
      line.style.transform = `translateX(${axis.x(time)}px)`;
      if (selection === placed && axis === along) return;
      [placed, along] = [selection, axis];
      const [left, right] = [selection?.from ?? 0, selection?.to ?? 0]
        .map((end) => axis.x(clamp(end, axis.from, axis.to)));
      stretch.hidden = right <= left;
      stretch.style.left = `${left}px`;
      stretch.style.width = `${right - left}px`;
    },
  };
};

const SAY_MS = 250; // how often a screen reader's text follows the clock while it plays

/**
 * Makes a picture with time a slider, for screen readers and for the arrow keys.
 * @template {HTMLElement} Picture
 * @param {Picture} picture
 * @param {string} label
 */
export const asSlider = (picture, label) => {
  moveByKeys(picture);
  return furnish(picture, { tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0, "aria-valuenow": 0 });
};

/**
 * A canvas with time, which is a slider.
 * @param {string} label
 * @param {string} id for the tests
 */
export const timeSlider = (label, id) => asSlider(make("canvas", { "data-testid": id }), label);

/** @param {Stretch} stretch */
export const spokenStretch = ({ from, to }) => `${from.toFixed(2)} to ${to.toFixed(2)}`;

/** @type {WeakMap<HTMLElement, number>} */
const announced = new WeakMap();

/**
 * Says to a screen reader where the clock stands.
 * @param {HTMLElement} slider
 * @param {string} [more] what this picture shows there
 */
export const announce = (slider, more = "") => {
  const passed = performance.now() - (announced.get(slider) ?? -Infinity);
  if (clock.playing && passed < SAY_MS) return;
  announced.set(slider, performance.now());
  const { selection, time } = clock;
  const word = clock.wordAt(time);
  const spoken = word ? `, ${word.text}` : "";
  const chosen = selection ? `, selected ${spokenStretch(selection)}` : "";
  const zoomed = store.zoom ? `, showing ${spokenStretch(store.zoom)}` : "";
  furnish(slider, {
    "aria-valuemax": clock.duration.toFixed(2), "aria-valuenow": time.toFixed(2),
    "aria-valuetext": `${time.toFixed(2)} seconds${spoken}${chosen}${zoomed}${more}`,
  });
};
