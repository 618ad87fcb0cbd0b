// Lessons: a list of them, and a card that sets the views step by step, asks, and explains.

import { question, sentenceOf } from "../core/ask.js";
import { download, make } from "../core/dom.js";
import { emit } from "../core/events.js";
import { clamp } from "../core/format.js";
import { facts, resultOnShow, setStep, store } from "../core/store.js";
import { linkToLesson, putOver, viewHash, wantedOver } from "../page/address.js";
import { linkTerms } from "../page/glossary.js";
import { linkOnPaper } from "../page/paper.js";
import { answersTo, fileOf, forgetAnswers, keepAnswer, soundOf } from "./answers.js";
import { footButton, lessonCard } from "./card.js";
import { FORM, stepBody, summaryBody } from "./faces.js";
import { lessonList } from "./list.js";
import { isRight } from "./prediction.js";
import { reviewFace } from "./review.js";
import { keepInSight, picturesOf } from "./sight.js";
import { worksheets } from "./worksheet.js";

/** @import { LessonOverview, LessonQuestion, LessonStep, Page, Result } from "../core/types.js" */
/** @import { AnswerFile } from "./answers.js" */
/** @import { Face } from "./card.js" */
/** @import { Prediction } from "./prediction.js" */

/** What an address says of lessons. @typedef {{ name: string | null, step: number | null, isBare: boolean }} Linked */
/** @typedef {ReturnType<typeof lessonsIn>} Course */

/** @typedef {{ done: (step: LessonStep) => void, fail: (problem: Error) => void }} Listener */

const COMING = "One moment …";
/** @type {Listener} */
const DEAF = { done: () => {}, fail: () => {} };

/**
 * @param {HTMLElement} root
 * @param {Page} page
 * @param {HTMLElement} start the button that opens the list
 * @param {() => void} onglossary
 */
