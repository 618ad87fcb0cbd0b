// The card of the model that listens, and a quiet line above what another one has made.

import { make, say } from "../core/dom.js";
import { on } from "../core/events.js";
import { store } from "../core/store.js";

/** @import { Mount } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root) => ({
  result: ({ model }) => {
    const rows = model.rows.map(([name, value]) =>
      make("div", {}, make("dt", { text: name }), make("dd", { text: value })));
    root.replaceChildren(make("h2", { text: "This model" }), make("p", { text: model.title }), make("dl", {}, ...rows));
  },
});

const showSources = () => {
  if (!store.result) return;
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".hx-source"))) {
    say(line, store.result.sources[line.dataset.view || ""]);
  }
};
on("result", showSources);
on("mount", showSources);
