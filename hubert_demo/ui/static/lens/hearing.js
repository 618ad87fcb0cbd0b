// Hear a layer: sound made of nothing but its states, beside the recording. One button and one key turn from one to the
// other where the clock stands.

import { unpack } from "../core/arrays.js";
import { question } from "../core/ask.js";
import { clock } from "../core/clock.js";
import { furnish, layerSlider, make, say } from "../core/dom.js";
import { on } from "../core/events.js";
import { problemLine } from "../core/form.js";
import { signed } from "../core/format.js";
import { cursor, timeAxis } from "../core/paint.js";
import { choose, resultOnShow, store } from "../core/store.js";
import { zoomByPointer } from "../core/zoom.js";
import { soundPicture } from "../page/sound.js";
import { keptChart } from "./kept.js";

/** @import { Axis, Choices, LayerSound, Page, SpectrogramPart } from "../core/types.js" */

const WHAT = "Sound made of nothing but a layer’s states: a small decoder writes a spectrogram of them, and " +
  "Griffin-Lim finds a phase to that, never the recording’s own.";

/** @param {Page} page */
export const hearing = (page) => {
  let wanted = 0; // layer of the slider
  let asked = ""; // for which sound
  let playsThen = false; // once it is here
  /** @type {LayerSound | null} */
  let sound = null;

  const turn = (/** @type {number} */ layer) => {
    wanted = layer;
    label();
  };
  const slider = layerSlider(0, ["sound-layer", "sound-layer-name"], turn);
  const hear = make("button", {
    type: "button", class: "hx-button is-plain", "data-testid": "hear-layer", "aria-keyshortcuts": "L",
    onclick: () => press(),
  });
  const problem = problemLine("sound-problem");
  const unable = make("p", { class: "hx-quiet", hidden: true, "data-testid": "sound-unable" });
  const status = make("p", { class: "hx-quiet", role: "status", "data-testid": "sound-status" });
  const levels = make("p", { class: "hx-quiet", "data-testid": "sound-levels" });
  const pictures = { recording: spectrum("sound-recording"), layer: spectrum("sound-of-layer") };
  const kept = keptChart(turn);
  const found = make("div", { class: "hx-sounds", hidden: true, "data-testid": "layer-sound" },
    ...Object.values(pictures).map(({ element }) => element), kept.element);
  const card = make("div", { class: "hx-card hx-wide hx-hearing" },
    make("div", { class: "hx-bar" }, make("h2", { text: "Hear a layer" }), make("span", { class: "hx-grow" }), hear),
    make("div", { class: "hx-controls" }, ...slider.elements),
    make("div", { class: "hx-lines" },
      make("p", { class: "hx-quiet", text: WHAT }), unable, problem, status, levels), found);
  const element = make("section", { class: "hx-every-layer", "aria-label": "Hear a layer" }, card);
  const asking = question(page, "layer_sound", card);

  const whyNot = () => resultOnShow().why_not.layer_sound;
  const isHere = () => sound !== null && clock.layer === wanted;
  const label = () => {
    slider.show(wanted, resultOnShow().num_layers);
    hear.textContent = isHere() && clock.playsLayer ? "Hear the recording" : `Hear layer ${wanted}`;
    if (sound && !found.hidden) kept.show(sound.kept, wanted);
    furnish(hear, { title: isHere() ? "Switches where the clock stands (L)" : "Makes its sound, and plays it" });
  };

  const press = () => {
    if (isHere()) return void clock.playSound(!clock.playsLayer);
    playsThen = true;
    asked = "";
    choose({ sound_layer: wanted });
    follow();
  };

  const clear = () => {
    asking.forget();
    clock.lend(null);
    sound = null;
    asked = "";
    say(problem);
    say(levels);
    status.textContent = "";
    found.hidden = true;
  };

  const draw = () => {
    if (!sound || !card.clientWidth) return;
    const { layer, kept: shares, ...picture } = sound;
    pictures.recording.draw("Recording", resultOnShow().timeline, card.clientWidth);
    pictures.layer.draw(`Layer ${layer}`, picture, card.clientWidth);
    kept.show(shares, wanted);
  };

  /** @param {LayerSound} given */
  const show = (given) => {
    sound = given;
    status.textContent = "";
    wanted = given.layer;
    clock.lend(given.layer, /** @type {Int16Array<ArrayBuffer>} */ (unpack(given.samples)), given.rate_hz);
    say(levels, levelsOf(given));
    found.hidden = false;
    draw();
    if (playsThen) clock.playSound(true);
    playsThen = false;
    label();
  };

  // A tab that nobody has opened asks for nothing, nor does one where nobody has pressed the button.
  const follow = () => {
    if (!store.result || !card.clientWidth) return;
    const { sound_layer: layer } = store.choices;
    if (layer === undefined || whyNot()) {
      if (asked) clear();
      return label();
    }
    const question = JSON.stringify([store.result.token, layer]);
    if (question === asked) return;
    clear();
    asked = question;
    wanted = layer;
    label();
    status.textContent = `Making the sound of layer ${layer} …`;
    asking.put({ layer }, show, (sentence) => {
      playsThen = false;
      status.textContent = "";
      say(problem, sentence);
    });
  };

  on("sounds", () => store.result && label());

  return {
    element,
    reset: () => {
      clear();
      playsThen = false;
      wanted = store.choices.sound_layer ?? resultOnShow().middle_layer;
      label();
    },
    show: () => {
      say(unable, whyNot());
      hear.disabled = Boolean(whyNot());
      wanted = store.choices.sound_layer ?? (sound ? wanted : resultOnShow().middle_layer);
      label();
      follow();
    },
    choices: (/** @type {Choices} */ changed) => {
      if ("sound_layer" in changed) follow();
    },
    draw: () => {
      follow();
      draw();
    },
    tick: () => Object.values(pictures).forEach((picture) => picture.tick()),
  };
};

/**
 * How loud both are.
 * @param {Pick<LayerSound, "layer" | "level_db" | "recording_level_db">} sound
 */
export const levelsOf = ({ layer, level_db: level, recording_level_db: recording }) =>
  `Both are equally loud: layer ${layer} at ${signed(level, 1)} dB, the recording at ${signed(recording, 1)} dB. ` +
  "Press L to switch from one to the other while it plays.";

/** A spectrogram on the scale of time; a press moves the clock. @param {string} id for the tests */
const spectrum = (id) => {
  const title = make("h3");
  const canvas = make("canvas", { role: "img", "aria-label": "Spectrogram", "data-testid": id });
  const box = make("div", { class: "hx-sound hx-spectrum" }, canvas);
  const line = cursor(box);
  /** @type {Axis | null} */
  let axis = null;
  /** @type {{ sound: SpectrogramPart, picture: ReturnType<typeof soundPicture> } | null} */
  let shown = null;
  canvas.addEventListener("click", ({ offsetX }) => axis && clock.seek(axis.time(offsetX)));
  zoomByPointer(canvas, () => axis);
  const tick = () => {
    if (axis) line.place(axis);
  };
  return {
    element: make("div", {}, title, box),
    /** @param {string} name @param {SpectrogramPart} sound @param {number} width */
    draw: (name, sound, width) => {
      if (shown?.sound.spectrogram !== sound.spectrogram) shown = { sound, picture: soundPicture(sound) };
      title.textContent = name;
      canvas.setAttribute("aria-label", `Spectrogram: ${name}`);
      axis = timeAxis(width);
      shown.picture.spectrum(canvas, axis, width);
      tick();
    },
    tick,
  };
};
