// The foot of the timeline while something is changed inside the model: what, each change to be taken back by itself,
// and the one way back to the original.

import { button, icon, make } from "../core/dom.js";
import { oneStop } from "../core/keyboard.js";
import { changing } from "./changing.js";

/** @import { Result } from "../core/types.js" */

export const changeBar = () => {
  const list = make("ul", { "aria-label": "What is changed inside the model" });
  const settle = oneStop(list);
  const back = button("Back to the original", () => changing.put([]), "changes-back", "hx-changes-back");
  const element = make("div", { class: "hx-changes", hidden: true, "data-testid": "changes" },
    make("b", { text: "Changed" }), list, back);

  /** @param {Result["changed"][number]} change */
  const chip = ({ text, words }) => make("li", {}, make("button", {
    type: "button", class: "hx-change", title: "Take this back", "aria-label": `${words}: take this back`,
    "data-testid": "change", onclick: () => changing.toggle(text),
  }, make("span", { text: words }), icon("close")));

  return {
    element,
    /** @param {Result} result */
    show: ({ changed }) => {
      const hadFocus = element.contains(document.activeElement);
      element.hidden = !changed.length;
      list.replaceChildren(...changed.map(chip));
      settle();
      if (hadFocus && changed.length) back.focus({ preventScroll: true });
    },
  };
};
