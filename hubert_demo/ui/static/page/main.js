// Where the page begins.

import { emit, on } from "../core/events.js";
import "../core/keyboard.js";
import { startMounting } from "../core/mount.js";
import { letterFont } from "../core/paint.js";
import { facts, store } from "../core/store.js";
import "./countdown.js";
import "./recorder.js";
import "./tabs.js";
import { keepSounds } from "./unsent.js";

const LATER_MS = 1000;
const ASIDE = ["lessons/course.js", "lens/lens.js"];

/** @param {string} module its path in `static/` */
const load = (module) => import(`../${module}`);

keepSounds();
startMounting(load);
window.addEventListener("online", () => emit("online"));

// No element asks for the fonts of letters in pictures: what is drawn before they come is drawn again. The styles that
// name them are there when the first component is.
const offFonts = on("mount", () => {
  offFonts();
  const fonts = [false, true].map((bold) => document.fonts.load(letterFont(12, bold)));
  Promise.all(fonts).then(() => store.result && emit("draw"));
});

// Once there is something to see, the scripts of the other tabs and of the lessons: they are at hand when one is
// opened, also where the server has another version by then.
const off = on("result", () => {
  off();
  // One that cannot be had now is asked for, and missed, when it is wanted.
  setTimeout(() => [...facts().tabs, ...ASIDE].forEach((module) => load(module).catch(() => {})), LATER_MS);
});
