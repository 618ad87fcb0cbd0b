// What this tab has shown last. It is kept by the browser as long as the tab is there, and opened again at a press
// without computing anything.

import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";
import { emit, on } from "../core/events.js";
import { store } from "../core/store.js";
import { amend, recents, remember } from "./memory.js";

/** @import { Mount } from "../core/types.js" */
/** @import { Recent } from "./memory.js" */

const MOST_WORDS = 6;

const time = (/** @type {number} */ duration) => `${duration.toFixed(1)} s`;

const firstOf = (/** @type {readonly { text: string }[]} */ words) => {
  const said = words.map(({ text }) => text);
  return said.slice(0, MOST_WORDS).join(" ") + (said.length > MOST_WORDS ? " …" : "");
};

/** An example is listed by the name that it has in the list of examples. */
const nameOf = (/** @type {Recent} */ { title, example }) =>
  document.querySelector(`[data-testid="example-${example}"] > span`)?.firstChild?.textContent?.trim() ?? title;

/** @type {Mount} */
export const mount = (root) => {
  const list = make("ul");
  root.classList.add("hx-card", "hx-examples", "hx-recent");
  root.append(make("h2", { text: "Recently shown" }), list);

  const rowOf = (/** @type {Recent} */ recent) => make("li", {}, make("button", {
    type: "button", class: "hx-example", "data-testid": "recent", title: `${nameOf(recent)} · ${recent.words}`,
    onclick: () => emit("reopen", recent),
  }, make("span", { class: "hx-recent-name" }, make("b", { text: nameOf(recent) }),
    make("small", { text: `${recent.changes ? "changed · " : ""}${recent.words || "no words"}` })),
  make("span", { text: time(recent.duration_s) })));

  const draw = () => {
    const kept = recents();
    root.hidden = !kept.length;
    list.replaceChildren(...kept.map(rowOf));
  };

  on("recents", draw);
  draw();
  // The headline's words: the better reading's once that is there.
  on("read", () => {
    const { ticket } = store.result ?? {};
    const recent = recents().find((each) => each.ticket === ticket);
    if (recent) amend({ ...recent, words: firstOf(clock.words) });
  });
  return {
    result: ({ welcome, ticket, title, example, changes, checkpoint, timeline: { words, duration_s } }) => {
      if (welcome) return;
      remember({ ticket, title, example, words: firstOf(words), duration_s, changes, checkpoint });
    },
  };
};
