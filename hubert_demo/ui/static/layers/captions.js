// What is written beneath the maps: how the large one is made, and the numbers of the layer.

import { make, numbers } from "../core/dom.js";
import { percent } from "../core/format.js";
import { layerNumber } from "./chart.js";

/** @import { LayerCurves, LayerMap } from "../core/types.js" */
/** @import { OnShow } from "./maps.js" */

/** @type {Record<string, string>} */
const METHODS = {
  pca: "shows the two directions in which a layer’s states vary most. It is quick, and hides the rest.",
  umap: "keeps neighbours together. How far apart two groups lie, how large and how dense they are, means little.",
};

const NOTE = "Neighbours kept is the map’s trustworthiness: how far dots that lie together here are alike in the " +
  "layer itself.";

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
  const list = [["dots", String(numFrames), "num-frames"]];
  if (curves) {
    list.unshift(["size of states", layerNumber(curves.norms[layer]), "norm"]);
    list.unshift(["like layer below", layer ? layerNumber(curves.cosines[layer - 1]) : "–", "like-below"]);
  }
  if (map) list.unshift(["neighbours kept", percent(map.trustworthiness[layer]), "trustworthiness"]);
  return list;
};

/** @param {Parameters<typeof listOf>} known */
export const layerNumbers = (...known) => [numbers(listOf(...known)), make("p", { class: "hx-quiet", text: NOTE })];
