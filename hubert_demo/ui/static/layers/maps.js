// Which map is on show: those of the result, and the last few that were made by other settings.

import { unpack } from "../core/arrays.js";
import { question } from "../core/ask.js";
import { isSame, NAMES } from "./settings.js";

/** @import { LayerMap, LayerMapPart, MapSettings, Page } from "../core/types.js" */
/** @import { Points } from "./places.js" */

/**
 * @typedef {object} OnShow
 * @property {LayerMap | null} map
 * @property {Points | null} points of the map
 * @property {string} absence what is said where there is no map
 * @property {string} status what is said beneath the map
 * @property {boolean} isWaiting whether another map is wanted
 */

const MOST_OTHERS = 4;

/** @param {MapSettings} settings */
const keyOf = (settings) => JSON.stringify(NAMES.map((name) => settings[name]));

/** @param {LayerMap} map */
const fewer = ({ method, neighbours_used: used, num_neighbours: wanted }) =>
  method === "umap" && used < wanted ? `Made with ${used} neighbours: the recording has too few frames for more.` : "";

/**
 * @param {Page} page
 * @param {() => MapSettings} wanted
 * @param {(isOther: boolean) => void} shown hears whenever something is put on show, the same map or another
 */
export const layerMaps = (page, wanted, shown) => {
  const remap = question(page, "remap");
  /** Of the result, by method. @type {Map<string, LayerMap>} */
  const own = new Map();
  /** @type {Map<string, LayerMap>} */
  const others = new Map();
  /** Sentences by method. @type {Map<string, string>} */
  const missing = new Map();
  /** @type {MapSettings} */
  let defaults;
  /** @type {LayerMap | null} */
  let map = null;
  /** @type {Points | null} */
  let points = null;
  /** Why the map that was asked for cannot be had. */
  let problem = "";

  const show = (/** @type {LayerMap | null} */ next) => {
    const isOther = next !== map;
    map = next;
    if (isOther) points = map && /** @type {Points} */ (unpack(map.points));
    shown(isOther);
  };

  // Shows the map that is wanted, or asks for it and keeps what is shown meanwhile.
  const update = () => {
    remap.forget();
    problem = "";
    const chosen = wanted();
    const isOwn = chosen.method === "pca" || isSame(chosen, defaults);
    const ready = isOwn ? own.get(chosen.method) : others.get(keyOf(chosen));
    show(ready ?? map ?? own.get("umap") ?? own.get("pca") ?? null);
    if (ready || isOwn || failed()) return;
    remap.put(chosen, ({ map: made }) => {
      others.set(keyOf(chosen), made);
      for (const old of [...others.keys()].slice(0, -MOST_OTHERS)) others.delete(old);
      show(made);
    }, (sentence) => {
      problem = sentence;
      show(map);
    });
  };

  // The method without which the map on show is not the one that is wanted.
  const failed = () => ["umap", wanted().method].find((method) => missing.has(method));

  // PCA knows no neighbours, metric or seed.
  const isWaiting = () => {
    if (!map || problem || failed()) return false;
    const chosen = wanted();
    return chosen.method === "pca" ? map.method !== "pca" : !isSame(chosen, map);
  };

  const absence = () => [...missing.values()][0] || "Drawing the map …";

  const status = () => {
    const method = failed();
    if (problem || !map) return problem;
    if (method) return `No ${method.toUpperCase()}: ${missing.get(method)}`;
    return isWaiting() ? `Computing ${wanted().method.toUpperCase()}; this map stays until it is ready.` : fewer(map);
  };

  return {
    now: () => ({ map, points, absence: absence(), status: status(), isWaiting: isWaiting() }),
    /** Another result: no map yet. @param {MapSettings} settings of the map that it will have */
    begin: (settings) => {
      defaults = settings;
      for (const each of [own, others, missing]) each.clear();
      map = points = null;
      update();
    },
    /** @param {LayerMapPart} part */
    add: ({ map: added }) => {
      own.set(added.method, added);
      update();
    },
    /**
     * @param {string} method
     * @param {string} sentence
     */
    fail: (method, sentence) => {
      missing.set(method, sentence);
      update();
    },
    update,
  };
};
