// The page's head: light or dark.

import { iconButton } from "../core/dom.js";
import { storage } from "../core/storage.js";

/** @import { Mount } from "../core/types.js" */

const KEY = "hx-theme";

const here = storage("localStorage");

/** @type {Mount} */
export const mount = (root) => {
  const remembered = here.getItem(KEY);
  if (remembered && !new URLSearchParams(location.search).has("__theme")) {
    document.body.classList.toggle("dark", remembered === "dark");
  }
  const toggle = () => {
    const dark = document.body.classList.toggle("dark");
    here.setItem(KEY, dark ? "dark" : "light");
  };
  const title = "Light or dark";
  root.append(iconButton("theme", title, toggle, { class: "hx-theme", title, "data-testid": "theme" }));
  return {};
};
