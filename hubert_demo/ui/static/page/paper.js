// Printing: while the page is on paper it is as wide as paper, light, and drawn with as many pixels as paper needs; a
// heading says of what recording, by which model and with which settings, and where to see it again.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { fillWindow } from "../core/figure.js";
import { redrawFor } from "../core/paint.js";
import { facts, store } from "../core/store.js";
import { isOwn, linkToThis } from "./address.js";
import { headingOf } from "./heading.js";
import { presentation } from "./present.js";

const OWN = "opens with the first example: your recording is not in the link";

/**
 * A link, and what it opens where that is not what is on show.
 * @param {string} link
 */
export const linkOnPaper = (link) => `${link}${isOwn() ? ` (${OWN})` : ""}`;

/** For what the page is laid out as paper. @type {Set<string>} */
const reasons = new Set();
let isDark = false;

/**
 * Lays the page out as it is printed.
 * @param {string} reason
 */
export const layOut = (reason) => {
  const isFirst = !reasons.size;
  reasons.add(reason);
  if (!isFirst) return;
  const { classList } = document.body;
  isDark = classList.contains("dark");
  fillWindow(false);
  classList.remove("dark");
  classList.add("is-on-paper");
  redrawFor(true);
};

/**
 * The page is as it was, unless it is laid out for something else, too.
 * @param {string} reason as it was given
 */
export const putBack = (reason) => {
  if (!reasons.delete(reason) || reasons.size) return;
  const { classList } = document.body;
  classList.remove("is-on-paper");
  classList.toggle("dark", isDark);
  fillWindow(presentation.isOn);
  redrawFor(false);
};

/** The heading, of which nothing is seen on a screen; and all that happens when the page is printed. */
export const paperHeading = () => {
  const rows = make("dl", { class: "hx-paper-facts" });
  const link = make("p", { class: "hx-paper-link", "data-testid": "paper-link" });

  const write = () => {
    const { result, open, zoom } = store;
    if (!result) return;
    const { time, selection } = clock;
    const choices = { ...facts().choices, ...store.choices };
    rows.replaceChildren(...headingOf({ result, open, choices, time, selection, zoom }).map(([name, value]) =>
      make("div", {}, make("dt", { text: name }), make("dd", { text: value }))));
    link.textContent = linkOnPaper(linkToThis());
  };

  addEventListener("beforeprint", () => {
    write();
    layOut("print");
  });
  addEventListener("afterprint", () => putBack("print"));
  return make("div", { class: "hx-paper", "data-testid": "paper" }, rows, link);
};
