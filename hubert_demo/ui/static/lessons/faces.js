// What a lesson's card says of a step, before and after its question is answered, and at the end.

import { make } from "../core/dom.js";
import { verdict } from "./card.js";
import { predictionForm } from "./prediction.js";
import { rightOf } from "./review.js";

/** @import { LessonOverview, LessonStep } from "../core/types.js" */
/** @import { Answer } from "./answers.js" */
/** @import { Prediction } from "./prediction.js" */

/** Id of the form, whose button stands at the foot of the card. */
export const FORM = "hx-prediction";

/**
 * @param {LessonStep} step
 * @param {Answer | undefined} answer of this visitor, about this recording
 * @param {(prediction: Prediction) => void} onpredict
 * @returns {Node[]}
 */
export const stepBody = (step, answer, onpredict) => {
  const { text, question, reveal, cannot } = answer?.told ?? step;
  const words = text ? [make("p", { text, "data-testid": "lesson-text" })] : [];
  if (cannot !== null) {
    return [...words, make("p", { class: "hx-cannot", text: cannot, "data-testid": "lesson-cannot" })];
  }
  if (!question) return words;
  if (!answer) return [...words, predictionForm(question, FORM, onpredict)];
  const { prediction, isRight } = answer;
  return [
    ...words, ...verdict({ question: question.text, prediction, right: question.shown, isRight }),
    make("p", { text: reveal, "data-testid": "lesson-reveal" }),
  ];
};

/**
 * @param {LessonOverview} lesson
 * @param {readonly Answer[]} answers
 */
export const summaryBody = ({ num_questions: count }, answers) => {
  const open = count - answers.length;
  const right = rightOf(answers.map(({ isRight }) => ({ is_right: isRight })));
  const left = open ? `, ${open} question${open === 1 ? "" : "s"} not answered` : "";
  const sum = answers.length ? `${right}${left}.` : "No answers yet.";
  return [
    make("p", { "data-testid": "lesson-sum" }, make("strong", { text: sum })),
    make("p", { class: "hx-quiet", text: "The file holds your answers and what was on show, not your recording. "
      + "It is not sent anywhere; “Open answers …” in the list of lessons shows it again." }),
  ];
};
