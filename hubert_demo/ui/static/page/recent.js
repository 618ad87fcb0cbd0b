// What this tab has shown last. It is kept by the browser as long as the tab is there, and opened again at a press
// without computing anything.

import { make } from "../core/dom.js";
import { emit, on } from "../core/events.js";
import { recents, remember } from "./memory.js";

/** @import { Mount } from "../core/types.js" */
/** @import { Recent } from "./memory.js" */

const MOST_WORDS = 6;

const time = (/** @type {number} */ duration) => `${duration.toFixed(1)} s`;

/** @type {Mount} */
export const mount = (root) => {
  const list = make("ul");
  root.classList.add("hx-card", "hx-examples", "hx-recent");
  root.append(make("h2", { text: "Recent recordings" }), list);

  const rowOf = (/** @type {Recent} */ recent) => make("li", {}, make("button", {
    type: "button", class: "hx-example", "data-testid": "recent", title: `${recent.title} · ${recent.words}`,
    onclick: () => emit("reopen", recent),
  }, make("span", { class: "hx-recent-name" }, make("b", { text: recent.title }),
    make("small", { text: recent.words || "no words" })), make("span", { text: time(recent.duration_s) })));

  const draw = () => {
    const kept = recents();
    root.hidden = !kept.length;
    list.replaceChildren(...kept.map(rowOf));
  };

  on("recents", draw);
  draw();
  return {
    result: ({ welcome, ticket, title, example, timeline }) => {
      if (welcome) return;
      const said = timeline.words.map(({ text }) => text);
      const words = said.slice(0, MOST_WORDS).join(" ") + (said.length > MOST_WORDS ? " …" : "");
      remember({ ticket, title, example, words, duration_s: timeline.duration_s });
    },
  };
};
