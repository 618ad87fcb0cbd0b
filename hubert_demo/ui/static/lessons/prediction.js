// The form in which a lesson's question is answered: one of several choices, or a number.

import { make, say } from "../core/dom.js";

/** @import { LessonQuestion } from "../core/types.js" */

/** @typedef {{ value: number, shown: string }} Prediction number of a choice, or the number; and in words */

const ROUNDING = 1e-9;
const CHOOSE = "Choose an answer first.";

/**
 * What may be entered, in words.
 * @param {Pick<LessonQuestion, "low" | "high" | "is_whole" | "unit">} question
 */
export const rangeOf = ({ low, high, is_whole: isWhole, unit }) => {
  const what = isWhole ? "a whole number" : "a number";
  const of = unit === "%" ? " (percent)" : unit === "s" ? " (seconds)" : "";
  if (low !== null && high !== null) return `${what} from ${low} to ${high}${of}`;
  return low === null ? `${what}${of}` : `${what}, ${low} or more${of}`;
};

/**
 * The number in a text; NaN where there is none, or one that makes no sense.
 * @param {string} text
 * @param {Pick<LessonQuestion, "low" | "high" | "is_whole" | "unit">} question
 */
export const numberIn = (text, { low, high, is_whole: isWhole, unit }) => {
  const plain = text.trim().replace(/^−/, "-").replace(",", ".");
  const bare = unit && plain.endsWith(unit) ? plain.slice(0, -unit.length).trim() : plain;
  const value = /^-?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})$/.test(bare) ? Number(bare) : NaN;
  const isInside = value >= (low ?? -Infinity) && value <= (high ?? Infinity);
  return isInside && (!isWhole || Number.isInteger(value)) ? value : NaN;
};

/**
 * @param {Pick<LessonQuestion, "choices" | "right" | "within">} question
 * @param {number} value
 */
export const isRight = ({ choices, right, within }, value) =>
  choices ? value === right : Math.abs(value - right) <= (within ?? 0) + ROUNDING;

/**
 * A number with its unit.
 * @param {number} value
 * @param {string | null} unit
 */
export const withUnit = (value, unit) => (unit === "%" ? `${value}%` : unit ? `${value} ${unit}` : String(value));

/**
 * @param {LessonQuestion} question
 * @param {string} id of the form
 * @param {(prediction: Prediction) => void} onpredict
 */
export const predictionForm = (question, id, onpredict) => {
  const alert = make("p", { class: "hx-wrong-entry", role: "alert", id: `${id}-alert`, hidden: true });
  const { fields, read, first, sentence } = question.choices
    ? choiceOf(question, question.choices, id) : numberOf(question, id);
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const prediction = read();
    say(alert, prediction ? "" : sentence);
    if (first.type === "text") first.setAttribute("aria-invalid", String(!prediction));
    if (prediction) onpredict(prediction);
    else first.focus();
  };
  return make("form", { class: "hx-prediction", id, novalidate: true, onsubmit, "data-testid": "prediction" },
    fields, alert);
};

/**
 * @param {LessonQuestion} question
 * @param {readonly string[]} choices
 * @param {string} id
 */
const choiceOf = (question, choices, id) => {
  const radios = choices.map((_, value) => make("input", { type: "radio", name: `${id}-choice`, value }));
  const fields = make("fieldset", { "aria-describedby": `${id}-alert` }, make("legend", { text: question.text }),
    ...choices.map((choice, i) => make("label", {}, radios[i], make("span", { text: choice }))));
  const read = () => {
    const value = radios.findIndex(({ checked }) => checked);
    return value < 0 ? null : { value, shown: choices[value] };
  };
  return { fields, read, first: radios[0], sentence: CHOOSE };
};

/**
 * @param {LessonQuestion} question
 * @param {string} id
 */
const numberOf = (question, id) => {
  const field = make("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", id: `${id}-number`, size: 8,
    "aria-describedby": `${id}-range ${id}-alert`, "data-testid": "prediction-number",
  });
  const range = rangeOf(question);
  const fields = make("div", {}, make("label", { for: field.id, text: question.text }),
    make("div", { class: "hx-bar" }, field, make("span", { text: question.unit ?? "", "aria-hidden": "true" }),
      make("span", { class: "hx-quiet", id: `${id}-range`, text: range })));
  const read = () => {
    const value = numberIn(field.value, question);
    return Number.isNaN(value) ? null : { value, shown: withUnit(value, question.unit) };
  };
  return { fields, read, first: field, sentence: `Enter ${range}.` };
};
