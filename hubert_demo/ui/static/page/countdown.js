// While the microphone records: the time that is left, at whose end the recording is stopped and analysed.

import { facts } from "../core/store.js";
import { stopButton } from "./source.js";

const TICK_MS = 100;

/** @type {number | null} */
let began = null;

setInterval(() => {
  const recorder = document.getElementById("hx-recorder");
  const stop = stopButton();
  if (!stop || !recorder) {
    began = null;
    return;
  }
  began ??= performance.now();
  const left = facts().max_duration_s - (performance.now() - began) / 1000;
  recorder.style.setProperty("--hx-left", `"recording · ${Math.max(0, Math.ceil(left))} s left"`);
  if (left > 0) return;
  began = null;
  stop.click();
}, TICK_MS);
