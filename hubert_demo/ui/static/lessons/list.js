// The list of all lessons; answers that were downloaded are opened from it.

import { sentenceOf } from "../core/ask.js";
import { button, make, say } from "../core/dom.js";
import { facts } from "../core/store.js";
import { readAnswers } from "./answers.js";
import { box } from "../page/glossary.js";

/** @import { LessonOverview } from "../core/types.js" */
/** @import { AnswerFile } from "./answers.js" */

/**
 * @param {(lesson: LessonOverview) => void} onlesson
 * @param {(file: AnswerFile) => void} onfile
 * @param {() => void} onglossary
 */
export const lessonList = (onlesson, onfile, onglossary) => {
  const { lessons } = facts();
  const { element, content } = box("Lessons", "lesson-list");
  const alert = make("p", { class: "hx-wrong-entry", role: "alert", hidden: true, "data-testid": "answers-alert" });
  const read = async () => {
    const [file] = picker.files ?? [];
    if (!file) return;
    try {
      onfile(readAnswers(await file.text(), lessons));
      element.close();
    } catch (problem) {
      say(alert, sentenceOf(problem));
    }
    picker.value = "";
  };
  const picker = make("input", {
    type: "file", accept: ".json,application/json", hidden: true, onchange: read, "data-testid": "answers-file",
  });
  const rows = lessons.map((lesson) => make("li", {}, row(lesson, () => {
    element.close();
    onlesson(lesson);
  })));
  content.append(
    make("ul", { class: "hx-lesson-rows" }, ...rows), alert, picker,
    make("div", { class: "hx-bar" },
      button("Open answers …", () => picker.click(), "open-answers"),
      button("Glossary", () => {
        element.close();
        onglossary();
      }, "open-glossary")),
  );
  const open = () => {
    say(alert);
    element.showModal();
  };
  return { element, open };
};

/**
 * @param {LessonOverview} lesson
 * @param {() => void} onclick
 */
const row = ({ name, title, about, minutes, num_questions: questions }, onclick) =>
  make("button", { type: "button", class: "hx-lesson-row", onclick, "data-testid": `lesson-${name}` },
    make("strong", { text: title }), make("span", { text: about }),
    make("span", { class: "hx-quiet", text: `${minutes} min · ${questions} question${questions === 1 ? "" : "s"}` }));
