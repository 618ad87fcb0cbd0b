// The page's head: light or dark.

import { icon, make } from "../core/dom.js";

/** @import { Mount } from "../core/types.js" */

const KEY = "hx-theme";

/** @type {Mount} */
export const mount = (root) => {
  const remembered = localStorage.getItem(KEY);
  if (remembered && !new URLSearchParams(location.search).has("__theme")) {
    document.body.classList.toggle("dark", remembered === "dark");
  }
  const toggle = () => {
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem(KEY, dark ? "dark" : "light");
  };
  root.append(make("button", {
    type: "button", class: "hx-theme", "aria-label": "Light or dark", title: "Light or dark",
    "data-testid": "theme", onclick: toggle,
  }, icon("theme")));
  return {};
};
