// Buttons that fetch a text in each format.

import { question, sentenceOf } from "../core/ask.js";
import { download, make } from "../core/dom.js";

/** @import { Page, TextFormat } from "../core/types.js" */

/** @typedef {{ name: string, mime: string, text: string }} TextFile */

/**
 * @param {Page} page
 * @param {readonly TextFormat[]} formats
 * @param {() => object} [request] of what
 */
export const downloads = (page, formats, request = () => ({})) => {
  const problem = make("span", { class: "hx-problem", role: "alert" });
  const fetch = async (/** @type {string} */ format) => {
    problem.textContent = "";
    try {
      // A question of its own for every press: whoever presses two buttons gets two files.
      const file = /** @type {TextFile | null} */ (await question(page, "text").ask({ format, ...request() }));
      if (file) download(file.name, file.mime, file.text);
    } catch (error) {
      problem.textContent = sentenceOf(error);
    }
  };
  const buttons = formats.map(({ name, title }) => make("button", {
    type: "button", class: "hx-button is-plain", text: title, title: `Download as ${title}`,
    "data-testid": `text-${name}`, onclick: () => fetch(name),
  }));
  return make("div", { class: "hx-downloads", role: "group", "aria-label": "Download" }, ...buttons, problem);
};
