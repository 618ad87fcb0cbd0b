// A worksheet: what every step of a lesson says and asks, with the page's own figures and room to write, on paper.

import { button, make } from "../core/dom.js";
import { contextOf } from "../core/paint.js";
import { resultOnShow, store } from "../core/store.js";
import { box } from "../page/glossary.js";
import { layOut, putBack } from "../page/paper.js";
import { rangeOf } from "./prediction.js";
import { picturesOf } from "./sight.js";

/** @import { LessonOverview, LessonQuestion, LessonStep } from "../core/types.js" */

/** @typedef {{ told: LessonStep, figures: HTMLElement[] }} SheetStep */

const IS_PRINTED = "has-worksheet";
const LOOK_MS = 100;
const STILL_MS = 500;
const LONGEST_MS = 20_000;
const SAMPLE = 48; // a picture is compared with itself by so many pixels across
const LINES = 2; // to write a reason on
const OF_USE = /^(id|data-testid|tabindex|role|aria-.*)$/; // by which an element is found, or used

const wait = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/**
 * What a picture looks like, roughly; empty while it is not there, or what it shows is still on its way.
 * @param {HTMLElement | null} picture
 */
const lookOf = (picture) => {
  const isComing = document.body.dataset.hxComplete !== resultOnShow().token;
  if (!picture?.clientWidth || isComing || picture.closest(".hx-view")?.querySelector("[aria-busy=true]")) return "";
  const sample = make("canvas", { width: SAMPLE, height: SAMPLE });
  const ctx = contextOf(sample);
  const drawn = canvasesOf(picture).filter(({ width, height }) => width && height);
  for (const canvas of drawn) ctx.drawImage(canvas, 0, 0, SAMPLE, SAMPLE);
  return `${picture.clientWidth} ${picture.clientHeight} ${picture.textContent} ${sample.toDataURL()}`;
};

const canvasesOf = (/** @type {HTMLElement} */ picture) => [...picture.querySelectorAll("canvas")];

/**
 * Waits until a picture has come and stays as it is.
 * @param {string} selector
 * @param {() => boolean} isWanted whether to go on
 * @returns {Promise<HTMLElement | null>} null where it does not come
 */
const settled = async (selector, isWanted) => {
  const until = performance.now() + LONGEST_MS;
  let [before, since] = ["", performance.now()];
  while (isWanted() && performance.now() < until) {
    const picture = /** @type {HTMLElement | null} */ (document.querySelector(selector));
    const look = lookOf(picture);
    // Instead of it there may be a sentence.
    if (!look && picture?.closest(".hx-card")?.querySelector("[role=alert]:not(:empty)")) return null;
    if (look !== before) [before, since] = [look, performance.now()];
    else if (look && performance.now() - since > STILL_MS) return picture;
    await wait(LOOK_MS);
  }
  return null;
};

/**
 * A copy of a picture as it is now, within what its styles go by; nothing in it can be used.
 * @param {HTMLElement} picture
 */
const copyOf = (picture) => {
  let copy = /** @type {HTMLElement} */ (picture.cloneNode(true));
  const canvases = canvasesOf(copy);
  canvasesOf(picture).forEach((canvas, i) => {
    const { className, style: { cssText } } = canvas;
    canvases[i].replaceWith(make("img", { src: canvas.toDataURL(), alt: "", class: className, style: cssText }));
  });
  /** @type {HTMLElement | null} */
  let around = picture;
  while (around && !around.matches(".hx-root")) {
    around = around.parentElement;
    const shell = /** @type {HTMLElement} */ (around?.cloneNode(false) ?? make("div"));
    shell.append(copy);
    copy = shell;
  }
  for (const each of [copy, ...copy.querySelectorAll("*")]) {
    const names = [...each.attributes].map(({ name }) => name).filter((name) => OF_USE.test(name));
    for (const name of names) each.removeAttribute(name);
  }
  return copy;
};

