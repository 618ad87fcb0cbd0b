// Buttons that fetch a text in each format.

import { question } from "../core/ask.js";
import { button, download, furnish, make } from "../core/dom.js";

/** @import { Page, TextFormat } from "../core/types.js" */

/** @typedef {{ name: string, mime: string, text: string }} TextFile */

/**
 * @param {Page} page
 * @param {readonly TextFormat[]} formats
 * @param {() => object} [request] of what
 */
export const downloads = (page, formats, request = () => ({})) => {
  const problem = make("span", { class: "hx-problem", role: "alert" });
  const complain = (/** @type {string} */ sentence) => {
    problem.textContent = sentence;
  };
  const give = (/** @type {TextFile} */ { name, mime, text }) => download(name, mime, text);
  const fetch = (/** @type {string} */ format) => {
    complain("");
    // A question of its own for every press: whoever presses two buttons gets two files.
    question(page, "text").put({ format, ...request() }, give, complain);
  };
  const buttons = formats.map(({ name, title }) =>
    furnish(button(title, () => fetch(name), `text-${name}`, "is-plain"), { title: `Download as ${title}` }));
  return make("div", { class: "hx-downloads", role: "group", "aria-label": "Download" }, ...buttons, problem);
};
