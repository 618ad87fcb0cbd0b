// All layers at once: a small map each, as buttons, in the colours of the large one.

import { make } from "../core/dom.js";
import { oneStop } from "../core/keyboard.js";
import { fit } from "../core/paint.js";
import { keptOf } from "./captions.js";
import { placesOf } from "./places.js";

/** @import { Context } from "../core/paint.js" */
/** @import { LayerMap } from "../core/types.js" */
/** @import { Places, Points } from "./places.js" */

const MOST_DOTS = 500; // more would only lie on top of each other
const MARGIN = 4;

/** @param {(layer: number) => void} choose is called at a press */
export const layerGrid = (choose) => {
  const element = make("div", { class: "hx-layer-grid", role: "group", "aria-label": "All layers at once" });
  /** @type {ReturnType<typeof cell>[]} */
  let cells = [];

  // The layer that a key leads to is chosen.
  const settle = oneStop(element, (button) => button.click());

  return {
    element,
    /** As many buttons as there are layers. @param {number} count */
    fill: (count) => {
      if (cells.length === count) return;
      cells = Array.from({ length: count }, (_, layer) => cell(layer, count - 1, choose));
      element.replaceChildren(...cells.map(({ button }) => button));
    },
    /**
     * @param {Points | null} points
     * @param {readonly string[]} colours
     * @param {LayerMap | null} map that the points are of
     */
    paint: (points, colours, map) => {
      const width = cells.length ? cells[0].button.clientWidth - 10 : 0;
      if (width <= 0) return;
      const height = Math.round(width * 0.82);
      cells.forEach(({ button, canvas }, layer) => {
        const name = layer ? `Layer ${layer}` : "Layer 0, the input";
        button.title = map ? `${name}: ${titleOf(map, layer)}` : name;
        const ctx = fit(canvas, width, height);
        if (points) paintDots(ctx, placesOf(points, layer, width, height, MARGIN), colours);
      });
    },
    /** @param {number} layer */
    mark: (layer) => {
      cells.forEach(({ button }, own) => button.setAttribute("aria-pressed", String(own === layer)));
      settle();
    },
  };
};

/**
 * @param {LayerMap} map
 * @param {number} layer
 */
const titleOf = (map, layer) =>
  `trustworthiness ${map.trustworthiness[layer].toFixed(2)}, ${map.num_nearest} nearest kept: ${keptOf(map, layer)}`;

/**
 * @param {number} layer
 * @param {number} last
 * @param {(layer: number) => void} choose
 */
const cell = (layer, last, choose) => {
  const note = layer === 0 ? " input" : layer === last ? " last" : "";
  const canvas = make("canvas", { "aria-hidden": "true" });
  const button = make("button", {
    type: "button", class: "hx-thumb hx-layer-cell", "aria-label": `Layer ${layer}${note}`, "aria-pressed": "false",
    "data-testid": `layer-cell-${layer}`, onclick: () => choose(layer),
  }, canvas, make("span", {}, make("b", { text: layer }), make("small", { text: note })));
  return { button, canvas };
};

/**
 * @param {Context} ctx
 * @param {Places} places
 * @param {readonly string[]} colours
 */
const paintDots = (ctx, places, colours) => {
  const count = places.length / 2;
  const every = Math.ceil(count / MOST_DOTS);
  for (let frame = 0; frame < count; frame += every) {
    ctx.fillStyle = colours[frame];
    ctx.fillRect(places[2 * frame] - 1.25, places[2 * frame + 1] - 1.25, 2.5, 2.5);
  }
};
