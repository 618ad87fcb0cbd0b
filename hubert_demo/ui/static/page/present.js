// Presentation mode: one figure of the open tab fills the window, in large type, for a class to see. Full screen where
// the browser lets a page have that. The button, Escape or a link ends it.

import { button, make } from "../core/dom.js";
import { emit, on } from "../core/events.js";
import { fillWindow } from "../core/figure.js";
import { redraw } from "../core/paint.js";

const BEGUN = "Presentation mode: one figure fills the window. Press Escape to end it.";
const ENDED = "The presentation has ended.";

let isOn = false;
let scrolled = 0; // where the page was

export const presentation = {
  get isOn() {
    return isOn;
  },
  /** Everybody hears "present". @param {boolean} wanted */
  put: (wanted) => {
    if (wanted === isOn) return;
    if (wanted) scrolled = scrollY;
    isOn = wanted;
    fillWindow(isOn);
    if (!isOn) scrollTo({ top: scrolled, behavior: "instant" });
    emit("present");
  },
};

const begin = async () => {
  presentation.put(true);
  try {
    await document.documentElement.requestFullscreen();
  } catch {
    // A frame of another site, or a phone: the window is full of it all the same.
  }
};

const end = () => {
  presentation.put(false);
  if (document.fullscreenElement) document.exitFullscreen();
};

// Where the screen is full of it the browser takes Escape itself.
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) end();
});

// Ends nothing else, such as a lesson that is being shown.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isOn) return;
  event.stopPropagation();
  end();
}, true);

// Another window may have another size of type, and figures as high as there is room.
addEventListener("resize", () => {
  if (isOn) redraw();
});

/** The button, and what a screen reader is told. */
export const presentButton = () => {
  const press = button("Present", () => (isOn ? end() : begin()), "present", "hx-present");
  press.title = "Fill the window with one figure, in large type";
  const status = make("span", { class: "hx-unseen", role: "status", "data-testid": "present-status" });
  on("present", () => {
    press.textContent = isOn ? "End presentation" : "Present";
    status.textContent = isOn ? BEGUN : ENDED;
    // What had the focus may be out of sight now.
    const { activeElement: focused } = document;
    if (!focused?.getClientRects().length || (!isOn && focused === document.body)) press.focus({ preventScroll: true });
  });
  return [press, status];
};
