// States of another recording put into the selected stretch: of which layer, from which recording, and from when on.

import { clock } from "../core/clock.js";
import { iconButton, labelled, make, say, select } from "../core/dom.js";
import { facts, resultOnShow } from "../core/store.js";
import { changing, statesPatched } from "./changing.js";
import { keepPatchSource, recents } from "./memory.js";

/** @import { Result } from "../core/types.js" */
/** @import { PatchSource } from "./changing.js" */

/** Where states can be from. @typedef {Omit<PatchSource, "start"> & { name: string, ticket: string | null }} Origin */

const OWN = "Links leave out what is from your own recording.";
const SECONDS = /^\d{1,4}([.,]\d{0,4})?$/;

export const patchForm = () => {
  const layer = select("patch-layer", [], () => {});
  const source = select("patch-source", [], () => follow());
  const start = /** @type {HTMLInputElement} */ (make("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", size: 5, "data-testid": "patch-start",
  }));
  const alert = make("p", { class: "hx-wrong-entry", role: "alert", hidden: true, "data-testid": "patch-alert" });
  const own = make("p", { class: "hx-quiet", text: OWN, hidden: true, "data-testid": "patch-own" });
  const close = iconButton("close", "Close", () => shut(), { class: "hx-close" });
  const element = make("form", {
    class: "hx-patch", hidden: true, novalidate: true, "data-testid": "patching",
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      patch();
    },
  }, make("b", { text: "Put into the selected stretch" }), labelled("states of layer", layer),
  labelled("of", source), labelled("from second", start),
  make("button", { type: "submit", class: "hx-button is-main", text: "Patch", "data-testid": "patch" }), close, own,
  alert);
  /** @type {readonly Origin[]} */
  let origins = [];

  const follow = () => {
    own.hidden = !origins[Number(source.value)]?.ticket;
  };

  const shut = () => {
    element.hidden = true;
    say(alert);
  };

  const patch = () => {
    const { selection, duration } = clock;
    const origin = origins[Number(source.value)];
    const isTime = SECONDS.test(start.value.trim());
    say(alert, isTime ? "" : "Enter from when on, in seconds.");
    start.setAttribute("aria-invalid", String(!isTime));
    if (!selection || !origin || !isTime) return;
    const from = Number(start.value.trim().replace(",", "."));
    const text = statesPatched(Number(layer.value), selection, { ...origin, start: from }, duration);
    if (origin.ticket !== null) keepPatchSource(text, origin.ticket);
    if (!changing.has(text)) changing.put([...changing.now, text]);
    shut();
  };

  /** @param {Result} result */
  const fill = (result) => {
    const chosen = layer.value || String(result.middle_layer);
    layer.replaceChildren(...[...Array(result.num_layers + 1).keys()].map((number) =>
      make("option", { value: number, text: number ? String(number) : "0 (input)" })));
    layer.value = Number(chosen) <= result.num_layers ? chosen : String(result.num_layers);
    const before = origins[Number(source.value)]?.name;
    origins = originsFor(result);
    source.replaceChildren(...origins.map(({ name }, i) => make("option", { value: i, text: name })));
    source.value = String(Math.max(0, origins.findIndex(({ name }) => name === before)));
    follow();
  };

  return {
    element,
    /** Opens the form for what is selected, or closes it. */
    toggle: () => {
      if (!element.hidden) return shut();
      fill(resultOnShow());
      start.value = (clock.selection?.from ?? 0).toFixed(2);
      element.hidden = false;
      return layer.focus({ preventScroll: true });
    },
    /** Nothing is selected any more. */
    rest: shut,
  };
};

/**
 * The examples, and what this tab has shown by the same model: of the visitor's own, and what was changed.
 * @param {Result} result
 * @returns {readonly Origin[]}
 */
const originsFor = ({ checkpoint }) => {
  const { examples } = facts();
  const usual = examples.map((example) => ({ name: example, checkpoint, example, changes: "", ticket: null }));
  const shown = recents().filter((each) => each.checkpoint === checkpoint);
  const others = shown.flatMap(({ title, example: number, changes = "", ticket }) => {
    const example = number === undefined ? null : examples[number];
    const isOwn = example === null;
    const plain = { name: title, checkpoint, example, changes: "", ticket: isOwn ? ticket : null };
    return [...(isOwn ? [plain] : []), ...(changes ? [{ ...plain, name: `${title}, changed`, changes }] : [])];
  });
  return [...usual, ...others];
};
