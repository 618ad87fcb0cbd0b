// What the tab shows: its pieces, where they lie, and how they are painted anew.

import { make, say } from "../core/dom.js";
import { choose } from "../core/store.js";
import { layerNumbers, methodLines } from "./captions.js";
import { key } from "./colours.js";
import { layerControls } from "./controls.js";
import { layerCurves } from "./curves.js";
import { layerGrid } from "./grid.js";
import { layerMap } from "./map.js";
import { mapSettings } from "./settings.js";

/** @import { LayerCurves, LayersPart } from "../core/types.js" */
/** @import { Colouring } from "./colours.js" */
/** @import { OnShow } from "./maps.js" */
/** @import { Points } from "./places.js" */
/** @import { UnitScores } from "./units.js" */

/** Curves, and how like each layer is to before. @typedef {{ curves: LayerCurves, like: readonly number[] }} Earlier */

/**
 * What is known of the result.
 * @typedef {object} Known
 * @property {LayersPart} part
 * @property {number} layer
 * @property {Colouring} colouring
 * @property {LayerCurves | null} curves nothing until they are there
 * @property {Earlier | null} earlier what they were before something was changed inside the model
 * @property {OnShow} shown the map
 * @property {Points | null} pointsBefore its points before, likewise
 * @property {{ found: UnitScores | null, problem: string }} scores
 */

/** @param {HTMLElement} root */
export const layersTab = (root) => {
  const chooseLayer = (/** @type {number} */ layer) => choose({ layer });
  const controls = layerControls();
  const big = layerMap();
  const grid = layerGrid(chooseLayer);
  const charts = layerCurves(chooseLayer);
  const settings = mapSettings();
  const absence = make("p", { class: "hx-nothing", hidden: true });
  const legend = make("div", { class: "hx-legend" });
  const method = make("div", { class: "hx-map-method" });
  const numbers = make("div", { class: "hx-layer-numbers" });
  const large = make("div", { class: "hx-card hx-layer-large" }, big.element, absence, legend,
    method, settings.element);
  const small = make("div", { class: "hx-card hx-layer-side" }, make("h2", { text: "All layers at once" }),
    grid.element, charts.alike, charts.like, numbers);
  root.append(controls.element, make("div", { class: "hx-columns hx-columns-layers" }, large, small), charts.rest);

  const paintGrid = (/** @type {Known} */ { part, colouring, shown: { map, points } }) => {
    grid.fill(part.num_layers + 1);
    grid.paint(points, colouring.colours, map);
  };

  // What is written around the map: the legend, the numbers, the curves.
  const describe = (/** @type {Known} */ known) => {
    if (!root.clientWidth) return;
    const { part, layer, colouring, curves, shown, pointsBefore } = known;
    legend.replaceChildren(...colouring.legend(), key("now and the last half second", "background:var(--hx-now)"),
      ...(pointsBefore ? [key("before the change", "border:2px solid var(--hx-changed)")] : []));
    method.replaceChildren(...methodLines(shown));
    grid.mark(layer);
    charts.show(known);
    numbers.replaceChildren(...layerNumbers(layer, part.tokens.length, curves, shown.map));
  };

  // All of it, or the pictures in other colours.
  const paint = (/** @type {"draw" | "repaint"} */ how) => (/** @type {Known} */ known) => {
    big[how](known);
    paintGrid(known);
    describe(known);
  };

  return {
    controls,
    settings,
    draw: paint("draw"),
    repaint: paint("repaint"),
    describe,
    /** Another layer: the dots wander there. @param {Known} known */
    move: (known) => {
      big.move(known);
      describe(known);
    },
    /**
     * The map on show, or why there is none.
     * @param {Known} known
     * @param {boolean} isOther whether the dots wander to another one
     */
    showMap: (known, isOther) => {
      const { map, absence: sentence } = known.shown;
      if (!map) big.clear();
      say(absence, map ? null : sentence);
      big.element.hidden = legend.hidden = !map;
      if (root.clientWidth && isOther && map) {
        big.move(known);
        paintGrid(known);
      }
      describe(known);
    },
    tick: big.tick,
  };
};
