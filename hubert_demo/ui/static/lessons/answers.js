// The answers to a lesson's questions: kept in this tab, and as a file, whose keys are for people to read.

import { storage } from "../core/storage.js";

/** @import { LessonOverview, LessonStep, Result } from "../core/types.js" */

/**
 * @typedef {object} Answer to a step's question
 * @property {LessonStep} told the step, as it was told then
 * @property {string} prediction in words
 * @property {boolean} isRight
 * @property {string} sound by which its recording is told from others
 * @property {string} recording what it is called
 * @property {string} link hash of what was on show
 */

/**
 * @typedef {object} FileAnswer
 * @property {number} step from 1
 * @property {string} title
 * @property {string} question
 * @property {string} prediction
 * @property {string} right_answer
 * @property {boolean} is_right
 * @property {string} recording
 * @property {string} link
 */

/**
 * @typedef {object} AnswerFile
 * @property {string} kind
 * @property {string} lesson its name
 * @property {string} title
 * @property {string} date
 * @property {string} version of the page
 * @property {FileAnswer[]} answers
 */

const KEY = "hx-answers";
const KIND = "Answers to a lesson of HuBERT Explorer";
const MOST_BYTES = 1 << 20;
const MOST_TEXT = 5000;

const NO_FILE = "This is not a file of answers that this page has written.";

const here = storage("sessionStorage");

/** @returns {Record<string, Answer[]>} */
const all = () => JSON.parse(here.getItem(KEY) || "{}");

/**
 * In the order of the steps.
 * @param {string} lesson
 */
export const answersTo = (lesson) => all()[lesson] ?? [];

/**
 * @param {string} lesson
 * @param {Answer} answer takes the place of an earlier one to the same step
 */
export const keepAnswer = (lesson, answer) => {
  const others = answersTo(lesson).filter(({ told }) => told.step !== answer.told.step);
  const kept = [...others, answer].sort((one, other) => one.told.step - other.told.step);
  here.setItem(KEY, JSON.stringify({ ...all(), [lesson]: kept }));
};

/** @param {string} lesson */
export const forgetAnswers = (lesson) => here.setItem(KEY, JSON.stringify({ ...all(), [lesson]: [] }));

/**
 * A short text by which a recording is told from others: its length and a hash (FNV-1a) of its sound.
 * @param {Pick<Result, "timeline">} result
 */
export const soundOf = ({ timeline: { samples: { data } } }) => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < data.length; i++) hash = Math.imul(hash ^ data.charCodeAt(i), 0x01000193);
  return `${data.length} ${hash >>> 0}`;
};

/**
 * @param {LessonOverview} lesson
 * @param {readonly Answer[]} answers
 * @param {string} version
 * @param {Date} date
 * @returns {AnswerFile}
 */
export const fileOf = (lesson, answers, version, date) => ({
  kind: KIND, lesson: lesson.name, title: lesson.title, date: date.toISOString(), version,
  answers: answers.map(({ told, prediction, isRight, recording, link }) => ({
    step: told.step + 1, title: told.title, question: told.question?.text ?? "", prediction,
    right_answer: told.question?.shown ?? "", is_right: isRight, recording, link,
  })),
});

/** What each field of an answer has to be. @type {Record<keyof FileAnswer, "string" | "number" | "boolean">} */
const FIELDS = {
  step: "number", title: "string", question: "string", prediction: "string", right_answer: "string",
  is_right: "boolean", recording: "string", link: "string",
};

/** @param {any} value @param {string} type */
const isOf = (value, type) => typeof value === type && (type !== "string" || value.length <= MOST_TEXT);

/** @param {any} answer */
const isAnswer = (answer) =>
  isOf(answer, "object") && answer !== null && Object.entries(FIELDS).every(([name, type]) => isOf(answer[name], type));

/**
 * The answers in a file, which may hold anything.
 * @param {string} text
 * @param {readonly LessonOverview[]} lessons
 * @returns {AnswerFile}
 * @throws {Error} with a sentence
 */
export const readAnswers = (text, lessons) => {
  let file = null;
  try {
    file = text.length <= MOST_BYTES ? JSON.parse(text) : null;
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
  }
  const texts = [file?.lesson, file?.title, file?.date, file?.version];
  const isOurs = file?.kind === KIND && texts.every((each) => isOf(each, "string")) && Array.isArray(file.answers)
    && file.answers.length && file.answers.every(isAnswer);
  if (!isOurs) throw new Error(NO_FILE);
  if (!lessons.some(({ name }) => name === file.lesson)) {
    throw new Error(`These are answers to the lesson “${file.title.slice(0, 60)}”, which this page does not have.`);
  }
  return file;
};
