// The timeline: play, waveform over spectrogram, words beneath, and a strip that belongs to the open tab.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { on } from "../core/events.js";
import { openStrip } from "../core/mount.js";
import { announce, cursor, fit, timeAxis, timeSlider, withinAxis } from "../core/paint.js";
import { store } from "../core/store.js";
import { zoomByPointer } from "../core/zoom.js";
import { alongBar } from "./along.js";
import { changeBar } from "./changebar.js";
import { patchForm } from "./patching.js";
import { noteLine, playBar, speedButtons, zoomButtons } from "./playbar.js";
import { selectionActions } from "./selecting.js";
import { soundPicture } from "./sound.js";
import { wordLane } from "./words.js";

/** @import { Axis, Mount } from "../core/types.js" */

const DRAG_PX = 4; // a hand that clicks moves less
const ROW_GAP_PX = 4; // between the rows of the head

/** @type {Mount} */
export const mount = (root) => {
  const [bar, notes, zoom] = [playBar(), noteLine(), zoomButtons()];
  const head = make("div", { class: "hx-timeline-head" }, bar.element, notes.element, notes.hint, zoom.element,
    speedButtons());
  const waiting = make("p", { class: "hx-waiting", text: "Starting the model …" });
  const heard = make("p", { class: "hx-unseen", role: "status", "data-testid": "heard" });
  const wave = timeSlider("Position in the recording", "timeline-canvas");
  const spectrum = make("canvas", { "aria-hidden": "true" });
  const waveBox = make("div", { class: "hx-sound hx-wave" }, wave);
  const spectrumBox = make("div", { class: "hx-sound hx-spectrum" }, spectrum);
  const along = alongBar("hx-timeline");
  const patch = patchForm();
  const actions = selectionActions(patch.toggle);
  spectrumBox.append(along.element);
  const words = wordLane();
  const strip = stripBox();
  const changes = changeBar();
  root.append(heard, head, waiting, waveBox, spectrumBox, words.element, strip.element, patch.element,
    changes.element);
  const cursors = [cursor(waveBox, "has-flag"), cursor(spectrumBox), strip.cursor];
  spectrumBox.append(actions.element);
  sayHeights(root, {
    timeline: () => heightOf(root), above: () => rowsAbove(bar.element), head: () => heightOf(head),
    spectrum: () => heightOf(spectrumBox), wave: () => heightOf(waveBox), strip: () => heightOf(strip.element),
  });

  /** @type {Axis | null} */
  let axis = null;
  /** @type {ReturnType<typeof soundPicture> | null} */
  let paint = null;

  for (const picture of [wave, spectrum, strip.canvas]) {
    jumpAndSelect(picture, () => axis);
    zoomByPointer(picture, () => axis);
  }

  const draw = () => {
    const width = root.clientWidth;
    if (!paint || !width) return;
    axis = timeAxis(width);
    paint.wave(wave, axis, width);
    paint.spectrum(spectrum, axis, width);
    words.draw(axis);
    hear();
    along.draw(axis);
    zoom.show();
    drawStrip();
    tick();
  };

  // Said again only where a better reading has other words.
  const hear = () => {
    const text = clock.words.map((word) => word.text).join(" ");
    const sentence = text ? `Transcript: ${text}` : "No speech recognised";
    if (heard.textContent !== sentence) heard.textContent = sentence;
  };

  const drawStrip = () => {
    if (axis) strip.draw(axis, root.clientWidth);
  };

  const tick = () => {
    if (!axis) return;
    for (const each of cursors) each.place(axis);
    actions.place(axis);
    if (!clock.selection) patch.rest();
    bar.show(clock.wordAt(clock.time));
    words.light();
    announce(wave);
  };

  on("changes", actions.mark);
  on("strip", (name) => {
    if (name === store.open) drawStrip();
  });

  return {
    result: (result) => {
      bar.begin();
      notes.show(result);
      changes.show(result);
      paint = soundPicture(result.timeline);
      draw();
    },
    busy: (sentence) => {
      root.classList.toggle("is-busy", Boolean(sentence));
      if (sentence) waiting.textContent = `${sentence} …`;
    },
    error: (sentence) => {
      if (sentence && !store.result) waiting.textContent = "Nothing has been analysed yet.";
    },
    open: draw,
    zoom: draw,
    draw,
    tick,
  };
};

/** Of the head, what lies above its last row: nothing where it has one. @param {HTMLElement} lastRow */
const rowsAbove = ({ offsetTop, offsetHeight }) => (offsetTop < offsetHeight / 2 ? 0 : offsetTop - ROW_GAP_PX);

/** @param {HTMLElement} piece */
const heightOf = (piece) => piece.getBoundingClientRect().height;

/**
 * Tells the styles how high the timeline and its pieces are: by that they know what stays in sight, and where the tabs
 * stay beneath it.
 * @param {HTMLElement} root
 * @param {Record<string, () => number>} pieces
 */
const sayHeights = (root, pieces) => {
  const { style } = document.documentElement;
  new ResizeObserver(() => {
    // All is measured before anything is told: what is told may move everything on the page.
    const heights = Object.entries(pieces).map(([name, height]) => [`--hx-high-${name}`, `${height()}px`]);
    for (const [name, height] of heights) if (style.getPropertyValue(name) !== height) style.setProperty(name, height);
  }).observe(root);
};

/** What the open tab shows on the scale of the timeline. */
const stripBox = () => {
  const label = make("p", { class: "hx-strip-label" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  const box = make("div", { class: "hx-strip" }, canvas);
  const element = make("div", { hidden: true, "data-testid": "strip" }, label, box);
  const line = cursor(box);
  return {
    element, canvas,
    cursor: line,
    draw: (/** @type {Axis} */ axis, /** @type {number} */ width) => {
      const strip = openStrip();
      const text = strip?.label();
      element.hidden = !text;
      if (!strip || !text) return;
      label.textContent = text;
      const ctx = fit(canvas, width, strip.height);
      withinAxis(ctx, axis, strip.height, () => strip.draw(ctx, axis, strip.height));
      line.place(axis);
    },
  };
};

/**
 * Press to jump, drag to select; a second finger ends that.
 * @param {HTMLCanvasElement} canvas
 * @param {() => Axis | null} axisNow
 */
const jumpAndSelect = (canvas, axisNow) => {
  /**
   * Where, in pixels and seconds, and whether it was dragged since.
   * @type {{ x: number, time: number, dragged: boolean } | null}
   */
  let pressed = null;
  const timeAt = (/** @type {PointerEvent} */ event) =>
    axisNow()?.time(event.clientX - canvas.getBoundingClientRect().left) ?? 0;
  canvas.addEventListener("pointerdown", (event) => {
    if (!axisNow() || event.button) return;
    if (!event.isPrimary) {
      if (pressed?.dragged) clock.select(null);
      pressed = null;
      return;
    }
    canvas.setPointerCapture(event.pointerId);
    pressed = { x: event.clientX, time: timeAt(event), dragged: false };
    clock.select(null);
    clock.seek(pressed.time);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pressed || (!pressed.dragged && Math.abs(event.clientX - pressed.x) < DRAG_PX)) return;
    pressed.dragged = true;
    clock.select(pressed.time, timeAt(event));
  });
  canvas.addEventListener("pointerup", () => {
    if (pressed?.dragged && clock.selection) clock.seek(clock.selection.from);
    pressed = null;
  });
  canvas.addEventListener("pointercancel", () => {
    pressed = null;
  });
};
