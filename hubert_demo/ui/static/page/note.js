// What the server is doing, and what went wrong.

import { icon, iconButton, make, say } from "../core/dom.js";

/** @import { Mount } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root) => {
  const text = make("span", { "data-testid": "alert" });
  const close = iconButton("close", "Dismiss", () => error(null), { class: "hx-close" });
  const box = make("div", { class: "hx-alert", role: "alert", hidden: true }, icon("alert"), text, close);
  const status = make("p", { class: "hx-status", role: "status", hidden: true, "data-testid": "status" });
  root.append(box, status);

  const error = (/** @type {string | null} */ sentence) => {
    text.textContent = sentence || "";
    box.hidden = !sentence;
  };
  const busy = (/** @type {string | null} */ sentence) => {
    if (sentence) error(null);
    say(status, sentence && `${sentence} …`);
  };
  return { error, busy };
};
