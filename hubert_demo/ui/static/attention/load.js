// The maps that are chosen: fetched one choice after another, and the last ones kept.

import { question, sentenceOf } from "../core/ask.js";
import { frameGrid } from "../core/grid.js";
import { resultOnShow } from "../core/store.js";
import { headMap, smallMaps } from "./bins.js";

/** @import { Page } from "../core/types.js" */
/** @import { HeadMap, SmallMaps } from "./bins.js" */

/** @typedef {Readonly<{ layer: number, head: number }>} Wanted */
/** @typedef {Readonly<{ large: HeadMap, small: SmallMaps }>} Here */

const KEPT_MAPS = 40;

/** @param {Wanted} wanted */
const keyOf = ({ layer, head }) => `${layer}-${head}`;

/**
 * Fetches what is wanted, again and again until that is what is here: the newest choice wins, and a slider that is
 * dragged asks for no more than the server gives.
 * @param {Page} page
 * @param {object} told
 * @param {(here: Here) => void} told.show what is wanted is here
 * @param {(sentence: string) => void} told.complain it cannot be had
 * @param {(isBusy: boolean) => void} told.busy
 */
export const headMaps = (page, { show, complain, busy }) => {
  const [askHeads, askMap] = [question(page, "heads").ask, question(page, "head_map").ask];
  /** @type {Map<string, HeadMap>} */
  let maps = new Map();
  /** By layer. @type {Map<number, SmallMaps>} */
  let smalls = new Map();
  /** @type {Wanted | null} */
  let wanted = null;
  let isLoading = false;

  /** @returns {Here | null} */
  const here = () => {
    const [large, small] = wanted ? [maps.get(keyOf(wanted)), smalls.get(wanted.layer)] : [];
    return large && small ? { large, small } : null;
  };

  const showIfHere = () => {
    const found = here();
    if (found) show(found);
  };

  // What comes is kept with the result that it is about.
  const fetchBoth = async (/** @type {Wanted} */ { layer, head }, large = maps, small = smalls) => {
    const grid = frameGrid(resultOnShow().timeline);
    const key = keyOf({ layer, head });
    await Promise.all([
      small.has(layer) || askHeads({ layer }).then((answer) => answer && small.set(layer, smallMaps(answer, grid))),
      large.has(key) || askMap({ layer, head }).then((answer) => answer && large.set(key, headMap(answer, grid))),
    ]);
    for (const old of [...large.keys()].slice(0, -KEPT_MAPS)) large.delete(old);
  };

  const load = async () => {
    isLoading = true;
    busy(true);
    /** @type {Wanted | null} */
    let refused = null;
    while (wanted && !here() && refused !== wanted) {
      const asked = wanted;
      await fetchBoth(asked).catch((problem) => {
        refused = asked;
        if (asked === wanted) complain(sentenceOf(problem));
      });
    }
    isLoading = false;
    busy(false);
    showIfHere();
  };

  return {
    /** @param {Wanted} choice */
    want: (choice) => {
      if (!wanted || keyOf(choice) !== keyOf(wanted)) wanted = choice;
      if (isLoading || here()) showIfHere();
      else load();
    },
    /** What was refused is asked for once more. */
    again: () => {
      if (!isLoading && !here()) load();
    },
    /** Another result is on show. */
    forget: () => {
      [maps, smalls, wanted] = [new Map(), new Map(), null];
    },
  };
};
