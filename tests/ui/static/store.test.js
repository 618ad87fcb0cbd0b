// The store, and what hears of it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { emit, on } from "../../../hubert_demo/ui/static/core/events.js";
import {
  choose, resultOnShow, setOpen, setStep, showResult, store, zoomTo,
} from "../../../hubert_demo/ui/static/core/store.js";

let heard = [];
on("choices", (changed) => heard.push(changed));
beforeEach(() => {
  heard = [];
});

test("a listener hears until it has left, also while it is being told", () => {
  const told = [];
  const off = on("bell", (what) => {
    told.push(what);
    off();
  });
  on("bell", (what) => told.push(`too: ${what}`));
  emit("bell", 1);
  emit("bell", 2);
  assert.deepEqual(told, [1, "too: 1", "too: 2"]);
});

test("only what changes is told", () => {
  choose({ layer: 2, colour: "time" });
  choose({ layer: 2, colour: "pitch" });
  choose({ layer: 2 });
  assert.deepEqual(heard, [{ layer: 2, colour: "time" }, { colour: "pitch" }]);
  assert.equal(store.choices.layer, 2);
  assert.equal(store.choices.colour, "pitch");
});

test("nobody but the store writes into what is chosen", () => {
  choose({ head: 1 });
  assert.throws(() => {
    store.choices.head = 5;
  }, TypeError);
  assert.equal(store.choices.head, 1);
});

test("a choice that is made while another is told comes after it", () => {
  const off = on("choices", ({ seed }) => seed === 1 && choose({ seed: 2 }));
  choose({ seed: 1 });
  off();
  assert.equal(store.choices.seed, 2);
});

test("a result and an open tab are known to whoever asks", () => {
  assert.throws(resultOnShow, /no result/);
  const result = Object.freeze({ token: "t" });
  showResult(result);
  setOpen("layers");
  assert.equal(store.result, result);
  assert.equal(resultOnShow(), result);
  assert.equal(store.open, "layers");
});

test("a stretch that is shown is told to everybody, and nobody else writes into it", () => {
  const told = [];
  const off = on("zoom", () => told.push(store.zoom));
  const stretch = { from: 1, to: 2 };
  zoomTo(stretch);
  stretch.to = 9;
  zoomTo(null);
  off();
  assert.deepEqual(told, [{ from: 1, to: 2 }, null]);
  assert.ok(Object.isFrozen(told[0]));
});

test("a model with fewer layers and heads than are chosen moves the choice to its last", () => {
  choose({ layer: 12, attention_layer: 11, head: 1, colour: "time" });
  showResult({ token: "small", num_layers: 4, num_heads: 6 });
  assert.deepEqual({ ...store.choices }, { ...store.choices, layer: 4, attention_layer: 3, head: 1 });
  showResult({ token: "large", num_layers: 12, num_heads: 12 });
  assert.equal(store.choices.layer, 4);
});

test("a text that was said in one recording was not said in the next, words to listen for stay", () => {
  choose({ reference: "one", hotwords: "two" });
  heard = [];
  showResult({ token: "other", num_layers: 12, num_heads: 12 });
  assert.deepEqual(heard, [{ reference: "" }]);
  assert.equal(store.choices.hotwords, "two");
});

test("the step of a lesson is told, and that it has ended", () => {
  const told = [];
  const off = on("step", () => told.push([store.lesson, store.step]));
  setStep("first", 2);
  setStep(null, null);
  off();
  assert.deepEqual(told, [["first", 2], [null, null]]);
});

test("what layers say is asked for anew of another recording, and stays with other changes of the same", () => {
  const same = { ticket: "first", num_layers: 8, num_heads: 4 };
  showResult({ ...same, token: "as it is" });
  choose({ lens: "linear", lens_layer: 7, sound_layer: 6 });
  showResult({ ...same, token: "changed" });
  const { lens, lens_layer: shown, sound_layer: heardLayer } = store.choices;
  assert.deepEqual([lens, shown, heardLayer], ["linear", 7, 6]);
  showResult({ ticket: "second", token: "other", num_layers: 4, num_heads: 4 });
  assert.deepEqual([store.choices.lens, store.choices.lens_layer, store.choices.sound_layer], ["", 4, undefined]);
});
