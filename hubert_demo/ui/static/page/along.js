// Which part of the recording the pictures show, while it is not all of it: a bar to move along.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { spokenStretch } from "../core/paint.js";
import { store } from "../core/store.js";
import { moveTo, shown } from "../core/zoom.js";

/** @import { Axis } from "../core/types.js" */

/** How far a key moves, in lengths of what is shown. @type {Record<string, number>} */
const STEPS = {
  ArrowLeft: -0.1, ArrowUp: -0.1, ArrowRight: 0.1, ArrowDown: 0.1, PageUp: -0.9, PageDown: 0.9, Home: -Infinity,
  End: Infinity,
};

/** @param {string} controls id of what it moves */
export const alongBar = (controls) => {
  const thumb = make("i");
  const element = make("div", {
    class: "hx-along is-whole", role: "scrollbar", tabindex: -1, "aria-label": "Part of the recording on show",
    "aria-orientation": "horizontal", "aria-controls": controls, "aria-valuemin": 0, "aria-valuenow": 0,
    "data-testid": "along",
  }, thumb);
  /** @type {Axis | null} */
  let axis = null;
  /** Seconds from the beginning of what is shown to the pointer that drags it. @type {number | null} */
  let held = null;

  const timeAt = (/** @type {PointerEvent} */ { clientX }) =>
    axis ? ((clientX - element.getBoundingClientRect().left) / axis.span) * clock.duration : 0;
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const { from, to } = shown();
    const time = timeAt(event);
    element.setPointerCapture(event.pointerId);
    // Beside the thumb, the thumb comes to the pointer.
    held = from <= time && time <= to ? time - from : (to - from) / 2;
    moveTo(time - held);
  });
  element.addEventListener("pointermove", (event) => {
    if (held !== null) moveTo(timeAt(event) - held);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    element.addEventListener(end, () => {
      held = null;
    });
  }
  element.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const { from, to } = shown();
    moveTo(Number.isFinite(step) ? from + step * (to - from) : step > 0 ? clock.duration : 0);
  });

  return {
    element,
    /** @param {Axis} now */
    draw: (now) => {
      axis = now;
      const { from, to } = shown();
      const { duration } = clock;
      element.classList.toggle("is-whole", !store.zoom);
      element.setAttribute("tabindex", store.zoom ? "0" : "-1");
      element.setAttribute("aria-valuemax", (duration - (to - from)).toFixed(2));
      element.setAttribute("aria-valuenow", from.toFixed(2));
      element.setAttribute("aria-valuetext", `${spokenStretch({ from, to })} of ${duration.toFixed(2)} seconds`);
      Object.assign(element.style, { left: `${axis.left}px`, width: `${axis.span}px` });
      Object.assign(thumb.style, { left: `${(100 * from) / duration}%`, width: `${(100 * (to - from)) / duration}%` });
    },
  };
};
