// The page's terms: the first of each in a view's sentences, and in a lesson's, is a button that says what it means;
// and a list of all.

import { iconButton, make } from "../core/dom.js";
import { on } from "../core/events.js";
import { facts } from "../core/store.js";

const SETTLE_MS = 250;
const GAP = 6;
const SENTENCES = ".hx-lead, .hx-view p.hx-quiet";
// What is spoken by itself, and what is pressed or named by its own words.
const APART = "[role=status], [role=alert], [aria-live], h1, h2, h3, button, label, a, summary, figure, code";

/** @typedef {{ text: string, term?: string }} Piece of a sentence, and the term that it is */

/**
 * A sentence cut where terms stand, each found once.
 * @param {string} text
 * @param {readonly string[]} terms
 * @param {Set<string>} seen terms found before; what is found here is put in
 * @returns {Piece[]}
 */
export const piecesOf = (text, terms, seen) => {
  const names = [...terms].sort((one, other) => other.length - one.length)
    .map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const known = new Map(terms.map((term) => [term.toLowerCase(), term]));
  /** @type {Piece[]} */
  const pieces = [];
  let from = 0;
  const pattern = new RegExp(`(${names.join("|")})s?(?![\\p{L}\\d-])`, "giu");
  for (const { 0: found, 1: name, index } of text.matchAll(pattern)) {
    const term = /** @type {string} */ (known.get(name.toLowerCase()));
    if (seen.has(term) || /[\p{L}\d-]$/u.test(text.slice(0, index))) continue;
    seen.add(term);
    pieces.push({ text: text.slice(from, index) }, { text: found, term });
    from = index + found.length;
  }
  return [...pieces, { text: text.slice(from) }].filter((piece) => piece.text);
};

/**
 * Makes buttons of the terms in an element.
 * @param {Element} element
 * @param {Set<string>} [seen] terms that have a button already
 */
export const linkTerms = (element, seen = new Set()) => {
  const terms = Object.keys(facts().glossary);
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const texts = [];
  while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
  for (const text of texts) {
    if (text.parentElement?.closest(APART)) continue;
    const pieces = piecesOf(text.data, terms, seen);
    if (pieces.some(({ term }) => term)) {
      text.replaceWith(...pieces.map(({ text: words, term }) => (term ? termButton(words, term) : words)));
    }
  }
};

/**
 * @param {string} words
 * @param {string} term
 */
const termButton = (words, term) => {
  const onclick = () => explain(button, term);
  const button = make("button", {
    type: "button", class: "hx-term", text: words, "data-term": term, "aria-haspopup": "dialog", onclick,
  });
  return button;
};

/**
 * A box over the page, which Escape and a press beside it close; then the focus returns.
 * @param {string} name
 * @param {string} id for the tests
 * @param {string} [className]
 */
export const box = (name, id, className = "") => {
  const shut = () => element.close();
  const close = iconButton("close", "Close", shut, { class: "hx-close", "data-testid": `${id}-close` });
  const title = make("h2", { text: name });
  const content = make("div", { class: "hx-box-content" });
  const element = make("dialog", { class: `hx-box ${className}`.trim(), "aria-label": name, "data-testid": id },
    make("div", { class: "hx-bar" }, title, make("span", { class: "hx-grow" }), close), content);
  element.addEventListener("click", ({ target }) => target === element && shut());
  // Escape is for this box alone.
  element.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  return { element, content, title };
};

/** All terms with what they mean. */
const allTerms = () =>
  make("dl", {}, ...Object.entries(facts().glossary).flatMap(([term, meaning]) =>
    [make("dt", { text: term }), make("dd", { text: meaning })]));

/** What one term means. @type {ReturnType<typeof box> | null} */
let meaning = null;

/**
 * @param {HTMLElement} button
 * @param {string} term
 */
const explain = (button, term) => {
  if (!meaning) return;
  const { element, content, title } = meaning;
  title.textContent = term;
  element.setAttribute("aria-label", term);
  content.replaceChildren(make("p", { text: facts().glossary[term] }));
  element.showModal();
  const [{ left, top, bottom }, { width, height }] = [button, element].map((each) => each.getBoundingClientRect());
  const isBelow = bottom + GAP + height < innerHeight;
  element.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  element.style.top = `${isBelow ? bottom + GAP : Math.max(GAP, top - GAP - height)}px`;
};

/** The terms in each tab that is there, once what has been written has settled. */
const linkViews = () => {
  /** @type {WeakMap<Element, string>} */
  const known = new WeakMap();
  let timer = 0;
  const link = () => {
    timer = 0;
    for (const tab of document.querySelectorAll("#hx-tabs [role=tabpanel]")) {
      const buttons = /** @type {NodeListOf<HTMLElement>} */ (tab.querySelectorAll(".hx-term"));
      const seen = new Set([...buttons].map(({ dataset }) => dataset.term ?? ""));
      for (const sentence of tab.querySelectorAll(SENTENCES)) {
        const text = sentence.textContent ?? "";
        // What was written anew has lost its buttons.
        if (known.get(sentence) === text && sentence.childElementCount) continue;
        known.set(sentence, text);
        linkTerms(sentence, seen);
      }
    }
  };
  const soon = () => {
    timer ||= setTimeout(link, SETTLE_MS);
  };
  const watcher = new MutationObserver(soon);
  const begin = () => {
    const tabs = document.getElementById("hx-tabs");
    if (tabs) watcher.observe(tabs, { childList: true, subtree: true });
    soon();
  };
  on("mount", begin);
  begin();
};

/** The boxes, to be put into the page; and what opens the list of all terms. */
export const glossary = () => {
  meaning = box("", "meaning", "is-small");
  const all = box("Glossary", "glossary");
  linkViews();
  const open = () => {
    if (!all.content.childElementCount) all.content.append(allTerms());
    all.element.showModal();
  };
  return { elements: [meaning.element, all.element], open };
};
