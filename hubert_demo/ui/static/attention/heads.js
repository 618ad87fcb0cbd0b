// All heads of all layers: small maps to sort by what they do, to filter by kind, and to choose from.

import { clock } from "../core/clock.js";
import { labelled, make, segments, select } from "../core/dom.js";
import { oneStop } from "../core/keyboard.js";
import { contextOf } from "../core/paint.js";
import { choose, store } from "../core/store.js";
import { smallMaps } from "./bins.js";
import { drawLevels } from "./drawing.js";
import { about, arranged, KINDS, SORTS } from "./sorting.js";

/** @import { Choices, HeadsPart } from "../core/types.js" */
/** @import { Head } from "./sorting.js" */
/** @typedef {ReturnType<typeof chipOf>} Chip */

const MOST_PX = 560; // of what is seen of the heads at once: whole rows, as many as fit

/**
 * A card.
 * @param {(layer: number, head: number) => void} onpress
 */
export const headsPanel = (onpress) => {
  const order = select("head-sort", SORTS, (sort) => choose({ sort }));
  const kinds = make("span", { "data-testid": "head-filter" });
  const grid = make("div", {
    class: "hx-heads", role: "group", "aria-label": "All heads of all layers", "data-testid": "all-heads",
  });
  const settle = oneStop(grid);
  const note = make("p", { class: "hx-quiet", "data-testid": "heads-note" });
  const controls = make("div", { class: "hx-controls" }, labelled("Sort by", order), kinds);
  const element = make("div", { class: "hx-card hx-heads-card" },
    make("div", { class: "hx-bar" }, make("h2", { text: "All heads" }), controls), grid, note);
  /** @type {HeadsPart | null} */
  let part = null;
  /** @type {Chip[]} */
  let chips = [];
  let filter = kindFilter(chips);

  const draw = () => {
    chips.forEach(paint);
    showWholeRows(grid);
  };

  // Puts the heads in the order and the selection that were chosen.
  const place = () => {
    if (!part) return grid.replaceChildren();
    const { choice, wanted, heads, valueOf } = arranged(chips, part, store.choices);
    order.value = choice;
    filter.choose(wanted);
    for (const head of heads) tell(head, valueOf(head));
    const nothing = make("p", { class: "hx-quiet", text: `No head of this model is ${wanted}.` });
    grid.replaceChildren(...(heads.length ? heads.map(({ button }) => button) : [nothing]));
    settle();
    showWholeRows(grid);
  };

  /**
   * The heads that were measured, or a sentence in their place.
   * @param {HeadsPart | string} measured
   */
  const fill = (measured) => {
    part = typeof measured === "string" ? null : measured;
    chips = part ? chipsOf(part, onpress) : [];
    filter = kindFilter(chips);
    kinds.replaceChildren(filter.element);
    controls.hidden = grid.hidden = !part;
    note.textContent = typeof measured === "string" ? measured : about(measured.query_step);
    draw();
    place();
  };

  /**
   * @param {number} layer
   * @param {number} head
   */
  const mark = (layer, head) => {
    chips.forEach((chip) =>
      chip.button.setAttribute("aria-pressed", String(chip.layer === layer && chip.head === head)));
    settle();
  };

  /** What was chosen here or elsewhere, such as by a lesson. @param {Choices} changed */
  const follow = (changed) => {
    if ("sort" in changed || "filter" in changed) place();
  };

  return { element, draw, fill, mark, follow };
};

/**
 * No row is cut through: a scrolled list ends with a whole one.
 * @param {HTMLElement} grid
 */
const showWholeRows = (grid) => {
  const tops = [...new Set([...grid.querySelectorAll("button")].map((button) => button.offsetTop))];
  const rows = tops.filter((top) => top - tops[0] <= MOST_PX).length - 1;
  grid.style.maxHeight = rows > 0 && tops.length > rows + 1 ? `${tops[rows] - tops[0]}px` : "none";
};

/** @param {readonly Head[]} heads */
const kindFilter = (heads) => {
  const counted = (/** @type {string} */ wanted) => `${wanted} ${heads.filter(({ kind }) => kind === wanted).length}`;
  const kinds = KINDS.map((kind) => /** @type {[string, string]} */ ([kind, counted(kind)]));
  return segments("Head type", [["all", "all", "All types"], ...kinds], "all", (filter) => choose({ filter }));
};

/**
 * @param {HeadsPart} part
 * @param {(layer: number, head: number) => void} onpress
 */
const chipsOf = (part, onpress) => {
  const maps = smallMaps(part, clock.grid);
  return part.kinds.flatMap((row, layer) => row.map((kind, head) => {
    const levels = maps.levelsAt(layer * row.length + head);
    return chipOf({ layer, head, kind }, levels, maps.filled, () => onpress(layer, head));
  }));
};

/**
 * @param {Head} head
 * @param {Uint8Array} levels
 * @param {number} filled
 * @param {() => void} onclick
 */
const chipOf = ({ layer, head, kind }, levels, filled, onclick) => {
  const picture = make("canvas", { "aria-hidden": "true" });
  const value = make("small");
  const button = make("button", {
    type: "button", class: "hx-chip", "data-testid": `head-${layer}-${head}`, "data-kind": kind, onclick,
  }, picture, make("b", { text: `${layer + 1} · ${head + 1}` }), " ", make("span", { class: "hx-kind", text: kind }),
  " ", value);
  return { layer, head, kind, levels, filled, button, picture, value };
};

/**
 * Shows a head's number; its name begins with all that can be read, so that whoever speaks to the page can say it.
 * @param {Chip} chip
 * @param {string} value
 */
const tell = ({ layer, head, button, value: place }, value) => {
  place.textContent = value;
  button.setAttribute("aria-label", `${button.textContent?.trim()}, layer ${layer + 1}, head ${head + 1}`);
};

// Drawn once, two pixels a bin; the browser makes it larger.
const paint = (/** @type {Chip} */ { levels, filled, picture }) => {
  const side = 2 * Math.sqrt(levels.length);
  picture.width = picture.height = side;
  drawLevels(contextOf(picture), levels, { first: 0, count: filled }, { side });
};