export const lessonsIn = (root, page, start, onglossary) => {
  /** The one that is open. @type {LessonOverview | null} */
  let lesson = null;
  let at = 0;
  /** By which the recording of the step on the card is told from others. @type {string | null} */
  let sound = null;
  // Whether what the step says of recording and model, and of all else, is still to be put on show.
  let [mayAsk, mayPut] = [false, false];
  let isComing = false; // the result that the step asked for
  let isNew = false; // whether the visitor has just come to this step
  /** What the card says, as a text; "" where it is no step's. */
  let said = "";

  /** Told of every step, and of why there is none. @type {Listener} */
  let listener = DEAF;

  const card = lessonCard(() => end(), () => printSheet());
  const sheets = worksheets();
  const list = lessonList((chosen) => begin(chosen), (file) => review(file, 0), onglossary);
  root.append(card.element, list.element, sheets.element);
  const sight = keepInSight(card.element);
  const route = question(page, "lesson_step");

  /**
   * @param {LessonOverview} chosen
   * @param {number} [step] from 0
   * @param {boolean} [puts] whether the step is put on show
   */
  const begin = (chosen, step = 0, puts = true) => {
    if (!store.result) return;
    lesson = chosen;
    open({ label: nameOf(chosen), title: chosen.title, count: "", body: [COMING], foot: [] });
    go(step, puts);
  };

  const open = (/** @type {Face} */ face) => {
    said = "";
    card.show(face);
    root.classList.add("is-on");
  };

  const go = (/** @type {number} */ step, puts = true) => {
    if (!lesson) return;
    at = clamp(step, 0, lesson.num_steps - 1);
    [mayAsk, mayPut, isNew, isComing] = [puts, puts, true, false];
    setStep(lesson.name, at + 1);
    load();
  };

  const load = () => {
    if (!lesson) return;
    card.wait(`${at + 1} of ${lesson.num_steps}`);
    route.put({ lesson: lesson.name, step: at }, arrive, (sentence) => {
      card.rest();
      listener.fail(new Error(sentence));
      emit("error", sentence);
    });
  };

  const arrive = (/** @type {LessonStep} */ step) => {
    if (!lesson) return;
    const wanted = mayAsk && wantedOver(step.link);
    mayAsk = false;
    if (wanted) {
      // The step is told anew of the result that comes.
      isComing = true;
      emit("listen", { ...wanted, isHere: false });
      return;
    }
    // With a stretch silenced it is the same recording.
    if (sound === null || !resultOnShow().before) sound = soundOf(resultOnShow());
    tell(step);
    if (!mayPut) return;
    mayPut = false;
    putOver(step.link);
    const [picture] = picturesOf(step, store.open);
    if (picture) sight.follow(picture.seen ?? picture.pieces[0]);
  };

  const tell = (/** @type {LessonStep} */ step) => {
    if (!lesson) return;
    const { name, num_steps: count } = lesson;
    // An answer about another recording is none to this one.
    const answer = answersTo(name).find(({ told, sound: its }) => told.step === step.step && its === sound);
    const asks = !answer && step.question;
    const isLast = at + 1 === count;
    card.rest();
    // Told anew, of other changes say, it is mostly the same: what is being entered stays.
    const saying = JSON.stringify([name, step, answer]);
    if (!isNew && saying === said) return listener.done(step);
    said = saying;
    card.show({
      isStep: true, label: nameOf(lesson), title: step.title, count: `${at + 1} of ${count}`,
      body: stepBody(step, answer, (prediction) => check(step, prediction)),
      foot: [
        footButton("Back", () => go(at - 1), "lesson-back", { disabled: at === 0 }),
        ...(asks ? [make("button", {
          type: "submit", form: FORM, class: "hx-button is-main", text: "Check", "data-testid": "lesson-check",
        })] : []),
        footButton(isLast ? "Done" : "Next", () => (isLast ? sum() : go(at + 1)), "lesson-next", { isMain: !asks }),
      ],
    });
    linkTerms(card.body);
    if (isNew) card.focus();
    isNew = false;
    return listener.done(step);
  };

  /** Goes through all steps, and back to where the visitor was. */
  const printSheet = async () => {
    if (!lesson) return;
    const [printed, back] = [lesson, at];
    const goTo = (/** @type {number} */ step) => /** @type {Promise<LessonStep>} */ (new Promise((done, fail) => {
      listener = { done, fail };
      go(step);
    }));
    try {
      await sheets.print(printed, linkOnPaper(linkToLesson(printed.name)), goTo);
    } catch (problem) {
      emit("error", sentenceOf(problem));
    }
    listener = DEAF;
    if (lesson === printed) go(back);
  };

  const check = (/** @type {LessonStep} */ step, /** @type {Prediction} */ { value, shown }) => {
    if (!lesson || step.step !== at) return;
    const { title } = resultOnShow();
    keepAnswer(lesson.name, {
      told: step, prediction: shown, isRight: isRight(/** @type {LessonQuestion} */ (step.question), value),
      sound: String(sound), recording: title, link: viewHash(),
    });
    tell(step);
    const said = /** @type {HTMLElement | null} */ (card.body.querySelector(".hx-verdict"));
    if (!said) return;
    said.focus({ preventScroll: true });
    card.turnTo(said.previousElementSibling ?? said);
  };

  const sum = () => {
    if (!lesson) return;
    const [done, answers] = [lesson, answersTo(lesson.name)];
    const give = () => download(`${done.name}-answers.json`, "application/json",
      JSON.stringify(fileOf(done, answers, facts().version, new Date()), null, 1));
    const again = () => {
      forgetAnswers(done.name);
      go(0);
    };
    said = "";
    card.show({
      label: nameOf(done), title: done.title, count: "Done", body: summaryBody(done, answers),
      foot: [
        footButton("Back", () => go(at), "lesson-back"),
        footButton("Download answers", give, "answers-download", { isMain: true, disabled: !answers.length }),
        footButton("Start again", again, "lesson-again"),
      ],
    });
    card.focus();
  };

  const review = (/** @type {AnswerFile} */ file, /** @type {number} */ which) => {
    if (lesson) end();
    const show = (/** @type {string} */ link) => {
      location.hash = link;
    };
    open(reviewFace(file, which, { go: (other) => review(file, other), show, close: end }));
    card.focus();
  };

  const end = () => {
    const hadFocus = card.element.contains(document.activeElement);
    [lesson, sound, isComing] = [null, null, false];
    route.forget();
    card.rest();
    card.element.hidden = true;
    root.classList.remove("is-on");
    sight.rest();
    if (hadFocus) start.focus({ preventScroll: true });
    if (store.lesson) setStep(null, null);
  };

  return {
    /** Opens the list. */
    list: list.open,
    /** An address may say what the views show beside the step. @param {Linked} linked */
    follow: ({ name, step, isBare }) => {
      const linked = facts().lessons.find((each) => each.name === name);
      if (linked) begin(linked, (step ?? 1) - 1, isBare);
      else if (lesson) end();
    },
    /** @param {Result} result */
    result: (result) => {
      if (!lesson) return;
      // Of another recording the step is put on show anew, too; of another model's result it is only told anew.
      if (sound !== null && !result.before && soundOf(result) !== sound) mayPut = true;
      isComing = false;
      load();
    },
    /** @param {string | null} sentence */
    error: (sentence) => {
      if (!sentence || !isComing) return;
      isComing = false;
      listener.fail(new Error(sentence));
      load();
    },
  };
};

/** @param {LessonOverview} lesson */
const nameOf = ({ title }) => `Lesson: ${title}`;
