// Walks through the page in another engine than Chromium: node visit.js ENGINE URL RECORDING PICTURES
//
// ENGINE is firefox or webkit, RECORDING a file to upload, PICTURES a folder for a picture of every tab. It fails
// where something to be seen is not there, a picture is not painted, or the page or the browser says an error.
// npm's packages come from .ci/node_modules (in .ci: npm ci), whose package.json lists them.

/* global document */

import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const DEADLINE = Date.now() + 240_000; // for all of it; the first UMAP of a process is compiled
const BETWEEN_MS = 100;
const LATE_MS = 500; // errors may be told this much later

// The pictures of every tab, by their ids; the timeline is beside all of them.
const PICTURES = {
  transcript: ["timeline-canvas", "emission-map"],
  keywords: ["timeline-canvas", "keyword-strip"],
  layers: ["timeline-canvas", "layer-map"],
  attention: ["timeline-canvas", "attention-map"],
};

const [engine, url, recording, pictures] = process.argv.slice(2);
const { open } = await import(`./${engine}.js`);

/** Waits until something in the page is true, and gives it; functions run in the page. */
const until = async (tab, what, look, ...given) => {
  while (Date.now() < DEADLINE) {
    const found = await tab.evaluate(look, ...given);
    if (found) return found;
    await pause(BETWEEN_MS);
  }
  throw new Error(`Waited in vain for ${what}.`);
};

/** In the page: the token of a result that is on show, if it is another one. */
const tokenBut = (old) => {
  const { hxReady } = document.body?.dataset ?? {};
  return hxReady !== old && hxReady;
};

const seen = (selector) => Boolean(document.querySelector(selector)?.offsetParent);

const textOf = (selector) => document.querySelector(selector).textContent;

/** In the page: whether the middle of a picture of this result, beside its axes, has more than one colour. */
const isPainted = (id) => {
  const canvas = document.querySelector(`[data-testid=${id}]`);
  if (!canvas?.offsetParent || canvas.closest(".is-stale, .is-empty, .is-waiting")) return false;
  const [x, y, width, height] = [canvas.width / 4, canvas.height / 4, canvas.width / 2, canvas.height / 2];
  const { data } = canvas.getContext("2d").getImageData(x, y, width, height);
  return new Set(new Uint32Array(data.buffer)).size > 1;
};

const openEveryTab = async (tab, name) => {
  for (const [view, ids] of Object.entries(PICTURES)) {
    await tab.click(`[role=tab][data-tab-id=${view}]`);
    for (const id of ids) await until(tab, `the picture ${id} of ${name}`, isPainted, id);
    if (view === "layers") await until(tab, `the slow map of ${name}`, seen, "[data-method=umap]");
    await until(tab, `the tab ${view}`, seen, `[role=tab][data-tab-id=${view}].selected`);
    await tab.screenshot(path.join(pictures, `${engine}-${name}-${view}.png`));
  }
};

const visit = async (tab) => {
  const pressed = (number) => `[data-testid=example-${number}][aria-pressed=true]`;
  let token = await until(tab, "the greeting", tokenBut, "");
  await until(tab, "the example that greets", seen, pressed(0));
  await openEveryTab(tab, "greeting");

  await tab.click("[data-testid=example-2]");
  token = await until(tab, "an example's result", tokenBut, token);
  await until(tab, "the example that was chosen", seen, pressed(2));
  await openEveryTab(tab, "example");

  await tab.click("#hx-recorder [aria-label='Upload file']");
  await tab.upload("[data-testid=file-upload]", recording);
  await until(tab, "an upload's result", tokenBut, token);
  const notes = await tab.evaluate(textOf, "[data-testid=notes]");
  if (!notes.startsWith(path.basename(recording))) throw new Error(`Not the upload is on show, but: ${notes}`);
  await openEveryTab(tab, "upload");
};

const tab = await open(url);
try {
  await visit(tab);
  console.log(`${tab.name}: every tab seen three times`);
} catch (problem) {
  console.error(problem.stack);
  process.exitCode = 1;
  await tab.screenshot(path.join(pictures, `${engine}-stuck.png`));
} finally {
  await pause(LATE_MS);
  for (const problem of await tab.problems()) {
    console.error(`The page says: ${problem}`);
    process.exitCode = 1;
  }
  await tab.close();
}
