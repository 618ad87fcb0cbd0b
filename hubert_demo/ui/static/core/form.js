// A field with a button that asks about what is in it, and a line for what went wrong.

import { make } from "./dom.js";

/**
 * @param {HTMLElement} field
 * @param {string} text of the button
 * @param {string} id for the tests
 * @param {() => void} ask
 */
export const askForm = (field, text, id, ask) => make("form", {
  class: "hx-ask", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    ask();
  },
}, field, make("button", { type: "submit", class: "hx-button is-plain", text, "data-testid": id }));

/** What went wrong. @param {string} id for the tests */
export const problemLine = (id) =>
  make("p", { class: "hx-problem", role: "alert", hidden: true, "data-testid": id });
