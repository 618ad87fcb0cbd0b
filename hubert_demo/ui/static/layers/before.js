// The maps before something was changed inside the model: those of the original, which the server has kept.

import { unpack } from "../core/arrays.js";
import { fetchPart } from "../core/mount.js";
import { store } from "../core/store.js";
import { isSame } from "./settings.js";

/** @import { LayerMap, LayerMapPart, MapSettings } from "../core/types.js" */
/** @import { Points } from "./places.js" */

/** @param {() => void} arrived hears when one is here */
export const mapsBefore = (arrived) => {
  /** Token of the original. @type {string | null} */
  let token = null;
  /** By method; nothing while one is on its way, or cannot be had. @type {Map<string, Points | null>} */
  let found = new Map();

  const fetch = async (/** @type {string} */ method, /** @type {string} */ original, mine = found) => {
    mine.set(method, null);
    /** @type {LayerMapPart | null} */
    const part = await fetchPart(original, `layer_${method}`, () => mine === found).catch(() => null);
    if (!part || mine !== found) return;
    mine.set(method, /** @type {Points} */ (unpack(part.map.points)));
    arrived();
  };

  return {
    /** Another result is on show. */
    begin: () => {
      const before = store.result?.before ?? null;
      if (before === token) return;
      token = before;
      found = new Map();
    },
    /**
     * The points of before for a map, if it was made as the original's; nothing until they are here.
     * @param {LayerMap | null} map
     * @param {MapSettings} settings of the original's
     */
    pointsFor: (map, settings) => {
      if (!map || !token || (map.method !== "pca" && !isSame(map, settings))) return null;
      if (!found.has(map.method)) fetch(map.method, token);
      return found.get(map.method) ?? null;
    },
  };
};