const blank = (/** @type {string} */ name) =>
  make("span", { class: "hx-blank" }, make("span", { text: name }), make("i"));

/**
 * Room for an answer: boxes to tick, or a place for a number.
 * @param {LessonQuestion} question
 */
const roomFor = (question) => (question.choices
  ? make("ul", { class: "hx-boxes" }, ...question.choices.map((text) => make("li", { text })))
  : make("p", {}, blank("Answer"), make("span", { class: "hx-quiet", text: ` ${rangeOf(question)}` })));

/** @param {SheetStep} step @param {number} number from 0 */
const section = ({ told: { title, text, question, cannot }, figures }, number) => make("section", {},
  make("h2", { text: `${number + 1}. ${title}` }),
  ...[text, cannot].flatMap((words) => (words ? [make("p", { text: words })] : [])),
  ...figures,
  ...(question && cannot === null ? [
    make("div", { class: "hx-asked" }, make("p", {}, make("strong", { text: question.text })), roomFor(question),
      make("p", { text: "How can you tell?" }),
      ...Array.from({ length: LINES }, () => make("i", { class: "hx-rule" }))),
  ] : []));

/**
 * @param {LessonOverview} lesson
 * @param {readonly SheetStep[]} steps
 * @param {string} link where the lesson is seen
 */
const sheetOf = ({ title, about }, steps, link) => {
  const { title: recording, model } = resultOnShow();
  return make("article", { class: "hx-component hx-root hx-worksheet", "data-testid": "worksheet" },
    make("h1", { text: title }), make("p", { text: about }),
    make("p", { class: "hx-blanks" }, ...["Name", "Class", "Date"].map(blank)),
    make("p", { text: `Recording: ${recording}. Model: ${model.title}.` }),
    make("p", { class: "hx-paper-link", text: link }),
    ...steps.map(section));
};

/**
 * Hands a worksheet to the browser's printing.
 * @param {HTMLElement} sheet
 */
const printAlone = async (sheet) => {
  document.querySelector(".hx-worksheet")?.remove();
  document.querySelector(".gradio-container")?.append(sheet);
  await Promise.all([...sheet.querySelectorAll("img")].map((drawn) => drawn.decode()));
  document.body.classList.add(IS_PRINTED);
  addEventListener("afterprint", () => {
    document.body.classList.remove(IS_PRINTED);
    sheet.remove();
  }, { once: true });
  print();
};

/** Prints worksheets; a box says how far it is, and can be closed. */
export const worksheets = () => {
  const { element, content } = box("Worksheet", "worksheet-box", "hx-preparing");
  const status = make("p", { role: "status", "data-testid": "worksheet-status" });
  content.append(status, make("div", { class: "hx-bar" }, button("Cancel", () => element.close(), "worksheet-cancel")));
  const isWanted = () => element.open;

  /**
   * Goes through a lesson, about the recording on show, and prints what is seen there.
   * @param {LessonOverview} lesson
   * @param {string} link where it is seen
   * @param {(step: number) => Promise<LessonStep>} goTo puts a step on show, from 0
   * @throws {Error} with a sentence
   */
  const print = async (lesson, link, goTo) => {
    element.showModal();
    layOut("worksheet");
    /** @type {SheetStep[]} */
    const steps = [];
    try {
      for (let number = 0; number < lesson.num_steps && isWanted(); number++) {
        status.textContent = `Taking the figure of step ${number + 1} of ${lesson.num_steps} …`;
        const told = await goTo(number);
        const figures = [];
        for (const selector of picturesOf(told, store.open).flatMap(({ pieces }) => pieces)) {
          const picture = await settled(selector, isWanted);
          if (picture) figures.push(copyOf(picture));
        }
        steps.push({ told, figures });
      }
      if (isWanted()) await printAlone(sheetOf(lesson, steps, link));
    } finally {
      element.close();
      putBack("worksheet");
    }
  };
  return { element, print };
};
