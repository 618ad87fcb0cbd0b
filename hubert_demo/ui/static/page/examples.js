// The recordings to pick from.

import { on } from "../core/events.js";
import { store } from "../core/store.js";

/** @import { Mount } from "../core/types.js" */

/** @type {Mount} */
export const mount = (root, page) => {
  const rows = [...root.querySelectorAll(".hx-example")];
  const mark = (/** @type {number | undefined} */ number) =>
    rows.forEach((row, i) => row.setAttribute("aria-pressed", String(i === number)));
  rows.forEach((row, index) => row.addEventListener("click", () => {
    mark(index);
    page.trigger("pick", { index });
  }));
  // What was pressed does not come yet.
  on("lost", (isLost) => isLost && mark(store.result?.example));
  return {
    result: ({ example }) => mark(example),
    error: () => mark(store.result?.example),
  };
};
