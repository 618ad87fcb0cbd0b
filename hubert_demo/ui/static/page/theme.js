// Light or dark: a class of the body. A link's is worn and not remembered, what the visitor chooses is both.

import { storage } from "../core/storage.js";

/** @typedef {"light" | "dark"} Theme */

const KEY = "hx-theme";

const here = storage("localStorage");
const system = window.matchMedia("(prefers-color-scheme: dark)");
/** What a link asked for. @type {Theme | null} */
let linked = null;

const put = (/** @type {Theme} */ theme) => document.body.classList.toggle("dark", theme === "dark");

export const theme = {
  /** @returns {Theme} */
  get now() {
    return document.body.classList.contains("dark") ? "dark" : "light";
  },
  /** What the visitor's system wants. @returns {Theme} */
  get usual() {
    return system.matches ? "dark" : "light";
  },
  /** Puts on what was chosen, once the page's head is there. */
  begin: () => {
    const remembered = here.getItem(KEY);
    const isAsked = new URLSearchParams(location.search).has("__theme");
    if (linked) put(linked);
    else if (remembered && !isAsked) put(remembered === "dark" ? "dark" : "light");
  },
  /** @param {Theme} wanted by a link */
  follow: (wanted) => {
    linked = wanted;
    put(wanted);
  },
  toggle: () => {
    linked = null;
    put(theme.now === "dark" ? "light" : "dark");
    here.setItem(KEY, theme.now);
  },
};
