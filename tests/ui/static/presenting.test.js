// Presentation mode and paper: which keys go from step to step, and what a heading on paper says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { install } from "./harness.js";

install();
Object.assign(globalThis, {
  Element: class {
    constructor(isOther) {
      this.isOther = isOther;
    }

    closest() {
      return this.isOther ? this : null;
    }
  },
});
const { fillWindow } = await import("../../../hubert_demo/ui/static/core/figure.js");
const { headingOf } = await import("../../../hubert_demo/ui/static/page/heading.js");
const { stepOf } = await import("../../../hubert_demo/ui/static/lessons/stepping.js");

const press = (key, more = {}) => stepOf({ key, target: new Element(false), ...more });

test("in presentation mode, arrows and a remote control go on and back, alone and where they mean nothing else", () => {
  assert.equal(press("ArrowRight"), undefined);
  fillWindow(true);
  assert.deepEqual(["ArrowRight", "PageDown", "ArrowLeft", "PageUp", "ArrowUp", "a"].map((key) => press(key)),
    ["next", "next", "back", "back", undefined, undefined]);
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { shiftKey: true },
    { defaultPrevented: true }, { target: new Element(true) }]) {
    assert.equal(press("ArrowRight", more), undefined);
  }
  fillWindow(false);
});

const SHOWN = {
  result: { title: "harbour.wav", model: { title: "Explorer" }, num_layers: 8, middle_layer: 3, changed: [] },
  open: "layers",
  choices: {
    layer: null, colour: "energy", num_units: null, method: "umap", num_neighbours: 15, metric: "euclidean", seed: 0,
  },
  time: 0, selection: null, zoom: null,
};
const heading = (more = {}) => Object.fromEntries(headingOf({ ...SHOWN, ...more }));

test("a heading names recording, model, view and settings, as the page counts and calls them", () => {
  assert.deepEqual(heading(), {
    Recording: "harbour.wav", Model: "Explorer", View: "Layers", Layer: "8 of 8", Colour: "loudness", Map: "UMAP",
    Neighbours: "15", Metric: "euclidean", Seed: "0", Time: "0.00 s",
  });
  const pca = heading({ choices: { ...SHOWN.choices, layer: 0, colour: "unit", num_units: 9, method: "pca" } });
  const { Layer, Clusters, Map: map, Seed } = pca;
  assert.deepEqual([Layer, Clusters, map, Seed], ["0, input of the first layer", "9", "PCA", undefined]);
  const attention = heading({ open: "attention", choices: { attention_layer: null, head: 0 } });
  assert.deepEqual([attention.Layer, attention.Head], ["4 of 8", "1"]);
});

test("a heading says what is selected, shown and written, and nothing of what is not", () => {
  const { Selected, Shown, ...rest } = heading({
    open: "transcript", selection: { from: 1, to: 2 }, zoom: { from: 0.5, to: 3 }, choices: { hotwords: "a" },
  });
  assert.deepEqual([Selected, Shown], ["1.00–2.00 s", "0.50–3.00 s"]);
  assert.equal(rest["Words to listen for"], "a");
  assert.ok(!("Your text" in rest) && !("Layer" in rest));
});

test("a heading says what was changed inside the model", () => {
  const changed = ["layer 1, head 2 off", "1–2 s masked"].map((words) => ({ text: "", words }));
  assert.equal(heading({ result: { ...SHOWN.result, changed } }).Changed, "layer 1, head 2 off · 1–2 s masked");
  assert.ok(!("Changed" in heading()));
});
