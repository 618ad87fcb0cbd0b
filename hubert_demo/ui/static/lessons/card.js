// The card of a lesson's step: it stays in sight beside what it talks about.

import { button, icon, iconButton, make } from "../core/dom.js";
import { stepByKeys } from "./stepping.js";

/**
 * @typedef {object} Face what the card shows
 * @property {string} label of the card as a whole
 * @property {string} title
 * @property {string} count
 * @property {(Node | string)[]} body
 * @property {HTMLElement[]} foot
 * @property {boolean} [isStep] whether it is one of a lesson's, of which there are worksheets
 */

/**
 * @param {() => void} onclose
 * @param {() => void} onprint
 */
export const lessonCard = (onclose, onprint) => {
  const title = make("h2", { "data-testid": "lesson-title", tabindex: -1 });
  const count = make("span", { class: "hx-quiet", "data-testid": "lesson-count" });
  const close = iconButton("close", "Close the lesson", onclose, { class: "hx-close", "data-testid": "lesson-end" });
  const sheet = iconButton("print", "Print a worksheet of this lesson", onprint, {
    class: "hx-close", title: "Print a worksheet of this lesson", "data-testid": "worksheet-print",
  });
  const body = make("div", { class: "hx-lesson-body", role: "group", tabindex: 0, "aria-label": "This step" });
  const foot = make("div", { class: "hx-bar" });
  const onkeydown = (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && onclose();
  const element = make("section", {
    class: "hx-lesson-card hx-guide", hidden: true, "data-testid": "lesson-card", onkeydown,
  }, make("div", { class: "hx-bar" }, title, count, make("span", { class: "hx-grow" }), sheet, close), body, foot);
  const inFoot = (/** @type {string} */ id) =>
    /** @type {HTMLButtonElement | null} */ (foot.querySelector(`[data-testid=${id}]`));
  stepByKeys({ back: () => inFoot("lesson-back"), next: () => inFoot("lesson-next") });
  return {
    element, body,
    /** @param {Face} face */
    show: (face) => {
      element.setAttribute("aria-label", face.label);
      title.textContent = face.title;
      count.textContent = face.count;
      body.replaceChildren(...face.body);
      body.scrollTop = 0;
      foot.replaceChildren(...face.foot);
      sheet.hidden = !face.isStep;
      element.hidden = false;
    },
    /** While the next step is on its way. @param {string} where */
    wait: (where) => {
      count.textContent = where;
      element.setAttribute("aria-busy", "true");
    },
    /** Scrolls the card's text to where a part of it begins. @param {Element} part */
    turnTo: (part) => {
      body.scrollTop += part.getBoundingClientRect().top - body.getBoundingClientRect().top;
    },
    rest: () => element.removeAttribute("aria-busy"),
    focus: () => title.focus({ preventScroll: true }),
  };
};

/**
 * @param {string} text
 * @param {() => void} onclick
 * @param {string} id for the tests
 * @param {{ isMain?: boolean, disabled?: boolean }} [more]
 */
export const footButton = (text, onclick, id, { isMain = false, disabled = false } = {}) => {
  const element = button(text, onclick, id, isMain ? "is-main" : "");
  element.disabled = disabled;
  return element;
};

/**
 * What was predicted and what is right: in words and with a picture, never by colour alone.
 * @param {{ question: string, prediction: string, right: string, isRight: boolean }} answer
 */
export const verdict = ({ question, prediction, right, isRight }) => [
  make("p", {}, make("strong", { text: question })),
  make("p", { class: `hx-verdict ${isRight ? "is-right" : "is-wrong"}`, tabindex: -1, "data-testid": "verdict" },
    icon(isRight ? "right" : "close"),
    make("span", {}, make("strong", { text: judged(isRight, prediction, right) }),
      ` You said: ${prediction}. Answer: ${right}.`)),
];

/**
 * A number that is within what a question allows is not the number itself.
 * @param {boolean} isRight
 * @param {string} prediction
 * @param {string} right
 */
export const judged = (isRight, prediction, right) => {
  if (!isRight) return "Not quite.";
  const [said, is] = [prediction, right].map(parseFloat);
  return said === is || Number.isNaN(said - is) ? "Right." : "Close enough.";
};
