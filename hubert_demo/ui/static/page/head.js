// The page's head: a link to what is on show; one figure for a class; light or dark; and what is said on paper.

import { iconButton } from "../core/dom.js";
import { paperHeading } from "./paper.js";
import { presentButton } from "./present.js";
import { shareButton } from "./share.js";
import { theme } from "./theme.js";

/** @import { Mount } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root) => {
  theme.begin();
  const title = "Light or dark";
  root.append(...presentButton(), ...shareButton(),
    iconButton("theme", title, theme.toggle, { class: "hx-theme", title, "data-testid": "theme" }), paperHeading());
  return {};
};
