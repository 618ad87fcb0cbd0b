// What this tab remembers when it is reloaded: by which tickets its results may be had again, and the claim to one that
// has not come yet.

import { emit } from "../core/events.js";
import { storage } from "../core/storage.js";

const KEY = "hx-recents";
const CLAIM = "hx-begun";
const MOST = 5;

const here = storage("sessionStorage");

/**
 * @typedef {object} Recent
 * @property {string} ticket
 * @property {string} title
 * @property {number | undefined} example its number, if it is one of the examples
 * @property {string} words the first ones
 * @property {number} duration_s
 */

/** The newest first. @returns {Recent[]} */
export const recents = () => JSON.parse(here.getItem(KEY) || "[]");

/** @param {Recent[]} kept */
const keep = (kept) => {
  here.setItem(KEY, JSON.stringify(kept));
  emit("recents");
};

/** @param {Recent} recent */
export const remember = (recent) =>
  keep([recent, ...recents().filter(({ ticket }) => ticket !== recent.ticket)].slice(0, MOST));

/** @param {string} gone */
export const forget = (gone) => keep(recents().filter(({ ticket }) => ticket !== gone));

/** By which what has begun, and has not come yet, may be had all the same. */
export const claimed = () => here.getItem(CLAIM);

/** @param {string | undefined} claim none where there is nothing to wait for any more */
export const keepClaim = (claim) => (claim ? here.setItem(CLAIM, claim) : here.removeItem(CLAIM));
