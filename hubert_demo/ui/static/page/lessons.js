// The way to the lessons: what they are made of comes once the page is there, or when one is wanted.

import { button } from "../core/dom.js";
import { emit, on } from "../core/events.js";
import { glossary } from "./glossary.js";

/** @import { Mount } from "../core/types.js" */
/** @import { Course } from "../lessons/course.js" */

const MISSED = "The lessons could not be loaded. Check the connection and try again.";

/** @type {Mount} */
export const mount = (root, page) => {
  /** @type {Course | null} */
  let course = null;
  const terms = glossary();

  /** @param {(course: Course) => void} use */
  const withCourse = async (use) => {
    try {
      const { lessonsIn } = await import("../lessons/course.js");
      course ??= lessonsIn(root, page, start, terms.open);
    } catch (problem) {
      console.error(problem);
      emit("error", MISSED);
      return;
    }
    use(course);
  };

  const start = button("Lessons", () => withCourse(({ list }) => list()), "lessons-open");
  root.append(start, ...terms.elements);
  on("lesson", (linked) => withCourse(({ follow }) => follow(linked)));
  return { result: (result) => course?.result(result), error: (sentence) => course?.error(sentence) };
};
