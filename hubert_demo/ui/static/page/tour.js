// The guided tour: a card that stays in sight, sets the views as it goes, and scrolls to what it talks about.

import { question } from "../core/ask.js";
import { clock } from "../core/clock.js";
import { button, iconButton, make } from "../core/dom.js";
import { emit } from "../core/events.js";
import { clamp } from "../core/format.js";
import { choose, store } from "../core/store.js";

/** @import { Choices, Mount } from "../core/types.js" */

/**
 * @typedef {object} Step as `Step` in ui/tour.py
 * @property {string} title
 * @property {string} text
 * @property {string} view
 * @property {Choices} choices
 * @property {number | null} time_s
 */

const TAKE = "Take the tour";
const GAP = 8;
const STICKY = "#hx-timeline, #hx-tabs .tab-wrapper, #hx-tabs .hx-steer";
// Views are mounted when they are first opened, and grow as their maps come.
const SETTLE_MS = 1200;

/** What each view shows first of all. @type {Record<string, string>} */
const PICTURES = {
  transcript: ".hx-view-transcript .hx-transcript",
  keywords: ".hx-view-keywords .hx-heard-card + *, .hx-view-keywords > .hx-card:only-child",
  layers: ".hx-view-layers .hx-layer-large .hx-map",
  attention: ".hx-view-attention .hx-map",
};

/** @type {Mount} */
export const mount = (root, page) => {
  /** @type {Step[]} */
  let steps = [];
  let at = 0;
  let running = false;

  const title = make("h2", { "data-testid": "tour-title", tabindex: -1 });
  const count = make("span", { class: "hx-quiet", "data-testid": "tour-count" });
  const text = make("p", { "data-testid": "tour-text" });
  const back = button("Back", () => show(at - 1), "tour-back");
  const next = button("Next", () => (at + 1 < steps.length ? show(at + 1) : end()), "tour-next", "is-main");
  const close = iconButton("close", "End the tour", () => end(), { class: "hx-close", "data-testid": "tour-end" });
  const onkeydown = (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && end();
  const card = make("section", { class: "hx-tour-card", "aria-label": "Guided tour", hidden: true, onkeydown },
    make("div", { class: "hx-bar" }, title, count, make("span", { class: "hx-grow" }), close),
    text, make("div", { class: "hx-bar" }, back, next));
  const start = button(TAKE, () => begin(), "tour-start");
  root.append(start, card);
  const sight = keepInSight(card);
  const route = question(page, "steps");

  const begin = async () => {
    if (!store.result) return;
    start.disabled = true;
    start.textContent = "Preparing the tour …";
    await route.put({}, (answer) => {
      ({ steps } = answer);
      running = true;
      show(0);
    }, (sentence) => emit("error", sentence));
    start.disabled = false;
    start.textContent = TAKE;
  };

  const show = (/** @type {number} */ number) => {
    at = clamp(number, 0, steps.length - 1);
    const step = steps[at];
    title.textContent = step.title;
    count.textContent = `${at + 1} of ${steps.length}`;
    text.textContent = step.text;
    back.disabled = at === 0;
    next.textContent = at + 1 < steps.length ? "Next" : "Done";
    card.hidden = false;
    root.classList.add("is-on");
    openTab(step.view);
    choose(step.choices);
    if (step.time_s !== null) clock.seek(step.time_s);
    sight.follow(PICTURES[step.view]);
    title.focus({ preventScroll: true });
  };

  const end = () => {
    running = false;
    card.hidden = true;
    root.classList.remove("is-on");
    sight.rest();
    start.focus({ preventScroll: true });
  };

  return { result: () => running && end() };
};

/**
 * Scrolls to a picture until it has settled, or the visitor does something.
 * @param {HTMLElement} card
 */
const keepInSight = (card) => {
  let turn = 0;
  const rest = () => void turn++;
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(event, rest, { passive: true });
  }
  const follow = (/** @type {string} */ selector) => {
    const mine = ++turn;
    let [before, until] = ["", performance.now() + SETTLE_MS];
    const look = () => {
      if (mine !== turn || performance.now() > until) return;
      const picture = document.querySelector(selector);
      const { top, height } = picture?.getBoundingClientRect() || { top: NaN, height: 0 };
      const place = `${Math.round(top + scrollY)} ${Math.round(height)}`;
      if (place !== before) [before, until] = [place, performance.now() + SETTLE_MS];
      if (picture && height) bringIntoSight(picture, card);
      requestAnimationFrame(look);
    };
    look();
  };
  return { follow, rest };
};

/**
 * The least scrolling that shows a picture, or its beginning, between what sticks to the top and the foot of the
 * window, or the card where that lies there.
 * @param {Element} picture
 * @param {HTMLElement} card
 */
const bringIntoSight = (picture, card) => {
  const head = GAP + [...document.querySelectorAll(STICKY)].reduce((sum, piece) => sum + heightInSight(piece), 0);
  const isOver = getComputedStyle(card).position === "fixed";
  const foot = (isOver ? card.getBoundingClientRect().top : innerHeight) - GAP;
  const { top, bottom } = picture.getBoundingClientRect();
  const wanted = Math.max(0, Math.min(bottom - foot, top - head) + scrollY);
  if (Math.abs(wanted - scrollY) > 1) scrollTo({ top: wanted, behavior: "instant" });
};

/**
 * How much of something that sticks to the top is seen then; nothing of what does not stick in this window.
 * @param {Element} piece
 */
const heightInSight = (piece) => {
  const { position, top } = getComputedStyle(piece);
  const { height } = piece.getBoundingClientRect();
  return position === "sticky" ? height + Math.min(0, parseFloat(top)) : 0;
};

/**
 * Presses the tab of a view; what is chosen for it before it is mounted is in the store when it comes.
 * @param {string} name
 */
const openTab = (name) => {
  const tabs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#hx-tabs [role=tab]"));
  [...tabs].find((tab) => tab.textContent?.trim().toLowerCase() === name)?.click();
};
