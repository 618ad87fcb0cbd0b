// Where the page begins.

import { emit, on } from "../core/events.js";
import "../core/keyboard.js";
import { startMounting } from "../core/mount.js";
import { facts } from "../core/store.js";
import "./countdown.js";
import "./recorder.js";

const LATER_MS = 1000;

/** @param {string} module its path in `static/` */
const load = (module) => import(`../${module}`);

startMounting(load);
window.addEventListener("online", () => emit("online"));

// Once there is something to see, the scripts of the other tabs: they are at hand when one is opened, also where the
// server has another version by then.
const off = on("result", () => {
  off();
  // One that cannot be had now is asked for, and missed, when its tab is opened.
  setTimeout(() => facts().tabs.forEach((module) => load(module).catch(() => {})), LATER_MS);
});
