// What this tab remembers of its results when it is reloaded: by which tickets they may be had again.

import { emit } from "../core/events.js";
import { storage } from "../core/storage.js";

const KEY = "hx-recents";
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
