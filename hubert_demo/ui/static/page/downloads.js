// Downloads: figures and numbers of the open view, everything in a zip, and the Python that makes it again.

import { question } from "../core/ask.js";
import { button, furnish, make, save } from "../core/dom.js";
import { store } from "../core/store.js";

/** @import { Choices, Mount } from "../core/types.js" */

/**
 * @typedef {object} Download a row, as `downloads` in ui/downloads.py lists it
 * @property {string} title
 * @property {string} view
 * @property {{ name: string, format: string }[]} files
 * @property {{ choice: keyof Choices, reason: string } | null} need
 */

/** @type {Mount} */
export const mount = (root, page) => {
  /** @type {Download[]} */
  const downloads = JSON.parse(root.dataset.downloads || "[]");
  const list = make("div", { class: "hx-take-list", "data-testid": "take-list" });
  const status = make("p", { class: "hx-quiet", role: "status", "data-testid": "take-status" });
  const code = make("pre", { class: "hx-code", tabindex: 0, "data-testid": "script" });
  const copy = button("Copy", () => copyCode(), "copy-script");
  const script = make("div", { class: "hx-script", hidden: true }, code, copy);
  const zip = button("Download all (zip)", () => ask("all", "zip", zip), "take-zip");
  const python = button("Python script", () => showScript(), "take-script");
  root.append(
    make("div", { class: "hx-bar" }, make("h2", { text: "Download" }),
      make("span", { class: "hx-quiet", text: "with the settings on show" }), make("span", { class: "hx-grow" }),
      zip, python),
    list, status, script,
  );

  const tell = (/** @type {string} */ sentence) => {
    status.textContent = sentence;
  };

  const copyCode = async () => {
    try {
      await navigator.clipboard.writeText(code.textContent || "");
      tell("Copied.");
    } catch {
      // Without a secure connection a page may not write there.
      getSelection()?.selectAllChildren(code);
      tell("Selected: copy it with your keyboard.");
    }
  };

  const reproduce = question(page, "reproduce");
  const showScript = () => store.result && reproduce.put({ choices: store.choices }, ({ text }) => {
    code.textContent = text;
    script.hidden = false;
    tell("");
  }, tell);

  // The server writes the file and sends its address, as the next value of this component.
  /** @type {HTMLButtonElement | null} */
  let pressed = null;
  const ask = (/** @type {string} */ name, /** @type {string} */ format, /** @type {HTMLButtonElement} */ by) => {
    if (!store.result || pressed) return;
    pressed = by;
    pressed.disabled = true;
    tell(format === "zip" ? "Making the zip …" : "Making the file …");
    const { token, title } = store.result;
    page.trigger("take", { token, title, name, format, choices: { ...store.choices } });
  };

  const receive = () => {
    const answer = page.props.value;
    if (!answer || !answer.number) return;
    if (pressed) pressed.disabled = false;
    pressed = null;
    allow();
    tell(answer.error || "");
    if (answer.file) save(answer.file.url, answer.name);
  };
  page.watch("value", receive);

  // One row for each download of the open view, with a button for each format.
  /** @type {{ download: Download, buttons: HTMLButtonElement[] }[]} */
  let rows = [];
  const fill = () => {
    const views = [store.open || "transcript", "timeline"];
    const isHere = (/** @type {Download} */ { view, files: [{ name }] }) =>
      views.includes(view) && !store.result?.lacking.includes(name);
    rows = downloads.filter(isHere).map((download) => (
      { download, buttons: download.files.map(({ name, format }) => fileButton(download.title, name, format)) }));
    list.replaceChildren(...rows.map(({ download, buttons }) =>
      make("div", { class: "hx-take" }, make("span", { text: download.title }), ...buttons)));
    allow();
  };

  /**
   * @param {string} title
   * @param {string} name
   * @param {string} format
   */
  const fileButton = (title, name, format) => {
    const type = format.toUpperCase();
    const one = button(type, () => ask(name, format, one), `take-${name}-${format}`);
    return furnish(one, { "aria-label": `${title} as ${type}` });
  };

  // A download that needs a choice is disabled until that is made, and says why.
  const allow = () => rows.forEach(({ download: { need }, buttons }) => {
    const reason = need && (store.choices[need.choice] ?? "") === "" ? need.reason : "";
    buttons.forEach((one) => {
      one.disabled = Boolean(reason) || one === pressed;
      one.title = reason;
    });
  });
  fill();

  const result = () => {
    script.hidden = true;
    tell("");
    fill();
  };
  return { open: fill, choices: allow, result };
};
