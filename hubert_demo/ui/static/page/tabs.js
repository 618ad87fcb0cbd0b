// The tabs, which Gradio makes: one stop of the tab key, arrow keys from one to the next; each panel is named after its
// tab; and how high they are, for what stays in sight beneath them.

import { on } from "../core/events.js";
import { placeAfter } from "../core/keyboard.js";

const TABS = "#hx-tabs [role=tab]";

const tabs = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(TABS)]);

/**
 * Presses the tab of a view; what is chosen for it before it is mounted is in the store when it comes.
 * @param {string} name
 */
export const openTab = (name) =>
  tabs().find((tab) => tab.textContent?.trim().toLowerCase() === name)?.click();

const settle = () => {
  for (const tab of tabs()) {
    tab.tabIndex = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls") || "");
    panel?.setAttribute("aria-labelledby", tab.id);
  }
  const strip = tabs()[0]?.closest(".tab-wrapper");
  if (strip) heights.observe(strip);
};

const heights = new ResizeObserver(([{ target }]) => {
  const { height } = target.getBoundingClientRect();
  document.documentElement.style.setProperty("--hx-high-tabs", `${height}px`);
});

document.addEventListener("keydown", (event) => {
  const all = tabs();
  const at = all.findIndex((tab) => tab === event.target);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = all[placeAfter(event.key, at, all.length)];
  if (next === all[at]) return;
  event.preventDefault();
  next.click();
  next.focus();
  settle();
});

for (const event of ["mount", "open"]) on(event, settle);
