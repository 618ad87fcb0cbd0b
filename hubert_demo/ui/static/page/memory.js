// What this tab remembers when it is reloaded: by which tickets its results may be had again, and the claim to one that
// has not come yet.

import { emit } from "../core/events.js";
import { storage } from "../core/storage.js";

const KEY = "hx-recents";
const CLAIM = "hx-begun";
const SENDING = "hx-sending";
const OFFER = "hx-offer";
const SOURCES = "hx-patch-sources";
const MOST = 5;
const MOST_SOURCES = 20;

const here = storage("sessionStorage");

/** @import { OfferMessage } from "../core/types.js" */

/**
 * @typedef {object} Recent
 * @property {string} ticket
 * @property {string} title
 * @property {number | undefined} example its number, if it is one of the examples
 * @property {string} words the first ones
 * @property {number} duration_s
 * @property {string} [changes] what was changed in it, as an address has it
 * @property {string} [checkpoint]
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

/** @param {Recent} better one that is remembered already, which stays in its place */
export const amend = (better) => keep(recents().map((each) => (each.ticket === better.ticket ? better : each)));

/** @param {string} gone */
export const forget = (gone) => keep(recents().filter(({ ticket }) => ticket !== gone));

/** Tickets of own recordings that states were taken from, by the patch. @returns {Record<string, string>} */
export const patchSources = () => JSON.parse(here.getItem(SOURCES) || "{}");

/** @param {string} patch as an address would have it @param {string} ticket of the recording */
export const keepPatchSource = (patch, ticket) => {
  const { [patch]: _, ...others } = patchSources();
  const kept = [...Object.entries(others), [patch, ticket]].slice(-MOST_SOURCES);
  here.setItem(SOURCES, JSON.stringify(Object.fromEntries(kept)));
};

/** By which what has begun, and has not come yet, may be had all the same. */
export const claimed = () => here.getItem(CLAIM);

/** @param {string | undefined} claim none where there is nothing to wait for any more */
export const keepClaim = (claim) => (claim ? here.setItem(CLAIM, claim) : here.removeItem(CLAIM));

/** What was being sent before the page was loaded, and had not come. @type {readonly string[]} */
export const lostTitles = JSON.parse(here.getItem(SENDING) || "[]");
here.removeItem(SENDING);

/** @param {readonly string[]} titles of what is being sent, or waits for that */
export const keepSending = (titles) =>
  titles.length ? here.setItem(SENDING, JSON.stringify(titles)) : here.removeItem(SENDING);

/** @param {OfferMessage | null} offer a long upload of which another part may be wanted; null where none is */
export const keepOffer = (offer) => {
  if (!offer) here.removeItem(OFFER);
  else here.setItem(OFFER, JSON.stringify({ offer, until: Date.now() + 1000 * offer.kept_s }));
};

/** The long upload that the server still keeps. @returns {OfferMessage | null} */
export const keptOffer = () => {
  const { offer = null, until = 0 } = JSON.parse(here.getItem(OFFER) || "{}");
  return until > Date.now() ? offer : null;
};
