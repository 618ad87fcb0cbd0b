// Clusters of frames that k-means finds: those of a layer, and how well those of all layers predict letters.

import { unpack } from "../core/arrays.js";
import { question } from "../core/ask.js";

/** @import { Packed, Page, Unpacked } from "../core/types.js" */

/** @typedef {{ layer: number, num_units: number, values: Unpacked }} Units of the frames of a layer */

/**
 * What the units of all layers tell.
 * @typedef {object} UnitScores
 * @property {number} num_units
 * @property {number} most_common_share
 * @property {readonly number[]} purity
 * @property {readonly number[]} pnmi
 * @property {readonly number[]} purity_by_chance
 * @property {readonly number[]} pnmi_by_chance
 * @property {string} letters_from "transcript", or "reference" where a text is aligned
 */

const AFTER_MS = 150; // a slider passes many layers; only where it rests are units asked for

/**
 * The newest answer, kept until there is another one.
 * @template Found
 * @param {Page} page
 * @param {string} name of the server function
 * @param {(answer: any) => Found} read
 * @param {() => void} changed
 */
const newest = (page, name, read, changed) => {
  const asking = question(page, name);
  let [timer, asked, problem] = [0, "", ""];
  /** @type {Found | null} */
  let found = null;

  const fetch = (/** @type {object} */ request) => asking.put(request, (answer) => {
    [found, problem] = [read(answer), ""];
    changed();
  }, (sentence) => {
    // What could not be had may be asked for again.
    [asked, problem] = ["", sentence];
    changed();
  });

  const expect = (/** @type {string} */ wanted) => {
    asked = wanted;
    asking.forget();
    clearTimeout(timer);
  };

  return {
    /** The answer that is here, and why there is no newer one. */
    now: () => ({ found, problem }),
    /** @param {object} request */
    want: (request) => {
      const wanted = JSON.stringify(request);
      if (asked === wanted) return;
      expect(wanted);
      timer = setTimeout(fetch, found ? AFTER_MS : 0, request);
    },
    /** Another result. */
    clear: () => {
      expect("");
      [found, problem] = [null, ""];
    },
  };
};

/**
 * @param {Page} page
 * @param {() => void} changed
 */
export const layerUnits = (page, changed) =>
  newest(page, "units", (/** @type {Omit<Units, "values"> & { units: Packed }} */ { layer, num_units, units }) =>
    ({ layer, num_units, values: unpack(units) }), changed);

/**
 * @param {Page} page
 * @param {() => void} changed
 */
export const unitScores = (page, changed) =>
  newest(page, "unit_scores", (/** @type {UnitScores} */ answer) => answer, changed);
