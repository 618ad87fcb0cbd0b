// What is written beneath the maps: how the large one is made, and the numbers of the layer.

import { layerNumber } from "../core/chart.js";
import { make, numbers } from "../core/dom.js";
import { percent } from "../core/format.js";

/** @import { LayerCurves, LayerMap } from "../core/types.js" */
/** @import { FrameGrid } from "../core/grid.js" */
/** @import { OnShow } from "./maps.js" */

/** @type {Record<string, string>} */
const METHODS = {
  pca: "shows the two directions in which a layer’s vectors vary most. It is quick, and hides the rest.",
  umap: "keeps neighbours together. Gaps between groups of dots, and their size and density, mean little.",
};

const NOTE = "Trustworthiness (as in scikit-learn) falls where dots are close on the map but not in the layer; it " +
  "can be near 1 even if few neighbours are kept. Nearest kept: the share of each frame’s nearest neighbours in the " +
  "layer that are also its nearest on the map. Similarity to the previous layer: the mean cosine.";

/** What a frame is in this model. @param {FrameGrid} grid */
export const frameWords = ({ window, hop }) =>
  `a ${Math.round(1000 * window)} ms window, one every ${Math.round(1000 * hop)} ms`;

/** @param {OnShow} shown */
export const methodLines = ({ map, status, isWaiting }) => {
  if (!map) return [];
  const className = `hx-status-line${isWaiting ? " is-waiting" : ""}`;
  return [
    make("p", { class: "hx-method", "data-testid": "method", "data-method": map.method },
      make("b", { text: map.method.toUpperCase() }), make("span", { text: METHODS[map.method] })),
    make("p", { class: className, role: "status", "data-testid": "map-status", text: status }),
  ];
};

/**
 * Name, value, and an id for the tests.
 * @param {number} layer
 * @param {number} numFrames
 * @param {LayerCurves | null} curves
 * @param {LayerMap | null} map
 */
export const listOf = (layer, numFrames, curves, map) => {
  /** @type {[name: string, value: string, id: string][]} */
  const list = [["frames", String(numFrames), "num-frames"]];
  if (curves) {
    list.unshift(["vector length (norm)", layerNumber(curves.norms[layer]), "norm"]);
    list.unshift(["similarity to previous layer", layer ? layerNumber(curves.cosines[layer - 1]) : "–", "like-below"]);
  }
  if (map) list.unshift(...faithfulness(map, layer));
  return list;
};

/**
 * How far a map can be trusted.
 * @param {LayerMap} map
 * @param {number} layer
 * @returns {[name: string, value: string, id: string][]}
 */
const faithfulness = (map, layer) => [
  ["trustworthiness", map.trustworthiness[layer].toFixed(2), "trustworthiness"],
  [`${map.num_nearest} nearest kept`, keptOf(map, layer), "neighbours-kept"],
];

/**
 * The share of neighbours that a map keeps.
 * @param {LayerMap} map
 * @param {number} layer
 */
export const keptOf = ({ neighbours_kept: kept, neighbours_kept_by_chance: chance }, layer) =>
  `${percent(kept[layer])} (${percent(chance)} by chance)`;

/** @param {Parameters<typeof listOf>} known */
export const layerNumbers = (...known) => [numbers(listOf(...known)), make("p", { class: "hx-quiet", text: NOTE })];
