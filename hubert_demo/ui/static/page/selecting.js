// What can be done to the stretch that is selected: a few buttons on the spectrogram, above it.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { clamp } from "../core/format.js";
import { oneStop } from "../core/keyboard.js";
import { changing, ofStretch } from "./changing.js";

/** @import { Axis } from "../core/types.js" */

/** @type {readonly (readonly [name: Parameters<typeof ofStretch>[0], text: string, title: string])[]} */
const ACTIONS = [
  ["frames_masked", "Mask", "Put the learned mask embedding in place of these frames, as in pre-training"],
  ["stretch_silenced", "Silence", "Take the sound away here"],
  ["attention_cut:others", "Cut off", "No frame outside can attend to these frames"],
];
const GAP_PX = 4; // from the edges of the picture

/** @param {() => void} onpatch */
export const selectionActions = (onpatch) => {
  const buttons = ACTIONS.map(([name, text, title]) => make("button", {
    type: "button", text, title, "data-testid": `selection-${text.toLowerCase().replace(" ", "-")}`,
    onclick: () => clock.selection && changing.toggle(ofStretch(name, clock.selection, clock.duration)),
  }));
  const element = make("div", {
    class: "hx-segments hx-selecting", role: "group", "aria-label": "Change the selected stretch", hidden: true,
    "data-testid": "selecting",
  }, ...buttons, make("button", {
    type: "button", text: "Patch …", title: "Put in states of another recording", "data-testid": "selection-patch",
    onclick: onpatch,
  }));
  const settle = oneStop(element);
  /** @type {[object | null, Axis | null]} */
  let [placed, along] = [null, null];

  const mark = () => {
    const { selection } = clock;
    if (!selection) return;
    buttons.forEach((button, i) =>
      button.setAttribute("aria-pressed", String(changing.has(ofStretch(ACTIONS[i][0], selection, clock.duration)))));
    settle();
  };

  return {
    element, mark,
    /** Beside the selection; nothing is measured unless that has moved. @param {Axis} axis */
    place: (axis) => {
      const { selection } = clock;
      if (selection === placed && axis === along) return;
      [placed, along] = [selection, axis];
      element.hidden = !selection || selection.to <= axis.from || selection.from >= axis.to;
      if (!selection || element.hidden) return;
      mark();
      const middle = axis.x((Math.max(selection.from, axis.from) + Math.min(selection.to, axis.to)) / 2);
      const most = axis.left + axis.span - element.offsetWidth - GAP_PX;
      element.style.left = `${clamp(middle - element.offsetWidth / 2, Math.min(axis.left + GAP_PX, most), most)}px`;
    },
  };
};
