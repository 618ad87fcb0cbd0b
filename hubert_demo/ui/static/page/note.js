// What the server is doing, what went wrong, and what has not come to the server.

import { button, icon, iconButton, make, say } from "../core/dom.js";
import { on } from "../core/events.js";
import { discard, sendAgain } from "./unsent.js";

/** @import { Mount } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root) => {
  const text = make("span", { "data-testid": "alert" });
  const close = iconButton("close", "Dismiss", () => error(null), { class: "hx-close" });
  const box = make("div", { class: "hx-alert", role: "alert", hidden: true }, icon("alert"), text, close);
  const status = make("p", { class: "hx-status", role: "status", hidden: true, "data-testid": "status" });
  const unsent = make("span", { "data-testid": "unsent" });
  const again = button("Send again", sendAgain, "send-again");
  const drop = iconButton("close", "Do not send it", discard, { class: "hx-close" });
  const lost = make("div", { class: "hx-alert hx-unsent", role: "alert", hidden: true }, icon("alert"),
    make("div", {}, unsent, again), drop);
  root.append(lost, box, status);
  on("lost", (/** @type {{ text: string, again: boolean } | null} */ message) => {
    lost.hidden = !message;
    unsent.textContent = message ? message.text : "";
    for (const each of [again, drop]) each.hidden = !message?.again;
  });

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
