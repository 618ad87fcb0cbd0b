// The head of the timeline: play, the clock, the word that is said; what was done to the recording; zoom and speed.

import { clock } from "../core/clock.js";
import { furnish, icon, iconButton, make, segments } from "../core/dom.js";
import { on } from "../core/events.js";
import { seconds } from "../core/format.js";
import { store, zoomTo } from "../core/store.js";
import { LEAST_S, shown, STEP, zoomBy } from "../core/zoom.js";

/** @import { Result, Word } from "../core/types.js" */

/** @type {[number, string, string][]} */
export const SPEEDS = [[0.5, "½×", "½×, half speed"], [0.75, "¾×", "¾×, three quarters of the speed"],
  [1, "1×", "1×, full speed"]];
const HINT = "Click to jump · drag to select · space plays";

/** Play, the time, and the word that is said. */
export const playBar = () => {
  const toggle = () => store.result && clock.toggle();
  const play = iconButton("play", "Play", toggle, { class: "hx-play", "data-testid": "play" });
  const time = make("b", { text: "0.00", "data-testid": "clock" });
  const duration = make("span", { class: "hx-duration" });
  const said = make("b", { class: "hx-said", "data-testid": "now-word" });
  let playing = false;
  const sound = soundSwitch();
  return {
    element: make("div", { class: "hx-bar" }, play, make("span", { class: "hx-clock" }, time, duration), sound, said),
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

/** Turns from the recording to the sound of a layer, where that is at hand, and back. */
const soundSwitch = () => {
  const element = make("button", {
    type: "button", class: "hx-sound-switch", hidden: true, "aria-keyshortcuts": "L", "data-testid": "sound-switch",
    title: "Switch between the recording and this layer’s sound (L)", onclick: () => clock.playSound(!clock.playsLayer),
  });
  on("sounds", () => {
    element.hidden = clock.layer === null;
    element.textContent = `Layer ${clock.layer}`;
    element.setAttribute("aria-pressed", String(clock.playsLayer));
  });
  return element;
};

/** What is on show and what was done to it, and a hint where that leaves room. */
export const noteLine = () => {
  const element = make("p", { class: "hx-notes", "data-testid": "notes" });
  const hint = make("span", { class: "hx-hint", text: HINT });
  return {
    element, hint,
    // A long name is cut, what was done is not.
    show: (/** @type {Result} */ { title, seconds: took, sources, timeline }) => {
      const notes = [...timeline.notes, ...(sources.timeline ? [sources.timeline] : [])];
      const done = [...notes, `analysed in ${Math.max(0.1, took).toFixed(1)} s`].map((note) => ` · ${note}`).join("");
      element.title = `${title}${done}`;
      element.replaceChildren(make("span", { class: "hx-name", text: title }), make("span", { text: done }));
      hint.hidden = notes.length > 0;
    },
  };
};

/** How much of the recording is shown. */
export const zoomButtons = () => {
  /**
   * @param {Parameters<typeof iconButton>[0]} name
   * @param {string} label
   * @param {string} key that does the same on a picture
   * @param {() => void} act
   */
  const one = (name, label, key, act) => iconButton(name, label, () => {
    if (buttons[name].getAttribute("aria-disabled") !== "true") act();
  }, { title: `${label} (${key})`, "data-testid": `zoom-${name}` });
  /** @type {Record<string, HTMLElement>} */
  const buttons = {
    less: one("less", "Zoom out", "−", () => zoomBy(1 / STEP)),
    more: one("more", "Zoom in", "+", () => zoomBy(STEP)),
    whole: one("whole", "Show the whole recording", "0", () => zoomTo(null)),
  };
  const element = make("div", { class: "hx-segments hx-zoom", role: "group", "aria-label": "Zoom" },
    ...Object.values(buttons));
  // Those that can do no more stay where the keyboard is.
  const disable = (/** @type {HTMLElement} */ button, /** @type {boolean} */ isOff) =>
    furnish(button, { "aria-disabled": String(isOff) });
  return {
    element,
    show: () => {
      const { from, to } = shown();
      disable(buttons.more, to - from < LEAST_S + 1e-6);
      disable(buttons.less, !store.zoom);
      disable(buttons.whole, !store.zoom);
    },
  };
};

export const speedButtons = () => {
  const { element, choose } = segments("Speed", SPEEDS, clock.rate, (rate) => {
    clock.rate = rate;
  });
  on("rate", () => choose(clock.rate));
  return furnish(element, { "data-testid": "speed" });
};
