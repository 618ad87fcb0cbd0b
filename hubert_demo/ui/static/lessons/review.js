// Answers out of a file, to read: what was predicted, what was right, and what was on show then.

import { make } from "../core/dom.js";
import { footButton, verdict } from "./card.js";

/** @import { AnswerFile, FileAnswer } from "./answers.js" */
/** @import { Face } from "./card.js" */

const NO_SOUND = "This was a recording of the visitor's own, which the file does not hold.";

/**
 * @param {AnswerFile} file
 * @param {number} at which of its answers, from 0
 * @param {{ go: (at: number) => void, show: (link: string) => void, close: () => void }} doing
 * @returns {Face}
 */
export const reviewFace = ({ title, date, version, answers }, at, { go, show, close }) => {
  const answer = answers[at];
  const isLast = at + 1 === answers.length;
  const { question, prediction, right_answer: right, is_right: isRight, recording, link } = answer;
  const hasSound = new URLSearchParams(link.replace(/^#/, "")).has("example");
  return {
    label: `Answers: ${title}`, title: answer.title, count: `${at + 1} of ${answers.length} answers`,
    body: [
      ...verdict({ question, prediction, right, isRight }),
      make("p", { class: "hx-quiet", "data-testid": "answer-where" },
        `${title}, step ${answer.step} · ${recording} · ${rightOf(answers)} · ${date.slice(0, 10)} · `
        + `version ${version}.` + (hasSound ? "" : ` ${NO_SOUND}`)),
    ],
    foot: [
      footButton("Back", () => go(at - 1), "lesson-back", { disabled: at === 0 }),
      footButton("Show it", () => show(link), "answer-show"),
      footButton(isLast ? "Done" : "Next", () => (isLast ? close() : go(at + 1)), "lesson-next", { isMain: true }),
    ],
  };
};

/**
 * How many were right.
 * @param {readonly Pick<FileAnswer, "is_right">[]} answers
 */
export const rightOf = (answers) => `${answers.filter((each) => each.is_right).length} of ${answers.length} right`;
