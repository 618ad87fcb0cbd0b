// The timeline: play, waveform over spectrogram, words beneath, and a strip that belongs to the open tab.

import { clock } from "../core/clock.js";
import { icon, iconButton, make, segments } from "../core/dom.js";
import { on } from "../core/events.js";
import { seconds } from "../core/format.js";
import { openStrip } from "../core/mount.js";
import { announce, cursor, fit, timeAxis, timeSlider } from "../core/paint.js";
import { store } from "../core/store.js";
import { heightToTheMiddle, soundPicture } from "./sound.js";
import { layWords } from "./words.js";

/** @import { LitWords } from "../core/lit.js" */
/** @import { Axis, Mount, Result, Word } from "../core/types.js" */

const DRAG_PX = 4; // a hand that clicks moves less
/** @type {[number, string, string][]} */
const SPEEDS = [[0.5, "½×", "Half speed"], [0.75, "¾×", "Three quarters of the speed"], [1, "1×", "Full speed"]];

/** @type {Mount} */
export const mount = (root) => {
  const bar = playBar();
  const notes = noteLine();
  const waiting = make("p", { class: "hx-waiting", text: "Waking the model up …" });
  const canvas = timeSlider("Position in the recording", "timeline-canvas");
  const sound = make("div", { class: "hx-sound" }, canvas);
  const words = make("div", { class: "hx-words", "aria-hidden": "true" });
  const strip = stripBox();
  root.append(bar.element, notes.element, notes.more, waiting, sound, words, strip.element);
  const cursors = [cursor(sound, "has-flag"), strip.cursor];

  /** @type {Axis | null} */
  let axis = null;
  /** @type {ReturnType<typeof soundPicture> | null} */
  let paintSound = null;
  /** @type {LitWords | null} */
  let cells = null;

  for (const picture of [canvas, strip.canvas]) jumpAndSelect(picture, () => axis);

  const draw = () => {
    const width = root.clientWidth;
    if (!paintSound || !width) return;
    axis = timeAxis(width);
    paintSound(canvas, axis, width);
    cells = layWords(words, axis, width);
    drawStrip();
    tick();
  };

  const drawStrip = () => {
    if (!axis) return;
    strip.draw(axis, root.clientWidth);
    sayHeights();
  };

  // How much of the card may leave a small screen: down to the lower half of the spectrogram, or all but the bar.
  const sayHeights = () => {
    document.body.style.setProperty("--hx-above", `${sound.offsetTop + heightToTheMiddle()}px`);
    document.body.style.setProperty("--hx-all-but-bar", `${root.offsetHeight - bar.element.offsetHeight}px`);
  };

  const tick = () => {
    if (!axis) return;
    for (const each of cursors) each.place(axis);
    bar.show(clock.wordAt(clock.time));
    cells?.light();
    announce(canvas);
  };

  on("strip", (name) => {
    if (name === store.open) drawStrip();
  });

  return {
    result: (result) => {
      bar.begin();
      notes.show(result);
      paintSound = soundPicture(result.timeline);
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
    draw,
    tick,
  };
};

/** Play, the time, and the word that is said. */
const playBar = () => {
  const toggle = () => store.result && clock.toggle();
  const play = iconButton("play", "Play", toggle, { class: "hx-play", "data-testid": "play" });
  const time = make("b", { text: "0.00", "data-testid": "clock" });
  const duration = make("span", { text: "" });
  const said = make("b", { class: "hx-said", "data-testid": "now-word" });
  let playing = false;
  return {
    element: make("div", { class: "hx-bar" }, play, make("span", { class: "hx-clock" }, time, duration), said),
    begin: () => {
      duration.textContent = ` / ${seconds(clock.duration)}`;
    },
    show: (/** @type {Word | null} */ word) => {
      time.textContent = clock.time.toFixed(2);
      said.textContent = word ? word.text : "";
      if (playing === clock.playing) return;
      playing = clock.playing;
      play.replaceChildren(icon(playing ? "pause" : "play"));
      play.setAttribute("aria-label", playing ? "Pause" : "Play");
    },
  };
};

/** What is on show and what was done to it, a hint, and the speed. */
const noteLine = () => {
  const element = make("p", { class: "hx-notes", "data-testid": "notes" });
  const hint = make("span", { class: "hx-hint", text: "Click to jump · drag to select · space plays" });
  const speed = segments("Speed", SPEEDS, 1, (rate) => {
    clock.rate = rate;
  });
  speed.element.dataset.testid = "speed";
  return {
    element,
    more: make("div", { class: "hx-bar hx-bar-end" }, hint, speed.element),
    // A long name is cut, what was done is not.
    show: (/** @type {Result} */ { title, seconds: took, timeline: { notes } }) => {
      const done = [...notes, `analysed in ${Math.max(0.1, took).toFixed(1)} s`].map((note) => ` · ${note}`).join("");
      element.title = `${title}${done}`;
      element.replaceChildren(make("span", { class: "hx-name", text: title }), make("span", { text: done }));
      hint.hidden = notes.length > 0;
    },
  };
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
      strip.draw(fit(canvas, width, strip.height), axis, strip.height);
      line.place(axis);
    },
  };
};

/**
 * Press to jump, drag to select.
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
