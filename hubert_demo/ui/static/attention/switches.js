// A switch for every head, layer and feed-forward of the model; and, once a sweep has gone through them, how much each
// does for the answer.

import { make, segments } from "../core/dom.js";
import { oneStop } from "../core/keyboard.js";
import { changing, feedForwardOff, headOff, layerSkipped } from "../page/changing.js";

/** @import { AttentionPart } from "../core/types.js" */
/** @import { By } from "../page/changing.js" */
/** @import { Measured } from "./effects.js" */

/**
 * A switch.
 * @typedef {object} Place
 * @property {string} text of the change that it makes
 * @property {number} layer from 0
 * @property {number | "layer" | "feed_forward"} column a head, from 0, or what else
 * @property {string} name
 * @property {HTMLButtonElement} button
 */

const HINT = "Press a head, a feed-forward or a whole layer to switch it off: all that is on the page is then made " +
  "without it.";

const MEAN = "Its mean over the recording, which the layers above are more used to than to nothing at all.";

/** All switches as a table: a row is a layer. */
export const switchBoard = () => {
  const grid = make("div", {
    class: "hx-switches", role: "group", "aria-label": "Switches of heads, layers and feed-forwards",
    "data-testid": "switches",
  });
  const settle = oneStop(grid);
  const box = make("div", { class: "hx-switches-box", onscroll: () => fade() }, grid);
  // What there is beyond its edge is hinted at, since narrow screens show no scroll bar.
  const fade = () => box.classList.toggle("has-more", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  const hint = make("p", { class: "hx-quiet", text: HINT });
  const given = segments("What a head gives that is off", [["zero", "zero"], ["mean", "its mean"]], changing.by,
    (by) => changing.give(/** @type {By} */ (by)));
  given.element.dataset.testid = "head-gives";
  const gives = make("div", { class: "hx-bar hx-gives" },
    make("span", { class: "hx-quiet", text: "A head that is off gives", title: MEAN }), given.element);
  /** @type {Place[]} */
  let places = [];
  /** @type {Measured | null} */
  let measured = null;

  /** @param {number} layer @param {Place["column"]} column @param {string} text @param {string} name */
  const place = (layer, column, text, name) => {
    const button = make("button", {
      type: "button", role: "switch", class: `hx-switch ${typeof column === "number" ? "" : "is-whole"}`,
      "data-testid": `switch-${text}`, onclick: () => changing.toggle(text),
    });
    places.push({ text, layer, column, name, button });
    return button;
  };

  const mark = () => {
    for (const { text, layer, column, name, button } of places) {
      const isOn = !changing.has(text);
      const cell = measured?.cellOf(layer, column) ?? null;
      button.setAttribute("aria-checked", String(isOn));
      button.textContent = cell ? cell.shown : "";
      button.title = `${name}${cell ? `: ${cell.spoken}` : ""}`;
      button.setAttribute("aria-label", `${name}${cell ? `, ${cell.shown}: ${cell.spoken}` : ""}`);
      button.classList.toggle("is-marked", Boolean(cell?.isMarked));
      button.style.setProperty("--share", cell ? `${Math.round(100 * cell.share)}%` : "0%");
    }
    grid.classList.toggle("has-numbers", Boolean(measured));
    given.choose(changing.by);
    settle();
  };

  return {
    elements: [hint, gives, box], mark, draw: fade,
    /** Those of a model. @param {AttentionPart} model */
    fill: ({ num_layers: layers, num_heads: heads }) => {
      if (places.length === layers * (heads + 2)) return mark();
      places = [];
      grid.style.setProperty("--heads", String(heads));
      const rows = [...Array(layers).keys()].flatMap((layer) => [
        make("span", { class: "hx-switch-row", text: String(layer + 1), "aria-hidden": "true" }),
        ...[...Array(heads).keys()].map((head) =>
          place(layer, head, headOff(layer, head), `Layer ${layer + 1}, head ${head + 1}`)),
        make("span"),
        place(layer, "feed_forward", feedForwardOff(layer), `Layer ${layer + 1}, feed-forward`),
        place(layer, "layer", layerSkipped(layer), `Layer ${layer + 1}, all of it`),
      ]);
      const headings = ["layer", ...[...Array(heads).keys()].map((head) => String(head + 1)), "", "FF", "all"];
      grid.replaceChildren(...headings.map((text) =>
        make("span", { class: "hx-switch-column", text, "aria-hidden": "true" })), ...rows);
      return mark();
    },
    /** What a sweep has found, as far as it is; null for nothing. @param {Measured | null} found */
    show: (found) => {
      measured = found;
      mark();
    },
  };
};

/** The switch of the head whose map is large. */
export const headSwitch = () => {
  let text = "";
  const button = make("button", {
    type: "button", role: "switch", class: "hx-toggle", "aria-label": "This head", "data-testid": "head-switch",
    onclick: () => changing.toggle(text),
  }, make("i"), make("span"));
  const mark = () => {
    const isOn = !changing.has(text);
    button.setAttribute("aria-checked", String(isOn));
    /** @type {HTMLElement} */ (button.lastElementChild).textContent = isOn ? "on" : "off";
    button.setAttribute("aria-label", `This head is ${isOn ? "on" : "off"}`);
  };
  return {
    element: button, mark,
    /** @param {number} layer @param {number} head */
    follow: (layer, head) => {
      text = headOff(layer, head);
      mark();
    },
  };
};
